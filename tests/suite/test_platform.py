"""Test that the code uses no POSIX-only features, and that a live run loads no test dependencies."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import serve_in_subprocess
from tests.resilience.processes import ROOT, check, environment

PACKAGES = ("settings", "evidence", "probes", "checks", "knowledge", "reports", "plugin", "fakes", "docs", "bootstrap")
ENTRY_POINTS = ("conftest.py", "run.py")
FILES = [
    *(ROOT / name for name in ENTRY_POINTS),
    *(file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))),
]
POSIX_MODULES = {
    *(
        "fcntl",
        "grp",
        "nis",
        "posix",
        "pty",
        "pwd",
        "readline",
        "resource",
        "spwd",
        "syslog",
        "termios",
        "tty",
        "crypt",
    ),
}
POSIX_NAMES = {
    "os": {
        *(
            "fork",
            "forkpty",
            "getuid",
            "geteuid",
            "getgid",
            "getegid",
            "getgroups",
            "setuid",
            "setgid",
            "setsid",
            "killpg",
        ),
        *("getpgid", "setpgid", "wait", "wait3", "wait4", "WNOHANG", "uname", "getloadavg", "mkfifo", "mknod", "chown"),
        *(
            "lchown",
            "fchmod",
            "fchown",
            "nice",
            "sched_getaffinity",
            "openpty",
            "ttyname",
            "confstr",
            "sysconf",
            "statvfs",
        ),
        *("O_NONBLOCK", "O_CLOEXEC", "O_NOFOLLOW", "posix_spawn", "sendfile", "sync"),
    },
    "signal": {
        *("SIGALRM", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGCHLD", "alarm", "setitimer"),
        *("pthread_kill", "pthread_sigmask", "sigwait", "siginterrupt", "pause"),
    },
    "socket": {"AF_UNIX", "socketpair", "SO_REUSEPORT", "MSG_DONTWAIT", "AF_NETLINK", "AF_PACKET", "sethostname"},
    "time": {"tzset", "clock_gettime", "CLOCK_MONOTONIC"},
    "loop": {"add_signal_handler", "create_unix_server", "create_unix_connection"},
}

UNIX = ("/tmp/", "/dev/", "/proc/", "/etc/", "/usr/", "/var/")  # noqa: S108 - a search pattern
GLIBC = "%-"  # in a date format


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_posix_only_feature_is_used(file: Path) -> None:
    """No code that runs on Windows uses a POSIX-only module, function, path or date format, or omits the encoding of a text file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in _on_windows(tree):
        match node:
            case ast.Import(names=names):
                found |= {one.name for one in names if one.name in POSIX_MODULES}
            case ast.ImportFrom(module=str() as module, names=names):
                found |= {module} & POSIX_MODULES
                found |= {f"{module}.{one.name}" for one in names if one.name in POSIX_NAMES.get(module, ())}
            case ast.Attribute(value=ast.Name(id=module), attr=name) if name in POSIX_NAMES.get(module, ()):
                found.add(f"{module}.{name}")
            case ast.Constant(value=str() as text) if " " not in text and (text.startswith(UNIX) or GLIBC in text):
                found.add(text)
            case ast.Call(func=ast.Attribute(attr="read_text" | "write_text"), keywords=given):
                found |= set() if "encoding" in {one.arg for one in given} else {ast.unparse(node)}
    assert found == set()


def _on_windows(node: ast.AST) -> Iterator[ast.AST]:
    """Walk the tree without the branches of `if sys.platform == "win32"` and its opposite that do not run on Windows."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If):
            test = child.test
            first = test.values[0] if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else test
            taken = {"sys.platform == 'win32'": child.body, "sys.platform != 'win32'": child.orelse}
            for one in taken.get(ast.unparse(first), [child.test, *child.body, *child.orelse]):
                yield from _on_windows(one)
        else:
            yield from _on_windows(child)


# Imports the libraries unchanged, then removes everything POSIX-only and imports all our modules.
WITHOUT_POSIX = """\
import asyncio, http.server, json, multiprocessing, os, runpy, signal, socket, sqlite3, ssl, subprocess, sys, tempfile
import concurrent.futures, getpass, logging.handlers, pathlib, platform, shutil, urllib.request, venv
import aiosmtpd.smtp, dns.query, dns.resolver, icalendar, jinja2, jwt, keyring, msal, platformdirs, pydantic, pytest
import requests, starlette.applications, starlette.routing, trustme, truststore, uvicorn.config, uvicorn.protocols.http.h11_impl
missing, files = json.loads(sys.argv[1])
for module, names in missing.items():
    for name in names:
        if module in sys.modules and hasattr(sys.modules[module], name):
            delattr(sys.modules[module], name)
for name in json.loads(sys.argv[2]):
    sys.modules[name] = None
sys.platform = "win32"
for name in files:
    __import__(name)
print("imported", len(files))
"""


def test_every_module_imports_without_posix() -> None:
    """Every module can be imported with `sys.platform` set to "win32" and without the modules and functions that Windows lacks."""
    names = [
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for file in FILES
        if file.name not in {"__main__.py", "conftest.py", "__init__.py"} and not file.name.startswith("test_")
    ]
    missing = {module: sorted(found) for module, found in POSIX_NAMES.items()}
    missing["os"] = [name for name in missing["os"] if name != "wait"]
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            WITHOUT_POSIX,
            json.dumps([missing, names]),
            json.dumps(sorted(POSIX_MODULES - {"posix"})),
        ],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == f"imported {len(names)}\n"


ONLY_FOR_TESTS = (
    "fakes",
    "aiosmtpd",
    "trustme",
    "uvicorn",
    "starlette",
    "anyio",
    "hypothesis",
    "coverage",
    "authlib",
    "tests",
)


def test_a_live_run_loads_no_test_dependency(tmp_path: Path) -> None:
    """A live run loads neither the built-in tenant and its libraries nor any development tools."""
    listed = tmp_path / "modules.json"
    first = f"import atexit, json, sys; atexit.register(lambda: open({str(listed)!r}, 'w').write(json.dumps(sorted(sys.modules))))"
    with serve_in_subprocess([], folder=tmp_path / "tenant") as tenant:
        live = ["--target=live", f"--settings={tenant.settings_file}"]
        done = check(*live, report=tmp_path / "r.html", first=first, variables=tenant.secrets)

    assert done.code == 0, done.output
    loaded = {name.partition(".")[0] for name in json.loads(listed.read_text(encoding="utf-8"))}
    assert loaded & set(ONLY_FOR_TESTS) == set()
    assert {"probes", "checks", "reports", "msal"} <= loaded
