"""What a domain alone tells of an address: that nothing can be there, or that another one was meant. Asks no name server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from mailguard.broadcast.public_suffix import public_suffixes
from mailguard.identity.folding import word_set
from mailguard.mail.provider import provider_of

_CACHED: Final = 1 << 16

_UNREACHABLE: Final = frozenset({"invalid", "localhost", "local", "localdomain", "onion", "alt", "arpa", "internal", "lan"})
"""Names that never lead to anybody's mailbox out there (RFC 6761, 6762, 7686, 8375, 9476)."""

_LIKE_ANY_OTHER: Final = frozenset({"example", "test"})
"""Reserved by RFC 6761, and addresses like any other here: what is written about mail is full of them."""

_BIG: Final = word_set("""
gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk hotmail.fr hotmail.it hotmail.de hotmail.es live.com msn.com
yahoo.com yahoo.co.uk yahoo.fr yahoo.de yahoo.it yahoo.es yahoo.co.jp yahoo.co.in yahoo.com.br rocketmail.com icloud.com
protonmail.com proton.me fastmail.com comcast.net verizon.net bellsouth.net sbcglobal.net btinternet.com virginmedia.com
ntlworld.com talktalk.net blueyonder.co.uk web.de t-online.de freenet.de arcor.de posteo.de mailbox.org orange.fr wanadoo.fr
laposte.net free.fr sfr.fr libero.it virgilio.it alice.it tiscali.it telefonica.net terra.com.br bol.com.br uol.com.br
hetnet.nl ziggo.nl kpnmail.nl planet.nl telenet.be skynet.be bluewin.ch sunrise.ch telia.com yandex.ru mail.ru rambler.ru
onet.pl interia.pl seznam.cz centrum.cz docomo.ne.jp naver.com hanmail.net bigpond.com optusnet.com.au xtra.co.nz
""")
"""Providers whose names are mistyped most, for they are typed most."""

_REAL: Final = word_set("""
mail.com email.com gmx.com gmx.de gmx.net gmx.at gmx.ch gmx.fr ymail.com email.it mail.de mail.ch mail.dk mail.ee mail.bg
hotmail.ch hotmail.be hotmail.nl hotmail.se live.fr live.it live.nl live.be outlook.de outlook.fr outlook.it outlook.es
yahoo.ca yahoo.in yahoo.ie yahoo.se yahoo.no yahoo.dk yahoo.gr yahoo.pl yahoo.ro yahoo.com.mx yahoo.com.ar yahoo.com.au
yahoo.com.sg yahoo.com.ph yahoo.com.tr yahoo.com.vn yahoo.com.tw yahoo.com.hk yahoo.co.id yahoo.co.nz yahoo.co.za yahoo.at
free.it tre.it web.com webmail.de hushmail.com inbox.com zoho.com msn.de msn.fr aon.at tin.it me.com mac.com orange.net
sfr.net alice.de alice.fr terra.es terra.com arcor.net tiscali.fr tiscali.nl tiscali.be libero.com planet.de onet.eu
interia.eu mail.ua mail.kz yandex.com yandex.ua yandex.by yandex.kz freenet.com freemail.de freemail.hu fre.fr sunrise.com
telia.se skynet.com wanadoo.es wanadoo.nl orange.es orange.it live.de live.se live.no live.dk live.at live.ca live.cl live.cn
""")
"""Near to the name of one of these providers, and somebody's all the same."""

_SHORTEST: Final = 5
"""Characters before the first dot from which on one that differs is a slip rather than another name."""

_FREQUENT: Final = 200
_TIMES: Final = 200
_RARE: Final = 2
"""A name of the audience's own that so many rows have, and so many times more than a near one, was meant by that one."""


def flaw_of(domain: str) -> str:
    """Return why no mailbox at this folded domain can be reached, in a clause; "" where one may be."""
    return _flaw(domain)


def typos(domains: Mapping[str, int]) -> dict[str, str]:
    """Return which of these domains (domain → rows) are likely slips, each with the one that was meant. Conservative."""
    known = _near_names(_BIG)
    own = _near_names(domain for domain, count in domains.items() if count >= _FREQUENT)
    found: dict[str, str] = {}
    for domain, count in domains.items():
        meant = _meant(domain, known)
        if not meant and count <= _RARE:
            meant = _meant(domain, own)
            meant = meant if domains.get(meant, 0) >= _TIMES * count else ""
        if meant:
            found[domain] = meant
    return found


@lru_cache(_CACHED)
def _flaw(domain: str) -> str:
    if domain.startswith("["):
        return "is an address literal, not a domain"
    labels = domain.split(".")
    top = labels[-1]
    if len(labels) < 2:
        return f"{domain} is no domain of the public Internet"
    if top in _UNREACHABLE:
        return f"no mailbox under .{top} can be reached"
    if top in _LIKE_ANY_OTHER:
        return ""
    if public_suffixes().publicsuffix(domain, accept_unknown=False) is None:
        return f"there is no top-level domain .{top}"
    return "" if all(len(label) <= 63 for label in labels) else "a part of its domain is too long"  # RFC 1035 2.3.4


def _near_names(domains: Iterable[str]) -> dict[str, list[str]]:
    """What is left of each name without one character, and itself → the names: two a slip apart have one of these in common."""
    found: dict[str, list[str]] = {}
    for domain in domains:
        if len(domain.partition(".")[0]) >= _SHORTEST:
            for key in _keys(domain):
                found.setdefault(key, []).append(domain)
    return found


def _keys(domain: str) -> set[str]:
    return {domain, *(domain[:at] + domain[at + 1 :] for at in range(len(domain)))}


def _meant(domain: str, names: Mapping[str, list[str]]) -> str:
    """The name that differs from `domain` by one slip of the finger: a letter too many, too few, another, or two swapped."""
    if not names or domain in _BIG or domain in _REAL or provider_of(domain) is not None:
        return ""
    near = {name for key in _keys(domain) for name in names.get(key, ())}
    slips = [name for name in near if name != domain and OSA.distance(domain, name, score_cutoff=1) == 1]
    return min((name for name in slips if not _is_other_name(domain, name)), default="")


def _is_other_name(domain: str, name: str) -> bool:
    """Whether the two differ in a whole ending, which is another country's, or in a digit, which is counted on purpose."""
    ending, other = domain.partition(".")[2], name.partition(".")[2]
    is_other_ending = ending != other and _flaw(domain) == "" and ending not in _SLIPS
    return is_other_ending or any(map(str.isdigit, set(domain) ^ set(name)))


_SLIPS: Final = frozenset({"co", "cm", "om", "ne", "cpm", "fom"})
"""Endings that are there, and hardly ever meant where a provider's own ends in .com or .net."""
