"""Items that appear in both of the FAQ's checklists. The checks of both checklists call the same functions."""

from __future__ import annotations

from checks.model import Context, Finding, Verdict
from evidence.wire import DnsAnswer, NameEvidence, PortEvidence
from knowledge.cause_ids import CauseId
from settings.clouds import cloud_of_smtp_host

PORT_CAUSES: tuple[CauseId, ...] = ("port_blocked", "network_unreachable", "wrong_host_or_port", "service_side_fault")
DNS_CAUSES: tuple[CauseId, ...] = ("dns_failure", "name_server_silent", "dns_tcp_blocked", "dns_udp_blocked")
SERVER_CAUSES: tuple[CauseId, ...] = ("wrong_host_or_port", "legacy_tls_client")
USE_SSL_CAUSES: tuple[CauseId, ...] = ("starttls_missing_or_implicit_tls_on_587",)
SMTP_AUTH_CAUSES: tuple[CauseId, ...] = (
    "smtp_auth_disabled_tenant",
    "smtp_auth_disabled_mailbox",
    "auth_policy_blocks_basic",
    "basic_auth_retired",
)
_WORKING = frozenset({"answered", "no_data", "no_such_name"})
_REPLIED = _WORKING | {"refused", "server_failure"}


def outbound_port(case: Context) -> Finding:
    """Return the finding for BASIC-05 and OAUTH-06: the submission port accepts outbound connections."""
    cloud = case.settings.service
    evidence = case.evidence.port
    if evidence is None:
        return case.not_recorded("port", "the first connection")
    dials = evidence.dials if evidence.port == cloud.port else evidence.to_587
    used = [evidence.used] if evidence.used is not None and evidence.port == cloud.port else []
    opened = [*used, *(dial for dial in dials if dial.opened)]
    expected = f"a TCP connection to port {cloud.port} opens"
    if opened:
        return case.ok(
            observed=f"connected to {opened[0].address}:{opened[0].port} in {opened[0].seconds * 1000:.0f} ms"
        )
    if evidence.port != cloud.port:
        why = f"the settings name port {evidence.port}; attempts on port {cloud.port}: {describe_dials(evidence, to_587=True)}"
        return case.fail(*_blame(evidence), expected=expected, observed=why)
    port = case.finding("NET-02")
    if not cloud.declares_smtp(case.settings.sender.smtp_server):
        return case.blocked("NET-02", why=f"the settings name a server other than {cloud.smtp_host}")
    return case.fail(*port.causes, expected=expected, observed=describe_dials(evidence), sure=port.sure)


def _blame(evidence: PortEvidence) -> tuple[CauseId, ...]:
    kinds = {dial.failure.kind.value for dial in evidence.to_587 if dial.failure is not None}
    return ("network_unreachable",) if kinds == {"unreachable"} else ("port_blocked",)


def describe_dials(evidence: PortEvidence, *, to_587: bool = False) -> str:
    """Return a short text with the results of the connection attempts."""
    dials = evidence.to_587 if to_587 else evidence.dials
    words = [f"{dial.address}:{dial.port} {dial.failure.kind.value if dial.failure else 'open'}" for dial in dials]
    return (
        ", ".join(words[:4]) + (f" and {len(words) - 4} more" if len(words) > 4 else "") or "no address to connect to"
    )


def dns_port(case: Context) -> Finding:
    """Return the finding for BASIC-06 and OAUTH-07: the resolvers answer over UDP and TCP."""
    evidence = case.evidence.name
    if evidence is None:
        return case.not_recorded("name", "the DNS lookup")
    if evidence.literal:
        return case.unknown(
            "the settings contain an IP address, so the run looked up no name; enter the server's name instead"
        )
    if not evidence.answers:
        found = f"the operating system found {', '.join(evidence.system or ()) or 'nothing'}"
        return case.unknown(
            "the run could not find this machine's resolvers; name one under [network] resolvers to test both transports",
            observed=found,
        )
    # If the operating system has the address from another source, an error reply of a resolver still shows that the port is open.
    elsewhere = known_elsewhere(evidence)
    good = _REPLIED if elsewhere else _WORKING
    udp, tcp = _works(evidence.answers, "udp", good), _works(evidence.answers, "tcp", good)
    expected = "the resolvers return the server's address over UDP and over TCP"
    observed = f"UDP: {_describe_answers(evidence.answers, 'udp')}; TCP: {_describe_answers(evidence.answers, 'tcp')}"
    nothing_found = not evidence.addresses and case.settings.service.declares_smtp(evidence.host)
    if (silent_resolvers(evidence) or elsewhere) and not any(udp.values()) and not any(tcp.values()):
        return case.fail("name_server_silent", expected=expected, observed=observed)
    if nothing_found or (not any(udp.values()) and not any(tcp.values())):
        return case.fail("dns_failure", expected=expected, observed=observed)
    if not any(udp.values()):
        return case.fail("dns_udp_blocked", expected=expected, observed=observed)
    if not any(tcp.values()):
        return case.fail("dns_tcp_blocked", expected=expected, observed=observed)
    silent = [server for works in (udp, tcp) for server, works_there in works.items() if not works_there]
    if silent:
        why = f"{', '.join(dict.fromkeys(silent))} did not answer but another resolver did, so some lookups first wait for a timeout"
        return case.risk("name_server_silent", observed=observed, expected=expected, why=why)
    return case.ok(observed=observed, why=ELSEWHERE if elsewhere else "")


