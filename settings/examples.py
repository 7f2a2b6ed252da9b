"""Finds values of the example file and other placeholders that were never replaced, before a live run contacts any host.

The example values are read from `settings.example.toml` itself, so the two cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from settings import model
from settings.address import address_of
from settings.bounded_input import read_text
from settings.load import LARGEST
from settings.microsoft import GUID
from settings.strict_json import parse_toml

EXAMPLE: Final = Path(__file__).resolve().parents[1] / "settings.example.toml"
_TABLE: Final = re.compile(r"#?\s*\[([a-z_.]+)\]")
_PAIR: Final = re.compile(r'#?\s*([a-z_]+)\s*=\s*(\[?"[^"]+"\]?)')
_ONE_DIGIT_A_GROUP: Final = re.compile(r"(\w)\1{7}-(\w)\2{3}-(\w)\3{3}-(\w)\4{3}-(\w)\5{11}")
_FILL_IN: Final = re.compile(r"[{<\[]\s*[a-z][\w .-]*[}>\]]|%[a-z_]{3,}%", re.IGNORECASE)
_TENANT_WORD: Final = re.compile(r"(your|my|the)?[-_ ]?(directory|tenant)[-_ ]?(id|name|guid)?", re.IGNORECASE)
_YOURS: Final = re.compile(r"(?<![\w-])your[-_]?(domain|company|organi[sz]ation|tenant)\.", re.IGNORECASE)
_TABLES: Final[dict[str, type[BaseModel]]] = {
    "network": model.Network,
    "custom": model.Custom,
    "directory": model.Directory,
}
Kind = tuple[str, str]  # the table, `sender` for each sender's, and the key


@cache
def invented() -> Mapping[Kind, frozenset[str]]:
    """Return the example's invented values by table and key, including those in commented-out lines. No real settings file has them."""
    found: dict[Kind, set[str]] = {}
    table = ""
    for line in read_text(EXAMPLE, LARGEST).splitlines() if EXAMPLE.is_file() else ():
        if begun := _TABLE.match(line):
            table = begun[1].partition(".")[0] if not begun[1].endswith(".attested") else "attested"
        elif (pair := _PAIR.match(line)) and table != "attested":
            value = pair[2].strip('[]"') if pair[2].startswith("[") else pair[2].strip('"')
            if _is_invented(value):
                found.setdefault((table, pair[1]), set()).add(value.lower())
    return {kind: frozenset(values) for kind, values in found.items()}


@cache
def domains() -> frozenset[str]:
    """Return the domains of the mail addresses in the example file."""
    text = read_text(EXAMPLE, LARGEST) if EXAMPLE.is_file() else ""
    return frozenset(found.lower() for found in re.findall(r"@([\w-]+(?:\.[\w-]+)+)", text))


@cache
def attestations() -> tuple[Mapping[str, Any], ...]:
    """Return the attestations in the example file."""
    text = read_text(EXAMPLE, LARGEST) if EXAMPLE.is_file() else ""
    lines = re.findall(r'^#\s*"[A-Z]+-\d\d" = (\{.*\})$', text, re.MULTILINE)
    return tuple(parse_toml(f"one = {line}")["one"] for line in lines)


def left_in(file: Path, names: Iterable[str] | None = None, *, but: Iterable[str] = ()) -> list[str]:
    """Return one line for each placeholder in a settings file, beginning with the file's name.

    Keys that a line in `but` already names are left out. If the file cannot be read or is not TOML, there are no lines.
    """
    try:
        data = parse_toml(read_text(file, LARGEST))
    except (OSError, ValueError):
        return []
    known = tuple(but)
    lines = (f"{file.name}: {line}" for line in left(data, names))
    return [line for line in lines if not any(other.startswith(line.partition(" = ")[0]) for other in known)]


def left(data: Mapping[str, Any], names: Iterable[str] | None = None) -> list[str]:
    """Return one line for each placeholder in the tables of a settings file. If `names` is given, all other senders are ignored."""
    senders = data.get("sender")
    senders = senders if isinstance(senders, Mapping) else {}
    chosen = senders if names is None else {name: senders[name] for name in names if name in senders}
    led = {str(key).rpartition(":")[0].lower() for key in _mapping(data.get("connect"))}
    lines = list(_of_table("", data, model.Settings.model_fields, led))
    for name, table in chosen.items():
        lines += _of_table(f"sender.{name}", _mapping(table), model.Sender.model_fields, led)
        for item, told in _mapping(_mapping(table).get("attested")).items():
            if told in attestations():
                lines.append(
                    f'[sender.{name}.attested] "{item}": this attestation is the example\'s; write who looked, when, and what was seen'
                )
    for name, of in _TABLES.items():
        if name != "custom" or data.get("cloud") == "custom":
            lines += _of_table(name, _mapping(data.get(name)), of.model_fields, led)
    return lines


def why(kind: Kind, value: str) -> str:
    """Return, in a few words, why this value is a placeholder for its table and key, or an empty string if it is not one."""
    if (guid := GUID.search(value)) and _ONE_DIGIT_A_GROUP.fullmatch(guid.group()):
        return f"the id {guid.group()} is a placeholder"
    if (
        (word := _FILL_IN.search(value))
        and not GUID.search(value)
        and "@" not in word.group()
        and kind[1] != "ehlo_name"
    ):
        return f"{word.group()} is a placeholder"
    if _of_domain(value) or _YOURS.search(value):
        return "the domain is a placeholder"
    if value.lower() in invented().get(kind, frozenset()):
        return "this is the value from the example"
    segment = address_of(value).first if kind[1] == "openid_endpoint_configuration" else value
    if kind[1] in {"openid_endpoint_configuration", "tenant"} and _TENANT_WORD.fullmatch(segment):
        return f"{segment} is a placeholder"
    return ""


def _of_table(name: str, table: Mapping[str, Any], fields: Mapping[str, Any], led: set[str]) -> Iterator[str]:
    by_key = {field.alias or key: field for key, field in fields.items()}
    kind = name.partition(".")[0]
    for key, value in table.items():
        if key not in by_key or key.endswith("_from"):  # such a value may be a secret, which no line shows
            continue
        for text in value if isinstance(value, list) and key != "tags" else [value]:
            if not isinstance(text, str) or {text.lower(), address_of(text).host} & led:
                continue
            reason = why((kind, key), text)
            if reason:
                where = f"[{name}] {key}" if name else key
                yield f'{where} = "{_shown(text)}": {reason}; write {_advice(by_key.get(key))}'


def _advice(field: Any) -> str:  # noqa: ANN401 - pydantic's description of a field, or None
    said = str(field.description) if field is not None and field.description else "your own value"
    return said.partition(", e.g.")[0]


def _shown(text: str) -> str:
    shown = text.encode("unicode_escape").decode("ascii")
    return shown if len(shown) <= 120 else f"{shown[:117]}..."


def _is_invented(value: str) -> bool:
    """Return whether the example's value is invented: it has the example's domain, a placeholder id, or a documentation name or address."""
    guid = GUID.search(value)
    documents = re.search(r"(?<![\w-])example\.(com|net|org)\b|(?<!\d)(192\.0\.2|198\.51\.100|203\.0\.113)\.\d", value)
    return bool(_of_domain(value) or documents or (guid and _ONE_DIGIT_A_GROUP.fullmatch(guid.group())))


def _of_domain(value: str) -> bool:
    return any(re.search(rf"(?:^|[@/.]){re.escape(domain)}(?![\w.-])", value.lower()) for domain in domains())


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
