"""A small checkout for tests of run.py, with the real run.py and bootstrap, empty locks, and stubs for some commands.

run.py makes a real environment in it.
"""

import os
import shutil
import site
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 180  # creating an environment takes about six seconds

EXPLAIN = """\
import json, os, sys
print(json.dumps({"arguments": sys.argv[1:], "folder": os.getcwd(), "path": sys.path[:1]}))
"""
FAKE = """\
import sys
if sys.argv[1] == "wait":
    try:
        print("waiting", flush=True)
        sys.stdin.read()
    except KeyboardInterrupt:
        pass
    print("ended in order", flush=True)
    sys.exit(2)
sys.exit(int(sys.argv[1]))
"""
CONFTEST = """\
from pathlib import Path
def pytest_addoption(parser):
    parser.addoption("--settings")
def pytest_terminal_summary(terminalreporter, config):
    settings = config.getoption("--settings")
    if settings:
        terminalreporter.write_line("settings: " + Path(settings).read_text(encoding="utf-8"))
"""
CHECKLIST = """\
import pytest
@pytest.mark.parametrize("item", ["BASIC-01", "BASIC-02"])
def test_check(item):
    assert item
"""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder that contains run.py."""

    root: Path

    def run(self, *arguments: str, folder: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run run.py until it exits, in the checkout or in a different folder."""
        return self.python(str(self.root / "run.py"), *arguments, folder=folder, **environment)

    def python(
        self, *arguments: str, folder: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the Python interpreter of this test run with the given arguments."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=folder or self.root,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
            capture_output=True,
            encoding="utf-8",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start run.py in its own process group, with its standard streams connected to pipes."""
        return subprocess.Popen(
            [sys.executable, str(self.root / "run.py"), *arguments],
            cwd=self.root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def borrow_pytest(self) -> None:
        """Make the packages of this test run importable in the environment, so that none have to be installed."""
        (packages,) = self.root.glob(".venv/[Ll]ib/**/site-packages")
        (packages / "borrowed.pth").write_text("\n".join(site.getsitepackages()), encoding="utf-8")


def furnish(root: Path) -> Checkout:
    """Write a small checkout without an environment to a folder, and return the checkout."""
    contents = {
        "requirements.txt": "# nothing to install\n",
        "requirements-dev.txt": "# nothing to install\n",
        "knowledge/explain.py": EXPLAIN,
        "fakes/__main__.py": FAKE,
        "conftest.py": CONFTEST,
        "checks/test_checklist.py": CHECKLIST,
    }
    for name, text in contents.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    for name in (
        "run.py",
        "pytest.ini",
        *(f"bootstrap/{file.name}" for file in (ROOT / "bootstrap").glob("*.py")),
        "plugin/__init__.py",
        "plugin/sigint.py",
    ):
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    return Checkout(root)
