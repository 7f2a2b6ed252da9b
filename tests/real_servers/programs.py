"""Find missing external programs, run administrative commands, and start and stop servers."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SECONDS: Final = 30  # the timeout for a command, which normally takes about one second


def why_not(*programs: str | Path) -> str | None:
    """Return why servers that need these programs cannot be started here, or None if they can."""
    if sys.platform == "win32":
        return "these servers do not run on Windows"
    missing = [str(program) for program in programs if shutil.which(program) is None]
    if missing:
        return f"not installed: {', '.join(missing)} (.ci/run installs them)"
    if os.geteuid() != 0:
        return "these servers can be started only by root"
    return None


def free_ports(number: int) -> list[int]:
    """Return `number` different free ports on loopback."""
    with contextlib.ExitStack() as stack:
        listening = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [int(one.getsockname()[1]) for one in listening]


def command(*words: str | Path) -> str:
    """Run an administrative command and return its output. If the command fails, raise an error with that output."""
    with tempfile.TemporaryFile() as output:  # not a pipe, because the started daemon would keep it open
        done = subprocess.run(words, stdout=output, stderr=output, timeout=SECONDS, check=False)
        output.seek(0)
        printed = output.read().decode(errors="replace")
    if done.returncode:
        message = f"{' '.join(str(word) for word in words)} ended with {done.returncode}:\n{printed}"
        raise RuntimeError(message)
    return printed


@contextlib.contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """Yield a temporary folder that servers without root privileges can enter. Pytest's temporary folder is private to root."""
    with tempfile.TemporaryDirectory(prefix=f"smtp365-{prefix}-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@contextlib.contextmanager
def foreground(*words: str | Path, log: Path, ready: str, stdin: str = "", user: str | None = None) -> Iterator[None]:
    """Run a server in the foreground until the block ends. The block starts once the log contains `ready`."""
    log.touch()
    with log.open("ab") as output, tempfile.TemporaryFile() as given:
        given.write(stdin.encode())
        given.seek(0)
        with subprocess.Popen(words, stdin=given, stdout=output, stderr=output, user=user) as server:
            try:
                if not lines_with(log, ready, 1):
                    message = f"{words[0]} did not start:\n{log.read_text(errors='replace')}"
                    raise RuntimeError(message)
                yield
            finally:
                server.terminate()
                server.wait(SECONDS)


def lines_with(log: Path, words: str, number: int) -> int:
    """Follow a log until `number` lines contain `words` or SECONDS have passed, and return the number of lines found."""
    follow = ["timeout", str(SECONDS), "tail", "--lines=+1", "--follow=name", "--retry", str(log)]
    found = 0
    if number:
        with subprocess.Popen(follow, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as reading:
            for line in reading.stdout or ():
                found += words in line
                if found >= number:
                    break
            reading.terminate()
    return found
