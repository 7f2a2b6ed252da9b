"""Test CONTRIBUTING's recipes in a copy of the repository, where a check, a cause and a fault are added in at most five files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
COPIED: Final = (
    *("settings", "evidence", "probes", "checks", "knowledge", "reports", "plugin", "fakes", "docs", "tests"),
    *("conftest.py", "pytest.ini", "pyproject.toml", "README.md", "CONTRIBUTING.md"),
)
MOST: Final = 5
# For each file, the text after which to insert (empty: the end of the file) and the text to insert.
EDITS: Final = {
    "checks/tls.py": (
        "",
        '''

@check("TLS-04", "The server supports TLS 1.3", needs=("TLS-01",), microsoft_only=True, causes=("tls_1_3_missing",))
def newest_version(case: Context) -> Finding:
    """RFC 8446: TLS 1.3 is the current version."""
    evidence = case.evidence.tls
    if evidence is None or evidence.version is None:
        return case.unknown("the version was not recorded; run it again")
    if evidence.version == "TLSv1.3":
        return case.ok(observed=evidence.version)
    return case.risk("tls_1_3_missing", expected="TLSv1.3", observed=evidence.version, why="TLS 1.2 is still accepted")
''',
    ),
    "knowledge/entries/tls.py": (
        "ENTRIES: Final[tuple[Cause, ...]] = (\n",
        """    Cause(
        id="tls_1_3_missing",
        title="the server, or a device on the path, does not support TLS 1.3",
        meaning="The connection uses TLS 1.2. It works, but TLS 1.3 is the current version.",
        shows="The agreed version is TLSv1.2.",
        who="network",
        steps=("Look for a device on the path that inspects TLS, and update it.",),
        verify="Check TLS-04 passes.",
        propagation="At once.",
        risk="None.",
        source=(TLS_12,),
        decide=("Compare with another network.",),
    ),
""",
    ),
    "tests/knowledge/addresses.txt": (
        "# The route to the server: the network team needs no address; the message to the application's owner names the sender.\n",
        "tls_1_3_missing\n",
    ),
    "fakes/faults/tls.py": (
        "TLS = (\n",
        """    Fault(
        id="tls_only_1_2",
        changes="the server supports only TLS 1.2",
        gate="tls",
        cause="tls_1_3_missing",
        change=change.smtp_tls(versions=TlsRange.ONLY_1_2),
    ),
""",
    ),
    "fakes/faults/expected.txt": ("", "tls_only_1_2\n    TLS-04 risk tls_1_3_missing\n"),
}
RELEVANT: Final = (
    ("tests/suite/test_matrix.py", "tls_only_1_2 or tls_too_old or healthy_world or every_"),
    ("tests/suite/test_declared_words.py", "tls_only_1_2"),
    ("tests/suite/test_addresses.py", "tls_only_1_2"),
    ("tests/knowledge/test_catalogue.py", "tls_1_3 or published"),
    ("tests/reports/test_handbook.py", "TLS-04 or tls_1_3 or every_check or readme_lists"),
    ("tests/suite/test_arrows.py", ""),
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with the edits applied and the documents regenerated."""
    root = tmp_path_factory.mktemp("tour")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "out", "screenshots")
            )
        else:
            shutil.copy(ROOT / name, root / name)
    for name, (after, text) in EDITS.items():
        before = (root / name).read_text(encoding="utf-8")
        assert after in before, f"{name} has changed: {after!r}"
        edited = before.replace(after, after + text, 1) if after else before + text
        (root / name).write_text(edited, encoding="utf-8")
    done = python(root, "-m", "docs.handbook")
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def python(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy without access to this repository's modules."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=root,
        env={**environment, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_recipes_edit_at_most_five_files() -> None:
    """Four recipes in CONTRIBUTING name the files to edit by hand, and this tour edits at most five files."""
    recipes = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

    assert len(EDITS) <= MOST
    assert re.findall(r"^Files? to edit by hand: (.*)\.$", recipes, re.MULTILINE) == [
        "the check's module",
        "the entry and `addresses.txt`",
        "the fault and `expected.txt`",
        "the peer's module",
    ]


def test_the_documents_in_the_copy_are_generated(copy: Path) -> None:
    """The documents for the new check and cause are generated without further edits."""
    assert python(copy, "-m", "docs.handbook", "--check").stdout == ""
    assert "The server supports TLS 1.3" in (copy / "README.md").read_text(encoding="utf-8")
    assert (copy / "docs" / "causes" / "tls_1_3_missing.md").is_file()
    assert "tls_1_3_missing" in (copy / "knowledge" / "cause_ids.py").read_text(encoding="utf-8")


def test_the_tests_in_the_copy_pass(copy: Path) -> None:
    """The tests listed in RELEVANT pass with the new check, cause and fault."""
    files = [file for file, _ in RELEVANT]
    words = " or ".join(words for _, words in RELEVANT if words)
    done = python(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files, "-k", f"{words} or test_arrows")

    assert done.returncode == 0, done.stdout[-4000:]
    assert "skipped" not in done.stdout.splitlines()[-1]


def test_the_fault_is_found_by_the_new_check(copy: Path) -> None:
    """A run in the copy reports the new cause for the new fault."""
    report = copy / "report.html"
    done = python(
        *(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--fault=tls_only_1_2", f"--html={report}"),
    )

    assert done.returncode == 0, done.stdout[-4000:]
    assert "tls_1_3_missing" in report.read_text(encoding="utf-8")
