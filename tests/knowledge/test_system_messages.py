"""The operating system's own messages are recognised in each of its languages."""

import pytest

from knowledge.reading import read
from knowledge.system_messages import translations

CAUSES = {
    "Connection timed out": "port_blocked",
    "Connection refused": "port_blocked",
    "Network is unreachable": "network_unreachable",
    "No route to host": "network_unreachable",
    "Connection reset by peer": "port_blocked",
    "Name or service not known": "dns_failure",
    "Temporary failure in name resolution": "dns_failure",
}


@pytest.mark.parametrize(("message", "cause"), CAUSES.items(), ids=CAUSES)
def test_message_is_recognised_in_every_language(message: str, cause: str) -> None:
    """A glibc error message leads to the same first cause in every language into which glibc is translated."""
    texts = translations(message)

    assert len(texts) > 20
    assert [text for text in texts if read(f"smtp.office365.com:587: {text}").causes[0] != cause] == []
