"""The SMTP leg of a visit: name, port, greeting, STARTTLS, TLS, AUTH, envelope, in one session that signs in at most once."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable
from email.errors import MessageError

from probes import message
from probes.dialler import Race
from probes.dns import NameLookup
from probes.evidence import (
    CommandEvidence,
    Dial,
    EnvelopeEvidence,
    Gate,
    HelloEvidence,
    PortEvidence,
    Reply,
    SignInEvidence,
    TlsEvidence,
    Withheld,
)
from probes.machine import TOOL_VERSION
from probes.smtp import Session
from probes.tls import look, wants_second_look, with_shown
from probes.token import Token
from probes.visit import Visit

TokenSource = Callable[[], Token | None]


def travel(visit: Visit, token: TokenSource) -> None:
    """Go through the gates in order and stop at the first that does not open; all that was seen is in `visit`."""
    lookup = _look_up(visit)
    addresses = lookup.soon()
    race, second = _dial(visit, addresses)
    sock, used = race.first() if race is not None else (None, None)
    try:
        if sock is not None:
            visit.count(smtp_sessions=1)
            name = visit.world.network.ehlo_name or f"[{used.local_address if used else '127.0.0.1'}]"
            if ":" in name and not name.startswith("[IPv6:"):
                name = f"[IPv6:{name.strip('[]')}]"
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
    if offered.ehlo is not None and offered.ehlo.code == 250 and _sign_in(visit, session, offered, token):
        _envelope(visit, session)
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


def _literal(used: Dial) -> str:
    address = used.local_address or "127.0.0.1"
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _sign_in(visit: Visit, session: Session, offered: HelloEvidence, token: TokenSource) -> bool:
    """Sign in once, or say why not; True when the session may go on to the envelope."""
    sender = visit.sender
    if not sender.enable_authentication:
        visit.put(sign_in=SignInEvidence(withheld=Withheld.AUTHENTICATION_OFF))
        return True
    mechanism = "LOGIN" if sender.method == "basic" else "XOAUTH2"
    if not sender.type_matches:
        visit.put(sign_in=SignInEvidence(user=sender.sign_in_user, withheld=Withheld.TYPE_MISMATCH))
        return False
    if mechanism not in offered.keywords.get("AUTH", "").upper().split():
        visit.put(sign_in=SignInEvidence(user=sender.sign_in_user, withheld=Withheld.MECHANISM_NOT_OFFERED))
        return False
    held = token() if mechanism == "XOAUTH2" else None
    withheld, detail = _withhold(visit, mechanism, held)
    visit.at = Gate.SIGN_IN
    if withheld is not None:
        visit.put(sign_in=SignInEvidence(user=sender.sign_in_user, withheld=withheld, detail=detail))
        return False
    visit.count(sign_in_attempts=1)
    evidence = _login(visit, session) if mechanism == "LOGIN" else _xoauth2(visit, session, held)
    visit.put(sign_in=evidence)
    accepted = evidence.reply is not None and evidence.reply.code == 235
    _remember(visit, evidence)
    return accepted


def _withhold(visit: Visit, mechanism: str, held: Token | None) -> tuple[Withheld | None, str]:
    sender, world = visit.sender, visit.world
    if not world.cloud.declares_smtp(sender.smtp_server):
        return Withheld.HOST_NOT_DECLARED, f"credentials go only to {world.cloud.smtp_host}"
    if mechanism == "XOAUTH2":
        if held is None or held.access_token is None:
            return Withheld.NO_TOKEN, ""
        audience = str((held.evidence.claims or {}).get("aud", ""))
        if held.evidence.claims is not None and not world.cloud.accepts_audience(audience):
            return Withheld.FOREIGN_TOKEN, audience
        return None, ""
    if visit.found.secret is None:
        return Withheld.NO_SECRET, visit.found.source
    together = world.refusals.this_run(_where(visit), sender.sign_in_user)
    if together is not None:
        return Withheld.SHARED_CREDENTIAL_REFUSED, together
    earlier = None if world.try_again else world.refusals.earlier(_where(visit), sender.sign_in_user)
    return (Withheld.RECENTLY_REFUSED, earlier) if earlier is not None else (None, "")


def _where(visit: Visit) -> str:
    """The host that refused, told apart from another server that a map leads to under the same name."""
    sender = visit.sender
    mapped = visit.world.dialler.mapped(sender.smtp_server, sender.smtp_server, sender.port)
    return f"{sender.smtp_server}:{sender.port}" + (f" via {mapped}" if mapped else "")


def _remember(visit: Visit, evidence: SignInEvidence) -> None:
    if evidence.mechanism != "LOGIN" or evidence.reply is None:
        return
    if evidence.reply.code == 235:
        visit.world.refusals.forget(_where(visit), evidence.user)
    else:
        visit.world.refusals.note(_where(visit), evidence.user, evidence.reply)


def _login(visit: Visit, session: Session) -> SignInEvidence:
    """AUTH LOGIN as Exchange Online speaks it: a prompt for the user name, one for the password (draft-murchison-sasl-login)."""
    user = visit.sender.sign_in_user
    password = visit.found.secret.reveal() if visit.found.secret is not None else ""
    lines = (
        ("AUTH LOGIN", None),
        (_base64(user), f"<user name {user}>"),
        (_base64(password), "<password>"),
    )
    return _authenticate(visit, session, "LOGIN", lines)


def _xoauth2(visit: Visit, session: Session, held: Token | None) -> SignInEvidence:
    """AUTH XOAUTH2 in two steps: a token in the command itself can exceed the 512 octets of a command line (RFC 4954, section 4)."""
    user = visit.sender.sign_in_user
    token = held.access_token.reveal() if held is not None and held.access_token is not None else ""
    answer = _base64(f"user={user}\x01auth=Bearer {token}\x01\x01")
    visit.redactor.learn(answer)
    return _authenticate(visit, session, "XOAUTH2", (("AUTH XOAUTH2", None), (answer, f"<XOAUTH2 string of {user}>")))


def _authenticate(
    visit: Visit, session: Session, mechanism: str, lines: tuple[tuple[str, str | None], ...]
) -> SignInEvidence:
    started = visit.deadline.elapsed()
    steps: list[Reply] = []
    last = CommandEvidence()
    for index, (line, shown) in enumerate(lines):
        last = session.ask(line, shown=shown)
        if last.reply is None:
            break
        steps.append(last.reply)
        if last.reply.code != 334 or index == len(lines) - 1:
            break
    if last.reply is not None and last.reply.code == 334:
        # A challenge after everything was said is a refusal that waits for an empty line (RFC 4954, section 4; XOAUTH2's error challenge).
        last = session.ask("*")
    return SignInEvidence.model_validate(
        {
            "mechanism": mechanism,
            "user": visit.sender.sign_in_user,
            "steps": tuple(steps),
            "reply": last.reply,
            "failure": last.failure,
            "seconds": round(visit.deadline.elapsed() - started, 4),
        }
    )


def _envelope(visit: Visit, session: Session) -> None:
    sender, world = visit.sender, visit.world
    visit.at = Gate.SENDER
    record = EnvelopeEvidence(mail_from=sender.envelope_from, recipient=sender.envelope_to)
    mail = session.ask(f"MAIL FROM:<{sender.envelope_from}>{_utf8(session, sender.envelope_from, sender.envelope_to)}")
    record = _kept(visit, record.model_copy(update={"mail": mail}))
    if not _positive(mail):
        return
    visit.at = Gate.RECIPIENT
    rcpt = session.ask(f"RCPT TO:<{sender.envelope_to}>")
    record = _kept(visit, record.model_copy(update={"rcpt": rcpt}))
    if not _positive(rcpt):
        return
    visit.at = Gate.ACCEPTED
    if world.no_send or not sender.enable_authentication:
        session.ask("RSET")
        _kept(visit, record.model_copy(update={"stopped_before_data": True}))
        return
    _data(visit, session, record)


def _data(visit: Visit, session: Session, record: EnvelopeEvidence) -> None:
    sender = visit.sender
    try:
        composed = message.compose(
            mail_from=sender.envelope_from,
            recipient=sender.envelope_to,
            host=visit.world.machine.host,
            moment=visit.started,
            tool=f"smtp365 {TOOL_VERSION}",
        )
    except (MessageError, ValueError):
        _kept(visit, record.model_copy(update={"stopped_before_data": True}))
        return
    data = session.ask("DATA")
    record = record.model_copy(
        update={"data": data, "message_id": str(composed["Message-ID"]), "subject": str(composed["Subject"])}
    )
    _kept(visit, record)
    if data.reply is None or data.reply.code != 354:
        return
    visit.count(messages_sent=1)
    _kept(visit, record.model_copy(update={"final": session.message(composed)}))


def _kept(visit: Visit, record: EnvelopeEvidence) -> EnvelopeEvidence:
    visit.put(envelope=record)
    return record


def _utf8(session: Session, *addresses: str) -> str:
    """SMTPUTF8 where an address needs it and the server offers it (RFC 6531)."""
    needed = not all(address.isascii() for address in addresses)
    if needed and "smtputf8" in session.esmtp_features:
        session.command_encoding = "utf-8"
        return " SMTPUTF8"
    return ""


def _positive(command: CommandEvidence) -> bool:
    return command.reply is not None and 200 <= command.reply.code < 300


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


def _leave(visit: Visit, session: Session) -> None:
    """QUIT, politely, unless the peer has stopped answering; what comes of it changes nothing."""
    if session.sock is not None and not session.broken:
        visit.put(quit=session.ask("QUIT"))
