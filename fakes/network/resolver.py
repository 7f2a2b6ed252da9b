"""The fake resolver, which answers over UDP (with truncation) and over TCP. It is built on dnspython.

Names outside the world's zones do not exist. `Resolver` selects the resolver's faults.
"""

import asyncio
import struct
from typing import Any, cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from ..world.network import Answer, Network, Transport, Zone
from ..world.records import State

_PLAIN_UDP = 512
_FLAP_PERIOD = 8  # the first of every eight answers fails, so that a retry succeeds even with many concurrent clients


class Responder:
    """Answers DNS queries. While the resolver is flapping, the queries for each name and type are counted for each transport."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._counts: dict[tuple[str, int, bool], int] = {}

    def reply(self, question: bytes, *, over_udp: bool) -> bytes | None:
        """Return the response to a query, or None if this transport is silent or the query is malformed.

        The query and the response are in wire format.
        """
        network = self._state.world.network
        transport = network.resolver.udp if over_udp else network.resolver.tcp
        try:
            query = dns.message.from_wire(question)
        except (dns.exception.DNSException, ValueError, struct.error):
            return None
        if not query.question or query.flags & dns.flags.QR:
            return None
        self._state.records.count("dns_udp" if over_udp else "dns_tcp")
        if transport is Transport.SILENT:
            return None
        response = self._response(network, query, over_udp=over_udp)
        limit = max(_PLAIN_UDP, query.payload) if over_udp else 65535
        try:
            return response.to_wire(max_size=limit)
        except dns.exception.TooBig:
            return _truncated(query).to_wire(max_size=limit)

    def _response(self, network: Network, query: dns.message.Message, *, over_udp: bool) -> dns.message.Message:
        response = dns.message.make_response(query, recursion_available=True)
        asked = query.question[0]
        name = asked.name.to_text()
        zone = network.zone(name)
        answer = network.resolver.login_answer if zone and zone.service == "login" else network.resolver.answer
        if answer is Answer.FLAPPING:
            question = (name, int(asked.rdtype), over_udp)
            count = self._counts[question] = self._counts.get(question, 0) + 1
            answer = Answer.SERVER_FAILURE if count % _FLAP_PERIOD == 1 else Answer.TRUE
        if zone is None or answer is Answer.NO_SUCH_NAME:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif answer is Answer.SERVER_FAILURE:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif answer in {Answer.HIJACKED, Answer.PRIVATE}:
            false, private = network.resolver.hijacked_address, network.resolver.private_address
            if asked.rdtype == dns.rdatatype.A:
                address = private if answer is Answer.PRIVATE else false
                response.answer = [dns.rrset.from_text(asked.name, 60, "IN", "A", address)]
        elif answer is Answer.TRUE:
            response.answer = _records(zone, asked.name, asked.rdtype)
        return response


def _records(zone: Zone, asked: dns.name.Name, kind: dns.rdatatype.RdataType) -> list[dns.rrset.RRset]:
    answer, owner = [], asked
    for ttl, alias in zone.chain:
        answer.append(dns.rrset.from_text(owner, ttl, "IN", "CNAME", f"{alias}."))
        owner = dns.name.from_text(alias)
    addresses = {dns.rdatatype.A: zone.ipv4, dns.rdatatype.AAAA: zone.ipv6}.get(kind, ())
    if addresses:
        answer.append(dns.rrset.from_text(owner, zone.ttl, "IN", dns.rdatatype.to_text(kind), *addresses))
    return answer


def _truncated(query: dns.message.Message) -> dns.message.Message:
    short = dns.message.make_response(query, recursion_available=True)
    short.flags |= dns.flags.TC
    return short


class UdpProtocol(asyncio.DatagramProtocol):
    """DNS over UDP, with an optional delay before each response."""

    def __init__(self, responder: Responder, delay: float) -> None:
        self._responder = responder
        self._delay = delay
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport that sends the responses."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Answer one query, or send nothing if the responder has no answer."""
        answer = self._responder.reply(data, over_udp=True)
        if answer is None or self._transport is None:
            return
        if self._delay > 0:
            asyncio.get_running_loop().call_later(self._delay, self._transport.sendto, answer, addr)
        else:
            self._transport.sendto(answer, addr)


class TcpProtocol(asyncio.Protocol):
    """DNS over TCP, in which a length prefix precedes each message (RFC 1035, section 4.2.2)."""

    def __init__(self, state: State, responder: Responder) -> None:
        self._state = state
        self._responder = responder
        self._transport: asyncio.Transport | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Register the connection, so that it can be closed when the fakes stop."""
        self._state.transports.add(transport)
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer each complete query. If the responder has no answer, send nothing and keep the connection open."""
        self._received += data
        while len(self._received) >= 2:
            (length,) = struct.unpack("!H", self._received[:2])
            if len(self._received) < 2 + length:
                return
            question, self._received = self._received[2 : 2 + length], self._received[2 + length :]
            answer = self._responder.reply(question, over_udp=False)
            if answer is not None and self._transport is not None:
                self._transport.write(struct.pack("!H", len(answer)) + answer)
