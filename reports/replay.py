"""A report or results JSON of ours, read back to be judged again; whatever is not one is refused with one clear line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evidence.wire import SCHEMA, SenderEvidence
from reports.embedding import PackedWrongError, found
from reports.escaping import one_line
from settings.model import SenderSettings
from settings.target import GATHER

_LARGEST = 256 * 1024 * 1024  # a thousand senders with long transcripts stay far below


class NotAReport(Exception):  # noqa: N818 - reads as what it says: the file is not a report
    """The file holds no results that this version can judge; the message says why, in one line."""


def load_report(path: Path) -> tuple[dict[str, Any], list[tuple[SenderEvidence, SenderSettings]]]:
    """The results in a report's HTML or JSON file, and evidence and settings of each sender.

    Raises NotAReport for a file that cannot be read, is none of ours, is damaged, or has another schema version.
    """
    data = load_results(path)
    try:
        return data, [_sender(sender) for sender in data["senders"]]
    except (KeyError, TypeError, AttributeError, ValidationError) as problem:
        raise NotAReport(f"{one_line(path)}: damaged: {_short(problem)}") from None


def load_results(path: Path) -> dict[str, Any]:
    """The results alone, to compare with. Raises NotAReport as `load_report` does."""
    name = one_line(path)
    try:
        if path.stat().st_size > _LARGEST:
            raise NotAReport(f"{name}: larger than any report of ours; give a report or a results JSON")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise NotAReport(f"{name}: cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise NotAReport(f"{name}: not a report of ours (not UTF-8 text)") from None
    if not text.lstrip().startswith("{"):
        try:
            inside = found(text, _LARGEST)
        except PackedWrongError as problem:
            raise NotAReport(f"{name}: damaged: {problem}") from None
        if inside is None:
            raise NotAReport(f"{name}: not a report of ours (no results are embedded in it)")
        text = inside
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise NotAReport(f"{name}: damaged: the results in it are not JSON") from None
    return _checked(data, name)


def origins(data: dict[str, Any]) -> dict[str, str]:
    """The target of the run that gathered each sender's evidence, by the sender's name; only those that are known."""
    of_all = str(data.get("target", ""))
    told = {str(one.get("name", "")): str(one.get("target", of_all)) for one in data["senders"]}
    return {name: target for name, target in told.items() if target in GATHER}


def _checked(data: object, name: str) -> dict[str, Any]:
    schema = data.get("schema") if isinstance(data, dict) else None
    if (
        not isinstance(data, dict)
        or not isinstance(schema, str)
        or not schema.startswith(SCHEMA.partition("/")[0] + "/")
    ):
        raise NotAReport(f"{name}: not a report of ours (no schema {SCHEMA})")
    if schema != SCHEMA:
        wrote = one_line(data.get("tool_version", "another version"), 40)
        raise NotAReport(
            f"{name}: has the schema {one_line(schema, 60)}, this version reads {SCHEMA}; judge it with smtp365 {wrote}"
        )
    if not isinstance(data.get("senders"), list):
        raise NotAReport(f"{name}: damaged: it lists no senders")
    return data


def _sender(sender: dict[str, Any]) -> tuple[SenderEvidence, SenderSettings]:
    """JSON has no dates and no tuples, so both models read their part as JSON text."""
    evidence = SenderEvidence.model_validate_json(json.dumps(sender["evidence"]))
    return evidence, SenderSettings.model_validate_json(json.dumps(sender["settings"]))


def _short(problem: Exception) -> str:
    if isinstance(problem, ValidationError):
        first = problem.errors(include_input=False, include_url=False)[0]
        return one_line(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")
    return one_line(f"a member is missing or has another form ({problem})")
