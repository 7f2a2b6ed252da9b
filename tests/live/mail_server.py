"""A real submission server on loopback: Debian's Postfix with Dovecot answering its sign-ins, in a throw-away folder.

What it is asked to prove is not here. Nothing it accepts leaves the folder: its own domain is delivered to a maildir,
every other destination is refused.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import trustme

DOMAIN = "smtp365.test"
HOST = f"mail.{DOMAIN}"  # the name on the certificate
OTHER_HOST = f"other.{DOMAIN}"  # leads to the same server, but its certificate does not name it
USER = f"alerts@{DOMAIN}"
PASSWORD = "Right-Horse-7"
PROGRAMS = ("postfix", "dovecot", "dnsmasq")
SECONDS = 30  # for one command of theirs; they take about one

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
virtual_mailbox_maps = inline:{{ {user}=alerts/ }}
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
smtpd_sender_login_maps = inline:{{ {user}={user} }}
smtpd_client_restrictions =
smtpd_sender_restrictions = reject_sender_login_mismatch
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = reject_unauth_destination
"""

MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
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
    """A running server: where it listens, whom to trust, and what it has received."""

    port: int
    ca_file: Path
    folder: Path

    @property
    def received(self) -> list[bytes]:
        """The messages delivered so far, oldest first."""
        arrived = self.folder.glob("mail/alerts/new/*")
        return [message.read_bytes() for message in sorted(arrived, key=lambda file: file.stat().st_mtime_ns)]

    @property
    def log(self) -> str:
        """What Postfix and Dovecot wrote, for the reader of a failed test."""
        files = [self.folder / "mail.log", self.folder / "dovecot.log"]
        return "\n".join(file.read_text(errors="replace") for file in files if file.exists())


def why_not() -> str | None:
    """Say why the real servers cannot be started here; None when they can."""
    if sys.platform == "win32":
        return "Postfix and Dovecot do not run on Windows"
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        return f"not installed: {', '.join(missing)} (.ci/run installs them)"
    if os.geteuid() != 0:
        return "Postfix starts as root only"
    return None


def free_port() -> int:
    """Return a port on loopback that nothing listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def command(*words: str | Path) -> str:
    """Run one administrative command of theirs to its end and return what it printed; raises with that text."""
    with tempfile.TemporaryFile() as output:  # no pipe: the daemon that it leaves behind would hold it open
        done = subprocess.run(words, stdout=output, stderr=output, timeout=SECONDS, check=False)
        output.seek(0)
        said = output.read().decode(errors="replace")
    if done.returncode:
        message = f"{' '.join(str(word) for word in words)} ended with {done.returncode}:\n{said}"
        raise RuntimeError(message)
    return said


@contextlib.contextmanager
def mail_server(authority: trustme.CA) -> Iterator[MailServer]:
    """Start Dovecot and Postfix, and stop both; their start commands return once they listen.

    Not in pytest's own temporary folder: only root can enter that one, and both drop to users of their own.
    """
    with tempfile.TemporaryDirectory(prefix="smtp365-live-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        server = MailServer(port=free_port(), ca_file=folder / "ca.pem", folder=folder)
        configuration = furnish(server, authority)
        with contextlib.ExitStack() as running:
            command("postfix", "-c", configuration, "check")  # makes the queue, in which Dovecot's socket will stand
            command("dovecot", "-c", folder / "dovecot.conf")
            running.callback(command, "dovecot", "-c", folder / "dovecot.conf", "stop")
            command("postfix", "-c", configuration, "start")
            running.callback(command, "postfix", "-c", configuration, "stop")
            yield server


def furnish(server: MailServer, authority: trustme.CA) -> Path:
    """Write every file that the two programs read; return Postfix's configuration folder."""
    folder = server.folder
    configuration = folder / "postfix"
    for made in (configuration, folder / "queue", folder / "data", folder / "mail", folder / "dovecot"):
        made.mkdir()
    shutil.chown(folder / "data", "postfix")
    shutil.chown(folder / "mail", "postfix", "postfix")
    owner = (folder / "mail").stat()
    words = {"folder": folder, "host": HOST, "domain": DOMAIN, "user": USER, "port": server.port}
    words |= {"owner": owner.st_uid, "group": owner.st_gid}
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


def wait_for(server: MailServer, number: int) -> list[bytes]:
    """Return the delivered messages once there are so many of them; fewer when that takes longer than SECONDS.

    Delivery follows the reply to the client, so the server's log is read as it grows.
    """
    follow = [
        "timeout",
        str(SECONDS),
        "tail",
        "--lines=+1",
        "--follow=name",
        "--retry",
        str(server.folder / "mail.log"),
    ]
    with subprocess.Popen(follow, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as log:
        delivered = 0
        for line in log.stdout or ():
            delivered += "(delivered to maildir)" in line
            if delivered >= number:
                break
        log.terminate()
    return server.received
