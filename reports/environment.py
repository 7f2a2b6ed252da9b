"""The environment of a run as name-value pairs: machine, account, resolvers, proxies, clock and traffic."""

from __future__ import annotations

from datetime import timedelta

from checks.assessment import Assessment
from checks.token_claims import seen_address
from evidence.wire import SenderEvidence
from reports import attempts, origin, tenant_blocks
from reports.blocks import Block
from reports.labels import duration
from reports.run import Run


def block(run: Run) -> Block:
    """Return the environment that all senders in a run share. The run must have at least one sender."""
    machine = run.senders[0].evidence.machine
    pairs = (
        ("Host", machine.host or run.host),
        ("Account", machine.account),
        ("Operating system", machine.system),
        ("Python and OpenSSL", f"Python {machine.python}, {machine.openssl}"),
        ("Version", f"smtp365 {run.tool_version}"),
        ("Resolvers", ", ".join(machine.resolvers) or "those of the operating system (not listed)"),
        (
            "Proxies",
            ", ".join(f"{scheme}: {address}" for scheme, address in machine.proxies.items())
            or "none set for this account",
        ),
        (
            "[connect] map",
            "used (the TCP evidence shows which addresses are mapped)" if machine.connect_map else "not used",
        ),
        ("Clock", clock(tuple(assessment.evidence for assessment in run.senders))),
        ("Target", run.target),
        ("Simulated faults", ", ".join(run.faults)),
        ("Started", f"{run.started:%Y-%m-%d %H:%M:%S %Z}"),
        ("Took", duration((run.finished - run.started) / timedelta(seconds=1))),
    )
    return Block("Environment", rows=tuple(pair for pair in pairs if pair[1]))


def of_sender(run: Run, assessment: Assessment) -> tuple[tuple[str, str], ...]:
    """Return name-value pairs for one sender, such as its traffic, the source of its secret and its source address."""
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
        ("Sign-in attempts", attempts.of_account(evidence)),
        ("Source address seen by the server", seen_address(evidence)),
        ("Local source address", (used.local_address or "") if used is not None else ""),
        *tenant_blocks.of_sender(evidence),
        ("Took", duration(evidence.seconds)),
    )
    return tuple(pair for pair in pairs if pair[1])


def clock(gathered: tuple[SenderEvidence, ...]) -> str:
    """Return text about the difference between this machine's clock and the date that the token service sent."""
    responses = (response for evidence in gathered for response in (evidence.token, evidence.issuer))
    seconds = next((one.clock_offset for one in responses if one is not None and one.clock_offset is not None), None)
    if seconds is None:
        return "not compared, because no server sent a date"
    if abs(seconds) < 2:
        return "agrees with the token service"
    return f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} the token service"
