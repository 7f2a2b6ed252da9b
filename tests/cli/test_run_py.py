"""Tests of run.py as users start it: commands, exit codes, folders and interruption."""

import ast
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from run import CHECK_HELP, COMMANDS, HELP, choose
from tests.cli.checkout import ROOT, TIMEOUT_SECONDS, Checkout, furnish
from tests.suite.test_contract import run


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        pytest.param("chekc", 'did you mean "check"?', id="misspelt"),
        pytest.param("explane", 'did you mean "explain"?', id="misspelt too"),
        pytest.param("reboot", "the commands are check, explain, fake, faults, test, lock", id="far from any"),
    ],
)
def test_unknown_command_gets_a_suggestion_and_no_set_up(tmp_path: Path, word: str, hint: str) -> None:
    """For an unknown command, run.py prints one line with a hint, exits with code 4 and makes no environment."""
    checkout = furnish(tmp_path)

    refused = checkout.run(word)

    assert refused.returncode == 4
    assert refused.stderr == f'smtp365: unknown command "{word}": {hint} (python3 run.py --help)\n'
    assert not (tmp_path / ".venv").exists()


def test_help_needs_no_set_up_and_names_every_command(tmp_path: Path) -> None:
    """`--help` lists the commands and exits with code 0 without creating a virtual environment."""
    answer = furnish(tmp_path).run("--help")

    assert answer.returncode == 0
    assert answer.stdout == HELP + "\n"
    assert [name for name in COMMANDS if f"run.py {name}" not in HELP and f"run.py [{name}]" not in HELP] == []
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(
    ("line", "command"),
    [
        pytest.param([], ("check", []), id="nothing"),
        pytest.param(["--target=live", "-x"], ("check", ["--target=live", "-x"]), id="options only"),
        pytest.param(["check", "-x"], ("check", ["-x"]), id="check by name"),
        pytest.param(["explain", "535 5.7.3"], ("explain", ["535 5.7.3"]), id="explain"),
    ],
)
def test_check_is_the_default_command(line: list[str], command: tuple[str, list[str]]) -> None:
    """The command is `check` if the command line names no command."""
    assert choose(line) == command


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 6])
def test_exit_codes_are_passed_on(made: Checkout, code: int) -> None:
    """run.py exits with the exit code of its command."""
    assert made.run("fake", str(code)).returncode == code


def test_command_runs_in_the_users_folder_with_unchanged_arguments(made: Checkout, tmp_path: Path) -> None:
    """Spaces, quotes and umlauts in arguments are preserved, and a file in the user's folder cannot replace a library module."""
    folder = tmp_path / "Außen stelle"
    folder.mkdir()
    (folder / "json.py").write_text("raise SystemExit('the wrong json')", encoding="utf-8")
    pasted = '535 5.7.139 "Authentication unsuccessful", Überprüfung [O\'Hara]'

    answer = made.run("explain", pasted, "--json", folder=folder)

    assert answer.returncode == 0, answer.stderr
    received = json.loads(answer.stdout)
    assert received["arguments"] == [pasted, "--json"]
    assert Path(received["folder"]) == folder
    assert received["path"] == [str(made.root)]


def test_pythonpath_of_the_user_is_not_used(made: Checkout, tmp_path: Path) -> None:
    """A module in the user's PYTHONPATH does not replace a library module."""
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')", encoding="utf-8")
    # run.py itself imports json, so the set-up in this test runs without that PYTHONPATH.
    assert made.run("fake", "0").returncode == 0

    command = f"import os, sys, run; os.environ['PYTHONPATH'] = {str(tmp_path)!r}; sys.exit(run.main(['explain', 'x']))"
    answer = made.python("-c", command)

    assert answer.returncode == 0, answer.stderr


def test_checklist_uses_the_settings_of_the_users_folder(made: Checkout, tmp_path: Path) -> None:
    """`--settings` is relative to the user's folder, the checklist is that of the checkout, and test ids are relative to the checkout."""
    made.borrow_pytest()
    (tmp_path / "mine.toml").write_text("found in the user's folder", encoding="utf-8")

    answer = made.run("check", "--settings=mine.toml", "-v", folder=tmp_path)

    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "settings: found in the user's folder" in answer.stdout
    assert "checks/test_checklist.py::test_check[BASIC-01] PASSED" in answer.stdout


