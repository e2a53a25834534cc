from __future__ import annotations

import pytest

from mailguard.mail.header import scan
from mailguard.replies.authentication import trusted_originator

OURS = ("mx.bank.example",)
BORDER = "Received: from mail.mail.example by mx.bank.example (Postfix); Fri, 20 Nov 2026 10:00:00 +0100\n"


def _trusted(results: str, *, above: str = "", originator: str = "Ada <ada@mail.example>", below: str = "") -> bool:
    fields = f"{above}Authentication-Results: {results}\n{below}From: {originator}\nSubject: x\n\n"
    return trusted_originator(scan(fields.encode()), OURS) is not None


@pytest.mark.parametrize(
    "results",
    [
        "mx.bank.example; dmarc=pass (p=none) header.from=mail.example",
        "MX.Bank.Example 1; dmarc=pass header.from=mail.example; spf=fail smtp.mailfrom=x.example",
        "mx.bank.example; dkim=pass header.d=mail.example",
        "mx.bank.example; dkim=fail header.d=x.example; dkim=pass header.i=@mail.example",
        "mx.bank.example; spf=pass (a (nested) comment) smtp.mailfrom=bounce@mail.example",
        'mx.bank.example; dkim=pass header.d="mail.example"',
        "mx.bank.example; dmarc=none header.from=mail.example; dkim=pass header.d=mail.example",
    ],
)
def test_originator_is_vouched_for(results: str) -> None:
    assert _trusted(results)
    assert _trusted(results, above=BORDER)


@pytest.mark.parametrize(
    "results",
    [
        "mx.evil.example; dmarc=pass header.from=mail.example",
        "mx.bank.example; dmarc=fail header.from=mail.example; dkim=pass header.d=mail.example",
        "mx.bank.example; dmarc=pass header.from=other.example",
        "mx.bank.example; dkim=pass header.d=other.example",
        "mx.bank.example; dkim=pass header.d=sub.mail.example",
        "mx.bank.example; dkim=pass header.d=example",
        "mx.bank.example; spf=pass smtp.mailfrom=mail.example.evil.example",
        "mx.bank.example; spf=softfail smtp.mailfrom=mail.example",
        "mx.bank.example; (dmarc=pass) none",
        "mx.bank.example",
        "mx.bank.example; ; nothing said",
        "mx.bank.example; dmarc=temperror",
        "mx.bank.example; dkim=pass (((((((deep))))))) header.d=other.example",
        "",
        "mx.bank.example; dkim=pass header.d=..",
    ],
)
def test_originator_is_not_vouched_for(results: str) -> None:
    assert not _trusted(results)


def test_domain_above_that_of_the_originator_vouches() -> None:
    assert _trusted("mx.bank.example; dkim=pass header.d=mail.example", originator="ada@sub.mail.example")


def test_field_under_a_foreign_hosts_is_forged() -> None:
    results = "mx.bank.example; dmarc=pass header.from=mail.example"
    assert not _trusted(results, above="Received: from a by mx.other.example; x\n")
    assert not _trusted(results, above="Subject: first\n")
    assert _trusted(results, above="Delivered-To: a@b.example\nReceived: by 2002:a05:6000 with SMTP id x\n" + BORDER)
    assert _trusted(results, above="Received: from mx by imap.bank.example; x\n")


def test_first_result_of_a_method_counts() -> None:
    forged = "Authentication-Results: mx.bank.example; dmarc=pass header.from=mail.example\n"
    assert not _trusted("mx.bank.example; dmarc=fail header.from=mail.example", below=forged)


def test_several_originators_are_none() -> None:
    results = "mx.bank.example; dmarc=pass"
    assert _trusted(results)
    assert not _trusted(results, originator="ada@mail.example, eve@evil.example")
    assert not _trusted(results, below="From: eve@evil.example\n")


def test_nothing_is_trusted_unless_configured() -> None:
    header = scan(b"Authentication-Results: mx.bank.example; dmarc=pass\nFrom: ada@mail.example\n\n")
    assert trusted_originator(header, ()) is None
    assert trusted_originator(header, OURS) is not None


def test_only_the_top_is_looked_at() -> None:
    results = "mx.bank.example; dmarc=pass"
    assert _trusted(results, above="X-Seen: by us\n" * 90)
    assert not _trusted(results, above="X-Seen: by us\n" * 120)
