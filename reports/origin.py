"""Where the evidence comes from: the built-in tenant or the real service, this run or an earlier one.

A report of the built-in tenant, or of an earlier run, must not pass for one of the user's own tenant, or of now.
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
    """The first words on terminal and page when any sender was seen on the built-in tenant; empty when none was."""
    return words(targets(run), replayed=run.replayed_from is not None, unread=run.unread)


def targets(run: Run) -> dict[str, str]:
    """The target of the run that gathered each sender's evidence; empty where an old report does not say."""
    return {assessment.settings.sender.name: target_of(run, assessment) for assessment in run.senders}


def words(origins: Mapping[str, str], *, replayed: bool = False, unread: str = "") -> str:
    """The same from the senders' names and targets; `unread` is a settings file that lies there and was not read."""
    built_in = [name for name, target in origins.items() if target == BUILT_IN]
    if not built_in:
        return ""
    if len(built_in) < len(origins):
        more = f" and {len(built_in) - _MOST_NAMES} more" if len(built_in) > _MOST_NAMES else ""
        names = one_line(", ".join(built_in[:_MOST_NAMES]), 300)
        return f"{FIRST_WORDS} for {len(built_in)} of {len(origins)} senders: {names}{more}: this says nothing about yours."
    which = "the original run visited" if replayed else "this run visits"
    hint = f" {unread} is not read: write --target=live for the tenant in it." if unread else ""
    return f"{FIRST_WORDS}: {which} a tenant inside smtp365 and says nothing about yours.{hint}"


def traffic(run: Run, senders: Sequence[Assessment]) -> tuple[str, str]:
    """What was sent for these senders, after a label that says in which run; a report judged again sends nothing itself."""
    visits = [assessment.evidence for assessment in senders]
    counted = {name: sum(getattr(one.traffic, name) for one in visits) for name in Traffic.model_fields}
    told = counts(Traffic(**counted))
    if run.replayed_from is None or not visits:
        return "Traffic", told
    times = sorted({f"{one.started:%Y-%m-%d %H:%M}" for one in visits})
    when = f"run at {times[0]} UTC" if len(times) == 1 else f"runs from {times[0]} to {times[-1]} UTC"
    asked = sum(one.tenant.requests for one in visits if one.tenant is not None) if run.looked_up_again else 0
    now = f"{asked} look-up request{'' if asked == 1 else 's'}" if asked else "none"
    return f"Traffic of the original {when}", f"{told}; this run: {now}"


def counts(counted: Traffic) -> str:
    """Sessions, connections, sign-ins, requests and messages in one line."""
    parts = (
        (counted.smtp_sessions, "SMTP session"),
        (counted.diagnostic_connections, "diagnostic connection"),
        (counted.sign_in_attempts, "sign-in attempt"),
        (counted.token_requests, "token request"),
        (counted.messages_sent, "message"),
    )
    return ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in parts)
