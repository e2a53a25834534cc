"""The report of a hostile mail to a hostile audience in a real browser: it loads nothing, runs nothing, and says what it must."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mailguard.cli.app import run

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium: apt-get install chromium")

ELSEWHERE = "elsewhere.example"
"""Whoever looks this name up would have loaded something."""
EVIL = f'<script>document.title="owned"</script><img src=http://{ELSEWHERE}/subject onerror="document.title=1">'
LETTER = f"""<html><head><title>x</title>
<link rel="dns-prefetch" href="//{ELSEWHERE}"><link rel="preconnect" href="https://{ELSEWHERE}"><link rel="stylesheet" href="http://{ELSEWHERE}/s.css">
<meta http-equiv="refresh" content="0;url=http://{ELSEWHERE}/refresh"><base href="http://{ELSEWHERE}/">
<style>@import url(http://{ELSEWHERE}/i.css);@font-face{{font-family:f;src:url(http://{ELSEWHERE}/f.woff)}}
body{{font-family:f;background:url(http://{ELSEWHERE}/b.png)}}</style></head>
<body onload="parent.document.title='owned'"><script>parent.document.title="owned";fetch("http://{ELSEWHERE}/script")</script>
<h1>Winter sale</h1><p>Dear customers,</p><p>all winter coats are cheaper. <a href="http://{ELSEWHERE}/sale" ping="http://{ELSEWHERE}/ping">Look</a></p>
<img src="http://{ELSEWHERE}/a.png" srcset="http://{ELSEWHERE}/b.png 2x" onerror="parent.document.title='owned'">
<iframe src="http://{ELSEWHERE}/frame"></iframe><object data="http://{ELSEWHERE}/object"></object><embed src="http://{ELSEWHERE}/embed">
<video src="http://{ELSEWHERE}/video" poster="http://{ELSEWHERE}/poster" autoplay></video>
<svg><image href="http://{ELSEWHERE}/image"/><use href="http://{ELSEWHERE}/use#x"/></svg>
<form action="http://{ELSEWHERE}/form"><input type="image" src="http://{ELSEWHERE}/input" autofocus></form></body></html>"""
MAIL = (
    f"From: Shop <news@shop.example>\r\nSubject: Winter sale {EVIL}\r\nMIME-Version: 1.0\r\n"
    "List-Unsubscribe: <https://shop.example/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    "Content-Type: text/html; charset=utf-8\r\n\r\n" + LETTER.replace("\n", "\r\n")
)


def opened(page: Path, folder: Path) -> tuple[str, str]:
    """What the browser made of a page, and all that it did on the network."""
    log = folder / "net.json"
    ran = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
         "--disable-component-update", f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}",
         "--virtual-time-budget=2000", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return ran.stdout, log.read_text(encoding="utf-8", errors="replace")


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The report of a check, as the command writes it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "news.eml").write_bytes(MAIL.encode())
    rows = [f"p{at}@people{at % 3}.example,Ann" for at in range(1_234)]
    (tmp_path / "people.csv").write_text("\n".join(["email,name", *rows, "<svg onload=alert(1)>,x", ""]), encoding="utf-8")
    assert run(["check", "news.eml", "--to", "people.csv", "--html", "report.html", "--clean", "clean.csv"]) in {0, 1}
    return tmp_path / "report.html"


def test_report_loads_nothing_runs_nothing_and_says_what_it_must(report: Path, tmp_path: Path) -> None:
    dom, network = opened(report, tmp_path)
    assert ELSEWHERE not in network
    assert re.search("<title>(.*?)</title>", dom, re.DOTALL)[1].startswith("Check of Winter sale &lt;script&gt;")  # type: ignore[index]
    for number in ("1,235", "1,234"):
        assert f"<dd>{number}</dd>" in dom
    for words in ("This may go out", "Who is to get it", "people0.example"):
        assert words in dom


def test_browser_does_say_what_it_loads(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(f'<title>x</title><img src="http://{ELSEWHERE}/a.png"><script>document.title="ran"</script>')
    dom, network = opened(page, tmp_path)
    assert ELSEWHERE in network
    assert "<title>ran</title>" in dom
