"""Quotations and signatures that HTML marks as such: taken out of the HTML before it is rendered, QUOTED left in their place.

Mail programs mark them by element, class and id, whatever the language. One pass over the tags that can hold them; nothing is
nested in a tree, so it is linear. What is left is no less open to question than it was: it is only rendered.
"""

from __future__ import annotations

import re

from mailguard.replies.quotation import QUOTED

_TAG = re.compile(r"<(/?)(div|blockquote|section|hr|p|span|table|a|includetail)\b([^<>]{0,2000})>", re.IGNORECASE)
# All that follows is quoted: Outlook in its many forms, Exchange's web client, Yahoo, Zimbra, the Chinese providers.
_REST = re.compile(
    r"divrplyfwdmsg|appendonsend|_mailoriginal|outlookmessageheader|mail-editor-reference-message-container"
    r"|ms-outlook-mobile-body-separator-line|mobile-body-separator|stopspelling|yahoo_quoted|qtdseparate|zwchr|isreplycontent"
    r"|ntes_not_fresh_mail|moz-forward-container|reply-intro|messagereplysection|orimsghtmlseparator"
    r"|border-top:\s{0,3}solid #(?:e1e1e1|b5c4df)|border-top:\s{0,3}#(?:e1e1e1|b5c4df) 1"
    r"|border-top-color:\s{0,3}#(?:e1e1e1|b5c4df)"
    r"|border-top:\s{0,3}1(?:\.0)?p[tx] solid #(?:e1e1e1|b5c4df)|border-top:\s{0,3}solid rgb\(225",
    re.IGNORECASE,
)
# The element is quoted, or is the line above a quotation.
_QUOTING = re.compile(
    r"gmail_attr|moz-cite-prefix|protonmail_quote|tutanota_quote|zmail_extra|front-blockquote|mail_quote|mailru-blockquote"
    r"|name\s{0,3}=\s{0,3}[\"']?quote|quoted-content|airmail_on|class\s{0,3}=\s{0,3}[\"']?quote\b|iosymail"
    r"|gmail_quote_attribution",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"gmail_signature|moz-signature|applemailsignature|ms-outlook-mobile-signature|protonmail_signature_block|yahoo-signature"
    r"|composer_signature|bloop_sign|messagesignaturesection|id\s{0,3}=\s{0,3}[\"']?(?:x_)*signature[\"'\s>]|mail_signature"
    r"|data-signature|signature-container",
    re.IGNORECASE,
)
_HINTS = re.compile(
    r"<blockquote|gmail_|yahoo_|divrplyfwdmsg|appendonsend|border-top|cite|quote|reference-message|body-separator|stopspelling"
    r"|zwchr|mailoriginal|replysection|outlookmessageheader|isreplycontent",
    re.IGNORECASE,
)
_FORWARDS = re.compile(r"\s*-{5,}")
_MARK = f"<p>{QUOTED}</p>"


def marks_quotation(html: str) -> bool:
    """Whether the HTML may mark a quotation: a quick look."""
    return _HINTS.search(html) is not None


def without_quotations(html: str) -> str:
    """Return the HTML with each marked quotation replaced by QUOTED in a paragraph of its own, marked signatures left out."""
    html = html.replace(QUOTED, "")
    pieces: list[str] = []
    kept_to = 0
    within, depth, mark = "", 0, ""
    for tag in _TAG.finditer(html):
        closes, name, attributes = tag[1], tag[2].lower(), tag[3]
        if depth:
            if name == within and not attributes.endswith("/"):
                depth += -1 if closes else 1
                kept_to = tag.end()
                if not depth:
                    pieces.append(mark)
            continue
        if closes:
            continue
        if name == "includetail" or (attributes and _quotes_rest(html, tag)):
            return "".join([*pieces, html[kept_to : tag.start()], _MARK])
        if name == "blockquote" or (attributes and name not in {"hr", "p"} and _QUOTING.search(attributes)):
            mark = _MARK
        elif attributes and name != "hr" and _SIGNATURE.search(attributes):
            mark = "<p></p>"
        else:
            continue
        pieces.append(html[kept_to : tag.start()])
        within, depth, kept_to = name, 1, len(html)
    if depth:
        return "".join([*pieces, mark])
    return "".join([*pieces, html[kept_to:]])


def _quotes_rest(html: str, tag: re.Match[str]) -> bool:
    """Whether all that follows the tag is quoted, or passed on by Gmail, which marks that like an attribution."""
    if _REST.search(tag[3]):
        return True
    return "gmail_attr" in tag[3] and _FORWARDS.match(html, tag.end()) is not None
