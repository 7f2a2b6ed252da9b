"""Parses the results in a report or a results JSON file, to evaluate them again. `plugin.report_reader` reads the files.

Text that is not a report of this schema version is rejected with a one-line message.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from evidence.wire import SCHEMA, SenderEvidence
from reports.embedding import DamagedResultsError, embedded_json
from reports.escaping import one_line
from settings.model import SenderSettings
from settings.target import GATHER

LARGEST = 256 * 1024 * 1024  # bytes; a thousand senders with long transcripts stay far below
SenderRecord = tuple[SenderEvidence, SenderSettings]


class NotAReport(Exception):  # noqa: N818 - reads as what it says: the file is not a report
    """Raised when a text contains no results that this version can evaluate. The message states the reason on one line."""


def parse_report(text: str, name: str) -> tuple[dict[str, Any], list[SenderRecord]]:
    """Return the results in a report's HTML or JSON text, and each sender's evidence and settings.

    Args:
        text: the content of the file.
        name: the file's name, for messages.

    Raises:
        NotAReport: the text is not a report, is damaged, or has a different schema version.

    """
    data = parse_results(text, name)
    try:
        return data, [_sender(sender) for sender in data["senders"]]
    except (KeyError, TypeError, AttributeError, ValidationError) as problem:
        raise NotAReport(f"{name}: damaged: {_reason(problem)}") from None


def parse_results(text: str, name: str) -> dict[str, Any]:
    """Return only the results, for a comparison. Raises NotAReport in the same cases as `parse_report`."""
    if not text.lstrip().startswith("{"):
        try:
            inside = embedded_json(text, LARGEST)
        except DamagedResultsError as problem:
            raise NotAReport(f"{name}: damaged: {problem}") from None
        if inside is None:
            raise NotAReport(f"{name}: not an smtp365 report (it contains no results)")
        text = inside
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise NotAReport(f"{name}: the report is damaged, because its results are not JSON") from None
    return _checked(data, name)


def origins(data: dict[str, Any]) -> dict[str, str]:
    """Return, for each sender, the target of the run that gathered its evidence. Unknown targets are left out."""
    of_run = str(data.get("target", ""))
    targets = {str(sender.get("name", "")): str(sender.get("target", of_run)) for sender in data["senders"]}
    return {name: target for name, target in targets.items() if target in GATHER}


def _checked(data: object, name: str) -> dict[str, Any]:
    schema = data.get("schema") if isinstance(data, dict) else None
    if (
        not isinstance(data, dict)
        or not isinstance(schema, str)
        or not schema.startswith(SCHEMA.partition("/")[0] + "/")
    ):
        raise NotAReport(f"{name}: not an smtp365 report (it does not have the schema {SCHEMA})")
    if schema != SCHEMA:
        wrote = one_line(data.get("tool_version", "in a different version"), 40)
        raise NotAReport(
            f"{name}: the report has the schema {one_line(schema, 60)}, but this version reads {SCHEMA}; use smtp365 {wrote}"
        )
    if not isinstance(data.get("senders"), list):
        raise NotAReport(f"{name}: the report is damaged, because it has no list of senders")
    return data


def _sender(sender: dict[str, Any]) -> SenderRecord:
    """Return a sender's evidence and settings. Both models parse JSON text, because JSON data has neither dates nor tuples."""
    evidence = SenderEvidence.model_validate_json(json.dumps(sender["evidence"]))
    return evidence, SenderSettings.model_validate_json(json.dumps(sender["settings"]))


def _reason(problem: Exception) -> str:
    if isinstance(problem, ValidationError):
        first = problem.errors(include_input=False, include_url=False)[0]
        return one_line(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")
    return one_line(f"a member is missing or has the wrong type ({problem})")
