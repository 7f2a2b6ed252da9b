"""A real name server on loopback, dnsmasq, which serves the test zone over UDP and TCP and forwards no queries."""

import contextlib
import subprocess
from collections.abc import Iterator

from tests.real_servers.names import DOMAIN, HOST, LOGIN_HOST, OTHER_HOST
from tests.real_servers.programs import SECONDS, free_ports


@contextlib.contextmanager
def name_server() -> Iterator[str]:
    """Run dnsmasq until the block ends and yield its `address:port`; if dnsmasq does not start, raise an error with its output."""
    (port,) = free_ports(1)
    alone = ["--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--no-poll", "--pid-file="]
    place = [f"--port={port}", "--listen-address=127.0.0.1", "--bind-interfaces", "--user=root", "--log-facility=-"]
    zone = [f"--local=/{DOMAIN}/", *(f"--host-record={name},127.0.0.1" for name in (HOST, OTHER_HOST, LOGIN_HOST))]
    with subprocess.Popen(["dnsmasq", *alone, *place, *zone], stderr=subprocess.PIPE, text=True) as server:
        try:
            output = server.stderr.readline() if server.stderr else ""  # written once its sockets are bound
            if "started" not in output:
                message = f"dnsmasq did not start: {output}"
                raise RuntimeError(message)
            yield f"127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(SECONDS)
