"""A sender's causes, with the sender's values filled in. The wording comes from `knowledge`, and other modules escape it."""

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
_NO_REMEDY = "No rule matches what was observed. The evidence below contains the exact text."


def values(assessment: Assessment) -> dict[str, str]:
    """Return the values of the placeholders for this sender."""
    return placeholders.values(assessment.evidence, assessment.settings)


_AT_LOGIN = frozenset({Gate.ISSUER, Gate.TOKEN, Gate.CLAIMS})


def _at_login(assessment: Assessment) -> bool:
    """Return whether this sender fails at the token service, not at the mail server."""
    return assessment.first_broken_gate in _AT_LOGIN


def _entry(cause_id: str, assessment: Assessment) -> Cause | None:
    """Return the entry for a cause: Microsoft's or, if the sender uses a declared service, the one for that service."""
    return entry_of(cause_id, microsoft=assessment.settings.service.microsoft, at_login=_at_login(assessment))


def cause(cause_id: str, assessment: Assessment) -> Cause:
    """Return a cause's entry with this sender's values. Open steps come before those that the run has answered.

    An id that is not in the catalogue (from an older or newer report) gets an entry without a remedy.
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
    """Return the message to the team responsible for the first cause, with the facts that an administrator needs to find the attempt.

    If the cause is not certain, the message states this and names the other causes. The message is empty for a cause without a remedy.
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
    """Return the title of a cause."""
    entry = _entry(cause_id, assessment)
    return entry.title if entry is not None else cause_id.replace("_", " ")


def deciders(causes: tuple[str, ...], assessment: Assessment) -> tuple[Step, ...]:
    """Return the steps that decide between the causes: those of the smallest group with all these causes or, without a group, their own.

    Steps that this run has already answered come last, with their answers.
    """
    of_groups = assessment.settings.service.microsoft and len(causes) > 1  # groups describe replies of Microsoft
    fitting = [group for group in GROUPS.values() if of_groups and set(causes) <= set(group.causes)]
    group = min(fitting, key=lambda group: len(group.causes), default=None)
    if group is not None:
        lines = group.decide
    else:
        entries = (_entry(cause_id, assessment) for cause_id in causes[:3])
        lines = tuple(dict.fromkeys(line for entry in entries if entry is not None for line in entry.decide))[:6]
    return arranged(fill_lines(lines, values(assessment)), known(assessment))


def source_name(source: str) -> str:
    """Return a name for a source: the last part of its address and the host, or the text itself if it is not an address."""
    parts = urlsplit(source)
    if parts.scheme != "https":
        return source
    page = parts.path.rstrip("/").rpartition("/")[2].removesuffix(".md").replace("-", " ")
    return f"{page} ({parts.netloc})" if page else parts.netloc
