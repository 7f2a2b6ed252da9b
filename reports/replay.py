"""Parses the results in a report or a results JSON file, to evaluate them again. `plugin.report_reader` reads the files.

Text that is not a report of this schema version is rejected with a one-line message.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from evidence.wire import SCHEMA, SenderEvidence
from reports.embedding import embedded_json
from reports.escaping import one_line
from reports.sender_list import SenderList, UnsuitableResultsError, split
from settings import strict_json
from settings.bounded_input import DamagedDataError
from settings.model import SenderSettings
from settings.target import GATHER

LARGEST = 64 * 1024 * 1024  # bytes of a file, and of its results after decompression; a thousand senders stay below
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_CHECK_MEMBERS = ("id", "title", "verdict")
SenderRecord = tuple[SenderEvidence, SenderSettings]


class NotAReport(Exception):  # noqa: N818 - reads as what it says: the file is not a report
    """Raised when a text contains no results that this version can evaluate. The message states the reason on one line."""


def parse_report(content: bytes, name: str) -> tuple[dict[str, Any], list[SenderRecord]]:
    """Return the results in a report's HTML or JSON file, and each sender's evidence and settings.

    Args:
        content: the content of the file.
        name: the file's name, for messages.

    Raises:
        NotAReport: the file is not a report, is damaged or too large, or has a different schema version.

    """
    data = _members(content, name)
    return data, [record for _, record in _senders(data, name)]


def parse_results(content: bytes, name: str) -> dict[str, Any]:
    """Return only the results, for a comparison. Raises NotAReport as `parse_report` does, and also if a list of checks is damaged."""
    data = _members(content, name)
    senders = []
    for sender, (evidence, settings) in _senders(data, name):
        checks = sender.get("checks")
        if not isinstance(checks, list) or not all(_is_check(check) for check in checks):
            raise NotAReport(f"{name}: damaged: its list of checks is missing or has the wrong type")
        records = {
            "evidence": evidence.model_dump(mode="json"),
            "settings": settings.model_dump(mode="json", by_alias=True),
        }
        senders.append({**sender, "name": str(sender.get("name", "")), **records})
    named = {key: one_line(data.get(key, "")) for key in ("started", "host", "target")}
    return {**data, **named, "senders": senders}


def _members(content: bytes, name: str) -> dict[str, Any]:
    text: bytes | None = content.removeprefix(_BYTE_ORDER_MARK)
    try:
        if not content.lstrip(_BYTE_ORDER_MARK + b" \t\r\n").startswith(b"{"):
            text = embedded_json(content, LARGEST)
        if text is None:
            raise NotAReport(f"{name}: not an smtp365 report (it contains no results)")
        return _checked(split(text), name)
    except DamagedDataError as problem:
        raise NotAReport(f"{name}: damaged: its results are {problem}") from None
    except UnsuitableResultsError as problem:
        raise NotAReport(f"{name}: the report is damaged or too large: {problem}") from None


def _senders(data: dict[str, Any], name: str) -> Iterator[tuple[dict[str, Any], SenderRecord]]:
    """Yield the members of each sender with its evidence and settings, decoded one at a time."""
    try:
        for sender in data["senders"]:
            yield sender, _sender(sender)
    except (KeyError, TypeError, AttributeError, ValidationError) as problem:
        raise NotAReport(f"{name}: damaged: {_reason(problem)}") from None
    except UnsuitableResultsError as problem:
        raise NotAReport(f"{name}: damaged: {problem}") from None


def _is_check(check: object) -> bool:
    return isinstance(check, dict) and all(isinstance(check.get(member), str) for member in _CHECK_MEMBERS)


def origins(data: dict[str, Any]) -> dict[str, str]:
    """Return, for each sender, the target of the run that gathered its evidence. Unknown targets are left out."""
    of_run = str(data.get("target", ""))
    targets = {str(sender.get("name", "")): str(sender.get("target", of_run)) for sender in data["senders"]}
    return {name: target for name, target in targets.items() if target in GATHER}


def _checked(data: dict[str, Any], name: str) -> dict[str, Any]:
    schema = data.get("schema")
    if not isinstance(schema, str) or not schema.startswith(SCHEMA.partition("/")[0] + "/"):
        raise NotAReport(f"{name}: not an smtp365 report (it does not have the schema {SCHEMA})")
    if schema != SCHEMA:
        wrote = one_line(data.get("tool_version", "in a different version"), 40)
        raise NotAReport(
            f"{name}: the report has the schema {one_line(schema, 60)}, but this version reads {SCHEMA}; use smtp365 {wrote}"
        )
    if not isinstance(data.get("senders"), SenderList):
        raise NotAReport(f"{name}: the report is damaged, because it has no list of senders")
    return data


def _sender(sender: dict[str, Any]) -> SenderRecord:
    """Return a sender's evidence and settings. Both models parse JSON text, because JSON data has neither dates nor tuples."""
    evidence = SenderEvidence.model_validate_json(strict_json.write(sender["evidence"]))
    return evidence, SenderSettings.model_validate_json(strict_json.write(sender["settings"]))


def _reason(problem: Exception) -> str:
    if isinstance(problem, ValidationError):
        first = problem.errors(include_input=False, include_url=False)[0]
        return one_line(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")
    return one_line(f"a member is missing or has the wrong type ({problem})")
