"""Mail clients, which all use the same settings and verify the server's certificate.

Each client is configured as its manual describes, and none is patched. A client that connects to an IP address is also configured
with the host name, if its version can verify the name.
"""

import asyncio
import functools
import gc
import importlib.metadata
import importlib.util
import json
import re
import shutil
import smtplib
import socket
import ssl
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.clients.attempt import (
    ADDRESS,
    PATIENCE,
    SECONDS,
    Attempt,
    Client,
    ClientResult,
    as_at_microsoft,
    isolated_environment,
)

_NODEMAILER = Path(__file__).with_name("nodemailer.cjs")
_SWAKS_CHECKS_NAMES = 20240103


def missing_program(name: str) -> Callable[[], str | None]:
    """Return a function that returns the reason why a program cannot run on this machine, or None if it can."""
    return lambda: None if shutil.which(name) else f"{name} is not installed"


def _run_program(attempt: Attempt, command: Sequence[str], *, given: str = "", real_host: str = "") -> ClientResult:
    """Run a program to completion and return the result, in whose output `real_host` replaces the loopback address."""
    done = subprocess.run(
        command,
        input=given.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=isolated_environment(attempt.folder),
        cwd=attempt.folder,
        timeout=PATIENCE,
        check=False,
    )
    real_host = real_host or attempt.sender.smtp_server
    printed = as_at_microsoft(
        done.stdout.decode("utf-8", "replace"), attempt.port, real_host=real_host, real_port=attempt.sender.port
    )
    return ClientResult(succeeded=done.returncode == 0, printed=printed)


