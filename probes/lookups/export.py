"""Reads the file that the documented PowerShell script exports (`--tenant-export`).

The keys in the file are the texts of the questions, and its values have the form of the services' answers, so the same parsers
apply. The file contains no secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from evidence.tenant import LookupState, SourceKind
from probes.deadline import Deadline
from probes.lookups.answers import LookupAnswer
from probes.lookups.questions import Question, Service
from settings import strict_json
from settings.bounded_input import read_file
from settings.mistakes import SettingsError
from settings.strict_values import utc_time

SCHEMA: Final = "smtp365-tenant-export/1"
_LARGEST: Final = 4 * 1024 * 1024  # an export for a hundred senders has a tenth of this
_AGAIN: Final = "an export made with this version's script"
_LATER: Final = "an export made a few minutes after this run (read it with --lookups-for)"


class Export:
    """A parsed export. It is usually older than the run and then has no log rows for it."""

    def __init__(self, tenant: str, made: datetime, answers: Mapping[tuple[Service, str], object]) -> None:
        """Store `answers` by service and key. The keys are in lower case, because addresses are compared case-insensitively."""
        self._tenant = tenant
        self._made = made
        self._answers = answers

    @property
    def way(self) -> SourceKind:
        """The kind of this source, which is always an export."""
        return SourceKind.EXPORT

    def tenant(self, deadline: Deadline) -> str:  # noqa: ARG002 - the file has it
        """Return the tenant id from the file."""
        return self._tenant

    def signed_in_as(self) -> str:
        """Return an empty string, because an export needs no sign-in."""
        return ""

    def ask(self, question: Question, deadline: Deadline) -> LookupAnswer:  # noqa: ARG002 - reading the file takes no time
        """Return the answer to this question from the file."""
        found = self._answers.get((question.service, question.key.lower()))
        if found is None:
            problem = f"the export of {self._made:%Y-%m-%d %H:%M} UTC does not contain it"
            return LookupAnswer(state=LookupState.NOT_IN_EXPORT, problem=problem, needs=_AGAIN)
        since = _moment(question.since)
        if since is not None and self._made < since:
            problem = f"the export was made at {self._made:%Y-%m-%d %H:%M} UTC, before this run"
            return LookupAnswer(state=LookupState.NOT_IN_EXPORT, problem=problem, needs=_LATER)
        if isinstance(found, list):
            return LookupAnswer(status=200, body={"value": found})
        if not isinstance(found, Mapping):
            return LookupAnswer(problem="the export's answer to this question is damaged")
        status, body = found.get("status", 200), found.get("body")
        if body is None:
            body = {key: found[key] for key in ("value", "error") if key in found} or None
        if isinstance(status, bool) or not isinstance(status, int):
            return LookupAnswer(problem="the status of the export's answer is damaged")
        return LookupAnswer(status=status, body=body if isinstance(body, Mapping) else None)


def read(path: Path) -> Export:
    """Read an export file.

    Raises:
        SettingsError: the file cannot be read or is not an export with this schema. The message is one line.

    """
    where = f"--tenant-export={path.name}"
    try:
        content = read_file(path, _LARGEST)
        data = strict_json.parse(content.decode(_encoding(content)))
    except OSError as problem:
        raise SettingsError([f"{where}: cannot be read: {problem.strerror or type(problem).__name__}"]) from None
    except ValueError:
        raise SettingsError([f"{where}: not JSON; pass the file that the script wrote"]) from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise SettingsError([f'{where}: this version cannot read the file, because its "schema" is not {SCHEMA}'])
    tenant, made = data.get("tenant_id"), _moment(data.get("made"))
    if not isinstance(tenant, str) or made is None:
        raise SettingsError(
            [f'{where}: the export is damaged, because "tenant_id" or "made" is missing or invalid; export it again']
        )
    answers: dict[tuple[Service, str], object] = {}
    for service in Service:
        part = data.get(service.value, {})
        if not isinstance(part, dict):
            raise SettingsError(
                [f'{where}: the export is damaged, because "{service.value}" is not an object; export it again']
            )
        answers |= {(service, key.lower()): value for key, value in part.items()}
    return Export(tenant.lower(), made, answers)


def _encoding(content: bytes) -> str:
    """Return the encoding that the byte order mark indicates, otherwise UTF-8. Windows PowerShell writes UTF-16 by default."""
    return "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"


def _moment(value: object) -> datetime | None:
    return utc_time(value) if isinstance(value, str) else None
