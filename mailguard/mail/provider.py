"""What large mailbox providers are known to do with local parts: sub-addressing, dots, domains that are one.

Only what the providers document is here. Yahoo's `-` is not: its base name is another one than the account's.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provider:
    """`+tag` after a local part names the same mailbox. `domain` is the one that stands for all that are equal to it."""

    domain: str
    ignores_dots: bool = False


def provider_of(domain: str) -> Provider | None:
    """Return the provider of a folded domain where its rules are known, else None."""
    return _PROVIDERS.get(domain)


# Domains at which equal local parts are one account, after the domain that stands for them.
_ONE = {
    "gmail.com": "gmail.com googlemail.com",
    "icloud.com": "icloud.com me.com mac.com",
    "proton.me": "proton.me protonmail.com protonmail.ch pm.me",
    "yandex.ru": "yandex.ru yandex.com yandex.by yandex.kz yandex.ua yandex.uz yandex.com.tr ya.ru",
}
# Domains at which equal local parts may be two accounts.
_EACH = {
    "hotmail": (
        "at be ca ch cl co.id co.il co.in co.jp co.kr co.nz co.th co.uk co.za com com.ar com.au com.br com.hk com.tr com.tw"
        " com.vn cz de dk es fi fr gr hu it lt lv my nl no ph rs se sg sk"
    ),
    "live": (
        "at be ca cl cn co.kr co.uk co.za com com.ar com.au com.mx com.my com.ph com.pt com.sg de dk fi fr hk ie in it jp nl"
        " no ru se"
    ),
    "outlook": (
        "at be cl co.id co.il co.nz co.th com com.ar com.au com.br com.gr com.pe com.tr com.vn cz de dk es fr hu ie in it jp"
        " kr lv my ph pt sa sg sk"
    ),
    "msn": "com",
    "windowslive": "com",
    "fastmail": "com fm",
    "zoho": "com eu in",
    "zohomail": "com eu in",
    "mailbox": "org",
    "posteo": "de net",
}
_PROVIDERS = {
    domain: Provider(one, ignores_dots=one == "gmail.com") for one, domains in _ONE.items() for domain in domains.split()
} | {domain: Provider(domain) for name, ends in _EACH.items() for end in ends.split() for domain in [f"{name}.{end}"]}
