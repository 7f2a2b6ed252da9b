"""Test that files and texts from outside are read only by the modules that limit their size, apart from listed exceptions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.suite.test_arrows import ROOT, files

ROOMS = ("settings", "probes", "evidence", "checks", "knowledge", "reports", "plugin")
BOUNDED = {"settings/bounded_input.py", "settings/strict_json.py", "settings/strict_values.py"}
READS = {
    "open",
    "fdopen",
    "read_text",
    "read_bytes",
    "load_verify_locations",
    "gzip",
    "decompress",
    "decompressobj",
    "tomllib",
    "load",
}
PARSES = {
    "loads",
    "isdigit",
    "isdecimal",
    "isnumeric",
    "fromisoformat",
    "fromtimestamp",
    "strptime",
    "parsedate_to_datetime",
}
NUMBERS = {"int", "float"}
# Calls that read only files of this repository or of the present run, or convert only what a pattern has matched, with the reason.
OWN = {
    "knowledge/entra_table.py int": "a table of this repository",
    "knowledge/entra_table.py isdigit": "a table of this repository",
    "knowledge/entra_table.py read_text": "a table of this repository",
    "knowledge/explain.py open": "the null device, for output",
    "knowledge/normalise.py int": "hexadecimal digits that a pattern has matched",
    "knowledge/other_programs.py int": "digits that a pattern has matched",
    "knowledge/pasted_values.py isdigit": "whether a value looks like a secret",
    "knowledge/system_messages.py read_text": "a table of this repository",
    "plugin/gathering.py open": "opens the lookups, with a method of ours",
    "plugin/html_postprocess.py read_text": "the page that pytest-html has just written",
    "plugin/outputs.py read_text": "the JUnit file that pytest has just written",
    "plugin/record.py int": "pytest's own exit code",
    "plugin/self_test.py loads": "the results of the present run",
    "plugin/self_test.py read_bytes": "the files of the present run",
    "plugin/sigint.py int": "its own exit code",
    "probes/attempt_files.py int": "digits that a pattern has matched",
    "probes/attempt_files.py loads": "the ledger, of which a bounded number of bytes is read",
    "probes/attempt_files.py open": "the ledger",
    "probes/attempt_record.py fromisoformat": "the ledger, which parses its own format",
    "probes/attempt_record.py loads": "the ledger",
    "probes/decoding.py int": "digits that a pattern has matched",
    "probes/held_file.py open": "the ledger's own file, opened without following links",
    "probes/lookups/administrator.py float": "a number that msal computed",
    "probes/tls.py load_verify_locations": "OpenSSL reads the trusted roots; the settings accept only a file for them",
    "reports/masks.py int": "a number of ours",
    "reports/masks.py isdigit": "digits are masked, not converted",
    "reports/packed_parts.py decompress": "the page of the present run",
    "reports/packed_parts.py decompressobj": "the page of the present run",
    "reports/results.py float": "a number in our own record",
    "reports/template_files.py read_text": "the templates of this repository",
    "settings/client_id.py isdigit": "whether a value looks like a secret",
    "settings/whole_file.py fdopen": "creates a new file, without following links",
    "settings/whole_file.py open": "creates a new file, without following links",
    "settings/version.py load": "pyproject.toml of this repository",
    "settings/version.py open": "pyproject.toml of this repository",
}


def calls(file_name: str, names: set[str]) -> Iterator[str]:
    """Yield the file and the name for each call of one of these functions or methods."""
    for node in ast.walk(ast.parse((ROOT / file_name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            ours = isinstance(function, ast.Name) and name not in {"open", *NUMBERS}  # such as our own `read_text`
            if name in names and not ours and not (name in NUMBERS and isinstance(function, ast.Attribute)):
                yield f"{file_name} {name}"


def found(names: set[str]) -> set[str]:
    """Return the calls of these functions in the product, outside the modules in BOUNDED."""
    every = [file.relative_to(ROOT).as_posix() for room in ROOMS for file in files(room)]
    return {call for name in every if name not in BOUNDED for call in calls(name, names)}


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(READS, id="files and compressed data"),
        pytest.param(PARSES, id="texts"),
        pytest.param(NUMBERS, id="numbers"),
    ],
)
def test_foreign_data_is_read_in_one_place(names: set[str]) -> None:
    """Apart from listed exceptions, only the modules in BOUNDED read files, decompress data, parse JSON or TOML, or convert digits."""
    assert found(names) - set(OWN) == set()


def test_every_exception_exists() -> None:
    """Each exception is a call that still exists."""
    assert set(OWN) - found(READS | PARSES | NUMBERS) == set()
