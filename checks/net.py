"""NET: the name resolves, the DNS answer points to Microsoft, and every address accepts a connection on the port."""

from __future__ import annotations

import ipaddress

from checks import shared_items
from checks.model import Context, Finding, check
from evidence.failure import FailureKind
from evidence.gates import Gate
from evidence.wire import Dial, DnsAnswer, NameEvidence
from knowledge.cause_ids import CauseId
from settings.microsoft import is_on_route


@check(
    "NET-01",
    "The SMTP server's name resolves",
    gate=Gate.NAME,
    path_of=Gate.NAME,
    causes=("dns_failure", "name_server_silent", "dns_hijacked", "wrong_host_or_port"),
)
def name_resolves(case: Context) -> Finding:
    """The name resolves (FAQ "DNS Resolution Issues"). Microsoft's servers have public addresses, so it is a failure if all are private."""
    evidence, sender, cloud = case.evidence.name, case.settings.sender, case.settings.service
    if evidence is None:
        return case.not_recorded("name", "the DNS lookup")
    expected = f"an address for {sender.smtp_server}"
    if evidence.literal:
        return case.ok(observed=f"{sender.smtp_server} is an IP address, so the run looked up no name")
    if not evidence.addresses:
        silent = shared_items.silent_resolvers(evidence)
        if silent:
            observed = f"{', '.join(silent)} did not answer; {_describe_answers(evidence)}"
            return case.fail("name_server_silent", expected=expected, observed=observed)
        cause: CauseId = "dns_failure" if cloud.declares_smtp(sender.smtp_server) else "wrong_host_or_port"
        return case.fail(cause, expected=expected, observed=_describe_answers(evidence))
    declared = cloud.declares_smtp(sender.smtp_server)
    if cloud.microsoft and declared and all(_is_private(address) for address in evidence.addresses):
        observed = f"{', '.join(evidence.addresses[:4])}: not a public address"
        return case.fail("dns_hijacked", expected="public Microsoft addresses", observed=observed)
    found = f"{', '.join(evidence.addresses[:4])}{' …' if len(evidence.addresses) > 4 else ''}"
    unsteady = [
        answer for answer in evidence.answers if answer.attempts > 1 and answer.status in {"answered", "no_data"}
    ]
    if unsteady:
        why = f"{unsteady[0].resolver} gave a usable answer over {unsteady[0].transport.upper()} only on the second attempt"
        return case.risk("dns_failure", observed=found, expected=expected, why=why)
    return case.ok(observed=found, why=shared_items.ELSEWHERE if shared_items.known_elsewhere(evidence) else "")


def _describe_answers(evidence: NameEvidence) -> str:
    answers = [f"{a.resolver} {a.transport.upper()} {a.record}: {a.status.replace('_', ' ')}" for a in evidence.answers]
    if evidence.system_failure is not None:
        answers.append(f"operating system: {evidence.system_failure.text or evidence.system_failure.kind.value}")
    return "; ".join(answers[:4]) or "no resolver answered"


def _is_private(address: str) -> bool:
    try:
        return not ipaddress.ip_address(address).is_global
    except ValueError:
        return False


@check(
    "NET-02",
    "The server's port accepts a connection",
    needs=("NET-01",),
    gate=Gate.PORT,
    causes=shared_items.PORT_CAUSES,
)
def port_opens(case: Context) -> Finding:
    """No firewall between this machine and the server blocks the port (FAQ "Connection timeout")."""
    evidence, sender, cloud = case.evidence.port, case.settings.sender, case.settings.service
    if evidence is None:
        return case.not_recorded("port", "the first connection")
    if evidence.used is not None:
        used = evidence.used
        mapped = f", redirected to {used.mapped_to} by the [connect] map" if used.mapped_to else ""
        return case.ok(observed=f"{used.address}:{used.port} opened in {used.seconds * 1000:.0f} ms{mapped}")
    expected = f"a TCP connection to {sender.smtp_server}:{sender.port}"
    observed = shared_items.describe_dials(evidence)
    if not cloud.declares_smtp(sender.smtp_server) or (
        sender.port != cloud.port and any(dial.opened for dial in evidence.to_587)
    ):
        return case.fail("wrong_host_or_port", expected=f"{cloud.smtp_host}:{cloud.port}", observed=observed)
    if sender.port != cloud.port:
        why = f"the settings name port {sender.port}; the service uses port {cloud.port}"
        return case.fail(
            "wrong_host_or_port", "port_blocked", expected=expected, observed=observed, sure=False, why=why
        )
    kinds = {dial.failure.kind for dial in evidence.dials if dial.failure is not None}
    if kinds <= {FailureKind.UNREACHABLE, FailureKind.NOT_MAPPED}:
        return case.fail("network_unreachable", expected=expected, observed=observed)
    if kinds == {FailureKind.REFUSED} and not cloud.microsoft:
        why = "either the service is not running on the server, or a device on the way refuses the connection"
        return case.fail(
            "port_blocked", "service_side_fault", expected=expected, observed=observed, sure=False, why=why
        )
    return case.fail("port_blocked", expected=expected, observed=observed)


