"""The origin of the evidence: the built-in tenant or the real service, in this run or an earlier one.

A reader must not mistake a report on the built-in tenant for one on their own tenant, or an old report for a new one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checks.assessment import Assessment
from evidence.wire import Traffic
from reports.escaping import one_line
from reports.results import target_of
from reports.run import Run
from settings.target import BUILT_IN

FIRST_WORDS = "BUILT-IN TENANT"
_MOST_NAMES = 5


def banner(run: Run) -> str:
    """Return the line that marks results from the built-in tenant, or an empty string if no sender was checked on it."""
    return banner_text(targets(run), replayed=run.replayed_from is not None, unread=run.unread)


def targets(run: Run) -> dict[str, str]:
    """Return, for each sender, the target of the run that gathered its evidence, or an empty string if an old report does not name it."""
    return {assessment.settings.sender.name: target_of(run, assessment) for assessment in run.senders}


def banner_text(origins: Mapping[str, str], *, replayed: bool = False, unread: str = "") -> str:
    """Return the text of the banner, given each sender's target. `unread` is a settings file that this run does not use."""
    built_in = [name for name, target in origins.items() if target == BUILT_IN]
    if not built_in:
        return ""
    if len(built_in) < len(origins):
        more = f" and {len(built_in) - _MOST_NAMES} more" if len(built_in) > _MOST_NAMES else ""
        names = one_line(", ".join(built_in[:_MOST_NAMES]), 300)
        return f"{FIRST_WORDS} for {len(built_in)} of {len(origins)} senders ({names}{more}): their results say nothing about your tenant."
    verb = "checked" if replayed else "checks"
    which = "the original" if replayed else "this"
    hint = f" {unread} is not used; to check the tenant in it, add --target=live." if unread else ""
    return (
        f"{FIRST_WORDS}: {which} run {verb} a tenant inside smtp365; the results say nothing about your tenant.{hint}"
    )


def traffic(run: Run, senders: Sequence[Assessment]) -> tuple[str, str]:
    """Return a label that names the run, and the traffic for these senders.

    For a report that is evaluated again, the text also states the traffic of this run, which has none except repeated lookups.
    """
    gathered = [assessment.evidence for assessment in senders]
    counted = {name: sum(getattr(one.traffic, name) for one in gathered) for name in Traffic.model_fields}
    text = counts(Traffic(**counted))
    if run.replayed_from is None or not gathered:
        return "Traffic", text
    times = sorted({f"{one.started:%Y-%m-%d %H:%M}" for one in gathered})
    when = f"run at {times[0]} UTC" if len(times) == 1 else f"runs from {times[0]} to {times[-1]} UTC"
    asked = sum(one.tenant.requests for one in gathered if one.tenant is not None) if run.looked_up_again else 0
    now = f"{asked} lookup request{'' if asked == 1 else 's'}" if asked else "none"
    return f"Traffic of the original {when}", f"{text}; this run: {now}"


def counts(counted: Traffic) -> str:
    """Return the numbers of sessions, connections, sign-ins, requests and messages on one line."""
    parts = (
        (counted.smtp_sessions, "SMTP session"),
        (counted.diagnostic_connections, "diagnostic connection"),
        (counted.sign_in_attempts, "sign-in attempt"),
        (counted.token_requests, "token request"),
        (counted.messages_sent, "message"),
    )
    return ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in parts)
