"""mailguard.relay.broadcast_template: a template walked with what its audience has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailguard.errors import UsageError
from mailguard.mail.control import MailClass
from mailguard.policy.severity import Severity
from mailguard.relay.broadcast_template import TemplateWalk, WalkedTemplate, walk_template
from mailguard.relay.settings import Rendering
from mailguard.sources.audience_source import open_audience
from tests.audiences import Rows
from tests.check_documents import TEMPLATE, audience

EML = "news.eml"


def walk(folder: Path, octets: bytes, *values: dict[str, Any], source: Any = None, name: str = EML) -> WalkedTemplate:
    asked = TemplateWalk(
        source=source or open_audience(str(audience(folder))), values=values, mail_class=MailClass.BULK, rendering=Rendering()
    )
    return walk_template([(name, octets)], asked)


def test_columns_of_the_audience_are_names_in_the_template(tmp_path: Path) -> None:
    walked = walk(tmp_path, TEMPLATE)
    assert "undefined_name" not in {one.code for one in walked.findings}
    assert {one.text.splitlines()[0] for one in walked.renderings} == {"Dear customer of Rome,"}


def test_relay_adds_the_unsubscription_only_to_what_it_renders(tmp_path: Path) -> None:
    adding = Rendering(unsubscribe_url="https://shop.example/u")
    asked = TemplateWalk(source=open_audience(str(audience(tmp_path))), values=(), mail_class=MailClass.BULK, rendering=adding)
    lines = TEMPLATE.splitlines(keepends=True)
    bare = b"".join(line for line in lines if not line.startswith(b"List-Unsubscribe"))
    merged = b"".join(line for line in bare.splitlines(keepends=True) if not line.startswith(b"Mailguard-Render"))
    assert merged != bare != TEMPLATE
    assert "missing_unsubscribe" not in {one.code for one in walk_template([(EML, bare)], asked).findings}
    assert "missing_unsubscribe" in {one.code for one in walk_template([("news.eml.j2", merged)], asked).findings}


def test_undefined_name_is_an_error_with_its_place(tmp_path: Path) -> None:
    (found,) = [one for one in walk(tmp_path, TEMPLATE.replace(b"city", b"town")).findings if one.code == "undefined_name"]
    assert found.severity is Severity.ERROR
    assert found.text.startswith(f"{EML}:1")


def test_one_row_of_values_goes_with_each_row_of_the_audience(tmp_path: Path) -> None:
    octets = TEMPLATE.replace(b"{{ city }}", b"{{ city }} {{ season }}")
    walked = walk(tmp_path, octets, {"season": "winter", "city": "of nobody"})
    assert {one.text.splitlines()[0] for one in walked.renderings} == {"Dear customer of Rome winter,"}


def test_several_rows_of_values_are_rendered_as_they_are(tmp_path: Path) -> None:
    walked = walk(tmp_path, TEMPLATE, {"city": "Oslo", "language": "de"}, {"city": "Bari", "language": "it"})
    assert {one.text.splitlines()[0] for one in walked.renderings} == {"Dear Kundin of Oslo,", "Dear customer of Bari,"}


def test_values_are_made_up_where_there_are_no_rows(tmp_path: Path) -> None:
    assert walk(tmp_path, TEMPLATE, source=Rows([])).renderings


def test_branch_that_nobody_comes_through_is_no_rendering(tmp_path: Path) -> None:
    walked = walk(tmp_path, TEMPLATE.replace(b"language == 'de'", b"city == 'Nowhere'"))
    assert [one.code for one in walked.findings] == ["never_reached"]
    assert not [one for one in walked.renderings if "Kundin" in one.text]


def test_templates_of_several_mails_are_refused(tmp_path: Path) -> None:
    asked = TemplateWalk(source=Rows([]), values=(), mail_class=None, rendering=Rendering())
    with pytest.raises(UsageError, match=r"a\.txt and b\.html are several mails' templates; check one at a time"):
        walk_template([("a.txt", b"Hello"), ("b.html", b"<p>Hello</p>")], asked)
