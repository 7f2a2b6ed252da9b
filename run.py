"""The entry point of smtp365. Sets up `.venv` from the hashed lock if necessary, then runs a command.

This file uses only the standard library and runs on Windows, Linux and macOS. Each command is a module that runs in `.venv`.
"""

import sys

if sys.version_info < (3, 11):  # this comes before any newer syntax; the file must parse as Python 3.6
    sys.stderr.write(
        "smtp365 needs Python 3.11 or newer; this is {}.{} ({}).\n".format(*sys.version_info[:2], sys.executable)
    )
    sys.exit(3)

import difflib
import tomllib
from collections.abc import Callable
from pathlib import Path

from bootstrap.child import run_child, run_server
from bootstrap.environment import DEVELOPMENT, RUNTIME, Environment
from bootstrap.errors import BROKE, INTERRUPTED, USAGE, SetupError, say

ROOT = Path(__file__).resolve().parent

HELP = """\
Can this application, from this machine, send mail through Microsoft 365? If not, what stops it and who can fix it?

python3 run.py [check] [options]       run the checklist, on the built-in tenant unless --target=live is given
python3 run.py explain "error text"    explain an error (--full, --basic, --oauth, --client=NAME, --json, --jsonl;
                                       without text, reads standard input)
python3 run.py fake [--fault ID]...    serve the built-in tenant until interrupted (--latency MS, --json)
python3 run.py fake --hostile=NAME     serve it with one server that breaks the protocol (list: list these servers)
python3 run.py faults [--json]         list the faults of the built-in tenant
python3 run.py test [--deep]           run the suite's own tests, then the checklist on the built-in tenant
python3 run.py lock [--upgrade]        create requirements.txt and requirements-dev.txt from pyproject.toml
python3 run.py --version               print the version

python3 run.py check --help            list the options of check
On Windows, use py run.py. The environment .venv is created and repaired as needed.

Exit codes: 0 can send and no check failed, 1 a check failed, 2 interrupted, 3 internal error,
4 wrong usage or settings, 6 not proven."""

CHECK_HELP = """\
python3 run.py check [options]      run the checklist and write one HTML report

  --target=fake|live|REPORT|FOLDER  the built-in tenant (default), the real service, a report to evaluate again,
                                    or a folder of reports to merge
  --settings=FILE                   the settings file of a live run (default: settings.toml)
  --sender=NAME                     only this sender; NAME can be a pattern (mail-*) or tag:WORD; repeatable
  --no-send                         stop after RCPT, so that no message is sent and less is proven
  --try-again                       sign in even if the account was tried, and not accepted, in the last 15 minutes
  --strict                          treat unknown checks as failed
  --fault=ID                        simulate a fault in the built-in tenant; repeatable (see run.py faults)

  --html=FILE                       the report (default: reports/out/TIME-TARGET.html)
  --json=FILE                       also write the results as JSON
  --junit-xml=FILE                  also write the verdicts as JUnit XML
  --mask-identities                 mask everything that identifies people, tenants or machines, in every output
  --baseline=REPORT                 show what changed since an earlier report

  --lookups                         look up settings in the built-in tenant (live runs need a [directory] table)
  --admin-sign-in                   look up settings in the tenant; an administrator signs in with a code
  --tenant-export=FILE              look up settings in a file that docs/tenant-export.ps1 has exported
  --lookups-for=REPORT              repeat the lookups of an earlier report, without SMTP

pytest's own options work too (-k, -x, --lf, -n 2, -q): python3 run.py check --pytest-help lists them."""


# --- starting modules --------------------------------------------------------------------------------------------


def module(name: str, *arguments: str) -> list[str]:
    """Return the command line that runs a module in `.venv`. The option -P keeps the user's folder off the import path."""
    return [str(Environment(ROOT).python), "-P", "-m", "plugin.sigint", name, *arguments]


def selects(arguments: list[str]) -> bool:
    """Return whether the pytest arguments name tests in this checkout, by path or by id."""
    paths = [Path(argument.partition("::")[0]).resolve() for argument in arguments if not argument.startswith("-")]
    return any(path.is_relative_to(ROOT / room) for path in paths for room in ("checks", "tests"))


# --- the commands ------------------------------------------------------------------------------------------------


