"""Post-processes pytest-html's file: inserts our part at the top, and adds a language, labels, colours and keyboard access to the table.

Only the output of pytest-html 4 is changed. A part that does not have the expected form stays unchanged.
"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

from plugin.html_rows import on_demand
from reports.escaping import escaped
from reports.page import END, START
from settings.whole_file import write_whole

_MARK = '<meta name="generator" content="smtp365"/>'
_WITHOUT_SCRIPT = (  # not a noscript element: some mail viewers and script filters do not show it
    '<p class="without-script">pytest\'s own table, which can be sorted and filtered, needs JavaScript. '
    "The lists above show the same checks.</p>"
)
_OPEN = '<section id="pytest-table" aria-labelledby="title">'
_STYLE = """<style>
#pytest-table{margin-top:48px;border-top:3px double var(--line);padding-top:12px;font-size:14px}
#pytest-table h2,#pytest-table p,#pytest-table a,#pytest-table .log{color:var(--text)}
.scripted .without-script,.asked-for,#pytest-table.waiting :is(.controls,.filter,#pytest-scroll){display:none}
.scripted .waiting .asked-for{display:block}
#title{font-size:20px}
#pytest-table #results-table{color:var(--text);font-size:13px}
#pytest-table th,#pytest-table td{border-color:var(--line)!important}
#pytest-table #environment tr:nth-child(odd){background:var(--soft)}
#pytest-table .summary__data,#pytest-table .summary__spacer{flex:1 1 auto}
#pytest-table .controls{flex-wrap:wrap;gap:8px}
#pytest-table .filters{flex-wrap:wrap;gap:2px 6px}
#pytest-table .collapse button{color:var(--link)}
#pytest-table span.passed,#pytest-table .passed .col-result{color:var(--ok)}
#pytest-table :is(span.skipped,span.xfailed,span.rerun,span.retried),
#pytest-table :is(.skipped,.xfailed,.rerun) .col-result{color:var(--risk)}
#pytest-table :is(span.failed,span.error,span.xpassed),#pytest-table :is(.failed,.error,.xpassed) .col-result{color:var(--bad)}
#pytest-table .logwrapper{max-height:none;overflow:visible;background:var(--code)}
#pytest-table .logwrapper .logexpander{display:none}
#pytest-table .logwrapper .log{top:0;height:auto;min-height:0;border-color:var(--line);padding-right:5px}
#pytest-table .sortable.desc:after,#pytest-table .sortable.asc:after{position:static;border:0;content:" \\2193"}
#pytest-table .sortable.asc:after{content:" \\2191"}
#pytest-table :focus-visible{outline:3px solid var(--link)}
#pytest-scroll{overflow-x:auto;overflow-wrap:normal}#pytest-scroll .col-title{min-width:220px}#pytest-scroll .col-result{width:auto}
#pytest-table summary h2{display:inline;font-size:15px}#pytest-table #environment-header h2:hover::after{content:""}
</style>"""
_FILTERS = re.compile(
    r'<input checked="true" class="filter" name="filter_checkbox" type="checkbox" data-test-result="(\w+)"'
)
_ENVIRONMENT = re.compile(
    r'<div id="environment-header">\s*<h2>Environment</h2>\s*</div>\s*<table id="environment"></table>'
)
_GENERATED = re.compile(r"<p>Report generated on ([^<]*?) by <a [^>]*>pytest-html</a>\s*v([\w.]+)</p>")
_HEADING = re.compile(r'<h1 id="smtp365-answer">(.*?)</h1>', re.DOTALL)
_BUILT_IN = re.compile(r'<p class="built-in"><b>(.*?)</b>', re.DOTALL)
_UNCLOSED = (
    "</li>`).join('')}<ul>`",
    "</li>`).join('')}</ul>`",
)  # pytest-html 4.2 opens a second list instead of closing the first
_TABLE = re.compile(r'<table id="results-table">.*?</table>', re.DOTALL)


def postprocess(path: Path) -> None:
    """Rewrite the report in place, either completely or not at all. A second call changes nothing.

    Raises:
        OSError: the file cannot be read or written.

    """
    before = path.read_text(encoding="utf-8")
    after = postprocessed(before)
    if after != before:
        write_whole(path, after)


def postprocessed(text: str) -> str:
    """Return the report with our fragment at the top of the body, followed by pytest-html's part with our corrections.

    A report that was already processed, or does not have the expected form, is returned unchanged.
    """
    if _MARK in text:
        return text
    head, opened, body = text.partition("<body>")
    begin, end = body.find(START), body.find(END)
    if not opened or begin < 0 or end < begin:
        return text
    end += len(END)
    ours, theirs = body[begin:end], body[:begin] + body[end:]
    return _head(head, ours) + "<body>\n" + _without_style(ours) + "\n" + on_demand(_pytest_html_part(theirs))


def _head(head: str, ours: str) -> str:
    heading = _HEADING.search(ours)
    built_in = _BUILT_IN.search(ours)
    parts = [re.sub(r"<[^>]*>", "", found.group(1)) for found in (built_in, heading) if found]
    title = unescape(": ".join(parts)).strip()
    head = head.replace("<html>", '<html lang="en">', 1)
    if title:
        head = re.sub(
            r'<title id="head-title">.*?</title>',
            lambda _: f'<title id="head-title">{escaped(title)}</title>',
            head,
            count=1,
            flags=re.DOTALL,
        )
    style = ours[ours.find("<style>") : ours.find("</style>") + len("</style>")]
    extra = f'{_MARK}\n<meta name="viewport" content="width=device-width, initial-scale=1"/>\n{style}\n{_STYLE}\n'
    return head.replace("</head>", f"{extra}</head>", 1)


def _without_style(ours: str) -> str:
    begin, end = ours.find("<style>"), ours.find("</style>") + len("</style>")
    return ours[:begin].rstrip() + ours[end:]


def _pytest_html_part(body: str) -> str:
    body = body.replace('<h1 id="title">', f'{_OPEN}\n<h2 id="title">', 1)
    begin = body.find('<h2 id="title">')
    end = body.find("</h1>", begin)
    body = (
        f'{body[:begin]}<h2 id="title">Sortable table of all checks</h2>{body[end + len("</h1>") :]}'
        if begin >= 0
        else body
    )
    body = _GENERATED.sub(r"<p>Written on \1 (local time) by pytest-html \2.</p>" + _WITHOUT_SCRIPT, body, count=1)
    body = _ENVIRONMENT.sub(
        '<details><summary id="environment-header"><h2>Versions of pytest and its plugins</h2></summary>'
        '<table id="environment"></table></details>',
        body,
        count=1,
    )
    body = _FILTERS.sub(
        r'<input checked="true" aria-label="Show \1" class="filter" name="filter_checkbox" type="checkbox" data-test-result="\1"',
        body,
    )
    body = body.replace('<img src="" />', '<img alt="" />', 1)
    body = body.replace("<h2>Summary</h2>", "", 1)
    body = body.replace(*_UNCLOSED, 1)
    table = _TABLE.search(body)
    if table is None:
        return body
    wrapped = f'<div id="pytest-scroll" tabindex="0" role="group" aria-label="Table of all checks">{table.group()}</div>\n</section>'
    return body[: table.start()] + wrapped + body[table.end() :]
