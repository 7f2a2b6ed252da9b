"""The one door to smtp365: makes .venv from the hashed lock when needed, then runs what you ask.

Standard library only, on Windows, Linux and macOS. What the commands do is not here: each starts a module there.
"""

import sys

if sys.version_info < (3, 11):  # before anything that an older Python does not know; it must parse as Python 3.6
    sys.stderr.write(
        "smtp365 needs Python 3.11 or newer; this is {}.{} ({}).\n".format(*sys.version_info[:2], sys.executable)
    )
    sys.exit(3)

import contextlib
import difflib
import getpass
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent
RUNTIME = "requirements.txt"
DEVELOPMENT = "requirements-dev.txt"
BROKE, USAGE, INTERRUPTED = 3, 4, 2  # of the exit codes that the README lists
WINDOWS_CTRL_C = 0xC000013A  # how Windows reports a process that Ctrl-C ended

HELP = """\
python3 run.py [check] [pytest options]   the checklist, on the built-in tenant unless --target=live says otherwise
python3 run.py test [--deep]              the suite's own tests, then the checklist on the built-in tenant
python3 run.py explain "error text"       cause, remedy and who acts (--json; --jsonl; no text: standard input)
python3 run.py fake [--fault ID]...       serve the built-in tenant until interrupted (--latency MS, --json)
python3 run.py faults [--json]            the fault catalogue
python3 run.py lock [--upgrade]           make requirements.txt and requirements-dev.txt from pyproject.toml

On Windows: py run.py. The environment .venv is made and mended as needed.
Exit codes: 0 can send and no check failed, 1 a check failed, 2 interrupted, 3 the tool broke,
4 usage or settings are wrong, 6 not proven."""


class Trouble(Exception):  # noqa: N818 - what the user reads is one line, not an error's name
    """One clear line for the user, and the exit code that goes with it."""

    def __init__(self, line: str, code: int = BROKE) -> None:
        super().__init__(line)
        self.code = code


def say(text: str) -> None:
    """Print a line of the door's own; to standard error, because standard output may be somebody's JSON."""
    print(text, file=sys.stderr, flush=True)


# --- the environment ---------------------------------------------------------------------------------------------


