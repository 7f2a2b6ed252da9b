"""A real submission server on loopback: Debian's Postfix, which authenticates clients through Dovecot.

One Postfix instance listens on several ports, each with a different configuration. It delivers messages for its own domain to a
maildir and refuses all others, so no message leaves the server's temporary folder.
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
from tests.real_servers.mailbox import Mailbox
from tests.real_servers.names import COLLEAGUE, DOMAIN, HOST, PASSWORD, USER
from tests.real_servers.programs import command

PROGRAMS: Final = ("postfix", "dovecot")

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file_prefixes = {folder}
maillog_file = {folder}/mail.log
mail_owner = postfix
setgid_group = postdrop
myhostname = {host}
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_transport = error:no local mail here
default_transport = error:nothing leaves this machine
relay_transport = error:nothing leaves this machine
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = inline:{{ {{ {user} = alerts/ }}, {{ {colleague} = ops/ }} }}
virtual_mailbox_base = {folder}/mail
virtual_uid_maps = static:{owner}
virtual_gid_maps = static:{group}
virtual_minimum_uid = 1
smtpd_tls_chain_files = {folder}/server.pem
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_sasl_security_options = noanonymous
smtpd_sender_login_maps = inline:{{ {{ {user} = {user} }}, {{ {colleague} = {colleague} }} }}
smtpd_client_restrictions =
smtpd_sender_restrictions = reject_sender_login_mismatch
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = reject_unauth_destination
"""

MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{plain} inet n - n - - smtpd
  -o smtpd_sasl_mechanism_filter=plain
127.0.0.1:{greylisting} inet n - n - - smtpd
  -o {{ smtpd_recipient_restrictions = check_recipient_access static:{{450 4.2.0 Greylisted}} }}
127.0.0.1:{certified} inet n - n - - smtpd
  -o smtpd_tls_req_ccert=yes
127.0.0.1:{relay} inet n - n - - smtpd
  -o smtpd_tls_security_level=none
  -o smtpd_sasl_auth_enable=no
  -o smtpd_sender_restrictions=
  -o mynetworks=127.0.0.1/32
  -o smtpd_relay_restrictions=permit_mynetworks,reject
cleanup  unix  n - n - 0 cleanup
qmgr     unix  n - n 300 1 qmgr
tlsmgr   unix  - - n 1000? 1 tlsmgr
rewrite  unix  - - n - - trivial-rewrite
bounce   unix  - - n - 0 bounce
defer    unix  - - n - 0 bounce
trace    unix  - - n - 0 bounce
proxymap unix  - - n - - proxymap
error    unix  - - n - - error
retry    unix  - - n - - error
virtual  unix  - n n - - virtual
anvil    unix  - - n - 1 anvil
scache   unix  - - n - 1 scache
postlog  unix-dgram n - n - 1 postlogd
"""

DOVECOT_CONF = """\
base_dir = {folder}/dovecot/run
state_dir = {folder}/dovecot/state
log_path = {folder}/dovecot.log
protocols =
ssl = no
auth_mechanisms = plain login
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid={owner} gid={group} home=/nonexistent
}}
service auth {{
  unix_listener {folder}/queue/private/auth {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """A running mail server, with its ports, its CA certificate, and the folder that holds its mail and logs."""

    port: int
    plain: int  # offers AUTH PLAIN only
    greylisting: int  # greylists every recipient
    certified: int  # requires a client certificate
    relay: int  # accepts mail without TLS or a sign-in, for servers that relay through Postfix
    ca_file: Path
    folder: Path

    @property
    def mailbox(self) -> Mailbox:
        """The messages that the server accepted and delivered."""
        return Mailbox(
            log=self.folder / "mail.log",
            maildirs=self.folder / "mail",
            accepted_words=": message-id=<",
            delivered_words="(delivered to maildir)",
        )

    @property
    def received(self) -> list[bytes]:
        """The messages delivered so far, oldest first."""
        return self.mailbox.received

    @property
    def log(self) -> str:
        """The text of the logs of Postfix and Dovecot."""
        files = [self.folder / "mail.log", self.folder / "dovecot.log"]
        return "\n".join(file.read_text(errors="replace") for file in files if file.exists())


def why_not() -> str | None:
    """Return why Postfix and Dovecot cannot be started here, or None if they can."""
    return programs.why_not(*PROGRAMS)


@contextlib.contextmanager
def mail_server(authority: trustme.CA) -> Iterator[MailServer]:
    """Run Dovecot and Postfix until the block ends. Their start commands return once both are listening."""
    with programs.scratch("postfix") as folder:
        places = dict(zip(("port", "plain", "greylisting", "certified", "relay"), programs.free_ports(5), strict=True))
        server = MailServer(**places, ca_file=folder / "ca.pem", folder=folder)
        configuration = write_configuration(server, authority)
        with contextlib.ExitStack() as running:
            command("postfix", "-c", configuration, "check")  # creates the queue, which holds Dovecot's socket
            command("dovecot", "-c", folder / "dovecot.conf")
            running.callback(command, "dovecot", "-c", folder / "dovecot.conf", "stop")
            command("postfix", "-c", configuration, "start")
            running.callback(command, "postfix", "-c", configuration, "stop")
            yield server


def write_configuration(server: MailServer, authority: trustme.CA) -> Path:
    """Write the configuration of Postfix and Dovecot, and return Postfix's configuration folder."""
    folder = server.folder
    configuration = folder / "postfix"
    for made in (configuration, folder / "queue", folder / "data", folder / "mail", folder / "dovecot"):
        made.mkdir()
    shutil.chown(folder / "data", "postfix")
    shutil.chown(folder / "mail", "postfix", "postfix")
    owner = (folder / "mail").stat()
    words = {"folder": folder, "host": HOST, "domain": DOMAIN, "user": USER, "colleague": COLLEAGUE}
    words |= {"owner": owner.st_uid, "group": owner.st_gid, "port": server.port, "plain": server.plain}
    words |= {"greylisting": server.greylisting, "certified": server.certified, "relay": server.relay}
    (configuration / "main.cf").write_text(MAIN_CF.format(**words))
    (configuration / "master.cf").write_text(MASTER_CF.format(**words))
    (folder / "dovecot.conf").write_text(DOVECOT_CONF.format(**words))
    (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
    shutil.chown(folder / "users", "dovecot")
    (folder / "users").chmod(0o400)
    (folder / "server.pem").touch(mode=0o600)
    (folder / "server.pem").write_bytes(authority.issue_cert(HOST).private_key_and_cert_chain_pem.bytes())
    authority.cert_pem.write_to_path(str(server.ca_file))
    return configuration
