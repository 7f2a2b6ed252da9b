"""The SMTP leg of a visit: name, port, greeting, STARTTLS, TLS, AUTH, envelope, in one session that signs in at most once."""

from __future__ import annotations

import ssl

from evidence.wire import CommandEvidence, Dial, FailureKind, Gate, HelloEvidence, PortEvidence, TlsEvidence
from probes import envelope, implicit_tls
from probes.dialler import Race
from probes.dns import NameLookup
from probes.sign_in import TokenSource, sign_in
from probes.smtp import Session
from probes.tls import look, wants_second_look, with_shown
from probes.visit import Visit

_LATE = {FailureKind.TLS_ALERT, FailureKind.CLOSED, FailureKind.RESET}
_SHOWN = 200


def travel(visit: Visit, token: TokenSource) -> None:
    """Go through the gates in order and stop at the first that does not open; all that was seen is in `visit`."""
    lookup = _look_up(visit)
    addresses = lookup.soon()
    race, second = _dial(visit, addresses)
    sock, used = race.first() if race is not None else (None, None)
    try:
        if sock is not None:
            visit.count(smtp_sessions=1)
            name = visit.world.network.ehlo_name or _literal(used)
            session = Session(
                sock,
                visit.transcript,
                visit.deadline,
                reply_timeout=visit.world.network.reply_timeout,
                ehlo_name=name,
            )
            try:
                _converse(visit, session, token, used)
            finally:
                visit.world.dialler.close(session.sock or sock)
    finally:
        _keep_port(visit, lookup, race, second, used)


def _look_up(visit: Visit) -> NameLookup:
    visit.at = Gate.NAME
    network = visit.world.network
    return NameLookup(
        visit.sender.smtp_server,
        resolvers=network.resolvers,
        comparison=network.comparison_resolver,
        timeout=network.dns_timeout,
        deadline=visit.deadline,
        silence=visit.world.dialler.silence,
    )


def _dial(visit: Visit, addresses: tuple[str, ...]) -> tuple[Race | None, Race | None]:
    """Dial the configured port, and beside it 587 where the settings name another port (FAQ: outbound TCP 587)."""
    sender = visit.sender
    if not addresses:
        return None, None
    visit.at = Gate.PORT
    race = Race(visit.world.dialler, sender.smtp_server, addresses, sender.port, visit.deadline)
    expected = visit.world.cloud.port
    second = None
    if sender.port != expected:
        second = Race(visit.world.dialler, sender.smtp_server, addresses, expected, visit.deadline)
    return race, second


def _keep_port(visit: Visit, lookup: NameLookup, race: Race | None, second: Race | None, used: Dial | None) -> None:
    visit.put(name=lookup.finish())
    if race is None:
        return
    dials = race.finish(used)
    to_587 = second.finish(None) if second is not None else ()
    visit.count(diagnostic_connections=sum(dial.opened for dial in (*dials, *to_587) if dial is not used))
    visit.put(
        port=PortEvidence(
            port=visit.sender.port,
            dials=dials,
            used=used,
            to_587=to_587,
            seconds=used.seconds if used else max((dial.seconds for dial in dials), default=0.0),
        )
    )


def _converse(visit: Visit, session: Session, token: TokenSource, used: Dial | None) -> None:
    visit.at = Gate.GREETING
    greeting = session.hello(greeting=True)
    visit.put(greeting=greeting)
    if used is not None and implicit_tls.wanted(greeting) and not visit.deadline.passed:
        visit.put(greeting=_at_once(visit, used, greeting))
    if greeting.ehlo is None or greeting.ehlo.code != 250:
        _leave(visit, session)
        return
    visit.at = Gate.STARTTLS
    if not visit.sender.use_ssl:
        # The application would go on in plain text; so do we, without a credential, to hear what it hears.
        visit.put(plain_mail=session.ask(f"MAIL FROM:<{visit.sender.envelope_from}>"))
        _leave(visit, session)
        return
    starttls = session.ask("STARTTLS").model_copy(update={"surplus": session.pending})
    visit.put(starttls=starttls)
    if starttls.reply is None or starttls.reply.code != 220 or starttls.surplus:
        _leave(visit, session)
        return
    secured = _secure(visit, session, used)
    if secured is None:
        return
    visit.at = Gate.AUTH_OFFERED
    offered = session.hello(greeting=False)
    visit.put(auth_offered=offered)
    if used is not None and offered.failure is not None and offered.failure.kind in _LATE:
        # In TLS 1.3 a refusal for want of a client certificate comes only behind the handshake.
        agreed: TlsEvidence = visit.seen("tls")
        asks = _second_look(visit, used, agreed).asks_client_certificate
        visit.put(tls=agreed.model_copy(update={"asks_client_certificate": asks}))
    if offered.ehlo is not None and offered.ehlo.code == 250 and sign_in(visit, session, offered, token):
        envelope.send(visit, session)
    _leave(visit, session)


