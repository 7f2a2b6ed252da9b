"""Manages the folder `.venv` of a checkout: checks whether it is current and creates it from the locks."""

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from bootstrap.account import account
from bootstrap.child import child_environment
from bootstrap.errors import SetupError, say
from bootstrap.lock import setup_lock

RUNTIME = "requirements.txt"
DEVELOPMENT = "requirements-dev.txt"


class Environment:
    """The folder `.venv` of a checkout. Its marker file is written last, so an incomplete environment has no marker."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.python = self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self.marker = self.folder / "smtp365.json"
        self.log = self.folder / "setup.log"

    def digest(self, lock: str) -> str:
        """Return the hash of a lock file. Raises SetupError if the file is missing."""
        try:
            return hashlib.sha256((self.root / lock).read_bytes()).hexdigest()
        except FileNotFoundError:
            raise SetupError(f"{lock} is missing from {self.root}; check out the repository again") from None

    def version(self) -> str | None:
        """Return the version text of the environment's Python, or None if that Python does not start."""
        command = [str(self.python), "-I", "-S", "-c", "import sys; print(sys.version)"]
        try:
            answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        except (OSError, subprocess.SubprocessError):
            return None
        return answer.stdout.strip()

    def installed(self) -> dict[str, str]:
        """Return the names and hashes of the installed locks. The result is empty if the marker is missing or damaged."""
        with contextlib.suppress(OSError, ValueError):
            marker = json.loads(self.marker.read_text(encoding="utf-8"))
            if isinstance(marker, dict) and isinstance(marker.get("locks"), dict):
                return dict(marker["locks"])
        return {}

    def packages(self) -> list[Path]:
        """Return the paths in the environment's package folder. Raises PermissionError if this account cannot read the folder."""
        folders = self.folder.glob("Lib/site-packages" if os.name == "nt" else "lib/python*/site-packages")
        return [path for folder in folders for path in folder.iterdir() if path.name != "__pycache__"]

    def unreadable(self) -> Path | None:
        """Return the first path in the environment that this account cannot read or run, or None."""
        for path in (self.folder, self.marker, self.python, *self.folder.glob("[Ll]ib/**")):
            try:
                path.stat()
            except PermissionError:
                return path.resolve()
            except OSError:  # the path does not exist, so access to it is not the problem
                continue
            if not os.access(path, os.X_OK if path == self.python else os.R_OK):
                return path.resolve()
        return None

    def access_error(self, why: str) -> SetupError:
        """Return the error for an account that may not set up or read `.venv`."""
        who, path = account(), self.unreadable()
        if path is None:
            line = f"cannot write to {self.root}, where .venv must be set up ({why}); ask an administrator to run run.py there once"
        elif path.is_relative_to(self.root):
            line = f"cannot read {path}; ask an administrator to make {self.folder} readable (on Linux and macOS, chmod -R a+rX)"
        else:
            line = f"cannot run {path}, the Python of {self.folder}; ask an administrator to create it with a Python that {who} may run"
        return SetupError(f"the account {who} {line}")

    def reason_to_rebuild(self, locks: list[str]) -> str | None:
        """Return why the environment must be rebuilt before these locks can be used, or None if it is usable."""
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
            return "its Python was replaced or removed"
        if not set(marker.get("holds", ["?"])) <= {path.name for path in self.packages()}:
            return "packages are missing from it"
        return None

    def prepare(self, locks: list[str]) -> None:
        """Set up the environment to match these locks. If it already matches, nothing is changed."""
        why: str | None = "it cannot be read"
        try:
            why = self.reason_to_rebuild(locks)
            if why is None and set(locks) <= set(self.installed()):
                return
            with setup_lock(
                self.root
            ):  # check again under the lock, because another run may have set up .venv meanwhile
                why = self.reason_to_rebuild(locks)
                missing = [name for name in locks if name not in self.installed()]
                if why is not None:
                    self.remove()
                    self.build(locks, keep={}, why=why)
                elif missing:
                    self.build(missing, keep=self.installed(), why="adding the development packages")
        except PermissionError as error:
            raise self.access_error(why or "the development packages are missing from it") from error

    def remove(self) -> None:
        """Delete the environment, if it exists.

        Raises:
            SetupError: its files cannot be deleted, for example because a program is using them.
            PermissionError: outside Windows, this account may not delete its files.

        """
        if not self.folder.exists():
            return
        try:
            self.marker.unlink(
                missing_ok=True
            )  # first, so that an incomplete deletion counts as an incomplete environment
            shutil.rmtree(self.folder)
        except OSError as error:
            if os.name != "nt" and isinstance(
                error, PermissionError
            ):  # on Windows, this means that a program is running from the environment
                raise
            reason = error.strerror or error
            raise SetupError(
                f"cannot replace {self.folder}: {reason}; close the programs that use it and try again"
            ) from error

    def build(self, locks: list[str], *, keep: dict[str, str], why: str) -> None:
        """Install the last of these locks, compile the packages and write the marker. Unless `keep` holds locks, create `.venv` first."""
        packages = (self.root / locks[-1]).read_text(encoding="utf-8").count("==")
        say(f"smtp365: setting up .venv ({why}): {packages} packages, usually under a minute ...")
        began = time.monotonic()
        hashes = {name: self.digest(name) for name in locks}
        self.marker.unlink(missing_ok=True)
        if not keep:
            create(self.folder)
        self.install(locks[-1])  # the development lock includes the packages of the runtime lock
        compiling = [str(self.python), "-m", "compileall", "-q", "-j", "0", str(self.folder)]
        subprocess.run(compiling, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        self.write_marker({**keep, **hashes})
        say(f"smtp365: .venv is ready, {time.monotonic() - began:.0f} s")

    def write_marker(self, locks: dict[str, str]) -> None:
        """Write the marker, which shows that the environment is complete."""
        marker: dict[str, object] = {"place": str(self.folder), "python": self.version(), "locks": locks}
        marker["holds"] = sorted(path.name for path in self.packages())
        unfinished = self.marker.with_suffix(".new")
        unfinished.write_text(json.dumps(marker, indent=1), encoding="utf-8")
        unfinished.replace(self.marker)

    def install(self, lock: str) -> None:
        """Run `bootstrap/install.py` to install exactly the packages in the lock and to import them."""
        command = [str(self.python), "-I", str(self.root / "bootstrap" / "install.py"), str(self.root / lock)]
        answer = subprocess.run(
            command, capture_output=True, text=True, errors="replace", env=child_environment(), check=False
        )
        if answer.returncode == 0:
            return
        output = answer.stdout + answer.stderr
        with contextlib.suppress(OSError):
            self.log.write_text(output, encoding="utf-8")
        raise SetupError(f"{why_not_installed(output)}; pip's output: {self.log}")


def why_not_installed(output: str) -> str:
    """Return the reason for a failed installation as one line, given the installer's output."""
    if "DO NOT MATCH THE HASHES" in output:
        return "a package from the registry does not match its hash in the lock, so nothing was installed"
    if "NOT IMPORTED: " in output:
        return f"an installed package cannot be imported: {output.rpartition('NOT IMPORTED: ')[2].strip()}"
    if any(sign in output for sign in ("Retrying (", "ProxyError", "ConnectTimeout", "SSLError")):
        return "the package registry cannot be reached (set HTTPS_PROXY if there is a proxy, or set your own index in pip.conf)"
    errors = [line[len("ERROR: ") :] for line in output.splitlines() if line.startswith("ERROR: ")]
    return f"the packages could not be installed: {errors[0] if errors else 'pip gave no reason'}"


def create(folder: Path) -> None:
    """Create a virtual environment that contains only pip. Raises SetupError if this Python lacks the modules for it."""
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        hint = "on Debian and Ubuntu, run apt-get install python3-venv"
        raise SetupError(f"this Python ({sys.executable}) does not include {' and '.join(missing)}; {hint}")
    import venv

    try:  # in this process: sys.executable may be in the environment that was just removed
        venv.EnvBuilder(with_pip=True, symlinks=os.name != "nt").create(folder)
    except subprocess.CalledProcessError as error:
        raise SetupError(f"this Python ({sys.executable}) cannot create a virtual environment: {error}") from error
