"""Links are taken out of a text; what only unsubscribes, shows the mail or counts clicks does not matter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail import link
from mailguard.mail.link import LINK, is_aside, less_tracking, says_aside, take_links, take_mailboxes


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("no link at all", set()),
        ("a < b", set()),
        ("see https://x.example/a.", {"x.example/a"}),
        ("(see http://x.example/a_(b)) and (http://x.example/c)", {"x.example/a_(b)", "x.example/c"}),
        ("<https://x.example/a>", {"x.example/a"}),
        ("www.X.example/A, not awww.x.example", {"www.x.example/A"}),
        ("https://www.x.example/a", {"www.x.example/a"}),
        ("app://open/1 and :// and x://", {"app://open/1"}),
        ("pay <bitcoin:1abc?amount=2>", {"bitcoin:1abc?amount=2"}),
    ],
)
def test_targets_are_found(text: str, targets: set[str]) -> None:
    assert take_links(text).targets == targets


def test_the_words_around_a_link_stay() -> None:
    assert take_links("Track https://x.example/a now").text == f"Track {LINK} now"


def test_a_mailto_link_is_its_mailbox() -> None:
    assert take_links("Write <mailto:a@b.example?subject=x> now").text.split() == ["Write", "a@b.example", LINK.strip(), "now"]


def test_footnotes_of_links_are_no_numbers() -> None:
    text = "Track [1] it\n\n[1] https://x.example/a\n[2]: https://x.example/b\n"
    assert take_links(text).text.split() == ["Track", "it", LINK.strip(), LINK.strip()]


@pytest.mark.parametrize(
    "before",
    [
        "Unsubscribe: ",
        "Your parcel is on its way. To unsubscribe click here <",
        "Newsletter abbestellen\n  ",
        "Se désabonner (",
        "配信停止はこちら ",
        "수신거부 ",
        "View this email in your browser ",
        "E-Mail im Browser ansehen: ",
        "Can't see the images? View online ",
        "Öppna i webbläsaren ",
        "Email preferences ",
    ],
)
def test_asides_are_no_facts(before: str) -> None:
    assert take_links(f"{before}https://m.example/x/4711").targets == set()


@pytest.mark.parametrize(
    "before",
    [
        "Copy this link into your browser: ",
        "Öffnen Sie den folgenden Link in Ihrem Browser: ",
        "View your invoice online: ",
        "Unsubscribe: https://m.example/u/1 | Reset your password: ",
        "You may unsubscribe at any time. Reset your password: ",
        "Unsubscribe\n\nReset your password: ",
        "",
        "\n\n",
    ],
)
def test_what_is_no_aside_is_a_fact(before: str) -> None:
    assert take_links(f"{before}https://x.example/reset?token=1").targets == {"x.example/reset?token=1"}


def test_a_target_may_say_that_it_is_an_aside() -> None:
    assert is_aside("https://m.example/Unsubscribe?u=1", "")
    assert not is_aside("https://m.example/order?u=1", "")
    assert not says_aside("Your parcel is on its way")
    assert not says_aside("Online banking")


@pytest.mark.parametrize(
    ("target", "less"),
    [
        ("https://X.example", "x.example/"),
        ("https://x.example/", "x.example/"),
        ("http://x.example/a?utm_source=m&b=2&a=1&gclid=3&", "x.example/a?a=1&b=2"),
        ("https://x.example/a?utm_source=m", "x.example/a"),
        ("https://x.example/a#part", "x.example/a#part"),
        ("https://x.example/a?b=1#:~:text=x", "x.example/a?b=1"),
        ("https://x.example/a#utm_source=m", "x.example/a"),
        ("App://x/y", "app://x/y"),
        ("https://click.m.example/r?u=https%3A%2F%2Fx.example%2Fa%3Fb%3D1&id=77", "x.example/a?b=1"),
        ("https://m.example/track/9?id=7&url=https://x.example/a", "x.example/a"),
        ("https://x.example/login?next=https://x.example/a", "x.example/login?next=https://x.example/a"),
        ("https://click.x.example/reset?u=https://x.example/a&k=1", "click.x.example/reset?k=1&u=https://x.example/a"),
        ("https://click.x.example/r?u=https://x.example/a&token=1", "click.x.example/r?token=1&u=https://x.example/a"),
        ("https://shop.example/p?u=https://x.example/a", "shop.example/p?u=https://x.example/a"),
        ("https://click.x.example/http/r?x=1", "click.x.example/http/r?x=1"),
    ],
)
def test_tracking_is_taken_off(target: str, less: str) -> None:
    assert less_tracking(target) == less


def test_wrappers_within_wrappers_are_opened_a_few_times() -> None:
    target = "https://click.x.example/r?u=" * 5 + "https://y.example/"
    assert less_tracking(target).startswith("click.x.example/r?u=")


@pytest.mark.parametrize(
    ("text", "left", "mailboxes"),
    [
        ("nothing", "nothing", set()),
        ("write to Ada.L+x@X.example.", "write to  .", {"ada.l+x@x.example"}),
        ("@handle, a@b and ü@x.example", "@handle, a@b and ü@x.example", set()),
        ("..a@b.example a@b.example", ".. ", {"a@b.example"}),
    ],
)
def test_mailboxes_are_taken_out(text: str, left: str, mailboxes: set[str]) -> None:
    rest, found = take_mailboxes(text)
    assert (rest.split(), found) == (left.split(), mailboxes)


def test_links_and_mailboxes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "MAX_LINKS", 2)
    assert take_links("http://a/ http://b/ http://c/").targets == {"a/", "b/"}
    assert take_mailboxes("a@b.example b@b.example c@b.example")[1] == {"a@b.example", "b@b.example"}


@given(st.text(alphabet="htps:/w.<> @a[1]\n,()\"'", max_size=200))
def test_any_text_keeps_its_other_words(text: str) -> None:
    assert isinstance(take_links(text).text, str)
    assert isinstance(take_mailboxes(text)[0], str)
