"""Resolves names. Each resolver gets the same questions over UDP and TCP. An additional resolver can be asked for comparison.

Sources: RFC 1035 (messages); RFC 7766 (TCP is required); FAQ, "DNS Port 53 (TCP and UDP)". The checks evaluate the answers.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Literal

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.resolver

from evidence.failure import Failure, FailureKind
from evidence.wire import DnsAnswer, NameEvidence
from probes.deadline import Deadline
from probes.dialler import is_address
from probes.dns_exchange import Transport, exchange
from probes.failures import printable, translate
from probes.unresponsive import UnresponsiveHosts
from settings.strict_values import port_number

RecordType = Literal["A", "AAAA"]
Status = Literal[
    "answered", "no_such_name", "no_data", "server_failure", "refused", "timeout", "unreachable", "malformed"
]
_TRIES = 2
_BRIEFLY = 0.5  # seconds for a resolver that timed out for another sender
_LONGEST_CHAIN = 16
_MOST_ADDRESSES = 64


def system_resolvers() -> tuple[str, ...]:
    """Return the resolvers configured on this machine. The result is empty if the configuration cannot be read."""
    try:
        return tuple(str(server) for server in dns.resolver.Resolver().nameservers)
    except (dns.exception.DNSException, OSError):
        return ()


class NameLookup:
    """All questions about one name, sent concurrently. `soon` returns addresses early, and `finish` returns the complete evidence."""

    def __init__(
        self,
        host: str,
        *,
        resolvers: Iterable[str],
        comparison: str | None,
        timeout: float,
        deadline: Deadline,
        unresponsive: UnresponsiveHosts | None = None,
    ) -> None:
        """Send the questions. Without `resolvers`, ask the system's resolvers and also call `getaddrinfo`.

        An IP address needs no questions.
        """
        self._host = host
        self._unresponsive = unresponsive or UnresponsiveHosts()
        self._literal = is_address(host)
        self._deadline = deadline
        self._started = deadline.elapsed()
        configured = tuple(resolvers)
        self._names = configured or system_resolvers()
        self._asks_system = not configured
        self._system: list[tuple[str, ...] | Failure] = []
        self._system_done = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=12, thread_name_prefix="dns")
        self._answers: list[Future[DnsAnswer]] = []
        self._comparison: list[Future[DnsAnswer]] = []
        if self._literal:
            return
        bound = deadline.within(timeout)
        if self._asks_system:
            threading.Thread(target=self._ask_system, name="dns-system", daemon=True).start()
        self._answers = [self._ask(server, via, record, bound) for server in self._names for via, record in _QUESTIONS]
        if comparison:
            self._comparison = [self._ask(comparison, "udp", "A", bound), self._ask(comparison, "tcp", "A", bound)]

    def soon(self) -> tuple[str, ...]:
        """Return the addresses as early as possible: those that `getaddrinfo` found or, failing that, those found over UDP or TCP.

        The transport whose answers are complete first, and contain an address, is used. An IP address is returned unchanged.
        """
        if self._literal:
            return (self._host.strip("[]"),)
        if self._asks_system:
            self._system_done.wait(self._deadline.remaining())
            if self._system and not isinstance(self._system[0], Failure):
                return self._system[0]
        left = {transport: sum(via == transport for via, _ in self._asked()) for transport in ("udp", "tcp")}
        asked = dict(zip(self._answers, self._asked(), strict=True))
        for future in as_completed(self._answers):
            transport = asked[future][0]
            left[transport] -= 1
            found = self._found(transport) if left[transport] == 0 else ()
            if found:
                return found
        return ()

    def _found(self, transport: Transport) -> tuple[str, ...]:
        """Return the addresses received over one transport, all of whose questions have been answered."""
        futures = zip(self._answers, self._asked(), strict=True)
        return _addresses(future.result() for future, (via, _) in futures if via == transport)

    def finish(self) -> NameEvidence:
        """Return the evidence, with all answers in the order of the questions."""
        answers = tuple(future.result() for future in self._answers)
        comparison = tuple(future.result() for future in self._comparison)
        self._pool.shutdown(wait=False)
        system = self._system[0] if self._system else None
        return NameEvidence(
            host=self._host,
            literal=self._literal,
            answers=answers,
            comparison=comparison,
            system=system if isinstance(system, tuple) else None,
            system_failure=self._system_failure(system),
            addresses=self.soon(),
            seconds=round(self._deadline.elapsed() - self._started, 4),
        )

    def _system_failure(self, system: tuple[str, ...] | Failure | None) -> Failure | None:
        if isinstance(system, Failure):
            return system
        if self._asks_system and not self._literal and system is None:
            return Failure(kind=FailureKind.TIMEOUT, text="the operating system's lookup timed out")
        return None

    def _asked(self) -> list[tuple[Transport, RecordType]]:
        return [question for _ in self._names for question in _QUESTIONS]

    def _ask(self, server: str, via: Transport, record: RecordType, bound: Deadline) -> Future[DnsAnswer]:
        return self._pool.submit(ask, self._host, server, via, record, bound, self._unresponsive)

    def _ask_system(self) -> None:
        try:
            rows = socket.getaddrinfo(self._host, None, type=socket.SOCK_STREAM)
            self._system.append(tuple(dict.fromkeys(str(row[4][0]) for row in rows)))
        except (OSError, UnicodeError) as problem:
            self._system.append(translate(problem))
        finally:
            self._system_done.set()


_QUESTIONS: tuple[tuple[Transport, RecordType], ...] = (("udp", "A"), ("udp", "AAAA"), ("tcp", "A"), ("tcp", "AAAA"))


def ask(
    host: str,
    server: str,
    via: Transport,
    record: RecordType,
    bound: Deadline,
    unresponsive: UnresponsiveHosts | None = None,
) -> DnsAnswer:
    """Ask one question, and retry once if the server fails or does not answer properly. `attempts` is the number of times it was asked.

    The timeout is short if the last question to this resolver over the same transport timed out.
    """
    place = f"{via} {server}"
    if unresponsive is not None and unresponsive.known(place):
        bound = bound.within(_BRIEFLY)
    started = bound.elapsed()
    outcome: tuple[Status, dns.message.Message | None, str] = ("timeout", None, "")
    attempt = 0
    for attempt in range(1, _TRIES + 1):
        outcome = _once(host, server, via, record, bound.within(bound.remaining() / (_TRIES - attempt + 1)))
        if outcome[0] not in {"timeout", "server_failure", "unreachable", "malformed"} or bound.passed:
            break
    status, message, text = outcome
    if unresponsive is not None:
        unresponsive.note(place, timed_out=status == "timeout")
    chain, addresses, ttl = _read(message, host) if message is not None else ((), (), None)
    if status == "answered" and not addresses:
        status = "no_data"
    return DnsAnswer(
        resolver=server,
        transport=via,
        record=record,
        status=status,
        addresses=addresses,
        chain=chain,
        ttl=ttl,
        truncated=message is not None and bool(message.flags & dns.flags.TC),
        attempts=attempt,
        seconds=round(bound.elapsed() - started, 4),
        text=text,
    )


def _once(
    host: str, server: str, via: Transport, record: RecordType, bound: Deadline
) -> tuple[Status, dns.message.Message | None, str]:
    address, port = _server(server)
    patience = bound.remaining()
    try:
        message = exchange(dns.message.make_query(host, record), address, port, via, bound)
    except TimeoutError:
        return "timeout", None, f"no answer within {patience:.1f} s"
    except OSError as problem:
        return "unreachable", None, translate(problem).text
    except (dns.exception.DNSException, EOFError, ValueError) as problem:
        return "malformed", None, printable(f"{type(problem).__name__}: {problem}")
    code = message.rcode()
    names: dict[int, Status] = {
        dns.rcode.NOERROR: "answered",
        dns.rcode.NXDOMAIN: "no_such_name",
        dns.rcode.REFUSED: "refused",
    }
    return names.get(code, "server_failure"), message, dns.rcode.to_text(code)


def _server(server: str) -> tuple[str, int]:
    if server.startswith("["):
        address, _, port = server[1:].partition("]")
        return address, (port_number(port[1:]) or 0) if port.startswith(":") else 53
    if server.count(":") == 1:
        address, _, port = server.partition(":")
        return address, port_number(port) or 0
    return server, 53


def _read(message: dns.message.Message, host: str) -> tuple[tuple[str, ...], tuple[str, ...], int | None]:
    """Return the alias chain of the name, the addresses at its end, and the shortest TTL along it, which is None without addresses."""
    aliases: dict[str, tuple[str, int]] = {}
    found: dict[str, list[str]] = {}
    ttls: dict[str, int] = {}
    for rrset in message.answer:
        if rrset.rdclass != dns.rdataclass.IN:  # dnspython parses addresses of no other class
            continue
        owner = rrset.name.to_text(omit_final_dot=True).lower()
        for rdata in rrset:
            if rrset.rdtype == dns.rdatatype.CNAME:
                aliases[owner] = (rdata.target.to_text(omit_final_dot=True), rrset.ttl)
            elif (
                rrset.rdtype in {dns.rdatatype.A, dns.rdatatype.AAAA}
                and len(found.setdefault(owner, [])) < _MOST_ADDRESSES
            ):
                found[owner].append(str(rdata.address))
                ttls[owner] = rrset.ttl
    name = host.rstrip(".").lower()
    chain: list[str] = []
    shortest = [2**31]
    while name in aliases and len(chain) < _LONGEST_CHAIN:
        target, ttl = aliases[name]
        chain.append(printable(target))
        shortest.append(ttl)
        name = target.lower()
    addresses = tuple(found.get(name, ()))
    return tuple(chain), addresses, min([*shortest, ttls[name]]) if addresses else None


def _addresses(answers: Iterable[DnsAnswer]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for answer in answers for address in answer.addresses))
