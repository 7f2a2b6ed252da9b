"""Real servers that do not offer mail submission with STARTTLS: stunnel (implicit TLS), sshd and slapd."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from typing import Final

import trustme

from tests.real_servers import programs
from tests.real_servers.names import HOST

ACCOUNT: Final = "nobody"  # as root, sshd needs a folder under /run that only its service creates


@contextlib.contextmanager
def implicit_tls(authority: trustme.CA, relay: int) -> Iterator[int]:
    """Run stunnel in front of an SMTP port until the block ends, and yield its port, which uses implicit TLS."""
    with programs.scratch("stunnel") as folder:
        (port,) = programs.free_ports(1)
        (folder / "server.pem").touch(mode=0o600)
        (folder / "server.pem").write_bytes(authority.issue_cert(HOST).private_key_and_cert_chain_pem.bytes())
        configuration = folder / "stunnel.conf"
        configuration.write_text(
            f"foreground = yes\npid =\ndebug = info\nsyslog = no\ncert = {folder}/server.pem\n"
            f"[smtps]\naccept = 127.0.0.1:{port}\nconnect = 127.0.0.1:{relay}\n"
        )
        with programs.foreground("stunnel4", configuration, log=folder / "log", ready="Configuration successful"):
            yield port


@contextlib.contextmanager
def ssh() -> Iterator[int]:
    """Run sshd with a new host key until the block ends, and yield its port."""
    with programs.scratch("sshd") as folder:
        (port,) = programs.free_ports(1)
        key = folder / "key"
        programs.command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
        shutil.chown(key, ACCOUNT)
        configuration = folder / "sshd_config"
        configuration.write_text(f"ListenAddress 127.0.0.1:{port}\nHostKey {key}\nPidFile none\nUsePAM no\n")
        server = shutil.which("sshd") or "sshd"  # sshd re-executes itself by its full path
        words = (server, "-D", "-e", "-f", configuration)
        with programs.foreground(*words, log=folder / "log", ready="Server listening", user=ACCOUNT):
            yield port


@contextlib.contextmanager
def ldap() -> Iterator[int]:
    """Run slapd with an empty directory until the block ends, and yield its port."""
    with programs.scratch("slapd") as folder:
        (port,) = programs.free_ports(1)
        (folder / "data").mkdir()
        configuration = folder / "slapd.conf"
        configuration.write_text(f"pidfile {folder}/pid\ndatabase ldif\nsuffix cn=test\ndirectory {folder}/data\n")
        words = ("slapd", "-f", configuration, "-h", f"ldap://127.0.0.1:{port}", "-d", "stats")
        with programs.foreground(*words, log=folder / "log", ready="slapd starting"):
            yield port
