"""Mail clients that nobody here wrote, each told the same attempt in its own way, with the server's certificate verified.

The settings are those of their manuals; none is patched. Where a client must dial an address, it is told the name to verify.
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

from tests.clients.attempt import ADDRESS, PATIENCE, SECONDS, Attempt, Client, Seen, alone, as_outside

_NODEMAILER = Path(__file__).with_name("nodemailer.cjs")
_SWAKS_CHECKS_NAMES = 20240103


def program(name: str) -> Callable[[], str | None]:
    """Why a program cannot be run here, as a question to ask later."""
    return lambda: None if shutil.which(name) else f"{name} is not installed"


def _ran(attempt: Attempt, command: Sequence[str], *, given: str = "", shown: str = "") -> Seen:
    """Run a program to its end; `shown` is what it would print where it now prints loopback's address."""
    done = subprocess.run(
        command,
        input=given.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=alone(attempt.folder),
        cwd=attempt.folder,
        timeout=PATIENCE,
        check=False,
    )
    shown = shown or attempt.sender.smtp_server
    printed = as_outside(
        done.stdout.decode("utf-8", "replace"), attempt.port, shown=shown, shown_port=attempt.sender.port
    )
    return Seen(worked=done.returncode == 0, printed=printed)


@functools.cache
def says(*command: str) -> str:
    """The version that a program tells of itself."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    found = re.search(r"\d+(?:\.\d+)+", done.stdout + done.stderr)
    return found.group() if found else "?"


def _raised(error: BaseException, attempt: Attempt) -> Seen:
    """What Python prints at the end of a traceback, with the errors behind it."""
    lines: list[str] = []
    shown: BaseException | None = error
    while shown is not None:
        lines = [*traceback.format_exception_only(shown), *lines]
        shown = shown.__cause__
    printed = as_outside("".join(lines), attempt.port, shown=ADDRESS, shown_port=attempt.sender.port)
    return Seen(worked=False, printed=printed)


def _xoauth2(attempt: Attempt) -> str:
    return f"user={attempt.sender.username}\1auth=Bearer {attempt.token}\1\1"


class _Submission(smtplib.SMTP):
    """smtplib with a socket of its own making, as its documentation proposes for proxies."""

    def __init__(self, attempt: Attempt) -> None:
        self._dialled = ("127.0.0.1", attempt.port)
        super().__init__(attempt.sender.smtp_server, attempt.sender.port, attempt.ehlo_name, timeout=SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        del host, port
        return socket.create_connection(self._dialled, timeout)


def _smtplib(attempt: Attempt) -> Seen:
    sender = attempt.sender
    try:
        with _Submission(attempt) as client:
            if sender.use_ssl:
                client.starttls(context=ssl.create_default_context(cafile=attempt.ca_file))
            client.ehlo()
            if not client.has_extn("auth") and sender.enable_authentication:  # login() asks this, auth() does not
                raise smtplib.SMTPNotSupportedError("SMTP AUTH extension not supported by server.")
            if attempt.token:
                client.auth("XOAUTH2", lambda challenge=None: _xoauth2(attempt) if not challenge else "")
            elif sender.enable_authentication:
                client.login(sender.username, sender.password)
            client.sendmail(sender.mail_from, [sender.mail_to], attempt.message)
    except (smtplib.SMTPException, OSError) as error:
        return _raised(error, attempt)
    return Seen(worked=True, printed="")


def _aiosmtplib(attempt: Attempt) -> Seen:
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

    seen = Seen(worked=True, printed="")
    with warnings.catch_warnings():  # it leaves its transport unclosed when the handshake fails
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            asyncio.run(send())
        except (aiosmtplib.SMTPException, OSError) as error:
            seen = _raised(error, attempt)
        gc.collect()
    return seen


def swaks_checks_names() -> bool:
    """Whether the swaks that is here verifies the name on a certificate as well as the chain."""
    return int(says("swaks", "--version").split(".")[0]) >= _SWAKS_CHECKS_NAMES


def _swaks(attempt: Attempt) -> Seen:
    sender = attempt.sender
    command = ["swaks", "--server", "127.0.0.1", "--port", str(attempt.port), "--ehlo", attempt.ehlo_name]
    command += ["--timeout", f"{SECONDS:.0f}", "--from", sender.mail_from, "--to", sender.mail_to]
    if sender.use_ssl:
        command += ["--tls", "--tls-verify", "--tls-ca-path", attempt.ca_file, "--tls-sni", sender.smtp_server]
        if swaks_checks_names():
            command += ["--tls-target", sender.smtp_server]
    if sender.enable_authentication:
        command += ["--auth", "LOGIN", "--auth-user", sender.username, "--auth-password", sender.password]
    return _ran(attempt, [*command, "--data", "-"], given=attempt.message.replace("\r\n", "\n"))


def _curl(attempt: Attempt, *, verbose: bool = False) -> Seen:
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
    return _ran(attempt, command, given=attempt.message, shown=ADDRESS)


def _msmtp(attempt: Attempt) -> Seen:
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
    return _ran(attempt, command, given=attempt.message.replace("\r\n", "\n"))


def _nodemailer(attempt: Attempt) -> Seen:
    sender = attempt.sender
    told = {
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
    return _ran(attempt, ["node", str(_NODEMAILER)], given=json.dumps(told), shown=ADDRESS)


@functools.cache
def _nodemailer_version() -> str:
    asked = "process.stdout.write(require('nodemailer/package.json').version)"
    done = subprocess.run(["node", "-e", asked], capture_output=True, text=True, timeout=PATIENCE, check=False)
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
            missing=program("swaks"),
            version=lambda: says("swaks", "--version"),
            run=_swaks,
            by_token=False,
        ),
        Client(name="curl", missing=program("curl"), version=lambda: says("curl", "--version"), run=_curl),
        Client(
            name="curl --verbose",
            missing=program("curl"),
            version=lambda: says("curl", "--version"),
            run=functools.partial(_curl, verbose=True),
        ),
        Client(name="msmtp", missing=program("msmtp"), version=lambda: says("msmtp", "--version"), run=_msmtp),
        Client(name="nodemailer", missing=_no_nodemailer, version=_nodemailer_version, run=_nodemailer),
    )
}
