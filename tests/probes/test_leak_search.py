"""Tests that the search for secrets finds and masks them in finished outputs, and leaves ordinary text unchanged."""

from __future__ import annotations

import html
import json

import pytest

from probes.encodings import ENCODINGS, Encoding
from probes.leak_search import LeakSearch
from tests.probes.invented import LENGTHS, invented


def files(spelling: str) -> dict[str, str]:
    """Return parts of files that contain a spelling of a secret, whole and in two parts."""
    half = len(spelling) // 2
    whole = f"535 you said {spelling} did you not"
    cell = f"<td>{html.escape(whole)}</td>"
    return {
        "JSON": json.dumps({"lines": [whole]}, indent=1),
        "JSON, two lines": json.dumps({"lines": [f"5.7.3 {spelling[:half]}", spelling[half:]]}, indent=1),
        "HTML": f'<tr class="x">{cell}</tr>',
        "HTML, two cells": f"<td>heard {html.escape(spelling[:half])}</td>\n<td>{html.escape(spelling[half:])} here</td>",
        "rows in an attribute": f'<div data-jsonblob="{html.escape(json.dumps({"row": cell}))}"></div>',
        "text": f"observed: {whole}\n",
    }


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda one: one.name)
def test_every_encoding_is_found_and_masked_in_every_file(encoding: Encoding) -> None:
    """Secrets of 6 to 40 characters are found in files in every listed encoding. Masking removes them, and masked JSON is still valid."""
    for length in LENGTHS:
        secret = invented(length, length)
        leaks = LeakSearch(["another-Secret-1", secret])
        for spelling in encoding.spell(secret):
            for kind, text in files(spelling).items():
                assert leaks.found(text) == {1}, (kind, secret)
                masked = leaks.masked(text)
                assert leaks.found(masked) == set(), (kind, secret, masked)
                if kind.startswith("JSON"):
                    json.loads(masked)


def test_ordinary_files_contain_no_secret() -> None:
    """In a large ordinary text, no invented secret is found by chance."""
    leaks = LeakSearch(invented(number, 6 + number % 35) for number in range(500))
    words = " ".join(
        f"{number} 5.7.{number} Authentication <td>unsuccessful &#34;{number:x}</td>" for number in range(15_000)
    )

    assert leaks.found(words) == set()
    assert leaks.masked(words[:10_000]) == words[:10_000]
