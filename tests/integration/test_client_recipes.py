"""The recipes of docs/client.md, run as they are printed, where what they need is installed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.client.conftest import CONTEXT, Behaviour, Server, answers, serving, talks_garbage

__all__ = ["serving"]

PAGE = (Path(__file__).parents[2] / "docs" / "client.md").read_text(encoding="utf-8")
NO = CONTEXT | {"reply_aware": False, "reply_state": "none", "open_replies": 0, "would": "deliver"}
YES = CONTEXT | {"would": "deliver"}
OUTCOMES = [("yes", answers(YES)), ("no", answers(NO)), ("unknown", talks_garbage), ("unknown", answers({}, 503))]
Serving = Callable[[Behaviour], Server]


def printed(language: str, number: int = 0) -> str:
    """The block of code of that language, counted from 0."""
    blocks: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return blocks[number]


def here(code: str, server: Server) -> str:
    return code.replace("http://127.0.0.1:8025", server.url)


@pytest.mark.parametrize(("outcome", "behave"), OUTCOMES)
def test_python(serving: Serving, outcome: str, behave: Behaviour) -> None:
    code = here(printed("python"), serving(behave)).replace("…", "x")
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith({"yes": "answered, in de", "no": "", "unknown": "not known:"}[outcome])


@pytest.mark.parametrize(("outcome", "behave"), OUTCOMES)
def test_jinja(serving: Serving, outcome: str, behave: Behaviour) -> None:
    code = here(printed("python", 1), serving(behave)).replace("…", "x")
    shown = f"print(environment.from_string({printed('jinja')!r}).render(customer={{'email': 'ada@mail.example'}}))"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{shown}"], check=True, capture_output=True, text=True, timeout=60)
    assert {"yes": "1 of your messages", "no": "your income", "unknown": "being prepared"}[outcome] in done.stdout


DJANGO = """
import sys
from pathlib import Path
import django
from django.conf import settings
folder = Path(sys.argv[1])
settings.configure(
    MAILGUARD_URL=sys.argv[2], MAILGUARD_TOKEN="x", EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [folder]}],
)
django.setup()
from django.core import mail
exec((folder / "mailing.py").read_text())
print(send_card_request("ada@mail.example"))
for sent in getattr(mail, "outbox", []):
    print(sent.extra_headers["Mailguard-Context"], sent.body)
"""


@pytest.mark.parametrize(("outcome", "behave"), OUTCOMES)
def test_django(serving: Serving, tmp_path: Path, outcome: str, behave: Behaviour) -> None:
    pytest.importorskip("django")
    (tmp_path / "mailing.py").write_text(printed("python", 2), encoding="utf-8")
    (tmp_path / "card_request.txt").write_text(printed("django"), encoding="utf-8")
    ran = [sys.executable, "-c", DJANGO, str(tmp_path), serving(behave).url]
    done = subprocess.run(ran, check=True, capture_output=True, text=True, timeout=60).stdout
    assert done.startswith({"yes": "True\nC17-", "no": "True\nC17-", "unknown": "False\n"}[outcome])
    assert ("Thank you for your answer of 19 November." in done) is (outcome == "yes")
    assert ("Please tell us your income." in done) is (outcome == "no")


@pytest.mark.node
@pytest.mark.parametrize(("outcome", "behave"), OUTCOMES)
def test_node(serving: Serving, outcome: str, behave: Behaviour) -> None:
    if shutil.which("node") is None:
        pytest.skip("Node.js is not installed")
    code = here(printed("javascript"), serving(behave)) + "\nreplyAware('ada@mail.example').then((is) => console.log(is))"
    done = subprocess.run(["node", "-e", code], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout == f"{outcome}\n"


SAID = {"yes": "Thank you for your answer.", "no": "Please tell us your income.", "unknown": "Your card is being prepared."}
NODE_TEMPLATES = """
const [, modules, block, is] = process.argv;
const { createRequire } = require("module");
const need = createRequire(modules + "/x.js");
const kind = block.startsWith("{{") ? "handlebars" : "liquidjs";
if (kind === "handlebars") {
  console.log(need("handlebars").compile(block.trim())({ yes: is === "yes", no: is === "no" }));
} else {
  const { Liquid } = need("liquidjs");
  new Liquid().parseAndRender(block.trim(), { reply_aware: is }).then((text) => console.log(text));
}
"""


@pytest.mark.node
@pytest.mark.parametrize("language", ["handlebars", "liquid"])
@pytest.mark.parametrize("outcome", SAID)
def test_templates_of_node(language: str, outcome: str, request: pytest.FixtureRequest) -> None:
    modules = request.config.rootpath / "tests" / "integration" / "node"
    package = "handlebars" if language == "handlebars" else "liquidjs"
    found = subprocess.run(
        ["node", "-e", f"require.resolve({json.dumps(package)})"], cwd=modules, check=False, capture_output=True
    )
    if found.returncode:
        pytest.skip(f"{package} is not installed")
    ran = ["node", "-e", NODE_TEMPLATES, str(modules), printed(language), outcome]
    assert subprocess.run(ran, check=True, capture_output=True, text=True, timeout=60).stdout.strip() == SAID[outcome]


@pytest.mark.parametrize(("language", "check"), [("ruby", ["ruby", "-c"]), ("php", ["php", "-l"])])
def test_syntax_of_others(language: str, check: list[str]) -> None:
    if shutil.which(check[0]) is None:
        pytest.skip(f"{check[0]} is not installed")
    code = printed(language) if language == "ruby" else "<?php\n" + printed(language)
    subprocess.run(check, input=code, check=True, capture_output=True, text=True, timeout=60)
