"""Tests of the reasons for rebuilding .venv. The folders are real, but nothing is installed."""

import json
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from bootstrap.environment import DEVELOPMENT, RUNTIME, Environment
from bootstrap.errors import SetupError
from tests.cli.checkout import furnish


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """A complete environment, with a marker but without packages."""
    furnish(tmp_path)
    ready = Environment(tmp_path)
    venv.EnvBuilder(symlinks=sys.platform != "win32").create(ready.folder)
    mark(ready)
    return ready


def mark(environment: Environment, **changes: object) -> None:
    """Write the marker of a complete set-up, with the given changes."""
    marker = {
        "place": str(environment.folder),
        "python": environment.version(),
        "locks": {RUNTIME: environment.digest(RUNTIME)},
        "holds": [path.name for path in environment.packages()],
    }
    environment.marker.write_text(json.dumps({**marker, **changes}), encoding="utf-8")


def test_a_complete_environment_is_reused(environment: Environment) -> None:
    """There is no reason to rebuild a complete environment."""
    assert environment.reason_to_rebuild([RUNTIME]) is None
    assert environment.installed() == {RUNTIME: environment.digest(RUNTIME)}


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        pytest.param(lambda it: it.marker.unlink(), "the last set-up did not finish", id="no marker"),
        pytest.param(lambda it: it.marker.write_text(""), "the last set-up did not finish", id="empty marker"),
        pytest.param(lambda it: it.marker.write_text("[]"), "the last set-up did not finish", id="foreign marker"),
        pytest.param(lambda it: (it.root / RUNTIME).write_text("new==1"), "the lock changed", id="changed lock"),
        pytest.param(lambda it: mark(it, place="/elsewhere"), "the folder was moved", id="moved folder"),
        pytest.param(lambda it: mark(it, python="3.9.1"), "its Python was replaced or removed", id="upgraded Python"),
        pytest.param(lambda it: mark(it, holds=["pytest"]), "packages are missing from it", id="removed package"),
        pytest.param(lambda it: it.python.unlink(), "its Python was replaced or removed", id="no Python"),
    ],
)
def test_a_damaged_environment_is_detected(
    environment: Environment, damage: Callable[[Environment], object], reason: str
) -> None:
    """Each kind of damage is a reason to rebuild the environment."""
    damage(environment)

    assert environment.reason_to_rebuild([RUNTIME]) == reason


def test_only_the_needed_locks_are_compared(environment: Environment) -> None:
    """If the development lock is outdated, the environment must be rebuilt for `test` but not for `check`."""
    mark(environment, locks={RUNTIME: environment.digest(RUNTIME), DEVELOPMENT: "an older one"})

    assert environment.reason_to_rebuild([RUNTIME]) is None
    assert environment.reason_to_rebuild([RUNTIME, DEVELOPMENT]) == "the lock changed"


def test_a_missing_lock_gives_one_line(environment: Environment) -> None:
    """If requirements.txt is missing, the error message names the file."""
    (environment.root / RUNTIME).unlink()

    with pytest.raises(SetupError, match=r"requirements\.txt is missing from .*; check out the repository again"):
        environment.reason_to_rebuild([RUNTIME])
