"""Tests of real set-ups in a small checkout. run.py makes, repairs and extends environments, and reports each failure on one line."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bootstrap.environment import DEVELOPMENT, RUNTIME, Environment
from bootstrap.errors import SetupError
from tests.cli.checkout import TIMEOUT_SECONDS, Checkout, furnish

NOBODY_LISTENS = "http://127.0.0.1:9/simple"  # the discard port


def test_an_incomplete_environment_is_rebuilt(made: Checkout) -> None:
    """If the marker is missing, the next run rebuilds the environment, prints the reason, and passes on the command's exit code."""
    environment = Environment(made.root)
    environment.marker.unlink()
    leftover = environment.folder / "leftover"
    leftover.touch()

    mended = made.run("fake", "6")

    assert mended.returncode == 6
    assert "setting up .venv (the last set-up did not finish)" in mended.stderr
    assert not leftover.exists()
    assert environment.reason_to_rebuild([RUNTIME]) is None


def test_the_second_run_reuses_the_environment(made: Checkout) -> None:
    """A second run prints nothing about the environment and leaves its marker unchanged."""
    before = Environment(made.root).marker.stat().st_mtime_ns

    second = made.run("fake", "0")

    assert second.stderr == ""
    assert Environment(made.root).marker.stat().st_mtime_ns == before


def test_development_packages_are_added_on_demand(made: Checkout) -> None:
    """The development packages that `lock` needs are added to an environment made by `check`, whose packages are kept."""
    environment = Environment(made.root)
    mark = json.loads(environment.marker.read_text(encoding="utf-8"))
    environment.marker.write_text(json.dumps({**mark, "locks": {RUNTIME: mark["locks"][RUNTIME]}}), encoding="utf-8")
    kept = environment.folder / "kept"
    kept.touch()

    added = made.run("lock")

    assert "adding the development packages" in added.stderr
    assert kept.exists()
    assert set(environment.installed()) == {RUNTIME, DEVELOPMENT}


def test_two_concurrent_first_runs_set_up_once(tmp_path: Path) -> None:
    """Of two concurrent first runs, one sets up the environment while the other waits, and both commands run."""
    checkout = furnish(tmp_path)
    both = [checkout.start("fake", "0"), checkout.start("fake", "6")]

    printed = [run.communicate(timeout=TIMEOUT_SECONDS)[1] for run in both]

    assert [run.returncode for run in both] == [0, 6], printed
    assert sum("setting up .venv" in words and "ready" in words for words in printed) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to a console, not to a process")
def test_an_interrupted_set_up_gives_one_line_and_no_marker(tmp_path: Path) -> None:
    """After Ctrl-C during the set-up, run.py prints one line and exits with code 2, and the set-up counts as unfinished."""
    checkout = furnish(tmp_path)
    running = checkout.start("fake", "0")
    assert running.stderr
    assert "setting up .venv (first run)" in running.stderr.readline()

    os.kill(-running.pid, signal.SIGINT)
    _, complained = running.communicate(timeout=TIMEOUT_SECONDS)

    assert running.returncode == 2
    assert complained == "smtp365: interrupted\n"
    assert Environment(tmp_path).reason_to_rebuild([RUNTIME]) in {"first run", "the last set-up did not finish"}


@pytest.mark.parametrize("module", ["ensurepip", "venv"])
def test_a_python_without_ensurepip_gives_one_line(tmp_path: Path, module: str) -> None:
    """If `ensurepip` or `venv` is missing, as on Debian, the message names the module and the package that provides it."""
    checkout = furnish(tmp_path / "checkout")
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.modules[{module!r}] = None\n", encoding="utf-8")

    refused = checkout.run("fake", "0", PYTHONPATH=str(tmp_path))

    assert refused.returncode == 3
    assert f"does not include {module}; on Debian and Ubuntu, run apt-get install python3-venv" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_old_python_gives_one_line(tmp_path: Path) -> None:
    """On Python 3.9, run.py prints one line, exits with code 3 and makes no environment."""
    checkout = furnish(tmp_path / "checkout")
    pretence = "import sys\nsys.version_info = (3, 9, 2, 'final', 0)\n"
    (tmp_path / "sitecustomize.py").write_text(pretence, encoding="utf-8")

    refused = checkout.run(PYTHONPATH=str(tmp_path))

    assert refused.returncode == 3
    assert refused.stderr.startswith("smtp365 needs Python 3.11 or newer; this is 3.9 (")
    assert refused.stderr.count("\n") == 1
    assert not (checkout.root / ".venv").exists()


def wheel(folder: Path) -> Path:
    """Write a minimal wheel and return its path."""
    file = folder / "small-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("small.py", "")
        packed.writestr("small-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: small\nVersion: 1.0\n")
        packed.writestr("small-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        packed.writestr("small-1.0.dist-info/RECORD", "")
    return file


@pytest.fixture
def offered(made: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that pip finds without an index and that is not installed in the environment."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    remove = [str(Environment(made.root).python), "-m", "pip", "uninstall", "--quiet", "--yes", "small"]
    subprocess.run(remove, check=True, capture_output=True, timeout=TIMEOUT_SECONDS)
    return wheel(tmp_path)


def try_to_install(checkout: Checkout, lock: str) -> str:
    """Install a lock into the environment, and return the error message, or "" if the installation succeeds."""
    (checkout.root / "tried.txt").write_text(lock, encoding="utf-8")
    try:
        Environment(checkout.root).install("tried.txt")
    except SetupError as error:
        return str(error)
    return ""


def test_a_package_with_the_right_hash_is_installed(made: Checkout, offered: Path) -> None:
    """A package that matches its hash in the lock can be imported after the installation."""
    failure = try_to_install(made, f"small==1.0 --hash=sha256:{hashlib.sha256(offered.read_bytes()).hexdigest()}\n")

    assert failure == ""
    subprocess.run([str(Environment(made.root).python), "-c", "import small"], check=True, timeout=TIMEOUT_SECONDS)


@pytest.mark.usefixtures("offered")
def test_a_package_with_a_different_hash_is_refused(made: Checkout) -> None:
    """A package that does not match its hash in the lock is not installed, and the message gives the reason."""
    failure = try_to_install(made, f"small==1.0 --hash=sha256:{'0' * 64}\n")

    assert failure.startswith(
        "a package from the registry does not match its hash in the lock, so nothing was installed"
    )


@pytest.mark.usefixtures("offered")
def test_a_lock_without_hashes_is_refused(made: Checkout) -> None:
    """A package that has no hash in the lock is not installed."""
    failure = try_to_install(made, "small==1.0\n")

    assert failure.startswith("the packages could not be installed: Hashes are required in --require-hashes mode")


@pytest.mark.usefixtures("offered")
def test_an_unreachable_index_gives_one_line(made: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the index cannot be reached, the message suggests setting a proxy, and pip's output is in the log file."""
    monkeypatch.setenv("PIP_NO_INDEX", "0")
    monkeypatch.setenv("PIP_INDEX_URL", NOBODY_LISTENS)

    failure = try_to_install(made, f"absent==1.0 --hash=sha256:{'0' * 64}\n")

    assert failure.startswith("the package registry cannot be reached (set HTTPS_PROXY")
    assert "\n" not in failure
    assert "absent" in Environment(made.root).log.read_text(encoding="utf-8")
