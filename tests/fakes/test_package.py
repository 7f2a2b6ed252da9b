"""Tests that the package works under a different name, and that its earlier public names still work."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fakes
from fakes.__main__ import listed

FOLDER = Path(fakes.__file__).parent
COPY = "smtp365_fakes_copy"
SERVE = f"""
import sys
from pathlib import Path
from {COPY} import healthy, serve, serve_in_subprocess

folder = Path(sys.argv[1])
with serve(healthy(), folder=folder / "thread") as running:
    print(running.description["tenant_id"])
with serve_in_subprocess(folder=folder / "process") as process:
    print(process.description["tenant_id"])
print(*(name for name in sys.modules if name.partition(".")[0] == "fakes"))
"""


def _absolute_imports(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.append(node.module or "")
    return found


def test_modules_import_each_other_relatively() -> None:
    """No module of the package imports the package by name."""
    by_name = {
        str(path.relative_to(FOLDER)): module
        for path in FOLDER.rglob("*.py")
        for module in _absolute_imports(path)
        if module.partition(".")[0] == FOLDER.name
    }
    assert by_name == {}


def test_a_copy_under_another_name_serves_the_healthy_world(tmp_path: Path) -> None:
    """A copy of the folder serves the healthy world, in a thread and in a process, and does not import the original."""
    shutil.copytree(FOLDER, tmp_path / COPY, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    done = subprocess.run(
        [sys.executable, "-c", SERVE, str(tmp_path)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    tenant_id = fakes.healthy().tenant.tenant_id
    assert (done.stdout.split(), done.stderr) == ([tenant_id, tenant_id], "")


@pytest.mark.parametrize(
    ("earlier", "name"),
    [("Apart", "Process"), ("serve_apart", "serve_in_subprocess"), ("LOOK_UP_FAULTS", "LOOKUP_FAULTS")],
)
def test_earlier_public_names_still_work(earlier: str, name: str) -> None:
    """Each earlier public name refers to the same object as its current name."""
    assert getattr(fakes, earlier) is getattr(fakes, name)


def test_earlier_keyword_and_option_still_work(tmp_path: Path) -> None:
    """The earlier keyword `look_ups=` and option `--look-ups` do the same as `lookups=` and `--lookups`."""
    with fakes.serve(fakes.healthy(), folder=tmp_path, look_ups=True) as running:
        assert running.tenant_export.exists()
    listings = [
        subprocess.run(
            [sys.executable, "-m", "fakes", "--faults", "--json", option],
            cwd=FOLDER.parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for option in ("--lookups", "--look-ups")
    ]
    assert listings == [listed(as_json=True, lookups=True)] * 2
