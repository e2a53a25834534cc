"""The table of mail streams: reads `fixtures/streams`, renders every mail with the verdict that it must get.

A stream is one TOML file; `fixtures/streams/README.md` describes its format. What comes out are the octets that a client
sends, the octets that the next hop must get, and an expectation for each recipient. This file refuses to know the relay,
the rules and the clock: time is an offset from the stream's start.
"""

import base64
import quopri
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from tests.acceptance.stream_replies import KEYS as REPLY_KEYS
from tests.acceptance.stream_replies import StreamReply, reply_of

STREAMS = Path(__file__).resolve().parents[2] / "fixtures" / "streams"
START = datetime(2026, 11, 16, 10, 2, tzinfo=timezone(timedelta(hours=1)))  # a Monday
OWN_DOMAINS = ("corp.example",)

ACTIONS = frozenset({"deliver", "hold", "reject"})
"""What `why` can say of a recipient."""
VERDICTS = ACTIONS | {"replay", "refuse", "stop"}
"""What the table can say: also the sender's own retry, an error without a decision, and either of hold and reject."""
FINDINGS = frozenset(
    {
        *("replay", "repeat", "near_repeat", "mass_cc", "hidden_recipients", "addressee_mismatch", "stale_audience"),
        *("fan_out", "frequency_cap", "suppressed", "loop", "unreadable", "open_reply"),
    }
)
"""The findings that the table may name; the others come with later versions."""

_STREAM_KEYS = frozenset(
    {"name", "why", "class", "start", "own_domains", "policy", "client", "classify", "template", "suppressed"}
    | {"mail", "series", "reply"}
)
_MAIL_KEYS = frozenset(
    {"at", "id", "again", "sender", "to", "cc", "bcc", "envelope", "file", "with", "message_id", "class", "mailguard"}
    | {"received", "client", "expect", "finding", "code", "answer"}
)
_SERIES_KEYS = _MAIL_KEYS | {"every", "times", "first"}
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)([+-]\d+[smhd])?(?:\|([a-z0-9]+))?\}")
_MONTHS_DE = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni"),
    *("Juli", "August", "September", "Oktober", "November", "Dezember"),
)
_MOMENTS = {
    "date_iso": "%Y-%m-%d",
    "date_de": "%d.%m.%Y",
    "date_us": "%m/%d/%Y",
    "date_long": "%d %B %Y",
    "weekday": "%A",
    "time": "%H:%M",
    "time_s": "%H:%M:%S",
    "time_us": "%I:%M %p",
}


class TableError(ValueError):
    """A stream file that says something the format does not have."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one recipient of one mail must get; `findings` must be among those of the decision."""

    verdict: str
    findings: frozenset[str] = frozenset()

    @property
    def actions(self) -> frozenset[str]:
        """The actions in `why` that fulfil it; empty when no decision of its own is asked for."""
        match self.verdict:
            case "stop":
                return frozenset({"hold", "reject"})
            case "replay" | "refuse":
                return frozenset()
            case action:
                return frozenset({action})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One transaction: when, from whom, to whom, the octets, and what must come of it."""

    number: int
    at: timedelta
    sender: str
    recipients: tuple[str, ...]
    raw: bytes = field(repr=False)
    passed_on: bytes = field(repr=False)
    """The octets for the next hop: `raw` less the control fields. The relay's own trace field comes before them."""
    expected: Mapping[str, Expectation]
    code: int
    answer: str | None
    client: str | None

    @property
    def verdicts(self) -> frozenset[str]:
        """The different verdicts that the recipients of the mail must get."""
        return frozenset(expectation.verdict for expectation in self.expected.values())


@dataclass(frozen=True, slots=True)
class Suppression:
    """A mailbox that is suppressed before the stream begins."""

    mailbox: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One file of the table."""

    path: Path
    name: str
    why: str
    start: datetime
    own_domains: tuple[str, ...]
    policy: Mapping[str, Any]
    clients: tuple[Mapping[str, Any], ...]
    classify: tuple[Mapping[str, Any], ...]
    templates: tuple[Mapping[str, Any], ...]
    suppressed: tuple[Suppression, ...]
    replies: tuple[StreamReply, ...]
    mails: tuple[Mail, ...]

    @property
    def kind(self) -> str:
        """`ordinary` or `stopped`, after the folder."""
        return self.path.parent.name

    @property
    def label(self) -> str:
        """The name of the case in a test report."""
        return f"{self.kind}/{self.path.stem}"


def stream_files(root: Path = STREAMS) -> list[Path]:
    """The files of the table, in the order of their names."""
    return sorted([*root.glob("ordinary/*.toml"), *root.glob("stopped/*.toml")])


def load_streams(root: Path = STREAMS) -> list[Stream]:
    """Every stream of the table. Raises TableError."""
    return [load_stream(path) for path in stream_files(root)]


def load_stream(path: Path) -> Stream:
    """The stream in one file. Raises TableError with the file's name."""
    try:
        return _stream(path, tomllib.loads(path.read_text(encoding="utf-8")))
    except (TableError, tomllib.TOMLDecodeError, KeyError, OSError) as error:
        raise TableError(f"{path.parent.name}/{path.name}: {error!r}") from error


