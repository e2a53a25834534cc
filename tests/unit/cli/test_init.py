"""mailguard.cli.init: a configuration to begin with."""

from __future__ import annotations

from pathlib import Path

from mailguard.config import load_config
from mailguard.mail.control import MailClass
from mailguard.policy.limits import Mode
from mailguard.store.database import Database
from tests.unit.cli.conftest import Mailguard


def test_init_writes_a_file_in_mode_shadow_and_a_database(mailguard: Mailguard, here: Path) -> None:
    ran = mailguard("init", "etc", "--own-domain", "corp.example", "--own-domain", ".b.example", "--next-hop", "mx.example:26")
    config = load_config(here / "etc" / "mailguard.toml", {})
    assert ran.status == 0
    assert config.limits.mode is Mode.SHADOW
    assert config.limits.own_domains == {"corp.example", ".b.example"}
    assert [str(hop) for hop in config.delivery.next_hops] == ["mx.example:26"]
    assert config.listen.clients[0].mail_class is MailClass.SERVICE
    Database.open(config.database_url, create=False).close()


def test_init_says_what_it_wrote(mailguard: Mailguard, here: Path) -> None:
    document = mailguard("init", "--json").document
    assert document == {"file": "mailguard.toml", "database": f"sqlite:///{here}/mailguard.db"}


def test_init_changes_nothing_that_is_there(mailguard: Mailguard, here: Path) -> None:
    (here / "mailguard.toml").write_text("# mine\n")
    ran = mailguard("init")
    assert (ran.status, ran.err) == (
        2,
        "mailguard: mailguard.toml is there already; nothing was changed; name another folder\n",
    )
    assert (here / "mailguard.toml").read_text() == "# mine\n"


def test_init_takes_no_domain_and_no_next_hop_that_cannot_be_used(mailguard: Mailguard, here: Path) -> None:
    domain, hop = mailguard("init", "--own-domain", "@corp.example"), mailguard("init", "--next-hop", "http://mx")
    assert (domain.status, hop.status) == (2, 2)
    assert "write corp.example" in domain.err
    assert "write smtp://HOST:PORT" in hop.err
    assert list(here.iterdir()) == []


def test_init_says_where_it_cannot_write(mailguard: Mailguard, here: Path) -> None:
    (here / "file").write_text("")
    ran = mailguard("init", "file")
    assert ran.status == 2
    assert "file/mailguard.toml cannot be written" in ran.err
