"""What the local part of a mailbox spells: somebody's names, or an office. Evidence, never proof."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mailguard.identity.folding import ascii_of, word_set

_CACHED: Final = 1 << 14
_LONGEST = 64
_SHORTEST_JOINED = 4
_PARTS = re.compile(r"[a-z]+")
_ROLES = word_set("""
abuse accounting accounts admin administration administrator alerts anfrage automated bestellung bewerbung billing booking
bookings buchhaltung buero buro careers comercial compras commercial compta comptabilite contabilidad contact contacto
contactus contatti contato customercare customer customerservice customers daemon datenschutz donotreply einkauf empfang
enquiries enquiry faktura facturacion facturation feedback ftp helpdesk hostmaster info informatie information informations
infos inbox invoice invoices kontakt kundendienst kundenservice listserv logistics mailer mailerdaemon mailing marketing
newsletter no nobody noc noreply notification notifications notify office operations orders payments payroll personalabteilung
postmaster privacy purchasing rechnung reception recruiting recruitment redaktion reply reservas reservation reservations
returns root sales secretariat secretary secretaria security sekretariat server service services shipping soporte staff support
sysadmin team tickets treasurer unsubscribe vendas ventas verkauf vertrieb verwaltung webadmin webmaster zentrale
""")
# These too, but only alone: with another word they may be somebody's names (steve.jobs, hi.jane).
_ROLES_ALONE = word_set("""
all board careers crew do events everyone finance finanzen friends hallo hello help hi hr it jobs legal list lists mail mailbox
media news ops order owner partner personal personnel post press presse promo public rezeption robot school shop spam store
studio subscribe system tech technik test ticket uucp welcome workshop www
""")


@dataclass(frozen=True, slots=True)
class Spelling:
    """What a local part may spell.

    `parts`: the words that it separates itself (`doe.jane83`: doe, jane). `joined`: all its letters together, "" where they
    are too few to say anything.
    """

    parts: tuple[str, ...]
    joined: str


NO_SPELLING: Final = Spelling((), "")


@lru_cache(_CACHED)
def spelling(local_part: str) -> Spelling:
    """Return what a local part spells; nothing where it is an office's."""
    text = ascii_of(local_part[:_LONGEST]).lower().partition("+")[0]
    if is_role(text):
        return NO_SPELLING
    parts = tuple(_PARTS.findall(text))
    joined = "".join(parts)
    return Spelling(parts, joined if len(joined) >= _SHORTEST_JOINED else "")


def is_role(local_part: str) -> bool:
    """Whether a local part names an office, a list or a program: nobody in particular (RFC 2142 and what is in use)."""
    text = ascii_of(local_part[:_LONGEST]).lower().partition("+")[0]
    parts = _PARTS.findall(text)
    joined = "".join(parts)
    return bool(parts) and (parts[0] in _ROLES or joined in _ROLES or joined in _ROLES_ALONE)
