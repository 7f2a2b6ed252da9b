"""The SMTP leg of a run, from the name lookup to the envelope, in one session that signs in at most once."""

from __future__ import annotations

import ssl

from evidence.failure import FailureKind
from evidence.gates import Gate
from evidence.wire import CommandEvidence, Dial, HelloEvidence, PortEvidence, TlsEvidence
from probes import envelope, implicit_tls
from probes.dialler import Race
from probes.dns import NameLookup
from probes.sender_run import SenderRun
from probes.sign_in import TokenSource, sign_in
from probes.smtp import Session
from probes.tls import inspect, needs_inspection, with_inspection

_LATE = {FailureKind.TLS_ALERT, FailureKind.CLOSED, FailureKind.RESET}
_SHOWN = 200


def run_leg(run: SenderRun, token: TokenSource) -> None:
    """Test the gates in order, stop at the first closed one, and record the evidence. `token` returns the result of the token leg."""
    lookup = _start_lookup(run)
    addresses = lookup.soon()
    race, second = _dial(run, addresses)
    sock, used = race.first() if race is not None else (None, None)
    try:
        if sock is not None:
            run.traffic.smtp_sessions += 1
            name = run.context.network.ehlo_name or _address_literal(used)
            session = Session(
                sock,
                run.transcript,
                run.deadline,
                reply_timeout=run.context.network.reply_timeout,
                ehlo_name=name,
            )
            try:
                _run_session(run, session, token, used)
            finally:
                run.context.dialler.close(session.sock or sock)
    finally:
        _record_connection(run, lookup, race, second, used)
    run.smtp_leg_ended = True


def _start_lookup(run: SenderRun) -> NameLookup:
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
    """Connect to the configured port and, if it differs, also to the service's submission port (FAQ, "outbound TCP 587")."""
    sender = run.sender
    if not addresses or run.deadline.passed:  # a port that was not tried has no record
        return None, None
    run.at = Gate.PORT
    race = Race(run.context.dialler, sender.smtp_server, addresses, sender.port, run.deadline)
    expected = run.context.cloud.port
    second = None
    if sender.port != expected:
        second = Race(run.context.dialler, sender.smtp_server, addresses, expected, run.deadline)
    return race, second


def _record_connection(
    run: SenderRun, lookup: NameLookup, race: Race | None, second: Race | None, used: Dial | None
) -> None:
    run.records.name = lookup.finish()
    if race is None:
        return
    dials = race.finish(used)
    to_587 = second.finish(None) if second is not None else ()
    run.traffic.diagnostic_connections += sum(dial.opened for dial in (*dials, *to_587) if dial is not used)
    run.records.port = PortEvidence(
        port=run.sender.port,
        dials=dials,
        used=used,
        to_587=to_587,
        seconds=used.seconds if used else max((dial.seconds for dial in dials), default=0.0),
    )


def _run_session(run: SenderRun, session: Session, token: TokenSource, used: Dial | None) -> None:
    run.at = Gate.GREETING
    greeting = session.hello(greeting=True)
    run.records.greeting = greeting
    if used is not None and implicit_tls.is_worth_trying(greeting) and not run.deadline.passed:
        run.records.greeting = _try_implicit_tls(run, used, greeting)
    if greeting.ehlo is None or greeting.ehlo.code != 250:
        _quit(run, session)
        return
    run.at = Gate.STARTTLS
    if not run.sender.use_ssl:
        # The application would continue in plain text. So does this run, without a credential, to get the same reply.
        run.records.plain_mail = session.ask(f"MAIL FROM:<{run.sender.envelope_from}>")
        _quit(run, session)
        return
    starttls = session.ask("STARTTLS").model_copy(update={"surplus": session.pending})
    run.records.starttls = starttls
    if starttls.reply is None or starttls.reply.code != 220 or starttls.surplus:
        _quit(run, session)
        return
    secured = _secure(run, session, used)
    if secured is None:
        return
    run.at = Gate.AUTH_OFFERED
    offered = session.hello(greeting=False)
    run.records.auth_offered = offered
    if used is not None and offered.failure is not None and offered.failure.kind in _LATE:
        _find_client_certificate_request(run, used)
    if offered.ehlo is not None and offered.ehlo.code == 250 and sign_in(run, session, offered, token):
        envelope.send(run, session)
    _quit(run, session)


