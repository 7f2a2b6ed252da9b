"""The SMTP leg of a visit: name, port, greeting, STARTTLS, TLS, AUTH, envelope, in one session that signs in at most once."""

from __future__ import annotations

import ssl

from evidence.gates import Gate
from evidence.wire import CommandEvidence, Dial, FailureKind, HelloEvidence, PortEvidence, TlsEvidence
from probes import envelope, implicit_tls
from probes.dialler import Race
from probes.dns import NameLookup
from probes.sender_run import SenderRun
from probes.sign_in import TokenSource, sign_in
from probes.smtp import Session
from probes.tls import look, wants_second_look, with_shown

_LATE = {FailureKind.TLS_ALERT, FailureKind.CLOSED, FailureKind.RESET}
_SHOWN = 200


def run_leg(run: SenderRun, token: TokenSource) -> None:
    """Go through the gates in order and stop at the first that does not open; all that was seen is in `run`."""
    lookup = _look_up(run)
    addresses = lookup.soon()
    race, second = _dial(run, addresses)
    sock, used = race.first() if race is not None else (None, None)
    try:
        if sock is not None:
            run.count(smtp_sessions=1)
            name = run.context.network.ehlo_name or _literal(used)
            session = Session(
                sock,
                run.transcript,
                run.deadline,
                reply_timeout=run.context.network.reply_timeout,
                ehlo_name=name,
            )
            try:
                _converse(run, session, token, used)
            finally:
                run.context.dialler.close(session.sock or sock)
    finally:
        _keep_port(run, lookup, race, second, used)


def _look_up(run: SenderRun) -> NameLookup:
    run.at = Gate.NAME
    network = run.context.network
    return NameLookup(
        run.sender.smtp_server,
        resolvers=network.resolvers,
        comparison=network.comparison_resolver,
        timeout=network.dns_timeout,
        deadline=run.deadline,
        unresponsive=run.context.dialler.unresponsive,
    )


def _dial(run: SenderRun, addresses: tuple[str, ...]) -> tuple[Race | None, Race | None]:
    """Dial the configured port, and beside it 587 where the settings name another port (FAQ: outbound TCP 587)."""
    sender = run.sender
    if not addresses:
        return None, None
    run.at = Gate.PORT
    race = Race(run.context.dialler, sender.smtp_server, addresses, sender.port, run.deadline)
    expected = run.context.cloud.port
    second = None
    if sender.port != expected:
        second = Race(run.context.dialler, sender.smtp_server, addresses, expected, run.deadline)
    return race, second


def _keep_port(run: SenderRun, lookup: NameLookup, race: Race | None, second: Race | None, used: Dial | None) -> None:
    run.put(name=lookup.finish())
    if race is None:
        return
    dials = race.finish(used)
    to_587 = second.finish(None) if second is not None else ()
    run.count(diagnostic_connections=sum(dial.opened for dial in (*dials, *to_587) if dial is not used))
    run.put(
        port=PortEvidence(
            port=run.sender.port,
            dials=dials,
            used=used,
            to_587=to_587,
            seconds=used.seconds if used else max((dial.seconds for dial in dials), default=0.0),
        )
    )


def _converse(run: SenderRun, session: Session, token: TokenSource, used: Dial | None) -> None:
    run.at = Gate.GREETING
    greeting = session.hello(greeting=True)
    run.put(greeting=greeting)
    if used is not None and implicit_tls.wanted(greeting) and not run.deadline.passed:
        run.put(greeting=_at_once(run, used, greeting))
    if greeting.ehlo is None or greeting.ehlo.code != 250:
        _leave(run, session)
        return
    run.at = Gate.STARTTLS
    if not run.sender.use_ssl:
        # The application would go on in plain text; so do we, without a credential, to hear what it hears.
        run.put(plain_mail=session.ask(f"MAIL FROM:<{run.sender.envelope_from}>"))
        _leave(run, session)
        return
    starttls = session.ask("STARTTLS").model_copy(update={"surplus": session.pending})
    run.put(starttls=starttls)
    if starttls.reply is None or starttls.reply.code != 220 or starttls.surplus:
        _leave(run, session)
        return
    secured = _secure(run, session, used)
    if secured is None:
        return
    run.at = Gate.AUTH_OFFERED
    offered = session.hello(greeting=False)
    run.put(auth_offered=offered)
    if used is not None and offered.failure is not None and offered.failure.kind in _LATE:
        # In TLS 1.3 a refusal for want of a client certificate comes only behind the handshake.
        agreed: TlsEvidence = run.seen("tls")
        asks = _second_look(run, used, agreed).asks_client_certificate
        run.put(tls=agreed.model_copy(update={"asks_client_certificate": asks}))
    if offered.ehlo is not None and offered.ehlo.code == 250 and sign_in(run, session, offered, token):
        envelope.send(run, session)
    _leave(run, session)


