"""The evidence of each gate as plain tables and texts, ready to be laid out; nothing is judged, escaped or coloured here."""

from __future__ import annotations

from dataclasses import dataclass

from probes.evidence import (
    Certificate,
    CommandEvidence,
    Dial,
    DnsAnswer,
    Failure,
    HelloEvidence,
    Reply,
    SenderEvidence,
    TlsEvidence,
)
from reports.words import duration


@dataclass(frozen=True, slots=True)
class Block:
    """Something to show: a table with a caption and headers, pairs of name and value (no headers), or a verbatim text."""

    title: str
    headers: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """What one gate brought home, in one line and in full."""

    title: str
    summary: str
    blocks: tuple[Block, ...]


def sections(evidence: SenderEvidence) -> tuple[Section, ...]:
    """All gates that were visited, in the order of the route, and the transcript behind them."""
    found = [
        _name(evidence),
        _port(evidence),
        _hello("Greeting and first EHLO", evidence.greeting),
        _starttls(evidence),
        _tls("TLS on the SMTP connection", evidence.tls),
        _hello("EHLO after STARTTLS (mechanisms)", evidence.auth_offered),
        _issuer(evidence),
        _token(evidence),
        _claims(evidence),
        _sign_in(evidence),
        _envelope(evidence),
    ]
    return tuple(section for section in found if section is not None)


def transcript(evidence: SenderEvidence) -> str:
    """The redacted dialogue, one line each: seconds since the start, who spoke, what."""
    return "\n".join(f"{line.at:9.3f}  {line.speaker}  {line.text[:600]}" for line in evidence.transcript)


def certificates(evidence: TlsEvidence) -> Block:
    """The chain that was shown, the server's own certificate first."""
    rows = tuple(_certificate(certificate) for certificate in evidence.chain)
    return _table(
        "Certificate chain, as shown", ("Subject", "Issued by", "Valid from", "Valid until", "Names", "SHA-256"), rows
    )


def _certificate(certificate: Certificate) -> tuple[str, ...]:
    names = ", ".join(certificate.names[:8]) + (
        f" and {len(certificate.names) - 8} more" if len(certificate.names) > 8 else ""
    )
    issuer = "itself" if certificate.self_signed else certificate.issuer
    dates = (f"{certificate.not_before:%Y-%m-%d %H:%M}", f"{certificate.not_after:%Y-%m-%d %H:%M}")
    return (certificate.subject, issuer, *dates, names, certificate.sha256)


def _name(evidence: SenderEvidence) -> Section | None:
    name = evidence.name
    if name is None:
        return None
    blocks = [_table("Answers", _DNS_HEADERS, tuple(_answer(answer) for answer in name.answers))]
    if name.comparison:
        blocks.append(
            _table("The second resolver, for comparison", _DNS_HEADERS, tuple(_answer(a) for a in name.comparison))
        )
    system = "not asked" if name.system is None else ", ".join(name.system) or "nothing"
    blocks.append(
        _pairs(
            "Look-up",
            ("Name", name.host),
            ("Operating system's own look-up", system + _failure(name.system_failure)),
            ("Addresses used", ", ".join(name.addresses)),
            ("Took", duration(name.seconds)),
        )
    )
    summary = f"{name.host} → {', '.join(name.addresses[:3]) or 'no address'}{' …' if len(name.addresses) > 3 else ''}"
    return Section("DNS name", summary, tuple(blocks))


_DNS_HEADERS = ("Resolver", "By", "Record", "Status", "Addresses", "Through", "TTL", "Took")


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
    headers = ("Address", "Port", "Family", "Outcome", "Led by [connect] to", "From", "Took")
    blocks = [_table(f"Connections to port {port.port}", headers, tuple(_dial(dial) for dial in port.dials))]
    if port.to_587:
        blocks.append(_table("For comparison, port 587", headers, tuple(_dial(dial) for dial in port.to_587)))
    opened = sum(dial.opened for dial in port.dials)
    return Section("TCP port", f"port {port.port}: {opened} of {len(port.dials)} addresses opened", tuple(blocks))


def _dial(dial: Dial) -> tuple[str, ...]:
    outcome = "opened" if dial.opened else "not opened" + _failure(dial.failure)
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
        lines += ["As it came:", hello.raw]
    first = hello.greeting or hello.ehlo
    summary = first.text if first is not None else _failure(hello.failure).strip(" :") or "no answer"
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


_COMMANDS = ("Command", "Answer", "Took")


def _command(name: str, command: CommandEvidence | None) -> tuple[str, ...]:
    return () if command is None else (name, _outcome(command), duration(command.seconds))


def _outcome(command: CommandEvidence | None) -> str:
    if command is None:
        return ""
    return command.reply.text if command.reply is not None else _failure(command.failure).strip(" :") or "no answer"