@functools.cache
def program_version(*command: str) -> str:
    """Return the version that a program prints, or a question mark if it prints none."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    found = re.search(r"\d+(?:\.\d+)+", done.stdout + done.stderr)
    return found.group() if found else "?"


def _error_result(error: BaseException, attempt: Attempt) -> ClientResult:
    """Return a result with the exception and its causes, in the form in which Python prints them at the end of a traceback."""
    lines: list[str] = []
    current: BaseException | None = error
    while current is not None:
        lines = [*traceback.format_exception_only(current), *lines]
        current = current.__cause__
    printed = as_at_microsoft("".join(lines), attempt.port, real_host=ADDRESS, real_port=attempt.sender.port)
    return ClientResult(succeeded=False, printed=printed)


def _xoauth2(attempt: Attempt) -> str:
    return f"user={attempt.sender.username}\1auth=Bearer {attempt.token}\1\1"


class _Submission(smtplib.SMTP):
    """An smtplib client that opens its own socket, as Python's documentation suggests for proxies."""

    def __init__(self, attempt: Attempt) -> None:
        self._dialled = ("127.0.0.1", attempt.port)
        super().__init__(attempt.sender.smtp_server, attempt.sender.port, attempt.ehlo_name, timeout=SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        del host, port
        return socket.create_connection(self._dialled, timeout)


def _smtplib(attempt: Attempt) -> ClientResult:
    sender = attempt.sender
    try:
        with _Submission(attempt) as client:
            if sender.use_ssl:
                client.starttls(context=ssl.create_default_context(cafile=attempt.ca_file))
            client.ehlo()
            if (
                not client.has_extn("auth") and sender.enable_authentication
            ):  # unlike login(), auth() does not check this
                raise smtplib.SMTPNotSupportedError("SMTP AUTH extension not supported by server.")
            if attempt.token:
                client.auth("XOAUTH2", lambda challenge=None: _xoauth2(attempt) if not challenge else "")
            elif sender.enable_authentication:
                client.login(sender.username, sender.password)
            client.sendmail(sender.mail_from, [sender.mail_to], attempt.message)
    except (smtplib.SMTPException, OSError) as error:
        return _error_result(error, attempt)
    return ClientResult(succeeded=True, printed="")


def _aiosmtplib(attempt: Attempt) -> ClientResult:
    import aiosmtplib

    sender = attempt.sender

    async def token() -> str:
        return attempt.token or ""

    async def send() -> None:
        client = aiosmtplib.SMTP(
            hostname=sender.smtp_server,
            sock=socket.create_connection(("127.0.0.1", attempt.port), SECONDS),
            local_hostname=attempt.ehlo_name,
            timeout=SECONDS,
            start_tls=sender.use_ssl,
            tls_context=ssl.create_default_context(cafile=attempt.ca_file),
            username=sender.username if sender.enable_authentication else None,
            password=None if attempt.token else sender.password,
            oauth_token_generator=token if attempt.token else None,
        )
        async with client:
            await client.sendmail(sender.mail_from, [sender.mail_to], attempt.message)

    result = ClientResult(succeeded=True, printed="")
    with warnings.catch_warnings():  # aiosmtplib leaves its transport open when the handshake fails
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            asyncio.run(send())
        except (aiosmtplib.SMTPException, OSError) as error:
            result = _error_result(error, attempt)
        gc.collect()
    return result


def swaks_checks_names() -> bool:
    """Return whether the installed swaks verifies the name of a certificate as well as its chain."""
    return int(program_version("swaks", "--version").split(".")[0]) >= _SWAKS_CHECKS_NAMES


def _swaks(attempt: Attempt) -> ClientResult:
    sender = attempt.sender
    command = ["swaks", "--server", "127.0.0.1", "--port", str(attempt.port), "--ehlo", attempt.ehlo_name]
    command += ["--timeout", f"{SECONDS:.0f}", "--from", sender.mail_from, "--to", sender.mail_to]
    if sender.use_ssl:
        command += ["--tls", "--tls-verify", "--tls-ca-path", attempt.ca_file, "--tls-sni", sender.smtp_server]
        if swaks_checks_names():
            command += ["--tls-target", sender.smtp_server]
    if sender.enable_authentication:
        command += ["--auth", "LOGIN", "--auth-user", sender.username, "--auth-password", sender.password]
    return _run_program(attempt, [*command, "--data", "-"], given=attempt.message.replace("\r\n", "\n"))


def _curl(attempt: Attempt, *, verbose: bool = False) -> ClientResult:
    sender = attempt.sender
    server, place = sender.smtp_server, f"{sender.smtp_server}:{attempt.port}"
    command = ["curl", "-q", "--noproxy", "*", "--silent", "--show-error", "--max-time", f"{SECONDS:.0f}"]
    command += ["--verbose"] if verbose else []
    command += ["--connect-to" if server[0].isdigit() else "--resolve"]
    command += [f"{place}:127.0.0.1:{attempt.port}" if server[0].isdigit() else f"{place}:127.0.0.1"]
    command += ["--url", f"smtp://{place}/{attempt.ehlo_name}", "--cacert", attempt.ca_file]
    command += ["--ssl-reqd"] if sender.use_ssl else []
    if attempt.token:
        command += ["--login-options", "AUTH=XOAUTH2", "--user", f"{sender.username}:"]
        command += ["--oauth2-bearer", attempt.token]
    elif sender.enable_authentication:
        command += ["--login-options", "AUTH=LOGIN", "--user", f"{sender.username}:{sender.password}"]
    command += ["--mail-from", sender.mail_from, "--mail-rcpt", sender.mail_to, "--upload-file", "-"]
    return _run_program(attempt, command, given=attempt.message, real_host=ADDRESS)


def _msmtp(attempt: Attempt) -> ClientResult:
    sender = attempt.sender
    secret = attempt.folder / "secret"
    secret.write_text(attempt.token or sender.password, encoding="utf-8")
    lines = {
        "host": "127.0.0.1",
        "port": attempt.port,
        "timeout": f"{SECONDS:.0f}",
        "domain": attempt.ehlo_name,
        "from": sender.mail_from,
        "tls": "on" if sender.use_ssl else "off",
        "tls_starttls": "on",
        "tls_trust_file": attempt.ca_file,
        "tls_host_override": sender.smtp_server,
        "auth": ("xoauth2" if attempt.token else "login") if sender.enable_authentication else "off",
        "user": sender.username,
        "passwordeval": f"cat {secret}",
    }
    settings = attempt.folder / "msmtprc"
    settings.write_text("account default\n" + "".join(f"{key} {value}\n" for key, value in lines.items()), "utf-8")
    command = ["msmtp", "-C", str(settings), "--", sender.mail_to]
    return _run_program(attempt, command, given=attempt.message.replace("\r\n", "\n"))


def _nodemailer(attempt: Attempt) -> ClientResult:
    sender = attempt.sender
    settings_for_node = {
        "host": "127.0.0.1",
        "port": attempt.port,
        "server": sender.smtp_server,
        "name": attempt.ehlo_name,
        "tls": sender.use_ssl,
        "ca": Path(attempt.ca_file).read_text("ascii"),
        "user": sender.username if sender.enable_authentication else None,
        "password": sender.password,
        "token": attempt.token,
        "from": sender.mail_from,
        "to": sender.mail_to,
        "message": attempt.message,
        "milliseconds": SECONDS * 1000,
    }
    return _run_program(attempt, ["node", str(_NODEMAILER)], given=json.dumps(settings_for_node), real_host=ADDRESS)


@functools.cache
def _nodemailer_version() -> str:
    script = "process.stdout.write(require('nodemailer/package.json').version)"
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done.stdout


def _no_nodemailer() -> str | None:
    if not shutil.which("node"):
        return "node is not installed"
    return None if _nodemailer_version() else "the npm package nodemailer is not on NODE_PATH"


def _no_aiosmtplib() -> str | None:
    return None if importlib.util.find_spec("aiosmtplib") else "aiosmtplib is not installed"


SMTP_CLIENTS: dict[str, Client[Attempt]] = {
    client.name: client
    for client in (
        Client(
            name="smtplib", missing=lambda: None, version=lambda: ".".join(map(str, sys.version_info[:2])), run=_smtplib
        ),
        Client(
            name="aiosmtplib",
            missing=_no_aiosmtplib,
            version=lambda: importlib.metadata.version("aiosmtplib"),
            run=_aiosmtplib,
        ),
        Client(
            name="swaks",
            missing=missing_program("swaks"),
            version=lambda: program_version("swaks", "--version"),
            run=_swaks,
            by_token=False,
        ),
        Client(
            name="curl",
            missing=missing_program("curl"),
            version=lambda: program_version("curl", "--version"),
            run=_curl,
        ),
        Client(
            name="curl --verbose",
            missing=missing_program("curl"),
            version=lambda: program_version("curl", "--version"),
            run=functools.partial(_curl, verbose=True),
        ),
        Client(
            name="msmtp",
            missing=missing_program("msmtp"),
            version=lambda: program_version("msmtp", "--version"),
            run=_msmtp,
        ),
        Client(name="nodemailer", missing=_no_nodemailer, version=_nodemailer_version, run=_nodemailer),
    )
}
