"""No reply, issuer document, token response or DNS packet causes an internal error, whatever it contains."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rrset
import pytest

from checks.assessment import Assessment
from evidence.wire import NameEvidence
from probes.deadline import Deadline
from probes.dns import NameLookup
from tests.resilience.fuzzed_service import CLAIMS, REPLIES, Service, service
from tests.resilience.fuzzing import changed, changed_bytes, fuzz, seeds
from tests.resilience.gathering import gathered_from, written_about
from tests.resilience.test_unusual_values import jwt


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A mail server and a token service on loopback."""
    with service(tmp_path_factory.mktemp("service")) as found:
        yield found


def run(running: Service, *names: str) -> None:
    """Run the probes and the checks for these senders, and produce a run's outputs."""
    chosen = {name: running.settings.sender[name] for name in names}
    network = running.settings.network.model_copy(update={"reply_timeout": 0.3, "sender_timeout": 2.0})
    settings = running.settings.model_copy(update={"sender": chosen, "network": network})
    written_about(gathered_from(settings), {name: settings.for_sender(one) for name, one in chosen.items()})


def test_the_unchanged_service_is_healthy(running: Service) -> None:
    """Without a change, both senders can send, so a change can be made at every step of the route."""
    running.reset()
    evidence = gathered_from(running.settings)

    verdicts = {
        name: Assessment(one, running.settings.for_sender(running.settings.sender[name])).verdict
        for name, one in evidence.items()
    }
    assert verdicts == {"basic": "can_send", "oauth": "can_send"}


def test_any_smtp_reply_is_assessed(running: Service) -> None:
    """A changed reply at any step of a session over verified TLS is assessed, and no run has an internal error."""

    def check(draw: random.Random) -> None:
        running.reset()
        place = draw.choice(list(REPLIES))

        def reply(command: str) -> bytes:
            usual = REPLIES[command]
            return usual if command != place else changed_bytes(usual, draw).removesuffix(b"\r\n") + b"\r\n"

        running.reply = reply
        run(running, "basic")

    fuzz(seeds(), check, examples=25)


def test_any_issuer_document_is_assessed(running: Service) -> None:
    """A changed issuer document, as JSON or as bytes, is assessed, and no run has an internal error."""

    def check(draw: random.Random) -> None:
        running.reset()
        running.document = lambda members: mutated(members, draw)
        run(running, "oauth")

    fuzz(seeds(), check, examples=15)


def test_any_token_answer_is_assessed(running: Service) -> None:
    """A changed token response, or a token with changed claims, is assessed, and no run has an internal error."""

    def check(draw: random.Random) -> None:
        running.reset()

        def token(members: dict[str, Any]) -> bytes:
            if draw.random() < 0.4:
                return json.dumps(
                    members | {"access_token": jwt(mutated(CLAIMS, draw).decode("utf-8", "replace"))}
                ).encode()
            return mutated(members, draw)

        running.token = token
        run(running, "oauth")

    fuzz(seeds(), check, examples=25)


def mutated(members: dict[str, Any], draw: random.Random) -> bytes:
    """Return the JSON text of a changed object, in some cases with changed bytes."""
    content = json.dumps(changed(members, draw)).encode()
    return changed_bytes(content, draw) if draw.random() < 0.3 else content


def usual_answer(question: bytes) -> bytes:
    """Return a name server's answer with an alias and two addresses."""
    asked = dns.message.from_wire(question)
    answer = dns.message.make_response(asked)
    record = asked.question[0].rdtype
    name = asked.question[0].name.to_text()
    answer.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", "alias.adatum.test."))
    addresses = ("192.0.2.1", "192.0.2.2") if record == 1 else ("2001:db8::1", "2001:db8::2")
    answer.answer.append(
        dns.rrset.from_text("alias.adatum.test.", 60, "IN", "A" if record == 1 else "AAAA", *addresses)
    )
    return answer.to_wire()


@contextmanager
def name_server(answer: Callable[[bytes], bytes]) -> Iterator[str]:
    """Serve these answers over UDP on loopback, and yield the server's address and port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        place = sock.getsockname()

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    question, client = sock.recvfrom(4096)
                    if not question:
                        return
                    sock.sendto(answer(question), client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"{place[0]}:{place[1]}"
        finally:
            sock.sendto(b"", place)
            thread.join(5)


def test_any_dns_packet_is_evidence() -> None:
    """A changed answer from a name server becomes evidence, and no lookup raises an exception."""
    draws: list[random.Random] = []

    def answer(question: bytes) -> bytes:
        usual = usual_answer(question)
        kept = 2 if draws[-1].random() < 0.8 else 0  # the id of the question
        return usual[:kept] + changed_bytes(usual[kept:], draws[-1])

    with name_server(answer) as server:

        def check(draw: random.Random) -> None:
            draws.append(draw)
            lookup = NameLookup(
                "mail.adatum.test", resolvers=[server], comparison=server, timeout=0.3, deadline=Deadline(2)
            )
            lookup.soon()
            found = lookup.finish()
            assert NameEvidence.model_validate_json(found.model_dump_json()) == found

        fuzz(seeds(), check, examples=60)
