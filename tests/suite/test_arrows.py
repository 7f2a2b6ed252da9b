"""Test the architecture, in which imports go in one direction and only the plugin depends on the built-in tenant."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("settings", "evidence", "probes", "checks", "knowledge", "reports", "plugin", "fakes")
MAY_IMPORT = {
    "settings": {"settings"},
    "evidence": {"settings", "evidence"},
    "probes": {"settings", "evidence", "probes"},
    "knowledge": {
        "settings.bounded_input",
        "settings.clouds",
        "settings.microsoft",
        "settings.printable",
        "settings.strict_json",
        "settings.strict_values",
        "evidence",
        "knowledge",
    },
    "checks": {"settings", "evidence", "knowledge", "checks"},
    "reports": {"settings", "evidence", "knowledge", "checks", "reports"},
    "plugin": {"settings", "evidence", "probes", "knowledge", "checks", "reports", "fakes", "plugin"},
    "fakes": {"fakes"},
}
ENTRY_POINTS = {"conftest", "bootstrap", "run", "docs"}
PYTEST = {"pytest", "_pytest", "pytest_html", "xdist"}
# The code that may import pytest, apart from tests and conftest.py.
MAY_IMPORT_PYTEST = ("plugin/", "checks/test_checklist.py", "fakes/fixtures.py")


def imported(file: Path) -> set[str]:
    """Return every module that the file imports. `from a import b` counts as `a.b`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def files(package: str) -> list[Path]:
    """Return the Python files of a package."""
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package: str) -> None:
    """Each package imports only those of the project's modules that MAY_IMPORT lists for it."""
    allowed = MAY_IMPORT[package]
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files(package)
        for name in imported(file)
        if name.partition(".")[0] in {*PACKAGES, *ENTRY_POINTS}
        and not any(name == one or name.startswith(f"{one}.") for one in allowed)
    ]

    assert wrong == []
    assert files(package), "the package has no files"


def test_only_the_plugin_imports_pytest() -> None:
    """Apart from the plugin, only the checklist's test file and the built-in tenant's fixtures import pytest."""
    hits = [
        f"{name} imports {module}"
        for package in PACKAGES
        for file in files(package)
        if not (name := file.relative_to(ROOT).as_posix()).startswith(MAY_IMPORT_PYTEST)
        for module in imported(file)
        if module.partition(".")[0] in PYTEST
    ]

    assert hits == []


def test_reports_are_pure() -> None:
    """`reports` reads no file except its own templates, no environment variable and no working directory."""
    impure = {"os", "io", "shutil", "tempfile", "glob", "socket", "subprocess", "sys", "plugin", "pathlib.Path"}
    calls = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "cwd", "getcwd", "chdir", "resolve"}
    for file in files("reports"):
        if file.name == "template_files.py":
            continue
        called = {
            node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
        }
        modules = {name.partition(".")[0] for name in imported(file)} | imported(file)
        assert not modules & (impure | PYTEST), file
        assert not called & calls, file


@pytest.mark.parametrize("package", ["evidence", "checks", "probes", "knowledge", "reports"])
def test_product_code_does_not_mention_fakes(package: str) -> None:
    """The code in evidence, checks, probes, knowledge and reports does not contain the word "fake", as live and built-in runs share it."""
    hits = []
    for file in files(package):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        words = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
        words += [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
        words += [
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        hits += [f"{file.relative_to(ROOT)}: {word[:60]}" for word in words if "fake" in word.lower()]

    assert hits == []


def test_no_catch_all_modules() -> None:
    """No module is called `utils`, `helpers`, `manager` or the like."""
    banned = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "base", "misc"}
    found = [file for package in (*PACKAGES, "tests") for file in files(package) if file.stem in banned]

    assert found == []


def test_modules_are_small() -> None:
    """No module in the packages listed in PACKAGES has more than 400 lines."""
    long = {
        str(file.relative_to(ROOT)): count
        for package in PACKAGES
        for file in files(package)
        if (count := len(file.read_text(encoding="utf-8").splitlines())) > 400
    }

    assert long == {}


def test_checks_read_no_clock_and_no_environment() -> None:
    """Checks perform no I/O and read neither the clock nor the environment."""
    impure = {"os", "time", "socket", "random", "subprocess", "pathlib", "urllib.request"}
    for file in files("checks"):
        if file.name.startswith("test_"):
            continue
        modules = {name.rpartition(".")[0] or name for name in imported(file)} | imported(file)
        assert not modules & impure, file
        assert "datetime.now" not in file.read_text(encoding="utf-8")
        assert "utc_now" not in file.read_text(encoding="utf-8")


def test_both_maps_are_the_same_and_list_every_package() -> None:
    """README and CONTRIBUTING contain the same map, which has a line for each package."""
    maps = {
        (ROOT / name).read_text(encoding="utf-8").partition("<!-- map -->")[2].partition("<!-- /map -->")[0]
        for name in ("README.md", "CONTRIBUTING.md")
    }

    (the_map,) = maps
    assert [room for room in (*PACKAGES, "bootstrap", "docs/handbook") if f"| `{room}/` |" not in the_map] == []