def _secure(visit: Visit, session: Session, used: Dial | None) -> ssl.SSLSocket | None:
    """The handshake on the session's own socket; when it fails, a second connection looks at what was shown."""
    visit.at = Gate.TLS
    sock = session.sock
    if sock is None:
        return None
    host = visit.sender.smtp_server
    secured, evidence = visit.world.trust.handshake(
        sock, host, visit.deadline.within(visit.world.network.connect_timeout)
    )
    if secured is None:
        visit.world.dialler.close(sock)
        visit.transcript.remark(f"TLS handshake failed: {evidence.failure.text if evidence.failure else ''}")
        if wants_second_look(evidence) and used is not None:
            evidence = _second_look(visit, used, evidence)
        visit.put(tls=evidence)
        return None
    visit.world.dialler.replaced(sock, secured)
    visit.transcript.remark(f"{evidence.version}, {evidence.cipher}, certificate verified for {host}")
    visit.put(tls=evidence)
    session.continue_on(secured)
    return secured


def _at_once(visit: Visit, used: Dial, greeting: HelloEvidence) -> HelloEvidence:
    """Say a ClientHello on a connection of its own that carries no credential and ends with the handshake."""
    host = visit.sender.smtp_server
    bound = visit.deadline.within(min(implicit_tls.PATIENCE, visit.world.network.connect_timeout))
    sock, _ = visit.world.dialler.dial(host, used.address, used.port, bound)
    if sock is None:
        return greeting
    visit.count(diagnostic_connections=1)
    try:
        shown, other = implicit_tls.say_hello(sock, host, bound)
    finally:
        visit.world.dialler.close(sock)
    answer = visit.transcript.clean(other.decode("latin-1"))[:_SHOWN]
    told = shown.version or answer or (shown.failure.text if shown.failure is not None else "")
    visit.transcript.remark(f"TLS from the first byte, on a connection that carries no credential: {told}")
    return greeting.model_copy(update={"tls_at_once": shown, "answer_to_tls": answer})


def _second_look(visit: Visit, used: Dial, evidence: TlsEvidence) -> TlsEvidence:
    """See the certificate on a connection of its own that carries no credential and ends with the handshake."""
    host = visit.sender.smtp_server
    sock, _ = visit.world.dialler.dial(host, used.address, used.port, visit.deadline)
    if sock is None:
        return evidence
    visit.count(diagnostic_connections=1)
    visit.transcript.remark("second look at the certificate, on a connection that carries no credential")
    try:
        session = Session(
            sock,
            visit.transcript,
            visit.deadline,
            reply_timeout=visit.world.network.reply_timeout,
            ehlo_name=_literal(used),
        )
        hello = session.hello(greeting=True)
        answer = session.ask("STARTTLS") if hello.ehlo is not None else CommandEvidence()
        if answer.reply is None or answer.reply.code != 220:
            return evidence
        return with_shown(evidence, look(sock, host, visit.deadline.within(visit.world.network.connect_timeout)))
    finally:
        visit.world.dialler.close(sock)


def _literal(used: Dial | None) -> str:
    """This machine's own address as the name in EHLO (RFC 5321, 4.1.3)."""
    address = (used.local_address if used is not None else None) or "127.0.0.1"
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _leave(visit: Visit, session: Session) -> None:
    """QUIT, politely, unless the peer has stopped answering; what comes of it changes nothing."""
    if session.sock is not None and not session.broken:
        visit.put(quit=session.ask("QUIT"))
