"""A sender's causes in the words of the knowledge room, with this sender's own values filled in; nothing is worded or escaped here."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import cast
from urllib.parse import urlsplit

from checks import placeholders
from checks.assessment import Assessment
from checks.token_claims import seen_address
from evidence.gates import Gate
from knowledge.cause import Cause
from knowledge.cause_ids import CauseId
from knowledge.causes import entry as entry_of
from knowledge.groups import GROUPS
from knowledge.owner_message import request
from knowledge.placeholders import fill, fill_lines
from knowledge.step import Step, arranged
from reports.known import known

_STAMP = re.compile(r"\[[A-Z0-9]+\.\S+\.outlook\.com [^\]]{1,60}\]")
_NO_REMEDY = "No rule of ours fits what was seen. The exact words stand in the evidence below."


def values(assessment: Assessment) -> dict[str, str]:
    """What the knowledge room's placeholders mean for this sender."""
    return placeholders.values(assessment.evidence, assessment.settings)


_AT_LOGIN = frozenset({Gate.ISSUER, Gate.TOKEN, Gate.CLAIMS})


def _at_login(assessment: Assessment) -> bool:
    """Whether it is the token service that stops this sender, not the mail server."""
    return assessment.first_broken_gate in _AT_LOGIN


def _entry(cause_id: str, assessment: Assessment) -> Cause | None:
    """The entry that is true of this sender's service: Microsoft's, or that of a service which the settings declare."""
    return entry_of(cause_id, microsoft=assessment.settings.service.microsoft, at_login=_at_login(assessment))


def cause(cause_id: str, assessment: Assessment) -> Cause:
    """The entry with this sender's values, its open steps before those that the run has seen.

    An id that the catalogue does not have (an older or newer report) explains itself as such.
    """
    entry = _entry(cause_id, assessment)
    if entry is not None:
        filled = fill(entry, values(assessment))
        return replace(filled, steps=arranged(filled.steps, known(assessment)))
    return Cause(
        id=cast("CauseId", cause_id),
        title=cause_id.replace("_", " "),
        meaning=_NO_REMEDY,
        shows="",
        who=None,
        steps=(),
        verify="",
        propagation="",
        risk="",
        source=(),
        decide=(),
    )


def owner_request(
    causes: tuple[str, ...],
    ruled_out: tuple[str, ...],
    assessment: Assessment,
    *,
    sure: bool,
    decide: tuple[str, ...] = (),
) -> str:
    """The message to whoever acts on the first cause, with what an administrator needs to find the attempt again.

    Where it is not sure, the message says so and names the others. Empty for an unknown cause.
    """
    cause_id = causes[0]
    entry = _entry(cause_id, assessment)
    if entry is None or not entry.steps:
        return ""
    evidence, decisive = assessment.evidence, assessment.decisive
    token, observed = evidence.token, decisive.observed if decisive is not None else ""
    stamp = _STAMP.search(observed)
    attempt = {
        "source_address": seen_address(evidence),
        "time": f"{evidence.started:%Y-%m-%d %H:%M:%S}",
        "server_stamp": stamp.group() if stamp else "",
        "trace_id": (token.trace_id or "") if token is not None else "",
        "correlation_id": (token.correlation_id or "") if token is not None else "",
        "reply": observed,
        "ruled_out": "\n".join(ruled_out),
    }
    others = () if sure else causes[1:]
    return request(
        cause_id,
        values(assessment) | attempt,
        others=others,
        decide=decide,
        microsoft=assessment.settings.service.microsoft,
        at_login=_at_login(assessment),
        seen=known(assessment),
    ).strip()


def title(cause_id: str, assessment: Assessment) -> str:
    """The cause in a few words, where no sender's value is needed."""
    entry = _entry(cause_id, assessment)
    return entry.title if entry is not None else cause_id.replace("_", " ")


def deciders(causes: tuple[str, ...], assessment: Assessment) -> tuple[Step, ...]:
    """What would decide between causes: the look-up of the smallest group that lists these together, else each cause's.

    What this run has already seen comes last and says so, so that no one looks for what is known.
    """
    of_groups = assessment.settings.service.microsoft and len(causes) > 1  # groups are of answers of Microsoft's
    fitting = [group for group in GROUPS.values() if of_groups and set(causes) <= set(group.causes)]
    group = min(fitting, key=lambda group: len(group.causes), default=None)
    if group is not None:
        lines = group.decide
    else:
        entries = (_entry(cause_id, assessment) for cause_id in causes[:3])
        lines = tuple(dict.fromkeys(line for entry in entries if entry is not None for line in entry.decide))[:6]
    return arranged(fill_lines(lines, values(assessment)), known(assessment))


def source_name(source: str) -> str:
    """What to call a source: a page's host and last part, or the text itself where it is no address."""
    parts = urlsplit(source)
    if parts.scheme != "https":
        return source
    page = parts.path.rstrip("/").rpartition("/")[2].removesuffix(".md").replace("-", " ")
    return f"{page} ({parts.netloc})" if page else parts.netloc
