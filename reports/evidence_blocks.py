"""The evidence of each gate as tables and text, ready for layout. This module evaluates and escapes nothing."""

from __future__ import annotations

from evidence.wire import CommandEvidence, Dial, DnsAnswer, HelloEvidence, Reply, SenderEvidence, TlsEvidence
from reports import tenant_blocks, token_blocks
from reports.blocks import Block, Section, certificates, failure_text, pairs, table
from reports.labels import duration


def sections(evidence: SenderEvidence) -> tuple[Section, ...]:
    """Return the sections for all gates that were reached, in the order of the route, followed by the tenant's settings."""
    found = [
        _name(evidence),
        _port(evidence),
        _hello("Greeting and first EHLO", evidence.greeting),
        _starttls(evidence),
        _tls("TLS on the SMTP connection", evidence.tls),
        _hello("EHLO after STARTTLS (mechanisms)", evidence.auth_offered),
        token_blocks.issuer(evidence),
        token_blocks.token(evidence),
        token_blocks.claims(evidence),
        _sign_in(evidence),
        _envelope(evidence),
        tenant_blocks.settings(evidence),
    ]
    return tuple(section for section in found if section is not None)


def transcript(evidence: SenderEvidence) -> str:
    """Return the redacted dialogue. Each line has the seconds since the start, the speaker and the text."""
    return "\n".join(f"{line.at:9.3f}  {line.speaker}  {line.text[:600]}" for line in evidence.transcript)


def _name(evidence: SenderEvidence) -> Section | None:
    name = evidence.name
    if name is None:
        return None
    blocks = [table("Answers", _DNS_HEADERS, tuple(_answer(answer) for answer in name.answers))]
    if name.comparison:
        blocks.append(table("Second resolver for comparison", _DNS_HEADERS, tuple(_answer(a) for a in name.comparison)))
    system = "not used" if name.system is None else ", ".join(name.system) or "nothing"
    blocks.append(
        pairs(
            "Lookup",
            ("Name", name.host),
            ("Lookup by the operating system", system + failure_text(name.system_failure)),
            ("Addresses used", ", ".join(name.addresses)),
            ("Took", duration(name.seconds)),
        )
    )
    summary = f"{name.host} → {', '.join(name.addresses[:3]) or 'no address'}{' …' if len(name.addresses) > 3 else ''}"
    return Section("DNS name", summary, tuple(blocks))


_DNS_HEADERS = ("Resolver", "Transport", "Record", "Status", "Addresses", "Aliases", "TTL", "Took")


def _answer(answer: DnsAnswer) -> tuple[str, ...]:
    status = answer.status.replace("_", " ") + (", truncated" if answer.truncated else "")
    status += f", {answer.attempts} attempts" if answer.attempts > 1 else ""
    status += f": {answer.text}" if answer.text else ""
    ttl = "" if answer.ttl is None else str(answer.ttl)
    return (
        answer.resolver,
        answer.transport.upper(),
        answer.record,
        status,
        ", ".join(answer.addresses),
        " → ".join(answer.chain),
        ttl,
        duration(answer.seconds),
    )


def _port(evidence: SenderEvidence) -> Section | None:
    port = evidence.port
    if port is None:
        return None
    headers = ("Address", "Port", "Family", "Outcome", "Mapped by [connect] to", "Local address", "Took")
    blocks = [table(f"Connections to port {port.port}", headers, tuple(_dial(dial) for dial in port.dials))]
    if port.to_587:
        blocks.append(table("Port 587 for comparison", headers, tuple(_dial(dial) for dial in port.to_587)))
    opened = sum(dial.opened for dial in port.dials)
    return Section("TCP port", f"port {port.port}: {opened} of {len(port.dials)} addresses opened", tuple(blocks))


def _dial(dial: Dial) -> tuple[str, ...]:
    outcome = "opened" if dial.opened else "not opened" + failure_text(dial.failure)
    family = {"ipv4": "IPv4", "ipv6": "IPv6"}[dial.family]
    return (
        dial.address,
        str(dial.port),
        family,
        outcome,
        dial.mapped_to or "",
        dial.local_address or "",
        duration(dial.seconds),
    )


