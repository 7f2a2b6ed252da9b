"""Embeds the results in the HTML file so that they can be evaluated again. Large results are compressed.

The results of a thousand senders take 80 MB as JSON and 6 MB with gzip. They are compressed sender by sender, so that they are
never in memory as a whole.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator
from typing import Any

from reports.overview import OVERVIEW_ABOVE
from reports.results import head, of_sender
from reports.run import Run
from settings import strict_json
from settings.bounded_input import DamagedDataError, unpack

_LARGEST_PLAIN = 75_000  # characters for each sender; a third is usual, and a server with very long replies causes more
_GZIP = 31  # zlib's window size with a gzip header, RFC 1952
_ELEMENT = re.compile(rb'<script type="application/(json|gzip)" id="smtp365-results">([^<]*)</script>')


def element(run: Run, data: dict[str, Any] | None) -> str:
    """Return the script element that holds the run's results. `data` is the results if they have already been built."""
    if len(run.senders) <= OVERVIEW_ABOVE and data is not None:
        text = embedded(data)
        if len(text) <= _LARGEST_PLAIN * len(run.senders):
            return f'<script type="application/json" id="smtp365-results">{text}</script>'
    return f'<script type="application/gzip" id="smtp365-results">{packed(_pieces(run))}</script>'


def embedded(data: dict[str, Any]) -> str:
    """Return the results as JSON that is safe inside a script element: ASCII without `<`, `>` and `&` (HTML, section 4.12.1.3)."""
    text = strict_json.write(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def packed(pieces: Iterator[str]) -> str:
    """Compress text with gzip and encode it in base64 (RFC 1952, RFC 4648)."""
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    parts = [packer.compress(piece.encode()) for piece in pieces]
    return base64.b64encode(b"".join([*parts, packer.flush()])).decode("ascii")


def embedded_json(html: bytes, largest: int) -> bytes | None:
    """Return the JSON text in a page, or None if it has none. Raises DamagedDataError if it cannot be decompressed to `largest` bytes."""
    element = _ELEMENT.search(html)
    if element is None:
        return None
    if element.group(1) == b"json":
        return element.group(2)
    try:
        data = base64.b64decode(element.group(2), validate=True)
    except ValueError:
        raise DamagedDataError("not base64") from None
    return unpack(data, largest)


def _pieces(run: Run) -> Iterator[str]:
    members = strict_json.write({**head(run), "senders": []}, separators=(",", ":"))
    yield members.removesuffix("]}")
    for index, assessment in enumerate(run.senders):
        yield ("," if index else "") + strict_json.write(of_sender(run, assessment), separators=(",", ":"))
    yield "]}"
