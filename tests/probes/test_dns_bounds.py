"""A name server's answer is limited in size and in the time that it may take."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes import healthy, serve
from probes.deadline import Deadline
from probes.dns import ask

HOST = "smtp.office365.com"


@pytest.mark.parametrize(
    ("peer", "status", "text"),
    [
        pytest.param("dns-many-aliases", "malformed", "octets", id="thousands of aliases"),
        pytest.param("dns-drip", "timeout", "no answer within", id="one octet at a time"),
    ],
)
def test_an_answer_is_bounded(peer: str, status: str, text: str, tmp_path: Path) -> None:
    """An answer that is too large is not parsed, and one that never ends is a timeout."""
    with serve(healthy(), folder=tmp_path, hostile=peer) as running:
        answer = ask(HOST, f"127.0.0.1:{running.description['dns']['port']}", "tcp", "A", Deadline(1.0))

    assert answer.status == status
    assert text in answer.text
    assert answer.addresses == ()