def _secure(run: SenderRun, session: Session, used: Dial | None) -> ssl.SSLSocket | None:
    """The handshake on the session's own socket; when it fails, a second connection looks at what was shown."""
    run.at = Gate.TLS
    sock = session.sock
    if sock is None:
        return None
    host = run.sender.smtp_server
    secured, evidence = run.context.trust.handshake(
        sock, host, run.deadline.within(run.context.network.connect_timeout)
    )
    if secured is None:
        run.context.dialler.close(sock)
        run.transcript.remark(f"TLS handshake failed: {evidence.failure.text if evidence.failure else ''}")
        if wants_second_look(evidence) and used is not None:
            evidence = _second_look(run, used, evidence)
        run.put(tls=evidence)
        return None
    run.context.dialler.replaced(sock, secured)
    run.transcript.remark(f"{evidence.version}, {evidence.cipher}, certificate verified for {host}")
    run.put(tls=evidence)
    session.continue_on(secured)
    return secured


def _at_once(run: SenderRun, used: Dial, greeting: HelloEvidence) -> HelloEvidence:
    """Say a ClientHello on a connection of its own that carries no credential and ends with the handshake."""
    host = run.sender.smtp_server
    bound = run.deadline.within(min(implicit_tls.PATIENCE, run.context.network.connect_timeout))
    sock, _ = run.context.dialler.dial(host, used.address, used.port, bound)
    if sock is None:
        return greeting
    run.count(diagnostic_connections=1)
    try:
        shown, other = implicit_tls.say_hello(sock, host, bound)
    finally:
        run.context.dialler.close(sock)
    answer = run.transcript.clean(other.decode("latin-1"))[:_SHOWN]
    told = shown.version or answer or (shown.failure.text if shown.failure is not None else "")
    run.transcript.remark(f"TLS from the first byte, on a connection that carries no credential: {told}")
    return greeting.model_copy(update={"tls_at_once": shown, "answer_to_tls": answer})


def _second_look(run: SenderRun, used: Dial, evidence: TlsEvidence) -> TlsEvidence:
    """See the certificate on a connection of its own that carries no credential and ends with the handshake."""
    host = run.sender.smtp_server
    sock, _ = run.context.dialler.dial(host, used.address, used.port, run.deadline)
    if sock is None:
        return evidence
    run.count(diagnostic_connections=1)
    run.transcript.remark("second look at the certificate, on a connection that carries no credential")
    try:
        session = Session(
            sock,
            run.transcript,
            run.deadline,
            reply_timeout=run.context.network.reply_timeout,
            ehlo_name=_literal(used),
        )
        hello = session.hello(greeting=True)
        answer = session.ask("STARTTLS") if hello.ehlo is not None else CommandEvidence()
        if answer.reply is None or answer.reply.code != 220:
            return evidence
        return with_shown(evidence, look(sock, host, run.deadline.within(run.context.network.connect_timeout)))
    finally:
        run.context.dialler.close(sock)


def _literal(used: Dial | None) -> str:
    """This machine's own address as the name in EHLO (RFC 5321, 4.1.3)."""
    address = (used.local_address if used is not None else None) or "127.0.0.1"
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _leave(run: SenderRun, session: Session) -> None:
    """QUIT, politely, unless the peer has stopped answering; what comes of it changes nothing."""
    if session.sock is not None and not session.broken:
        run.put(quit=session.ask("QUIT"))
