"""Reads the settings file and returns typed settings, or reports as many mistakes in the file as possible at once.

Relative paths in the file are relative to its folder. Secrets are not read here.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

from pydantic import ValidationError

from settings import mistakes
from settings.bounded_input import read_file, read_text
from settings.mistakes import SettingsError
from settings.model import Settings
from settings.strict_json import parse_toml
from settings.strict_values import port_number, whole

_TABLE = re.compile(r"\[\[?(?:network|connect|custom|directory|sender)(?:\.[\w.\"-]*)?\]{0,2}")
LARGEST = 4 * 1024 * 1024


def load(path: Path) -> Settings:
    """Read `path` and return its settings.

    Raises:
        SettingsError: the file cannot be read, is not TOML, or contains invalid settings. There is one line per mistake.

    """
    return parse(_text(path), path)


def parse(text: str, path: Path) -> Settings:
    """Return the settings in `text`. Mistakes name `path`, and relative paths in the settings are relative to its folder."""
    try:
        data = parse_toml(text)
    except tomllib.TOMLDecodeError as problem:
        raise SettingsError([f"{path.name}: not valid TOML: {_explained(str(problem), text)}"]) from None
    lines = mistakes.of_secrets(data)
    settings = None
    try:
        settings = Settings.model_validate(data)
    except ValidationError as problem:
        lines += mistakes.of_validation(problem)
    else:
        lines += _across(settings, path.parent)
    if lines or settings is None:
        raise SettingsError([f"{path.name}: {line}" for line in lines])
    return _with_absolute_paths(settings, path.parent)


def _text(path: Path) -> str:
    try:
        if path.is_dir():
            raise SettingsError([f"{path}: this is a folder; give the path of the settings file in it"])
        return read_text(path, LARGEST)
    except FileNotFoundError:
        raise SettingsError(
            [f"{path}: there is no such file; copy settings.example.toml and pass the path of the copy with --settings"]
        ) from None
    except UnicodeDecodeError as problem:
        raise SettingsError([f"{path.name}: not UTF-8 (byte {problem.start}); save it as UTF-8"]) from None
    except OSError as problem:
        raise SettingsError([f"{path}: cannot be read: {problem.strerror or type(problem).__name__}"]) from None


def _explained(problem: str, text: str) -> str:
    """Return TOML's error message with the key or table concerned and a hint about a common slip, but never with a value."""
    place = re.search(r"at line (\d+)", problem)
    lines = text.splitlines()
    number = whole(place[1]) if place is not None else None
    if number is None or not 0 < number <= len(lines):
        return problem
    line = lines[number - 1].strip()
    key, separator, value = line.partition("=")
    shown = _known_part(key.strip() if separator else line)
    hint = ""
    if "\\" in value:
        hint = " (a backslash in double quotes starts an escape; put paths in 'single quotes')"
    elif separator and value.strip() in {"True", "False", "yes", "no", "on", "off"}:
        hint = " (write true or false)"
    elif separator and value.strip() and value.strip()[0].isalpha():
        hint = ' (put text in "double quotes")'
    return f"{problem}{f', near {shown}' if shown else ''}{hint}"


def _known_part(text: str) -> str:
    """Return the text if it is a key of the settings or begins a table. Anything else can be a secret and is not shown."""
    return text if text.strip('"') in mistakes.known_keys() or _TABLE.fullmatch(text) else ""


def _across(settings: Settings, folder: Path) -> list[str]:
    """Return the mistakes that the types do not reveal: in combinations of keys, in the names of keys and hosts, and in files on disk."""
    lines = []
    if settings.cloud == "custom" and settings.custom is None:
        lines.append(
            'cloud = "custom": declare the service in a [custom] table with smtp_server and, if needed, port, issuer and audience'
        )
    if settings.cloud != "custom" and settings.custom is not None:
        lines.append(
            f'[custom] is used only with cloud = "custom", but cloud = "{settings.cloud}"; change one of the two'
        )
    if settings.network.ca_file and not (folder / settings.network.ca_file).is_file():
        lines.append(
            f'[network] ca_file = "{settings.network.ca_file}": there is no such file; write the path of a PEM file'
        )
    lines.extend(_about_directory(settings, folder))
    for key in settings.connect:
        name, _, port = key.rpartition(":")
        if not name or port_number(port) is None:
            lines.append(
                f'[connect] "{key}": write a name or address and a port on the left, e.g. "smtp.office365.com:587"'
            )
    if settings.custom is not None:
        lines.extend(_about_dot("custom", settings.custom.smtp_server))
    for sender in settings.sender.values():
        lines.extend(_about_dot(f"sender.{sender.name}", sender.smtp_server))
        if not sender.envelope_from:
            lines.append(
                f'[sender.{sender.name}] from: missing, and username is empty too; write from = "noreply@yourdomain.com"'
            )
        lines.extend(
            f'[sender.{sender.name}.attested] "{item}": not the id of a check; write one such as "BASIC-04" or "OAUTH-04"'
            for item in sender.attested
            if not re.fullmatch(r"[A-Z]+-\d\d", item)
        )
    return lines


def _about_dot(table: str, host: str) -> list[str]:
    """Return a line if the host name ends with a dot. Such a name resolves, but no certificate matches it."""
    line = f'[{table}] smtp_server = "{host}": ends with a dot, but names in certificates do not; remove the dot, here and in the plugin'
    return [line] if host.endswith(".") else []


def _about_directory(settings: Settings, folder: Path) -> list[str]:
    """Return the mistakes in the [directory] table."""
    directory = settings.directory
    lines = []
    if settings.cloud == "custom" and directory is not None:
        lines.append('[directory] works only with a Microsoft cloud, but cloud = "custom"; change one of the two')
    if directory is None or directory.certificate is None:
        return lines
    if directory.client_secret_from is not None:
        lines.append("[directory] certificate: client_secret_from is set as well; keep one of the two")
    where = f'[directory] certificate = "{directory.certificate}"'
    try:
        begun = read_file(folder / directory.certificate, LARGEST)
    except FileNotFoundError:
        return [*lines, f"{where}: the file does not exist or cannot be read; write the path of a PEM file"]
    except OSError as problem:
        return [*lines, f"{where}: cannot be read: {problem.strerror}; write the path of a PEM file"]
    if not all(mark in begun for mark in (b"PRIVATE KEY-----", b"-----BEGIN CERTIFICATE-----")):
        lines.append(f"{where}: not a PEM file with both the private key and the certificate; put both into one file")
    return lines


def _with_absolute_paths(settings: Settings, folder: Path) -> Settings:
    changes: dict[str, object] = {}
    if settings.network.ca_file:
        absolute = os.path.abspath(folder / settings.network.ca_file)  # noqa: PTH100 - resolve() would follow links that the user chose
        changes["network"] = settings.network.model_copy(update={"ca_file": absolute})
    if settings.directory is not None and settings.directory.certificate:
        absolute = os.path.abspath(folder / settings.directory.certificate)  # noqa: PTH100 - the same
        changes["directory"] = settings.directory.model_copy(update={"certificate": absolute})
    return settings.model_copy(update=changes) if changes else settings


__all__ = ["SettingsError", "load", "parse"]