def _tls(title: str, tls: TlsEvidence | None) -> Section | None:
    if tls is None:
        return None
    trust = "verified as the operating system does" if tls.verified else "NOT verified" + _failure(tls.failure)
    pairs = _pairs(
        "Handshake",
        ("Server name asked for", tls.server_name),
        ("Version", tls.version or ""),
        ("Cipher", tls.cipher or ""),
        ("Trust", trust),
        ("Looked a second time, without credentials", "yes" if tls.second_look else ""),
        ("Took", duration(tls.seconds)),
    )
    blocks = (pairs, certificates(tls)) if tls.chain else (pairs,)
    return Section(title, f"{tls.version or 'no TLS'}, {trust}"[:160], blocks)


def _issuer(evidence: SenderEvidence) -> Section | None:
    issuer = evidence.issuer
    if issuer is None:
        return None
    status = "" if issuer.status is None else f"HTTP {issuer.status}"
    pairs = _pairs(
        "Fetched",
        ("URL", issuer.url),
        ("Status", status + _failure(issuer.failure)),
        ("Content type", issuer.content_type),
        ("Error", " ".join(filter(None, (issuer.error, issuer.error_description)))),
        ("Proxy", issuer.proxy or ""),
        ("Server's date", "" if issuer.server_date is None else f"{issuer.server_date:%Y-%m-%d %H:%M:%S %Z}"),
        ("Took", duration(issuer.seconds)),
        ("Beginning of the answer", issuer.excerpt if issuer.issuer is None else ""),
    )
    members = Block("Members of the document", rows=tuple(issuer.members.items()))
    blocks = [
        pairs,
        *([members] if issuer.members else []),
        *([certificates(issuer.tls)] if issuer.tls and issuer.tls.chain else []),
    ]
    return Section(
        "Issuer document", (issuer.issuer or status + _failure(issuer.failure) or "no answer")[:160], tuple(blocks)
    )


def _token(evidence: SenderEvidence) -> Section | None:
    token = evidence.token
    if token is None:
        return None
    status = "" if token.status is None else f"HTTP {token.status}"
    codes = ", ".join(f"AADSTS{code}" for code in token.error_codes)
    pairs = _pairs(
        "Answer",
        ("Endpoint", token.endpoint),
        ("Scope", token.scope),
        ("Status", status + _failure(token.failure)),
        ("Error", token.error or ""),
        ("Error numbers", codes),
        ("Description", token.error_description or ""),
        ("Suberror", token.suberror or ""),
        ("Trace id", token.trace_id or ""),
        ("Correlation id", token.correlation_id or ""),
        ("Not asked because", token.withheld or ""),
        ("Retry after", token.retry_after or ""),
        ("Token type", token.token_type or ""),
        ("Took", duration(token.seconds)),
        ("Valid for", f"{token.expires_in} s" if token.expires_in is not None else ""),
        ("Length", f"{token.length} characters" if token.length is not None else ""),
        ("Readable", "no, opaque to us" if token.opaque else ""),
    )
    summary = " ".join(filter(None, (status, codes, token.error or "", token.withheld or "")))
    return Section("Token", summary[:160] or "no answer", (pairs,))


def _claims(evidence: SenderEvidence) -> Section | None:
    if evidence.token is None or not evidence.token.claims:
        return None
    claims = evidence.token.claims
    said = {name: ", ".join(value) if isinstance(value, list) else str(value) for name, value in claims.items()}
    rows = tuple(said.items())
    summary = f"audience {said.get('aud') or 'missing'}, roles {said.get('roles') or 'none'}"
    return Section("Token claims", summary[:160], (Block("Claims, decoded here, signature not checked", rows=rows),))


def _sign_in(evidence: SenderEvidence) -> Section | None:
    sign_in = evidence.sign_in
    if sign_in is None:
        return None
    withheld = "" if sign_in.withheld is None else f"not tried: {sign_in.withheld.value.replace('_', ' ')}"
    answer = sign_in.reply.text if sign_in.reply is not None else withheld + _failure(sign_in.failure)
    pairs = _pairs(
        "Attempt",
        ("Mechanism", sign_in.mechanism or ""),
        ("User", sign_in.user),
        ("Answer", answer),
        ("Detail", sign_in.detail),
        ("Steps before", " · ".join(step.text for step in sign_in.steps)),
        ("Took", duration(sign_in.seconds)),
    )
    return Section("Sign-in", answer[:160], (pairs,))


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
    pairs = _pairs(
        "Message",
        ("Subject", envelope.subject),
        ("Message id, for a trace", envelope.message_id),
        ("Stopped before DATA", "yes" if envelope.stopped_before_data else ""),
    )
    summary = _outcome(last)[:160]
    return Section(
        "Sender, recipient, message", summary, (Block("Commands", _COMMANDS, tuple(row for row in rows if row)), pairs)
    )


def _table(title: str, headers: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Block:
    """A table without the columns that are empty in every row."""
    kept = [index for index in range(len(headers)) if any(row[index] for row in rows)]
    return Block(
        title, tuple(headers[index] for index in kept), tuple(tuple(row[index] for index in kept) for row in rows)
    )


def _pairs(title: str, *pairs: tuple[str, str]) -> Block:
    return Block(title, rows=tuple(pair for pair in pairs if pair[1]))


def _failure(failure: Failure | None) -> str:
    return (
        ""
        if failure is None
        else f": {failure.kind.value.replace('_', ' ')}{f' ({failure.text})' if failure.text else ''}"
    )