@pytest.mark.parametrize("folder", ["the checkout", "another folder"])
def test_one_check_can_be_selected_from_any_folder(made: Checkout, tmp_path: Path, folder: str) -> None:
    """Only the selected check runs, whether run.py is started in the checkout or in a different folder."""
    made.borrow_pytest()
    here = made.root if folder == "the checkout" else tmp_path
    item = os.path.relpath(made.root / "checks" / "test_checklist.py", here) + "::test_check[BASIC-02]"

    answer = made.run("check", item, folder=here)

    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "1 passed" in answer.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to a console, not to a process")
@pytest.mark.parametrize(
    ("stop", "to_all"),
    [
        pytest.param(signal.SIGINT, True, id="Ctrl-C to the whole group"),
        pytest.param(signal.SIGINT, False, id="Ctrl-C to run.py only"),
        pytest.param(signal.SIGTERM, False, id="SIGTERM to run.py only"),
        pytest.param(getattr(signal, "SIGHUP", None), False, id="SIGHUP to run.py only"),
    ],
)
def test_an_interrupt_ends_run_py_and_its_command(made: Checkout, stop: signal.Signals, to_all: bool) -> None:
    """After SIGINT, SIGTERM or SIGHUP, the command ends in order, and run.py exits with the command's code and without a traceback."""
    running = made.start("fake", "wait")
    assert running.stdout
    assert running.stdout.readline() == "waiting\n"

    os.kill(-running.pid if to_all else running.pid, stop)
    running.wait(TIMEOUT_SECONDS)  # sent before its input is closed, because that would end it too
    printed, complained = running.communicate(
        timeout=TIMEOUT_SECONDS
    )  # returns when both processes have closed their output

    assert running.returncode == 2
    assert "Traceback" not in complained
    assert printed == "ended in order\n"


def test_an_old_python_can_parse_run_py() -> None:
    """Python 3.6 can parse run.py, and the first statement after `import sys` checks the Python version."""
    tree = ast.parse((ROOT / "run.py").read_text(encoding="utf-8"), feature_version=(3, 6))

    documented, imported, compared = tree.body[:3]
    assert isinstance(documented, ast.Expr)
    assert ast.unparse(imported) == "import sys"
    assert ast.unparse(compared).startswith("if sys.version_info < (3, 11):")


BOOTSTRAP = [ROOT / "run.py", *sorted((ROOT / "bootstrap").glob("*.py"))]


@pytest.mark.parametrize("file", BOOTSTRAP, ids=lambda file: file.name)
def test_bootstrap_is_small_and_needs_nothing_installed(file: Path) -> None:
    """run.py and each file in bootstrap/ have at most 400 lines and import only the standard library and bootstrap itself."""
    text = file.read_text(encoding="utf-8")

    imported = {
        name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    assert {name.partition(".")[0] for name in imported} <= {*sys.stdlib_module_names, "bootstrap"}
    assert len(text.splitlines()) <= 400


def test_version_is_that_of_the_project(tmp_path: Path) -> None:
    """`--version` prints the version in pyproject.toml without creating a virtual environment."""
    checkout = furnish(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "7.8.9"\n', encoding="utf-8")

    assert checkout.run("--version").stdout == "smtp365 7.8.9\n"
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("line", [["--help"], ["check", "--help"], ["check", "-h"], ["--target=live", "--help"]])
def test_help_fits_on_a_screen(line: list[str], tmp_path: Path) -> None:
    """Both help texts fit on a screen of 24 lines and 115 columns, and are shown without an environment."""
    answer = furnish(tmp_path).run(*line)

    assert answer.returncode == 0
    assert len(answer.stdout.splitlines()) <= 24
    assert max(map(len, answer.stdout.splitlines())) <= 115
    assert answer.stdout.startswith("python3 run.py check" if line != ["--help"] else "Can this application")
    assert not (tmp_path / ".venv").exists()


def test_help_of_check_lists_every_smtp365_option(request: pytest.FixtureRequest) -> None:
    """`run.py check --help` lists every smtp365 option and says how to show pytest's own help."""
    group = request.config._parser.getgroup("smtp365")  # noqa: SLF001 - pytest has no public list of its options
    ours = {option.names()[0] for option in group.options}

    assert {name for name in ours if f"  {name}" not in CHECK_HELP} == set()
    assert "--pytest-help" in CHECK_HELP


def test_errors_name_the_command_that_the_user_wrote() -> None:
    """The error for a misspelt option names `run.py check`, which the user ran, and not an internal module."""
    done = run("--htlm=x", SMTP365_PROGRAM="run.py check")

    assert done.returncode == 4
    assert "run.py check: error: unrecognized arguments: --htlm=x" in done.stderr
    assert "python -m" not in done.stderr
