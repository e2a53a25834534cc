"""The style sheet of the report: light and dark, narrow and wide, and on paper. No colour says what no word says."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root{color-scheme:light dark;--ground:#f5f6f8;--card:#fff;--ink:#1b2430;--soft:#586474;--line:#dde2e8;--track:#e8ecf1;
--accent:#2f6feb;--accent2:#9db8e8;--good:#147a42;--good-ground:#e6f5ec;--bad:#b3261e;--bad-ground:#fdebe9;--warn:#8a5a00;
--warn-ground:#fdf3dd}
@media(prefers-color-scheme:dark){:root{--ground:#11151b;--card:#1a2029;--ink:#e7ecf3;--soft:#9aa7b8;--line:#2d3644;
--track:#262e3a;--accent:#6ea0ff;--accent2:#3e5379;--good:#5cc98a;--good-ground:#12301f;--bad:#ff8f86;--bad-ground:#3a1a18;
--warn:#e5b455;--warn-ground:#33270f}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;
overflow-wrap:anywhere}
main{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:clamp(1.6rem,1.2rem + 2vw,2.4rem);line-height:1.15;margin:.25rem 0 .5rem;letter-spacing:-.01em}
h2{font-size:1.15rem;margin:2.25rem 0 .75rem}
p{margin:.35rem 0}
.eyebrow,.soft,small{color:var(--soft)}
.eyebrow{font-size:.9rem}
.verdict{border-radius:.75rem;padding:1.25rem 1.5rem;border-left:.5rem solid}
.verdict p.say{font-size:1.1rem}
.pass{background:var(--good-ground);border-color:var(--good)}.pass h1{color:var(--good)}
.fail{background:var(--bad-ground);border-color:var(--bad)}.fail h1{color:var(--bad)}
.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.75rem;margin:1rem 0 0;padding:0}
.numbers div,.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem}
.numbers div{padding:.75rem 1rem;display:flex;flex-direction:column-reverse}
.numbers dt{color:var(--soft);font-size:.85rem}
.numbers dd{margin:0;font-size:1.6rem;font-weight:650;font-variant-numeric:tabular-nums;line-height:1.2}
.card{padding:1rem 1.25rem;margin:0 0 .75rem;break-inside:avoid}
.finding{border-left:.35rem solid var(--warn)}.finding.error{border-left-color:var(--bad)}
.finding h3{font-size:1rem;font-weight:600;margin:0 0 .25rem}
.mark{display:inline-block;font-size:.75rem;font-weight:700;border-radius:.3rem;padding:.05rem .45rem;margin-right:.5rem;
background:var(--warn-ground);color:var(--warn)}
.error .mark{background:var(--bad-ground);color:var(--bad)}
.finding ul{margin:.35rem 0 0;padding-left:1.25rem;color:var(--soft);font-size:.9rem}
code{font:.85em ui-monospace,Menlo,Consolas,monospace;color:var(--soft)}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(26rem,100%),1fr));gap:.75rem}
.columns .card{margin:0}
.bars{border-collapse:collapse;width:100%;font-size:.92rem}
.bars caption{text-align:left;font-weight:600;padding-bottom:.5rem}
.bars th[scope=row]{text-align:left;font-weight:400;padding:.2rem .75rem .2rem 0;width:36%;vertical-align:middle}
.bars .bar{padding:.2rem 0;vertical-align:middle}
.bars .bar svg{display:block;width:100%;height:.8rem;border-radius:.2rem}
.bars .bar svg+svg{height:.4rem;margin-top:.15rem}
.bars .n{width:1%;white-space:nowrap;text-align:right;padding-left:.75rem;font-variant-numeric:tabular-nums}
.split{display:block;width:100%;height:1.25rem;border-radius:.3rem;margin:.25rem 0 .75rem}
.track{fill:var(--track)}.plain{fill:var(--accent)}.before{fill:var(--accent2)}.good{fill:var(--good)}.bad{fill:var(--bad)}
.warn{fill:var(--warn)}
.key{display:inline-block;width:.8rem;height:.8rem;border-radius:.15rem;vertical-align:-.05rem;margin-right:.4rem}
.key svg{display:block;width:100%;height:100%}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.envelope{display:grid;grid-template-columns:auto 1fr;gap:.1rem 1rem;margin:0 0 1rem}
.envelope dt{color:var(--soft)}.envelope dd{margin:0;font-weight:600}
.letter{border:1px solid var(--line);border-radius:.4rem;overflow:hidden;background:#fff}
.letter iframe{display:block;border:0;width:100%;height:36rem;background:#fff}
.letter pre{margin:0;padding:1rem;color:#111;white-space:pre-wrap;font:.9rem/1.5 ui-monospace,Menlo,Consolas,monospace;
max-height:36rem;overflow:auto}
footer{margin-top:2.5rem;color:var(--soft);font-size:.85rem;border-top:1px solid var(--line);padding-top:1rem}
@media print{:root{--ground:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--track:#eee;--accent:#2f6feb;--accent2:#9db8e8;
--good:#147a42;--good-ground:#fff;--bad:#b3261e;--bad-ground:#fff;--warn:#8a5a00;--warn-ground:#fff;color-scheme:light}
body{font-size:10.5pt}main{max-width:none;padding:0}.verdict{border-width:1px 1px 1px .5rem;border-style:solid}
h2{break-after:avoid}.letter iframe{height:24rem}.letter pre{max-height:none}svg{print-color-adjust:exact}}
"""