def check(arguments: list[str]) -> int:
    """Run pytest on the checklist from the user's folder, so that paths in options are relative to that folder."""
    arguments = ["--help" if argument == "--pytest-help" else argument for argument in arguments]
    try:
        here = Path.cwd()
    except OSError:
        raise SetupError("the current folder no longer exists; change to a different one", USAGE) from None
    if here == ROOT:
        return run_child(module("pytest", *arguments), SMTP365_PROGRAM="run.py check")
    checklist = [] if selects(arguments) else [str(ROOT / "checks")]
    anywhere = ["-c", str(ROOT / "pytest.ini"), "--rootdir", str(ROOT)]
    return run_child(module("pytest", *anywhere, *arguments, *checklist), SMTP365_PROGRAM="run.py check")


def test(arguments: list[str]) -> int:
    """Run the suite's own tests, then the checklist on the built-in tenant. If pytest arguments are given, run only the tests."""
    extra = {"SMTP365_PROGRAM": "run.py test"} | ({"SMTP365_DEEP": "1"} if "--deep" in arguments else {})
    arguments = [argument for argument in arguments if argument != "--deep"]
    chosen = [] if selects(arguments) else ["tests"]
    # A complete run uses every core. The tests in a file stay together, in the order of the file names.
    spread = [] if arguments else ["-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder"]
    ours = run_child(module("pytest", *chosen, *spread, *arguments), cwd=ROOT, **extra)
    if arguments or ours > 1:
        return ours
    # Run the checklist even if a test failed, to report both results.
    checklist = run_child(module("pytest", "-W", "error"), cwd=ROOT, **extra)
    return ours or checklist


def lock(arguments: list[str]) -> int:
    """Create both locks from pyproject.toml. Pinned versions are kept unless --upgrade is given."""
    shape = ["--universal", "--python-version", "3.11", "--generate-hashes", "--only-binary", ":all:", "--quiet"]
    silent = ["--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command", "python3 run.py lock"]
    compiling = module("uv", "pip", "compile", "pyproject.toml", *shape, *silent, *arguments)
    runtime = run_child([*compiling, "--output-file", RUNTIME], cwd=ROOT)
    development = ["--group", "dev", "--constraint", RUNTIME, "--no-annotate", "--output-file", DEVELOPMENT]
    return runtime or run_child([*compiling, *development], cwd=ROOT)


def fake(arguments: list[str]) -> int:
    """Serve the built-in tenant until a signal or, with --until-input-ends, the end of the input.

    The tenant also ends if run.py is killed.
    """
    option = "--until-input-ends"
    others = [argument for argument in arguments if argument != option]
    return run_server(module("fakes", *others, option), until_input_ends=option in arguments)


COMMANDS: dict[str, tuple[list[str], Callable[[list[str]], int]]] = {
    "check": ([RUNTIME], check),
    "explain": ([RUNTIME], lambda arguments: run_child(module("knowledge.explain", *arguments))),
    "fake": ([RUNTIME], fake),
    "faults": ([RUNTIME], lambda arguments: run_child(module("fakes", "--faults", *arguments))),
    "test": ([RUNTIME, DEVELOPMENT], test),
    "lock": ([RUNTIME, DEVELOPMENT], lock),
}


def choose(arguments: list[str]) -> tuple[str, list[str]]:
    """Return the name of the command and its arguments. Raises SetupError for an unknown command.

    If no command is given, the arguments are those of `check`.
    """
    if not arguments or arguments[0].startswith("-"):
        return "check", arguments
    name = arguments[0]
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"the commands are {', '.join(COMMANDS)}"
        raise SetupError(f'unknown command "{name}": {hint} (python3 run.py --help)', USAGE)
    return name, arguments[1:]


def version() -> str:
    """Return the version in pyproject.toml."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def text_for(arguments: list[str]) -> str | None:
    """Return the text to print if the command line asks for help or the version, otherwise None."""
    first = arguments[0] if arguments else ""
    if first in {"-h", "--help", "help"}:
        return HELP
    if first in {"-V", "--version", "version"}:
        return f"smtp365 {version()}"
    if (first == "check" or first.startswith("-")) and {"-h", "--help"} & set(arguments):
        return CHECK_HELP
    return None


def main(arguments: list[str]) -> int:
    """Run one command line and return the exit code. An error before the command starts is printed as one line."""
    try:
        text = text_for(arguments)
        if text is not None:
            print(text)
            return 0
        name, rest = choose(arguments)
        locks, command = COMMANDS[name]
        Environment(ROOT).prepare(locks)
        return command(rest)
    except SetupError as error:
        say(f"smtp365: {error}")
        return error.code
    except KeyboardInterrupt:
        say("smtp365: interrupted")
        return INTERRUPTED
    except OSError as error:
        say(f"smtp365: {error}")
        return BROKE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