@check(
    "NET-03", "Every address of the server answers", needs=("NET-02",), causes=("port_blocked", "network_unreachable")
)
def every_address(case: Context) -> Finding:
    """Every address accepts a connection, because an application can use any of them, and most applications try IPv6 first."""
    dials = case.evidence.port.dials if case.evidence.port is not None else ()
    failed = [dial for dial in dials if not dial.opened]
    observed = f"{len(dials) - len(failed)} of {len(dials)} addresses accepted a connection"
    if not failed:
        return case.ok(observed=observed)
    families = {dial.family for dial in dials if dial.opened}
    lost = sorted({_FAMILIES[dial.family] for dial in failed if dial.family not in families})
    if lost:
        why = (
            f"no address accepts a connection over {' or '.join(lost)}, so an application that tries {' or '.join(lost)} first "
            "waits before every message"
        )
        return case.risk("network_unreachable", observed=f"{observed}; {_describe_failures(failed)}", why=why)
    why = "an application that uses one of these addresses cannot connect"
    return case.risk("port_blocked", observed=f"{observed}; {_describe_failures(failed)}", why=why)


_FAMILIES = {"ipv4": "IPv4", "ipv6": "IPv6"}


def _describe_failures(failed: list[Dial]) -> str:
    return ", ".join(f"{dial.address} {dial.failure.kind.value if dial.failure else ''}".strip() for dial in failed[:3])


@check(
    "NET-04",
    "The DNS answer points to Microsoft",
    reads=("NET-01",),
    path_of=Gate.NAME,
    microsoft_only=True,
    causes=("dns_hijacked",),
)
def answer_points_to_microsoft(case: Context) -> Finding:
    """The DNS answer contains only public addresses, and its aliases end in Microsoft's domains."""
    evidence = case.evidence.name
    if not case.settings.service.declares_smtp(case.settings.sender.smtp_server):
        return case.not_applicable("the settings do not name a Microsoft server")
    if evidence is None or not evidence.addresses:
        return case.stopped("NET-01") or case.unknown("no address was found")
    private = [address for address in evidence.addresses if _is_private(address)]
    expected = "public addresses, and aliases in Microsoft's domains"
    if private:
        return case.fail("dns_hijacked", expected=expected, observed=f"{', '.join(private[:4])}: not a public address")
    if shared_items.known_elsewhere(evidence):
        return case.unknown(f"{shared_items.ELSEWHERE}; to query a resolver, name it under [network] resolvers")
    ends = {answer.chain[-1].lower() for answer in evidence.answers if answer.chain}
    foreign = sorted(end for end in ends if not is_on_route(end))
    if foreign:
        return case.fail("dns_hijacked", expected=expected, observed=f"the aliases end in {', '.join(foreign[:3])}")
    compared = _compared(evidence.comparison, evidence.addresses)
    return case.ok(
        observed=f"{'the aliases end in ' + ', '.join(sorted(ends)[:2]) if ends else 'the name has no aliases'}{compared}"
    )


def _compared(comparison: tuple[DnsAnswer, ...], addresses: tuple[str, ...]) -> str:
    if not comparison:
        return ""
    other = {address for answer in comparison for address in answer.addresses}
    if not other:
        return f"; {comparison[0].resolver} returned no address for comparison"
    return (
        "; the comparison resolver returns at least one of the same addresses"
        if other & set(addresses)
        else f"; {comparison[0].resolver} returns different addresses"
    )


@check(
    "NET-05",
    "SMTP Server and Port match the cloud",
    methods=frozenset({"oauth"}),
    declared_title="SMTP Server and Port match the declared service",
    causes=shared_items.SERVER_CAUSES,
)
def server_and_port(case: Context) -> Finding:
    """SMTP Server and Port in the settings have the cloud's values (FAQ OAuth step 5). For Basic senders, BASIC-07 checks this."""
    return shared_items.server_and_port(case)