def _find_client_certificate_request(run: SenderRun, used: Dial) -> None:
    """Record whether the server requests a client certificate. In TLS 1.3 it rejects a missing one only after the handshake."""
    agreed = run.records.tls
    if agreed is not None:
        asks = _inspect(run, used, agreed).asks_client_certificate
        run.records.tls = agreed.model_copy(update={"asks_client_certificate": asks})


def _secure(run: SenderRun, session: Session, used: Dial | None) -> ssl.SSLSocket | None:
    """Negotiate TLS on the session's socket. If that fails and another handshake may show why, perform one on a second connection."""
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
        if needs_inspection(evidence) and used is not None:
            evidence = _inspect(run, used, evidence)
        run.records.tls = evidence
        return None
    run.context.dialler.replaced(sock, secured)
    run.transcript.remark(f"{evidence.version}, {evidence.cipher}, certificate verified for {host}")
    run.records.tls = evidence
    session.continue_on(secured)
    return secured


def _try_implicit_tls(run: SenderRun, used: Dial, greeting: HelloEvidence) -> HelloEvidence:
    """Send a ClientHello on a separate connection, which carries no credential and ends after the handshake."""
    host = run.sender.smtp_server
    bound = run.deadline.within(min(implicit_tls.PATIENCE, run.context.network.connect_timeout))
    sock, _ = run.context.dialler.dial(host, used.address, used.port, bound)
    if sock is None:
        return greeting
    run.traffic.diagnostic_connections += 1
    try:
        shown, other = implicit_tls.handshake(sock, host, bound)
    finally:
        run.context.dialler.close(sock)
    answer = run.transcript.clean(other.decode("latin-1"))[:_SHOWN]
    result = shown.version or answer or (shown.failure.text if shown.failure is not None else "")
    run.transcript.remark(f"TLS from the first byte, on a separate connection without a credential: {result}")
    return greeting.model_copy(update={"tls_at_once": shown, "answer_to_tls": answer})


def _inspect(run: SenderRun, used: Dial, evidence: TlsEvidence) -> TlsEvidence:
    """Read the certificate on a separate connection, which carries no credential and ends after the handshake."""
    host = run.sender.smtp_server
    sock, _ = run.context.dialler.dial(host, used.address, used.port, run.deadline)
    if sock is None:
        return evidence
    run.traffic.diagnostic_connections += 1
    run.transcript.remark("certificate read on a separate connection without a credential")
    try:
        session = Session(
            sock,
            run.transcript,
            run.deadline,
            reply_timeout=run.context.network.reply_timeout,
            ehlo_name=_address_literal(used),
        )
        hello = session.hello(greeting=True)
        answer = session.ask("STARTTLS") if hello.ehlo is not None else CommandEvidence()
        if answer.reply is None or answer.reply.code != 220:
            return evidence
        return with_inspection(evidence, inspect(sock, host, run.deadline.within(run.context.network.connect_timeout)))
    finally:
        run.context.dialler.close(sock)


def _address_literal(used: Dial | None) -> str:
    """Return this machine's address as a literal, to be used as the name in EHLO (RFC 5321, section 4.1.3)."""
    address = (used.local_address if used is not None else None) or "127.0.0.1"
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _quit(run: SenderRun, session: Session) -> None:
    """Send QUIT unless the connection is broken. The outcome affects no verdict."""
    if session.sock is not None and not session.broken:
        run.records.quit = session.ask("QUIT")
