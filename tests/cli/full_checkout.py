"""A complete checkout whose environment borrows the packages of this test run, so that nothing has to be installed."""

from __future__ import annotations

import contextlib
import os
import shutil
import site
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

from bootstrap.environment import RUNTIME, Environment
from tests.cli.checkout import ROOT, Checkout

PACKAGES = ("settings", "evidence", "probes", "checks", "knowledge", "reports", "plugin", "fakes", "bootstrap")
_SMALL = (
    "pip",
    "mypy",
    "mypyc",
    "playwright",
    "hypothesis",
    "ruff",
    "uv",
    "tree_sitter*",
    "*__mypyc*",
    "check_jsonschema",
)


def full_checkout(root: Path) -> Checkout:
    """Copy the project's code and an empty lock to a folder, and return this checkout, which has no environment yet."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__", "out"))
    for file in [*ROOT.glob("*.py"), ROOT / "pytest.ini", ROOT / "pyproject.toml"]:
        shutil.copy(file, root / file.name)
    (root / RUNTIME).write_text("# nothing to install\n", encoding="utf-8")
    return Checkout(root)


def set_up(checkout: Checkout, packages: list[str]) -> None:
    """Create the environment with this interpreter, in the state that a complete set-up leaves behind."""
    venv.EnvBuilder(symlinks=sys.platform != "win32").create(checkout.root / ".venv")
    borrow(checkout, packages)


def borrow(checkout: Checkout, packages: list[str]) -> None:
    """Make the packages in these folders importable in the environment, and write the environment's marker."""
    (own,) = checkout.root.glob(".venv/[Ll]ib/**/site-packages")
    (own / "borrowed.pth").write_text("\n".join(packages), encoding="utf-8")
    environment = Environment(checkout.root)
    environment.write_marker({RUNTIME: environment.digest(RUNTIME)})


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """Yield a folder that every account can read. The folders that pytest creates are private."""
    folder = Path(tempfile.mkdtemp(prefix="smtp365-open-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def readable_for_all(path: Path) -> bool:
    """Return whether an unprivileged account can reach and read the path."""
    path = path.resolve()
    return all(parent.stat().st_mode & 0o001 for parent in path.parents) and bool(path.stat().st_mode & 0o004)


def python_for_all(folder: Path) -> tuple[Path, list[str]]:
    """Return a Python that every account can run and the folders of its packages, all copied to `folder` where necessary."""
    python, packages = Path(sys.executable).resolve(), [Path(path) for path in site.getsitepackages()]
    if not readable_for_all(python):
        base, version = Path(sys.base_prefix), f"python{sys.version_info[0]}.{sys.version_info[1]}"
        _copy(
            base / "lib" / version,
            folder / "lib" / version,
            "test",
            "site-packages",
            "ensurepip",
            "idlelib",
            "config-*",
        )
        for library in (base / "lib").glob("libpython*.so*"):
            _copy(library, folder / "lib" / library.name)
        _copy(python, folder / "bin" / version)
        python = folder / "bin" / version
    for number, path in enumerate(packages):
        if path.is_dir() and not readable_for_all(path):
            _copy(path, folder / f"packages-{number}", *_SMALL)
            packages[number] = folder / f"packages-{number}"
    return python, [str(path) for path in packages]


def _copy(source: Path, target: Path, *without: str) -> None:
    """Copy a file or a folder, using hard links where the file system supports them."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        ignored = shutil.ignore_patterns("__pycache__", *without)
        shutil.copytree(source, target, ignore=ignored, copy_function=_linked, symlinks=True)
    else:
        _linked(str(source), str(target))


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
