"""A real Exim on loopback, unpacked from a Debian package that cannot be installed alongside Postfix.

One process listens on several ports, each with a different configuration. Accepted messages are delivered only to a maildir.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trustme

from tests.real_servers import programs
from tests.real_servers.mailbox import Mailbox
from tests.real_servers.names import DOMAIN, HOST, PASSWORD, USER

PROGRAM: Final = os.environ.get("SMTP365_EXIM", "")  # .ci/run unpacks Exim and sets this variable
ACCOUNT: Final = "Debian-exim"  # compiled into Debian's program, which exits without it

CONFIGURATION = """\
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
pid_file_path = {folder}/exim.pid
primary_hostname = {host}
domainlist local_domains = {domain}
local_interfaces = 127.0.0.1.{port} : 127.0.0.1.{greylisting} : 127.0.0.1.{unauthenticated}
disable_ipv6 = true
host_lookup =
rfc1413_query_timeout = 0s
deliver_drop_privilege = true
never_users =
keep_environment =
smtp_accept_max = 20
log_selector = +smtp_mailauth
tls_advertise_hosts = *
tls_certificate = {folder}/server.pem
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_mail = mail
acl_smtp_rcpt = rcpt
acl_smtp_data = accept

begin acl
mail:
  accept authenticated = *
  accept condition = ${{if eq{{$received_port}}{{{unauthenticated}}}}}
  deny message = authentication required
rcpt:
  defer condition = ${{if eq{{$received_port}}{{{greylisting}}}}}
        message = 4.7.1 Greylisted, please try again in 300 seconds
  require verify = recipient
  accept

begin routers
known:
  driver = accept
  domains = +local_domains
  local_parts = alerts
  transport = maildir

begin transports
maildir:
  driver = appendfile
  maildir_format
  directory = {folder}/mail/alerts
  create_directory
  delivery_date_add
  user = {account}

begin authenticators
LOGIN:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if and{{{{eq{{$auth1}}{{{user}}}}}{{eq{{$auth2}}{{{password}}}}}}}}}
  server_set_id = $auth1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exim:
    """A running Exim, with its ordinary port, a port that greylists and a port that needs no sign-in."""

    port: int
    greylisting: int
    unauthenticated: int
    ca_file: Path
    mailbox: Mailbox


def why_not() -> str | None:
    """Return why Exim cannot be started here, or None if it can."""
    if not PROGRAM:
        return "Exim is not unpacked: SMTP365_EXIM is not set (.ci/run sets it)"
    if reason := programs.why_not(PROGRAM):
        return reason
    lookup = ["getent", "passwd", ACCOUNT]
    if subprocess.run(lookup, capture_output=True, timeout=programs.SECONDS, check=False).returncode:
        return f"Exim does not start without the system account {ACCOUNT} (.ci/run creates it)"
    return None


@contextlib.contextmanager
def exim(authority: trustme.CA) -> Iterator[Exim]:
    """Run Exim in a temporary folder until the block ends."""
    with programs.scratch("exim") as folder:
        port, greylisting, unauthenticated = programs.free_ports(3)
        words = {"folder": folder, "host": HOST, "domain": DOMAIN, "user": USER, "password": PASSWORD}
        words |= {"port": port, "greylisting": greylisting, "unauthenticated": unauthenticated, "account": ACCOUNT}
        configuration = folder / "exim.conf"
        configuration.write_text(CONFIGURATION.format(**words))
        authority.issue_cert(HOST).private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        for made in (folder / "spool", folder / "mail"):
            made.mkdir()
        (folder / "mainlog").touch()
        for owned in (folder, folder / "mainlog", folder / "server.pem", folder / "spool", folder / "mail"):
            shutil.chown(owned, ACCOUNT, ACCOUNT)
        (folder / "server.pem").chmod(0o400)
        mailbox = Mailbox(
            log=folder / "mainlog", maildirs=folder / "mail", accepted_words=" <= ", delivered_words=" Completed"
        )
        start = (PROGRAM, "-C", configuration, "-bdf")
        with programs.foreground(*start, log=folder / "mainlog", ready="daemon started"):
            yield Exim(
                port=port,
                greylisting=greylisting,
                unauthenticated=unauthenticated,
                ca_file=folder / "ca.pem",
                mailbox=mailbox,
            )
