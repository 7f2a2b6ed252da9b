"""A name server's answer is limited in size and in the time that it may take."""

from __future__ import annotations

import pytest

from fakes.hostile.dns import serve_dns
from probes.deadline import Deadline
from probes.dns import ask

HOST = "smtp.office365.com"


@pytest.mark.parametrize(
    ("peer", "status", "text"),
    [
        pytest.param("many-aliases", "malformed", "octets", id="thousands of aliases"),
        pytest.param("dns-drip", "timeout", "no answer within", id="one octet at a time"),
    ],
)
def test_an_answer_is_bounded(peer: str, status: str, text: str) -> None:
    """An answer that is too large is not parsed, and one that never ends is a timeout."""
    with serve_dns(peer) as port:
        answer = ask(HOST, f"127.0.0.1:{port}", "tcp", "A", Deadline(1.0))

    assert answer.status == status
    assert text in answer.text
    assert answer.addresses == ()
