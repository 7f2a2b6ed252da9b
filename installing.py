"""Installs a lock into the environment whose Python runs this file, and proves it by importing what was installed.

    .venv/bin/python -I installing.py requirements.txt

Only run.py starts it; standard library only. Of the user's own settings for pip, in variables and in files, those count that say
where packages come from and how they are fetched: an index, a proxy, certificates. None can send packages elsewhere, or add any.
"""

from __future__ import annotations

import configparser
import locale
import os
import re
import subprocess
import sys
from pathlib import Path

NOT_IMPORTED = "NOT IMPORTED: "
FETCHING = (
    *("index-url", "extra-index-url", "no-index", "find-links", "trusted-host", "proxy", "cert", "client-cert"),
    *("keyring-provider", "timeout", "default-timeout", "resume-retries", "cache-dir", "no-cache-dir"),
    *("use-feature", "use-deprecated"),  # truststore, legacy-certs
)
# What is imported of each package: enough to show that it is whole, and fits this Python and this machine.
IMPORTS = {
    "cryptography": "cryptography.x509",
    "dnspython": "dns.resolver",
    "keyring": "keyring",
    "msal": "msal",
    "platformdirs": "platformdirs",
    "pydantic": "pydantic",
    "pytest": "pytest",
    "pytest-html": "pytest_html",
    "pytest-xdist": "xdist",
}


def install(lock: Path) -> bool:
    """Install exactly what the lock names, each file proved by its hash, none of it built or run here; pip speaks for itself."""
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--retries", "2", "--no-compile"]
    proof = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement", str(lock)]
    try:
        around = {**others(), **settings(Path(sys.prefix)), "PIP_CONFIG_FILE": os.devnull}
    except (configparser.Error, UnicodeError) as problem:
        sys.stderr.write(f"ERROR: pip's configuration cannot be read: {' '.join(str(problem).split())}\n")
        return False
    command = [sys.executable, "-I", "-m", "pip", "install", *options, *proof]
    return subprocess.run(command, env=around, cwd=_here(lock), check=False).returncode == 0  # noqa: S603 - its own pip


def prove(lock: Path) -> bool:
    """Import from what was installed, in a new process, as every command will."""
    pinned = re.findall(r"^([\w.-]+)==", lock.read_text(encoding="utf-8"), re.MULTILINE)
    modules = [IMPORTS[name] for name in pinned if name in IMPORTS]
    script = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    command = [sys.executable, "-I", "-c", script, *modules]
    answer = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603 - the same
    if answer.returncode != 0:
        sys.stderr.write(f"{answer.stderr}\n{NOT_IMPORTED}{answer.stderr.strip().rpartition(chr(10))[2]}\n")
    return answer.returncode == 0


def others() -> dict[str, str]:
    """The environment without any setting of pip's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}


def settings(environment: Path) -> dict[str, str]:
    """Of pip's settings those that are kept, as variables. As in pip, a variable goes before [install], that before [global]."""
    reader = configparser.RawConfigParser()
    reader.read(files(environment), encoding=locale.getpreferredencoding(do_setlocale=False))
    given: dict[str, str] = {}
    for section in ("global", "install"):
        given |= _named(dict(reader.items(section)) if reader.has_section(section) else {})
    given |= _named({name[len("PIP_") :]: value for name, value in os.environ.items() if name.startswith("PIP_")})
    return {f"PIP_{name.upper().replace('-', '_')}": given[name] for name in FETCHING if name in given}


def _named(found: dict[str, str]) -> dict[str, str]:
    """By pip's own names; what is empty does not count for it."""
    return {name.lower().replace("_", "-").lstrip("-"): value for name, value in found.items() if value}


def files(environment: Path) -> list[Path]:
    """Where pip's documentation ("Configuration", location) puts its files, the weakest first."""
    given = os.environ.get("PIP_CONFIG_FILE", "")
    if given == os.devnull:
        return []
    home, name = _home(), "pip.ini" if os.name == "nt" else "pip.conf"
    if sys.platform == "win32":
        machine = [Path(os.environ.get("PROGRAMDATA", "C:/ProgramData")) / "pip"]
        user = [home / "pip", Path(os.environ.get("APPDATA", home / "AppData" / "Roaming")) / "pip"]
    elif sys.platform == "darwin":
        machine = [Path("/Library/Application Support/pip")]
        user = [home / ".pip", home / ".config" / "pip", home / "Library" / "Application Support" / "pip"]
    else:
        places = os.environ.get("XDG_CONFIG_DIRS") or str(Path(os.sep, "etc", "xdg"))
        machine = [*(Path(place) / "pip" for place in places.split(":")), Path(os.sep, "etc")]
        user = [home / ".pip", Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip"]
    if given and Path(given).exists():
        return [*(folder / name for folder in [*machine, environment]), Path(given)]
    return [folder / name for folder in [*machine, *user, environment]]


def _here(lock: Path) -> Path:
    """The folder of the start, from which paths in settings count; where it is gone, one that is there, which pip needs."""
    try:
        return Path.cwd()
    except OSError:
        return lock.parent


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # an account without a home
        return Path(os.sep)


if __name__ == "__main__":
    _lock = Path(sys.argv[1])
    sys.exit(0 if install(_lock) and prove(_lock) else 1)