def _hello(title: str, hello: HelloEvidence | None) -> Section | None:
    if hello is None:
        return None
    lines = [*_reply_lines("", hello.greeting)]
    lines += [f"EHLO {hello.ehlo_name}"] if hello.ehlo_name else []
    lines += _reply_lines("", hello.ehlo)
    if hello.failure is not None:
        lines.append(f"({hello.failure.kind.value.replace('_', ' ')}: {hello.failure.text})")
    if hello.raw and not hello.greeting:
        lines += ["Received bytes:", hello.raw]
    first = hello.greeting or hello.ehlo
    summary = first.text if first is not None else failure_text(hello.failure).strip(" :") or "no reply"
    if title.startswith("EHLO") and hello.keywords:
        summary = f"AUTH {hello.keywords.get('AUTH', 'not offered')}"
    return Section(title, summary[:160], (Block("Verbatim", text="\n".join(lines)),))


def _reply_lines(prefix: str, reply: Reply | None) -> list[str]:
    if reply is None:
        return []
    last = len(reply.lines) - 1
    return [f"{prefix}{reply.code}{' ' if index == last else '-'}{line}" for index, line in enumerate(reply.lines)]


def _starttls(evidence: SenderEvidence) -> Section | None:
    command, plain = evidence.starttls, evidence.plain_mail
    if command is None and plain is None:
        return None
    rows = [_command("STARTTLS", command), _command("MAIL FROM without TLS", plain)]
    shown = command or plain
    return Section(
        "STARTTLS", _outcome(shown)[:160], (Block("Commands", _COMMANDS, tuple(row for row in rows if row)),)
    )


_COMMANDS = ("Command", "Reply", "Took")


def _command(name: str, command: CommandEvidence | None) -> tuple[str, ...]:
    return () if command is None else (name, _outcome(command), duration(command.seconds))


def _outcome(command: CommandEvidence | None) -> str:
    if command is None:
        return ""
    return command.reply.text if command.reply is not None else failure_text(command.failure).strip(" :") or "no reply"


def _tls(title: str, tls: TlsEvidence | None) -> Section | None:
    if tls is None:
        return None
    trust = "verified" if tls.verified else "NOT verified" + failure_text(tls.failure)
    handshake = pairs(
        "Handshake",
        ("Server name (SNI)", tls.server_name),
        ("Version", tls.version or ""),
        ("Cipher", tls.cipher or ""),
        ("Trust", trust),
        ("Second connection without credentials", "yes" if tls.second_look else ""),
        ("Took", duration(tls.seconds)),
    )
    blocks = (handshake, certificates(tls)) if tls.chain else (handshake,)
    return Section(title, f"{tls.version or 'no TLS'}, {trust}"[:160], blocks)


def _sign_in(evidence: SenderEvidence) -> Section | None:
    sign_in = evidence.sign_in
    if sign_in is None:
        return None
    withheld = "" if sign_in.withheld is None else f"not tried: {sign_in.withheld.value.replace('_', ' ')}"
    answer = sign_in.reply.text if sign_in.reply is not None else withheld + failure_text(sign_in.failure)
    attempt = pairs(
        "Attempt",
        ("Mechanism", sign_in.mechanism or ""),
        ("User", sign_in.user),
        ("Reply", answer),
        ("Detail", sign_in.detail),
        ("Earlier replies", " · ".join(step.text for step in sign_in.steps)),
        ("Took", duration(sign_in.seconds)),
    )
    return Section("Sign-in", answer[:160], (attempt,))


def _envelope(evidence: SenderEvidence) -> Section | None:
    envelope = evidence.envelope
    if envelope is None:
        return None
    rows = (
        _command(f"MAIL FROM:<{envelope.mail_from}>", envelope.mail),
        _command(f"RCPT TO:<{envelope.recipient}>", envelope.rcpt),
        _command("DATA", envelope.data),
        _command("End of the message", envelope.final),
        _command("QUIT", evidence.quit),
    )
    last = next((c for c in (envelope.final, envelope.data, envelope.rcpt, envelope.mail) if c is not None), None)
    message = pairs(
        "Message",
        ("Subject", envelope.subject),
        ("Message-ID for a message trace", envelope.message_id),
        ("Stopped before DATA", "yes" if envelope.stopped_before_data else ""),
    )
    summary = _outcome(last)[:160]
    return Section(
        "Sender, recipient, message",
        summary,
        (Block("Commands", _COMMANDS, tuple(row for row in rows if row)), message),
    )