class Environment:
    """The folder .venv of a checkout. Its marker is written last, so a half-made environment has none."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.python = self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self.marker = self.folder / "smtp365.json"
        self.log = self.folder / "setup.log"

    def digest(self, lock: str) -> str:
        """Return the hash of a lock file; Trouble when the checkout has none."""
        try:
            return hashlib.sha256((self.root / lock).read_bytes()).hexdigest()
        except FileNotFoundError:
            raise Trouble(f"{lock} is missing from {self.root}; check out the repository again") from None

    def version(self) -> str | None:
        """Return what the environment's interpreter says of itself, or None when it does not start."""
        command = [str(self.python), "-I", "-S", "-c", "import sys; print(sys.version)"]
        try:
            answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        except (OSError, subprocess.SubprocessError):
            return None
        return answer.stdout.strip()

    def installed(self) -> dict[str, str]:
        """Return the locks that the marker vouches for, name to hash; empty when it vouches for nothing."""
        with contextlib.suppress(OSError, ValueError):
            marker = json.loads(self.marker.read_text(encoding="utf-8"))
            if isinstance(marker, dict) and isinstance(marker.get("locks"), dict):
                return dict(marker["locks"])
        return {}

    def packages(self) -> list[Path]:
        """Return what lies in the environment's folder of packages; PermissionError when this account may not read it."""
        folders = self.folder.glob("Lib/site-packages" if os.name == "nt" else "lib/python*/site-packages")
        return [path for folder in folders for path in folder.iterdir() if path.name != "__pycache__"]

    def unreadable(self) -> Path | None:
        """Return what of the environment this account may not read or run; None when there is none."""
        for path in (self.folder, self.marker, self.python, *self.folder.glob("[Ll]ib/**")):
            try:
                path.stat()
            except PermissionError:
                return path.resolve()
            except OSError:  # it is not there, which is another matter
                continue
            if not os.access(path, os.X_OK if path == self.python else os.R_OK):
                return path.resolve()
        return None

    def closed(self, why: str) -> Trouble:
        """Return the line for an account that may not set up .venv, and perhaps not even read it."""
        who, path = account(), self.unreadable()
        if path is None:
            line = f"cannot write in {self.root}, and .venv must be set up there ({why}): an administrator runs run.py there once"
        elif path.is_relative_to(self.root):
            line = f"cannot read {path}: an administrator makes {self.folder} readable for it (chmod -R a+rX on Linux and macOS)"
        else:
            line = f"cannot run {path}, the Python of {self.folder}: an administrator makes that with a Python which {who} may run"
        return Trouble(f"the account {who} {line}")

    def wrong(self, locks: list[str]) -> str | None:
        """Say why the environment must be made again before these locks can be used; None when it need not be."""
        if not self.folder.exists():
            return "first run"
        installed = self.installed()
        if not installed:
            return "the last set-up did not finish"
        if any(name in installed and installed[name] != self.digest(name) for name in locks):
            return "the lock changed"
        marker = json.loads(self.marker.read_text(encoding="utf-8"))
        if marker.get("place") != str(self.folder):
            return "the folder was moved"
        if marker.get("python") != self.version():
            return "its Python was replaced or is gone"
        if not set(marker.get("holds", ["?"])) <= {path.name for path in self.packages()}:
            return "packages are missing from it"
        return None

    def prepare(self, locks: list[str]) -> None:
        """Make the environment hold exactly these locks, if it does not yet. Costs one process when all is well."""
        why: str | None = "it cannot be read"
        try:
            why = self.wrong(locks)
            if why is None and set(locks) <= set(self.installed()):
                return
            with only_one(self.root):  # looked at again inside: the run before us may have done the work
                why = self.wrong(locks)
                missing = [name for name in locks if name not in self.installed()]
                if why is not None:
                    self.remove()
                    self.build(locks, keep={}, why=why)
                elif missing:
                    self.build(missing, keep=self.installed(), why="adding what developers need")
        except PermissionError as error:
            raise self.closed(why or "what developers need is not in it") from error

    def remove(self) -> None:
        """Delete the environment; Trouble when something holds it."""
        if not self.folder.exists():
            return
        try:
            self.marker.unlink(missing_ok=True)  # first: whatever is left afterwards counts as half-made
            shutil.rmtree(self.folder)
        except OSError as error:
            if os.name != "nt" and isinstance(
                error, PermissionError
            ):  # on Windows a program that runs from it is the reason
                raise
            reason = error.strerror or error
            raise Trouble(f"cannot replace {self.folder}: {reason}; end what uses it and try again") from error

    def build(self, locks: list[str], *, keep: dict[str, str], why: str) -> None:
        """Create the environment unless parts of it are kept, install the locks, compile, and write the marker."""
        packages = (self.root / locks[-1]).read_text(encoding="utf-8").count("==")
        say(f"smtp365: setting up .venv ({why}): {packages} packages, usually under a minute ...")
        began = time.monotonic()
        hashes = {name: self.digest(name) for name in locks}
        self.marker.unlink(missing_ok=True)
        if not keep:
            create(self.folder)
        self.install(locks[-1])  # the development lock holds the runtime lock's packages too
        compiling = [str(self.python), "-m", "compileall", "-q", "-j", "0", str(self.folder)]
        subprocess.run(compiling, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        self.mark({**keep, **hashes})
        say(f"smtp365: .venv is ready, {time.monotonic() - began:.0f} s")

    def mark(self, locks: dict[str, str]) -> None:
        """Write the marker, which says that the environment is whole."""
        marker: dict[str, object] = {"place": str(self.folder), "python": self.version(), "locks": locks}
        marker["holds"] = sorted(path.name for path in self.packages())
        unfinished = self.marker.with_suffix(".new")
        unfinished.write_text(json.dumps(marker, indent=1), encoding="utf-8")
        unfinished.replace(self.marker)

    def install(self, lock: str) -> None:
        """Install exactly what the lock names, and import from it: installing.py tells how."""
        command = [str(self.python), "-I", str(self.root / "installing.py"), str(self.root / lock)]
        answer = subprocess.run(command, capture_output=True, text=True, errors="replace", env=clean(), check=False)
        if answer.returncode == 0:
            return
        said = answer.stdout + answer.stderr
        with contextlib.suppress(OSError):
            self.log.write_text(said, encoding="utf-8")
        raise Trouble(f"{why_not_installed(said)}; pip's own words: {self.log}")


def why_not_installed(said: str) -> str:
    """Return pip's failure in one line, from all that it printed."""
    if "DO NOT MATCH THE HASHES" in said:
        return "a package from the registry is not the one that the lock names, so nothing was installed"
    if "NOT IMPORTED: " in said:
        return f"what was installed cannot be imported: {said.rpartition('NOT IMPORTED: ')[2].strip()}"
    if any(sign in said for sign in ("Retrying (", "ProxyError", "ConnectTimeout", "SSLError")):
        return "the package registry cannot be reached (a proxy? set HTTPS_PROXY; an index of your own? pip.conf)"
    errors = [line[len("ERROR: ") :] for line in said.splitlines() if line.startswith("ERROR: ")]
    return f"the packages could not be installed: {errors[0] if errors else 'pip gave no reason'}"


def create(folder: Path) -> None:
    """Make an empty virtual environment with pip; Trouble when this Python lacks the modules for it."""
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        hint = "on Debian and Ubuntu: apt-get install python3-venv"
        raise Trouble(f"this Python ({sys.executable}) comes without {' and '.join(missing)}; {hint}")
    import venv

    try:  # not as a process of sys.executable: that may be the very environment that was just removed
        venv.EnvBuilder(with_pip=True, symlinks=os.name != "nt").create(folder)
    except subprocess.CalledProcessError as error:
        raise Trouble(f"this Python ({sys.executable}) cannot make a virtual environment: {error}") from error


@contextlib.contextmanager
def only_one(root: Path) -> Iterator[None]:
    """Hold the checkout's set-up lock; wait while another run holds it.

    A transaction on an empty SQLite file: the standard library's one lock for every system that its holder's death releases.
    """
    try:
        import sqlite3
    except ImportError:  # a Python built without SQLite: one run at a time is then up to the user
        yield
        return
    waiting = False
    try:
        with contextlib.closing(sqlite3.connect(root / ".venv.lock", timeout=1, isolation_level=None)) as connection:
            while not connection.in_transaction:
                try:
                    connection.execute("BEGIN EXCLUSIVE")
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorname != "SQLITE_BUSY":
                        raise
                    if not waiting:
                        say("smtp365: another run is setting up .venv; waiting for it ...")
                    waiting = True
            yield
    except sqlite3.OperationalError as error:
        denied = error.sqlite_errorname.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM"))
        raise PermissionError(str(error)) if denied else Trouble(f"cannot write in {root}: {error}") from error


# --- starting things ---------------------------------------------------------------------------------------------


def account() -> str:
    """Return the name of the account that this process really runs as, whatever its variables say."""
    with contextlib.suppress(OSError, KeyError, ImportError):
        if sys.platform == "win32":
            return getpass.getuser()
        with tempfile.NamedTemporaryFile() as file:
            return Path(file.name).owner()
    return "of this process"


def clean() -> dict[str, str]:
    """Return the process environment in which only this checkout and its .venv are importable, and bytecode is kept."""
    dropped = {"PYTHONHOME", "__PYVENV_LAUNCHER__", "PYTHONDONTWRITEBYTECODE"}
    return {**{name: value for name, value in os.environ.items() if name not in dropped}, "PYTHONPATH": str(ROOT)}


def pass_on(command: list[str], *, cwd: Path | None = None, **extra: str) -> int:
    """Run a command to its end and return its exit code; Ctrl-C and SIGTERM end the command first, then us."""
    with subprocess.Popen(command, cwd=cwd, env={**clean(), **extra}) as child:
        before = signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        # The child gets Ctrl-C too, and may still be writing its report. Raised here it could swallow the child's exit code.
        interrupt = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            code = child.wait()
        finally:
            signal.signal(signal.SIGINT, interrupt)
            signal.signal(signal.SIGTERM, before)
    if code in {-signal.SIGINT, -signal.SIGTERM, WINDOWS_CTRL_C}:
        return INTERRUPTED
    if code < 0:
        raise Trouble(f"{Path(command[0]).name} was ended by signal {-code}")
    return code


def module(name: str, *arguments: str) -> list[str]:
    """Return the command that runs a module in the environment; -P keeps the user's folder off the import path."""
    return [str(Environment(ROOT).python), "-P", "-m", "plugin.sigint", name, *arguments]


def selects(arguments: list[str]) -> bool:
    """Say whether pytest arguments name tests of ours, by path or by id."""
    paths = [Path(argument.partition("::")[0]).resolve() for argument in arguments if not argument.startswith("-")]
    return any(path.is_relative_to(ROOT / room) for path in paths for room in ("checks", "tests"))


# --- the commands ------------------------------------------------------------------------------------------------


def check(arguments: list[str]) -> int:
    """Run pytest on the checklist, in the user's folder, so that paths in options mean what they say."""
    try:
        here = Path.cwd()
    except OSError:
        raise Trouble("this folder is no longer there; change to another one", USAGE) from None
    if here == ROOT:
        return pass_on(module("pytest", *arguments))
    checklist = [] if selects(arguments) else [str(ROOT / "checks")]
    return pass_on(module("pytest", "-c", str(ROOT / "pytest.ini"), "--rootdir", str(ROOT), *arguments, *checklist))


def test(arguments: list[str]) -> int:
    """Run the suite's own tests, then the checklist on the built-in tenant; with pytest arguments, the tests only."""
    extra = {"SMTP365_DEEP": "1"} if "--deep" in arguments else {}
    arguments = [argument for argument in arguments if argument != "--deep"]
    chosen = [] if selects(arguments) else ["tests"]
    # A whole run uses every core; the tests of a file stay together, the slow files first, as their names happen to stand.
    spread = [] if arguments else ["-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder"]
    ours = pass_on(module("pytest", *chosen, *spread, *arguments), cwd=ROOT, **extra)
    if arguments or ours > 1:
        return ours
    # Also after a failed test: both answers are wanted.
    checklist = pass_on(module("pytest", "-W", "error"), cwd=ROOT, **extra)
    return ours or checklist


def lock(arguments: list[str]) -> int:
    """Make both locks from pyproject.toml; what is pinned stays unless --upgrade."""
    shape = ["--universal", "--python-version", "3.11", "--generate-hashes", "--only-binary", ":all:", "--quiet"]
    silent = ["--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command", "python3 run.py lock"]
    compiling = module("uv", "pip", "compile", "pyproject.toml", *shape, *silent, *arguments)
    runtime = pass_on([*compiling, "--output-file", RUNTIME], cwd=ROOT)
    development = ["--group", "dev", "--constraint", RUNTIME, "--no-annotate", "--output-file", DEVELOPMENT]
    return runtime or pass_on([*compiling, *development], cwd=ROOT)


COMMANDS: dict[str, tuple[list[str], Callable[[list[str]], int]]] = {
    "check": ([RUNTIME], check),
    "explain": ([RUNTIME], lambda arguments: pass_on(module("knowledge.explain", *arguments))),
    "fake": ([RUNTIME], lambda arguments: pass_on(module("fakes", *arguments))),
    "faults": ([RUNTIME], lambda arguments: pass_on(module("fakes", "--faults", *arguments))),
    "test": ([RUNTIME, DEVELOPMENT], test),
    "lock": ([RUNTIME, DEVELOPMENT], lock),
}


def choose(arguments: list[str]) -> tuple[str, list[str]]:
    """Split the command line into a command and its arguments; options alone belong to check. Trouble if unknown."""
    if not arguments or arguments[0].startswith("-"):
        return "check", arguments
    name = arguments[0]
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"there are {', '.join(COMMANDS)}"
        raise Trouble(f'unknown command "{name}": {hint} (python3 run.py --help)', USAGE)
    return name, arguments[1:]


def main(arguments: list[str]) -> int:
    """Run one command line and return the exit code; whatever goes wrong before the command is one line."""
    if arguments and arguments[0] in {"-h", "--help", "help"}:
        print(HELP)
        return 0
    try:
        name, rest = choose(arguments)
        locks, command = COMMANDS[name]
        Environment(ROOT).prepare(locks)
        return command(rest)
    except Trouble as trouble:
        say(f"smtp365: {trouble}")
        return trouble.code
    except KeyboardInterrupt:
        say("smtp365: interrupted")
        return INTERRUPTED
    except OSError as error:
        say(f"smtp365: {error}")
        return BROKE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