def offset(text: str) -> timedelta:
    """The length of `7d+2h`, `5m` or `0s`."""
    steps = [re.fullmatch(r"(\d+)([smhd])", step.strip()) for step in text.split("+")]
    if not all(steps):
        raise TableError(f"not a time: {text!r}")
    return timedelta(seconds=sum(int(step[1]) * _SECONDS[step[2]] for step in steps if step))


def address(mailbox: str) -> str:
    """The address in `Ada Lovelace <ada@mail.example>`."""
    return mailbox.rpartition("<")[2].removesuffix(">").strip()


# --- one file --------------------------------------------------------------------------------------------------------


def _stream(path: Path, table: dict[str, Any]) -> Stream:
    _known(table, _STREAM_KEYS)
    start = table.get("start", START)
    rows = sorted(_rows(table), key=lambda row: offset(row["at"]))  # stable: rows of one instant stay as written
    mail_class = table.get("class")
    sent: dict[str, Mail] = {}
    mails = []
    for number, row in enumerate(rows, 1):
        mail = _again(row, number, sent) if "again" in row else _mail(row, number, path, start, mail_class)
        if "id" in row:
            sent[row["id"]] = mail
        mails.append(mail)
    return Stream(
        path=path,
        name=table["name"],
        why=table["why"],
        start=start,
        own_domains=tuple(table.get("own_domains", OWN_DOMAINS)),
        policy=table.get("policy", {}),
        clients=tuple(table.get("client", ())),
        classify=tuple(table.get("classify", ())),
        templates=tuple(table.get("template", ())),
        suppressed=tuple(Suppression(**entry) for entry in table.get("suppressed", ())),
        replies=tuple(_replies(table, start)),
        mails=tuple(mails),
    )


def _replies(table: Mapping[str, Any], start: datetime) -> Iterator[StreamReply]:
    for row in sorted(table.get("reply", ()), key=lambda row: offset(row["at"])):
        _known(row, REPLY_KEYS)
        yield reply_of(row, at=offset(row["at"]), start=start)


