"""Formats all errors in a settings file, one line each: the key, the value, and what to write instead.

A value that could be a secret is not shown, except for the first four characters of a client id.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from settings import client_id, model

SECRET_KEYS = {"password": "password_from", "client_secret": "client_secret_from"}
_SECRET_WORDS = re.compile(r"pass(word|wd|phrase)?|secret|token|credential|pwd|api_?key", re.IGNORECASE)
_SOURCE_WORDS = {"", "env", "environment", "variable", "key", "keyring", "keychain", "prompt", "ask"}
_TABLES: dict[str, type[BaseModel]] = {
    "network": model.Network,
    "custom": model.Custom,
    "directory": model.Directory,
}


class SettingsError(Exception):
    """Raised when the settings cannot be used. `lines` holds one line per error."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Store the error lines in the order in which they are printed."""
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


def of_secrets(data: Mapping[str, Any]) -> list[str]:
    """Return one line for each key under which a secret was written into the file. The lines do not repeat the secret."""
    senders = data.get("sender")
    tables = [(f"sender.{name}", table) for name, table in senders.items()] if isinstance(senders, Mapping) else []
    tables.append(("directory", data.get("directory")))
    return [
        f"[{name}] {key}: a secret does not belong in this file, which may be copied, mailed or committed; remove the line, "
        f'change the secret if the file was shared, and write {SECRET_KEYS[key.lower()]} = "env:NAME", "keyring" or "prompt"'
        for name, table in tables
        for key in (table if isinstance(table, Mapping) else ())
        if key.lower() in SECRET_KEYS
    ]


def of_validation(error: ValidationError) -> list[str]:
    """Return one line for each validation error in the settings, except for the keys that `of_secrets` reports."""
    lines = []
    seen = set()
    for item in error.errors(include_url=False, include_context=False):
        location = tuple(
            part for part in item["loc"] if part not in {"function-after", "str", "date", "literal['never']"}
        )
        if location in seen:
            continue
        seen.add(location)
        if len(location) > 1 and str(location[-1]).lower() in SECRET_KEYS:
            continue
        lines.append(_line(location, item["type"], item["input"], str(item["msg"])))
    return lines


def _line(location: tuple[str | int, ...], kind: str, value: object, message: str) -> str:
    table, key, fields = _place(location)
    where = f"[{table}] {key}" if table else key
    if kind == "extra_forbidden":
        return f"{where}: unknown key{_did_you_mean(key, fields)}"
    advice = _advice(key, fields)
    if kind == "missing":
        return f"{where}: missing; write {advice}"
    if kind == "value_error":
        return f"{where} = {_shown(key, value)}: {message.removeprefix('Value error, ')}; write {advice}"
    return f"{where} = {_shown(key, value)}: write {advice}"


def _place(location: tuple[str | int, ...]) -> tuple[str, str, Mapping[str, FieldInfo]]:
    """Return the table's name as written in the file, the key, and the known fields of that table."""
    parts = [str(part) for part in location]
    if not parts:
        return "", "file", model.Settings.model_fields
    if parts[0] == "sender" and len(parts) > 2:
        if parts[2] == "attested" and len(parts) > 4:
            return f"sender.{parts[1]}.attested", f'"{parts[3]}".{parts[4]}', model.Attestation.model_fields
        return f"sender.{parts[1]}", parts[2] if len(parts) == 3 else ".".join(parts[2:4]), model.Sender.model_fields
    if parts[0] == "sender" and len(parts) == 2:
        return "", f"sender.{parts[1]}", model.Settings.model_fields
    if parts[0] in _TABLES and len(parts) > 1:
        return parts[0], parts[1], _TABLES[parts[0]].model_fields
    if parts[0] == "connect" and len(parts) > 1:
        return "connect", f'"{parts[1]}"', model.Settings.model_fields
    return "", parts[0], model.Settings.model_fields


def known_keys() -> set[str]:
    """Return every key that a settings file can have."""
    tables: tuple[type[BaseModel], ...] = (model.Settings, model.Sender, model.Attestation, *_TABLES.values())
    return {key for table in tables for key in _names(table.model_fields)} | set(SECRET_KEYS)


def _names(fields: Mapping[str, FieldInfo]) -> dict[str, FieldInfo]:
    """Return the fields by the keys that a user writes in the file: the alias, if any, or the field's own name, but never `name`."""
    return {field.alias or name: field for name, field in fields.items() if name != "name"}


def _did_you_mean(key: str, fields: Mapping[str, FieldInfo]) -> str:
    known = _names(fields)
    folded = re.sub(r"[\s-]+", "_", key.strip('"').rpartition(".")[2].lower())
    close = [folded] if folded in known else difflib.get_close_matches(folded, known, n=1, cutoff=0.55)
    return f"; did you mean {close[0]}?" if close else f"; the known keys are {', '.join(sorted(known))}"


def _advice(key: str, fields: Mapping[str, FieldInfo]) -> str:
    name = key.rpartition('".')[2] if '".' in key else key.partition(".")[0]
    if key.startswith('"') and '".' not in key:
        name = "connect"
    if key.startswith("sender."):
        return "a [sender.NAME] table with the plugin's fields"
    field = _names(fields).get(name)
    return field.description if field is not None and field.description else "a value as in settings.example.toml"


def _shown(key: str, value: object) -> str:
    if _SECRET_WORDS.search(key) and not key.endswith(("_from", "_expires")):
        return "(not shown)"
    if (
        key.endswith("_from")
        and key != "from"
        and isinstance(value, str)
        and value.strip().lower().rstrip(":") not in _SOURCE_WORDS
    ):
        return "(not shown, because it may be the secret itself)"
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, str):
        text = f'"{value}"'
    else:
        text = str(value)
    if key.endswith("client_id") and isinstance(value, str):
        text = f'"{client_id.shown(value)}"'
    else:
        text = text.encode("unicode_escape").decode("ascii")
    return text if len(text) <= 80 else f"{text[:77]}…"
