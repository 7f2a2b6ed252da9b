"""Where the run took place, as pairs of name and value: machine, account, resolvers, proxies, clock, traffic; and what to keep in mind."""

from __future__ import annotations

from datetime import timedelta

from checks.assessment import Assessment
from checks.token_claims import seen_address
from evidence.wire import SenderEvidence
from reports import origin, tenant_blocks
from reports.blocks import Block
from reports.labels import duration
from reports.run import Run


def block(run: Run) -> Block:
    """The machine and the run, of which there is at least one sender; what differs from sender to sender is `of_sender`."""
    machine = run.senders[0].evidence.machine
    pairs = (
        ("Host", machine.host or run.host),
        ("Account it ran as", machine.account),
        ("Operating system", machine.system),
        ("Python and OpenSSL", f"Python {machine.python}, {machine.openssl}"),
        ("Suite", f"smtp365 {run.tool_version}"),
        ("Resolvers", ", ".join(machine.resolvers) or "the operating system's, not listed"),
        (
            "Proxies",
            ", ".join(f"{scheme}: {address}" for scheme, address in machine.proxies.items())
            or "none set for this account",
        ),
        (
            "[connect] map",
            "used: some names led to other addresses, see the TCP evidence" if machine.connect_map else "not used",
        ),
        ("Clock", clock(tuple(assessment.evidence for assessment in run.senders))),
        ("Target", run.target),
        ("Faults set", ", ".join(run.faults)),
        ("Started", f"{run.started:%Y-%m-%d %H:%M:%S %Z}"),
        ("Took", duration((run.finished - run.started) / timedelta(seconds=1))),
    )
    return Block("Environment", rows=tuple(pair for pair in pairs if pair[1]))


def of_sender(run: Run, assessment: Assessment) -> tuple[tuple[str, str], ...]:
    """Pairs for one sender: traffic, where the secret came from, the source address."""
    evidence = assessment.evidence
    secret = evidence.secret
    source = (
        ""
        if secret is None
        else f"{secret.key.replace('_', ' ')} from {secret.source}{'' if secret.found else ' (not found)'}"
    )
    used = evidence.port.used if evidence.port is not None else None
    pairs = (
        origin.traffic(run, (assessment,)),
        ("Secret", source),
        ("Source address as the server saw it", seen_address(evidence)),
        ("Source address on this machine", (used.local_address or "") if used is not None else ""),
        *tenant_blocks.of_sender(evidence),
        ("Took", duration(evidence.seconds)),
    )
    return tuple(pair for pair in pairs if pair[1])


def clock(visits: tuple[SenderEvidence, ...]) -> str:
    """This machine's clock against the token service's own date, where one was seen."""
    legs = (leg for evidence in visits for leg in (evidence.token, evidence.issuer))
    seconds = next((leg.clock_offset for leg in legs if leg is not None and leg.clock_offset is not None), None)
    if seconds is None:
        return "not compared: no server sent its date"
    if abs(seconds) < 2:
        return "agrees with the token service's"
    return f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} the token service's"