def silent_resolvers(evidence: NameEvidence) -> tuple[str, ...]:
    """Return the run's resolvers if none of them replied; otherwise return an empty tuple."""
    asked = dict.fromkeys(answer.resolver for answer in evidence.answers)
    answered = {answer.resolver for answer in evidence.answers if answer.status not in {"timeout", "unreachable"}}
    return tuple(asked) if asked and not answered else ()


ELSEWHERE = (
    "no name server returned the address; the operating system has it from another source, such as the hosts file"
)


def known_elsewhere(evidence: NameEvidence) -> bool:
    """Return whether only the operating system, and no resolver, returned the address that the run used."""
    return bool(evidence.addresses) and not evidence.literal and not any(one.addresses for one in evidence.answers)


def _works(answers: tuple[DnsAnswer, ...], transport: str, good: frozenset[str]) -> dict[str, bool]:
    works: dict[str, bool] = {}
    for answer in answers:
        if answer.transport == transport:
            works[answer.resolver] = works.get(answer.resolver, False) or answer.status in good
    return works


def _describe_answers(answers: tuple[DnsAnswer, ...], transport: str) -> str:
    return ", ".join(f"{a.record} {a.status.replace('_', ' ')}" for a in answers if a.transport == transport)[:200]


def server_and_port(case: Context) -> Finding:
    """Return the finding for BASIC-07 and NET-05: SMTP Server and Port match the cloud."""
    sender, cloud = case.settings.sender, case.settings.service
    observed = f"{sender.smtp_server}:{sender.port} (as entered in the settings; compare this with the plugin)"
    expected = f"{cloud.smtp_host}:{cloud.port}"
    if sender.port != cloud.port or not cloud.declares_smtp(sender.smtp_server):
        other = cloud_of_smtp_host(sender.smtp_server)
        mixed = (
            f"; this is the host for {other.title}, but the settings name {cloud.title}"
            if other and other != cloud and cloud.microsoft
            else ""
        )
        return case.fail("wrong_host_or_port", expected=expected, observed=f"{observed}{mixed}")
    if sender.smtp_server.lower().startswith("smtp-legacy."):
        why = "this host is for clients without TLS 1.2; the tenant must allow it, and Microsoft plans to remove it"
        return case.risk("legacy_tls_client", observed=observed, expected=expected, why=why)
    return case.ok(observed=observed)


def use_ssl(case: Context) -> Finding:
    """Return the finding for BASIC-08 and OAUTH-09: Use SSL is ticked."""
    expected = "Use SSL is ticked, so that the client sends STARTTLS"
    if case.settings.sender.use_ssl:
        return case.ok(observed="ticked (as entered in the settings; compare this with the plugin)")
    mail = case.evidence.plain_mail
    reply = f"; the server answered MAIL with {mail.reply.text}" if mail is not None and mail.reply is not None else ""
    return case.fail("starttls_missing_or_implicit_tls_on_587", expected=expected, observed=f"not ticked{reply}")


def about_sign_in(case: Context, proved: str, expected: str, mine: tuple[CauseId, ...] | None = None) -> Finding:
    """Return the finding for an item that the sign-in proves or refutes. The arguments are those of `about`."""
    return about(case, "AUTH-01", proved, expected, mine)


def about(case: Context, by: str, proved: str, expected: str, mine: tuple[CauseId, ...] | None = None) -> Finding:
    """Return the finding for an item that another check proves or refutes.

    A refusal with several causes fails only the item of the likeliest cause. The items of the other causes are unknown, with the same
    `why`; an item with none of the causes is blocked.

    Args:
        case: the context of the item.
        by: the check that proves or refutes the item.
        proved: what a pass of that check shows.
        expected: what the item requires.
        mine: the causes of this item; by default those that the item's check declares.

    """
    causes = case.check.causes if mine is None else mine
    found = case.finding(by)
    match found.verdict:
        case Verdict.PASS | Verdict.RISK:
            return case.ok(observed=proved)
        case Verdict.NOT_APPLICABLE:
            return case.unknown(found.why, expected=expected)
        case Verdict.FAIL:
            own = tuple(cause for cause in found.causes if cause in causes)
            if own and found.causes[0] == own[0]:
                return case.fail(*own, expected=expected, observed=found.observed, sure=found.sure, why=found.why)
            if own:
                return case.unknown(found.why, *own, observed=found.observed, expected=expected)
            return case.blocked(by)
        case Verdict.BLOCKED:
            return case.blocked(by)
        case _:
            return case.unknown(found.why or "the run did not test this", expected=expected)
