"""A real Dovecot submission server on loopback, which accepts passwords from a file and verifies the signatures of XOAUTH2 tokens.

The server passes accepted messages to a relay, as Dovecot's submission service always does.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trustme

from tests.real_servers import programs
from tests.real_servers.mail_server import MailServer
from tests.real_servers.mailbox import Mailbox
from tests.real_servers.names import COLLEAGUE, HOST, PASSWORD, SCOPE, USER
from tests.real_servers.oidc_provider import KEY_ID, TokenService

SUBMISSION: Final = Path("/usr/lib/dovecot/submission")  # in a separate package

CONFIGURATION: Final = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = submission
listen = 127.0.0.1
hostname = {host}
ssl = required
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.pem
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
auth_verbose = yes
first_valid_uid = 1
mail_location = maildir:{folder}/home/%n
submission_relay_host = 127.0.0.1
submission_relay_port = {relay}
service submission-login {{
  inet_listener submission {{
    port = {port}
  }}
  inet_listener submissions {{
    port = 0
  }}
}}
passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = {folder}/users
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf.ext
}}
userdb {{
  driver = static
  args = uid=dovecot gid=dovecot home={folder}/home/%n
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""

OAUTH2: Final = """\
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={folder}/keys/
issuers = {issuer}
username_attribute = mailbox
scope = {scope}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A running Dovecot submission server, with its port, its CA certificate, its log and the mailbox behind its relay."""

    port: int
    ca_file: Path
    log: Path
    mailbox: Mailbox


def why_not() -> str | None:
    """Return why Dovecot's submission server cannot be started here, or None if it can."""
    return programs.why_not("dovecot", SUBMISSION)


@contextlib.contextmanager
def submission(authority: trustme.CA, relay: MailServer, tokens: TokenService) -> Iterator[Submission]:
    """Run Dovecot in a temporary folder until the block ends. The start command returns once Dovecot is listening."""
    with programs.scratch("dovecot") as folder:
        (port,) = programs.free_ports(1)
        words = {"folder": folder, "host": HOST, "port": port, "relay": relay.relay}
        words |= {"issuer": tokens.issuer, "scope": SCOPE}
        keys = folder / "keys" / "default" / "RS256"
        for made in (folder / "run", folder / "state", folder / "home", keys):
            made.mkdir(parents=True)
        shutil.chown(folder / "home", "dovecot", "dovecot")
        configuration = folder / "dovecot.conf"
        configuration.write_text(CONFIGURATION.format(**words))
        (folder / "oauth2.conf.ext").write_text(OAUTH2.format(**words))
        (keys / KEY_ID).write_text(tokens.public_key)
        (folder / "users").write_text("".join(f"{user}:{{PLAIN}}{PASSWORD}\n" for user in (USER, COLLEAGUE)))
        (folder / "server.pem").touch(mode=0o600)
        (folder / "server.pem").write_bytes(authority.issue_cert(HOST).private_key_and_cert_chain_pem.bytes())
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        programs.command("dovecot", "-c", configuration)
        try:
            yield Submission(port=port, ca_file=folder / "ca.pem", log=folder / "log", mailbox=relay.mailbox)
        finally:
            programs.command("dovecot", "-c", configuration, "stop")
