"""The pages behind an unsubscribe link: plain HTML that needs no script, loads nothing, and says no address.

The address stands in no page: whoever has the link, by whatever way, learns nothing from it.
"""

from __future__ import annotations

from typing import Final

FIELD: Final = "List-Unsubscribe"
VALUE: Final = "One-Click"

_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 1.125rem/1.5 system-ui, sans-serif; margin: 0; padding: 1.5rem; }
main { max-width: 34rem; margin: 10vh auto 0; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 1rem; }
p { margin: 0 0 1.5rem; }
button { font: inherit; font-weight: 600; padding: .75rem 1.5rem; min-height: 3rem; border: 2px solid #0b57d0;
  border-radius: .5rem; background: #0b57d0; color: #fff; cursor: pointer; }
button:hover { background: #0842a0; border-color: #0842a0; }
button:focus-visible { outline: 3px solid; outline-offset: 3px; }
@media (max-width: 30rem) { main { margin-top: 0; } button { width: 100%; } }
"""

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
"""Whoever has the link may unsubscribe: it is told to no other site, kept in no cache, and framed by no page."""


def asking() -> str:
    """Return the page that asks; it has changed nothing, for links are opened by programs, too."""
    return _page(
        "Unsubscribe",
        "<p>You will get no more newsletters and offers from this sender. "
        "Mail about your own orders, payments and requests still comes.</p>\n"
        f'<form method="post">\n<input type="hidden" name="{FIELD}" value="{VALUE}">\n'
        '<button type="submit">Unsubscribe</button>\n</form>',
    )


def done() -> str:
    """Return the page that says that it is done."""
    return _page(
        "You are unsubscribed",
        '<p role="status">You will get no more newsletters and offers from this sender. You can close this page.</p>',
    )


def unknown() -> str:
    """Return the page for a link that leads nowhere."""
    return _page(
        "This link does not work",
        "<p>It is incomplete, or too old. Please copy the whole link from the mail, use the link of a newer mail, "
        "or answer the mail with the word “unsubscribe”.</p>",
    )


def not_asked() -> str:
    """Return the page for a request that does not say what it wants."""
    return _page("Nothing was changed", "<p>Please open the link from the mail, and use the button there.</p>")


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )
