"""Compresses the rows of pytest-html's table when there are many. The page then shows a button that renders them.

pytest-html keeps its rows in an attribute and renders all of them when the page opens, which takes about one second for 1,500 rows and
seven for 9,000. The button runs the same script of pytest-html.
"""

from __future__ import annotations

import re
from html import unescape

from reports.embedding import packed

LARGE = 400_000  # characters: some three hundred rows, a quarter of a second
_ROWS = re.compile(r' data-jsonblob="([^"]*)"')
_SCRIPT = re.compile(r"<script>(\s*\(function)")
_BUTTON = (
    '<p class="asked-for"><button id="show-rows" type="button">Show the table</button> {count:,} rows; '
    "a browser needs several seconds for thousands of rows.</p>"
)


def on_demand(section: str, large: int = LARGE) -> str:
    """Return pytest-html's part with compressed rows and a button, or unchanged if there are few rows or they have an unexpected form."""
    rows = _ROWS.search(section)
    if rows is None or len(rows.group(1)) < large or not _SCRIPT.search(section, rows.end()):
        return section
    text = unescape(rows.group(1))
    begin, end = rows.span()
    before = section[:begin].replace('<section id="pytest-table"', '<section id="pytest-table" class="waiting"', 1)
    before = before.replace(
        '<div class="controls">', _BUTTON.format(count=text.count('"resultsTableRow"')) + '<div class="controls">', 1
    )
    after = _SCRIPT.sub(r'<script type="text/plain" id="pytest-script">\1', section[end:], count=1)
    data = f'<script type="application/gzip" id="pytest-rows">{packed(iter([text]))}</script>'
    return before + after.replace("<script", f"{data}\n<script", 1)
