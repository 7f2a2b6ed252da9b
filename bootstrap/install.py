"""Installs the packages in a lock into the environment whose Python runs this file, and imports them to prove that they work.

    .venv/bin/python -I bootstrap/install.py requirements.txt

Only `bootstrap/environment.py` starts this file. Of the user's pip settings, it uses only those that control where packages come
from and how they are fetched: index, proxy and certificates. No setting can add packages or install them elsewhere.
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
# The module that is imported from each package, to show that the package is complete and fits this Python and machine.
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
    """Install exactly the packages in the lock, verified by hash and never built locally. Return whether pip succeeded.

    pip prints its own errors.
    """
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--retries", "2", "--no-compile"]
    proof = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement", str(lock)]
    try:
        variables = {**without_pip_settings(), **settings(Path(sys.prefix)), "PIP_CONFIG_FILE": os.devnull}
    except (configparser.Error, UnicodeError) as problem:
        sys.stderr.write(f"ERROR: pip's configuration cannot be read: {' '.join(str(problem).split())}\n")
        return False
    command = [sys.executable, "-I", "-m", "pip", "install", *options, *proof]
    return subprocess.run(command, env=variables, cwd=_working_folder(lock), check=False).returncode == 0


def prove_imports(lock: Path) -> bool:
    """Import the main packages in the lock in a new process, as every command does. Return whether that succeeded."""
    pinned = re.findall(r"^([\w.-]+)==", lock.read_text(encoding="utf-8"), re.MULTILINE)
    modules = [IMPORTS[name] for name in pinned if name in IMPORTS]
    script = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    command = [sys.executable, "-I", "-c", script, *modules]
    answer = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if answer.returncode != 0:
        sys.stderr.write(f"{answer.stderr}\n{NOT_IMPORTED}{answer.stderr.strip().rpartition(chr(10))[2]}\n")
    return answer.returncode == 0


def without_pip_settings() -> dict[str, str]:
    """Return the environment variables without pip's settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}


def settings(environment: Path) -> dict[str, str]:
    """Return the pip settings that are kept, as environment variables.

    As in pip, an environment variable overrides [install], and [install] overrides [global].
    """
    reader = configparser.RawConfigParser()
    reader.read(files(environment), encoding=locale.getpreferredencoding(do_setlocale=False))
    given: dict[str, str] = {}
    for section in ("global", "install"):
        given |= _named(dict(reader.items(section)) if reader.has_section(section) else {})
    given |= _named({name[len("PIP_") :]: value for name, value in os.environ.items() if name.startswith("PIP_")})
    return {f"PIP_{name.upper().replace('-', '_')}": given[name] for name in FETCHING if name in given}


def _named(found: dict[str, str]) -> dict[str, str]:
    """Return the settings under the names that pip uses. Empty settings are left out, because pip ignores them."""
    return {name.lower().replace("_", "-").lstrip("-"): value for name, value in found.items() if value}


def files(environment: Path) -> list[Path]:
    """Return the paths of pip's configuration files, lowest precedence first (pip's documentation, "Configuration", location)."""
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


def _working_folder(lock: Path) -> Path:
    """Return the current folder, or the lock's folder if the current one was removed. Paths in settings are relative to it."""
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
    sys.exit(0 if install(_lock) and prove_imports(_lock) else 1)
