"""How the pages look that scripts of this folder write: one file each, light or dark as the reader's system is."""

import html

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --soft: #5a6472; --line: #d9dee5; --code: #f5f7f9;
  --good: #1a7f37; --fair: #9a6700; --bad: #c4321c; --hot: #fff3d6; }
@media (prefers-color-scheme: dark) { :root { --ink: #dde3ea; --paper: #14171b; --soft: #98a3b0; --line: #313840;
  --code: #1b1f24; --good: #4ac26b; --fair: #d4a72c; --bad: #ff7b72; --hot: #2c2612; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 76rem; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.25rem; margin-top: 2.2rem; } h3 { font-size: 1.05rem; margin-top: 1.6rem; }
p.idea { color: var(--soft); margin-top: 0; } small { color: var(--soft); }
table { border-collapse: collapse; margin: .6rem 0; font-size: .92rem; }
th, td { text-align: right; padding: .25rem .7rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } th { color: var(--soft); font-weight: 600; }
.scroll { overflow-x: auto; } .good { color: var(--good); } .fair { color: var(--fair); } .bad { color: var(--bad); }
figure { margin: 1rem 0; max-width: 52rem; } figure svg { max-width: 100%; height: auto; }
.source { border: 1px solid var(--line); border-radius: 6px; background: var(--code); }
.source table { width: 100%; margin: 0; font: 13px/1.45 ui-monospace, monospace; }
.source td { border: 0; padding: 0 .6rem; vertical-align: top; text-align: left; }
.source td.number { color: var(--soft); text-align: right; user-select: none; } .source td.code { white-space: pre; }
.source tr.hot { background: var(--hot); } .source tr.counts td { font: 12px/1.4 system-ui, sans-serif; color: var(--soft);
  padding: 0 .6rem .25rem 1.6rem; white-space: normal; }
"""


def table(rows):
    """HTML of rows of cells that are HTML already; the first row is the heading."""
    head = "".join(f"<th>{cell}</th>" for cell in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows[1:])
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'


def document(title, parts):
    """A whole page of HTML. title: text; parts: the body's HTML."""
    return ("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
            f"<title>{html.escape(title)}</title><style>{STYLE}</style></head><body>\n" + "\n".join(parts) + "\n</body></html>\n")