def _rows(table: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for row in table.get("mail", ()):
        _known(row, _MAIL_KEYS)
        yield row
    for row in table.get("series", ()):
        _known(row, _SERIES_KEYS)
        yield from _unrolled(row)


def _unrolled(series: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The mails of a series; `{n}` counts from `first`."""
    begin, step, first = offset(series["at"]), offset(series["every"]), series.get("first", 1)
    for turn in range(series["times"]):
        row = {key: _numbered(value, first + turn) for key, value in series.items()}
        yield row | {"at": f"{int((begin + turn * step).total_seconds())}s"}


def _numbered(value: Any, n: int) -> Any:
    match value:
        case str():
            return value.replace("{n}", str(n))
        case list():
            return [_numbered(item, n) for item in value]
        case dict():
            return {_numbered(key, n): _numbered(item, n) for key, item in value.items()}
        case _:
            return value


def _known(table: Mapping[str, Any], keys: frozenset[str]) -> None:
    if unknown := sorted(table.keys() - keys):
        raise TableError(f"unknown keys {unknown}")


# --- one mail --------------------------------------------------------------------------------------------------------


def _mail(row: Mapping[str, Any], number: int, path: Path, start: datetime, mail_class: str | None) -> Mail:
    to, cc, bcc = (_mailboxes(row.get(key, ())) for key in ("to", "cc", "bcc"))
    recipients = _mailboxes(row["envelope"]) if "envelope" in row else to + cc + bcc
    domain = row["sender"].partition("@")[2] or "mx.corp.example"
    values = dict(row.get("with", {})) | {
        "to": ",\n ".join(to) or "undisclosed-recipients:;",
        "message_id": row.get("message_id", f"<{path.stem}.{number}@{domain}>"),
    }
    text = (STREAMS / "mail" / row["file"]).read_bytes().decode("utf-8", "surrogateescape")
    if cc:
        text = "Cc: " + ",\n ".join(cc) + "\n" + text
    moment = start + offset(row["at"])
    passed_on = _octets(_trace(row.get("received", 0), moment) + _filled(text, values, moment))
    control = _control(row.get("class", mail_class), row.get("mailguard", {}))
    return _transaction(row, number, recipients, _octets(control) + passed_on, passed_on)


def _again(row: Mapping[str, Any], number: int, sent: Mapping[str, Mail]) -> Mail:
    """The octets of an earlier mail once more, to its recipients or to those of `envelope`."""
    first = sent[row["again"]]
    recipients = _mailboxes(row["envelope"]) if "envelope" in row else first.recipients
    return _transaction({"sender": first.sender} | dict(row), number, recipients, first.raw, first.passed_on)


def _transaction(row: Mapping[str, Any], number: int, to: tuple[str, ...], raw: bytes, passed_on: bytes) -> Mail:
    recipients = tuple(address(mailbox) for mailbox in to)
    expected = _expected(row, recipients)
    return Mail(
        number=number,
        at=offset(row["at"]),
        sender=row["sender"],
        recipients=recipients,
        raw=raw,
        passed_on=passed_on,
        expected=expected,
        code=row.get("code") or _code(expected),
        answer=row.get("answer"),
        client=row.get("client"),
    )


def _mailboxes(texts: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """The mailboxes of a list, `rep{1..800}@mail.example` written out."""
    return tuple(mailbox for text in texts for mailbox in _ranged(text))


def _ranged(text: str) -> list[str]:
    if not (found := _RANGE.search(text)):
        return [text]
    numbers = range(int(found[1]), int(found[2]) + 1)
    return [text[: found.start()] + str(number) + text[found.end() :] for number in numbers]


def _control(mail_class: str | None, fields: Mapping[str, str]) -> str:
    named = ({"Class": mail_class} if mail_class else {}) | dict(fields)
    return "".join(f"Mailguard-{name}: {value}\n" for name, value in named.items())


def _trace(hops: int, moment: datetime) -> str:
    """As many Received fields as the mail has hops behind it."""
    return "".join(
        f"Received: from mx{hop + 1}.relay.example by mx{hop}.relay.example with ESMTP id 4Fx{hop:03};\n"
        f" {format_datetime(moment)}\n"
        for hop in range(hops, 0, -1)
    )


def _octets(text: str) -> bytes:
    """The text as SMTP carries it: CRLF at the end of each line, the last one too."""
    octets = text.encode("utf-8", "surrogateescape").replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return octets if not octets or octets.endswith(b"\r\n") else octets + b"\r\n"


# --- expectations ----------------------------------------------------------------------------------------------------


def _expected(row: Mapping[str, Any], recipients: tuple[str, ...]) -> dict[str, Expectation]:
    verdicts = _by_recipient(row["expect"], recipients)
    findings = _by_recipient(row.get("finding", ""), recipients)
    return {to: _expectation(verdicts[to], findings[to]) for to in recipients}


def _by_recipient(value: Any, recipients: tuple[str, ...]) -> dict[str, Any]:
    """A value for each recipient: one for all, or a table with `*` for those it does not name."""
    if not isinstance(value, dict):
        return dict.fromkeys(recipients, value)
    if strangers := sorted(value.keys() - set(recipients) - {"*"}):
        raise TableError(f"not recipients: {strangers}")
    return {to: value[to] if to in value else value["*"] for to in recipients}


def _expectation(verdict: str, finding: str | list[str]) -> Expectation:
    if verdict not in VERDICTS:
        raise TableError(f"unknown verdict {verdict!r}")
    if verdict in ("deliver", "replay", "refuse"):
        return Expectation(verdict)
    findings = frozenset([finding] if isinstance(finding, str) else finding)
    if not findings <= FINDINGS:
        raise TableError(f"unknown finding in {sorted(findings)}")
    return Expectation(verdict, findings)


def _code(expected: Mapping[str, Expectation]) -> int:
    verdicts = {expectation.verdict for expectation in expected.values()}
    if "stop" in verdicts:
        raise TableError("`stop` needs a `code`")
    return 550 if verdicts <= {"reject", "refuse"} else 250


# --- placeholders ----------------------------------------------------------------------------------------------------


def _filled(text: str, values: Mapping[str, str], moment: datetime) -> str:
    """The text with its placeholders resolved, those inside values as well."""
    used: set[str] = set()

    def resolve(found: re.Match[str]) -> str:
        name, shift, form = found.groups()
        if name not in values:
            return _formed(_shown(name, moment + _shift(shift)), form)
        used.add(name)
        return _formed(_PLACEHOLDER.sub(resolve, values[name]), form)

    filled = _PLACEHOLDER.sub(resolve, text)
    if unused := sorted(values.keys() - used - {"to", "message_id"}):
        raise TableError(f"values without a placeholder: {unused}")
    return filled


def _shift(text: str | None) -> timedelta:
    if not text:
        return timedelta()
    return offset(text[1:]) * (-1 if text[0] == "-" else 1)


def _shown(name: str, moment: datetime) -> str:
    """A time as mail shows it, in the zone of the stream's start."""
    if name == "date":
        return format_datetime(moment)  # RFC 5322 3.3
    if name == "date_de_long":
        return f"{moment.day}. {_MONTHS_DE[moment.month - 1]} {moment.year}"
    if name == "stamp":
        return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    if name not in _MOMENTS:
        raise TableError(f"nothing for the placeholder {{{name}}}")
    return moment.strftime(_MOMENTS[name]).removeprefix("0" if name == "date_long" else "")


def _formed(text: str, form: str | None) -> str:
    """The text in a transfer encoding, for parts and fields whose plain value the table gives."""
    octets = text.encode("utf-8")
    match form:
        case None:
            return text
        case "b64":
            return base64.encodebytes(octets).decode("ascii").rstrip("\n")
        case "qp":
            return quopri.encodestring(octets).decode("ascii")
        case "word":  # RFC 2047 4.1; the table keeps within the 75 characters of an encoded-word
            return f"=?utf-8?B?{base64.b64encode(octets).decode('ascii')}?="
    raise TableError(f"no form {form!r}")
