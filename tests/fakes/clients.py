"""Independent clients that connect to the fakes: smtplib over ssl, http.client, and msal over requests.

Like the product, they connect to loopback and verify Microsoft's host names against the built-in tenant's root.
"""

import base64
import http.client
import json
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import msal
import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import ConnectionPool

from fakes import Running, World, apply, healthy, serve

SMTP_HOST = "smtp.office365.com"
LOGIN_HOST = "login.microsoftonline.com"


@contextmanager
def tenant(folder: Path, *fault_ids: str, world: World | None = None) -> Iterator[Running]:
    """Run a built-in tenant with the given faults. An internal error in the fakes fails the test."""
    with serve(apply(world or healthy(), fault_ids), folder=folder) as running:
        yield running
    assert running.failures == []


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Poll a condition and return whether it becomes true within the given time.

    Polling is necessary because the fakes do not notice a disconnect immediately.
    """
    ends = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > ends:
            return False
        threading.Event().wait(0.002)
    return True


def tls_context(running: Running) -> ssl.SSLContext:
    """Return a TLS context that trusts only the built-in tenant's root."""
    return ssl.create_default_context(cafile=running.description["ca_file"])


def mapped_address(running: Running, place: str) -> tuple[str, int]:
    """Return the loopback address that the connect map assigns to a host and port."""
    host, _, port = running.description["connect"][place].rpartition(":")
    return host, int(port)


class Submission(smtplib.SMTP):
    """An smtplib client that connects to loopback, verifies smtp.office365.com and records every line."""

    def __init__(self, running: Running, *, server: str = SMTP_HOST, port: int = 587) -> None:
        self.lines: list[str] = []
        super().__init__(local_hostname="client.example", timeout=5)
        self._context = tls_context(running)
        self._dialled = mapped_address(running, f"{server}:{port}")
        self._server = server

    def send(self, s: Any) -> None:  # noqa: ANN401 - smtplib's own signature
        """Record the data, then send it."""
        self.lines.append("C: " + (s if isinstance(s, str) else bytes(s).decode("utf-8", "replace")).rstrip())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """Return the reply and record each of its lines."""
        code, text = super().getreply()
        *first, last = text.decode("utf-8", "replace").split("\n")
        self.lines += [f"S: {code}-{line}" for line in first] + [f"S: {code} {last}".rstrip()]
        return code, text

    def connect_plain(self) -> tuple[int, bytes]:
        """Connect without TLS and return the greeting."""
        answer = self.connect(*self._dialled)
        self._host = self._server
        return answer

    def connect_encrypted(self) -> "Submission":
        """Connect, start TLS, verify the certificate and send EHLO again."""
        self.connect_plain()
        self.ehlo()
        self.starttls(context=self._context)
        self.ehlo()
        return self

    def command(self, line: str) -> str:
        """Send one command line and return the whole reply as one string."""
        code, text = self.docmd(line)
        return f"{code} {text.decode()}"


@contextmanager
def submission(running: Running, *, server: str = SMTP_HOST, port: int = 587) -> Iterator[Submission]:
    """Yield a session that uses TLS, then close it without sending QUIT."""
    client = Submission(running, server=server, port=port)
    try:
        yield client.connect_encrypted()
    finally:
        client.close()


def base64_of(text: str) -> str:
    """Return the Base64 encoding of the UTF-8 bytes of `text`."""
    return base64.b64encode(text.encode()).decode()


def by_password(client: Submission, running: Running) -> str:
    """Sign in once with the Basic sender's settings and return the reply."""
    sender = running.world.basic
    client.command("AUTH LOGIN")
    client.command(base64_of(sender.username))
    return client.command(base64_of(sender.password))


def by_token(client: Submission, running: Running, token: str) -> str:
    """Sign in as the OAuth sender's user with the given token, sent in reply to a challenge, and return the reply."""
    client.command("AUTH XOAUTH2")
    return client.command(base64_of(f"user={running.world.oauth.username}\1auth=Bearer {token}\1\1"))


def https(
    running: Running,
    path: str,
    *,
    host: str = LOGIN_HOST,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, dict[str, str], str]:
    """Send one HTTPS request to a host, and return the status, the headers (with names in lower case) and the body."""
    with socket.create_connection(mapped_address(running, f"{host}:443"), timeout=5) as plain:
        connection = http.client.HTTPSConnection(host)
        connection.sock = tls_context(running).wrap_socket(plain, server_hostname=host)
        body = None if form is None else urlencode(form)
        kind = {} if form is None else {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("GET" if form is None else "POST", path, body=body, headers={**kind, **(headers or {})})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text


def request_token(running: Running, **changes: str) -> tuple[int, dict[str, Any]]:
    """Send a client-credentials request with the OAuth sender's settings.

    Keyword arguments replace parameters of the request. An empty string removes the parameter.
    """
    sender = running.world.oauth
    tenant_id = urlsplit(sender.openid_endpoint_configuration).path.split("/")[1]
    form = {
        "grant_type": "client_credentials",
        "client_id": sender.client_id,
        "client_secret": sender.client_secret,
        "scope": sender.scope,
    } | changes
    status, _, text = https(
        running, f"/{tenant_id}/oauth2/v2.0/token", form={key: value for key, value in form.items() if value}
    )
    return status, json.loads(text)


def token(running: Running) -> str:
    """Return the OAuth sender's access token."""
    status, body = request_token(running)
    assert status == 200, body
    return str(body["access_token"])


class Loopback(HTTPAdapter):
    """A requests adapter that follows the connect map and verifies Microsoft's host names."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._context = tls_context(running)
        super().__init__()

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: tuple[str, str] | str | None = None,
    ) -> ConnectionPool:
        """Return a pool that connects to loopback and uses the host name from the URL."""
        del verify, proxies, cert
        host = urlsplit(str(request.url)).hostname or ""
        request.headers["Host"] = host
        where, port = mapped_address(self._running, f"{host}:443")
        names = {"ssl_context": self._context, "server_hostname": host, "assert_hostname": host}
        pool: ConnectionPool = self.poolmanager.connection_from_host(where, port, "https", pool_kwargs=names)
        return pool


@contextmanager
def session_to(running: Running) -> Iterator[requests.Session]:
    """Yield a requests session that connects to the fakes and ignores proxies and roots from the environment."""
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", Loopback(running))
        yield session


def acquire_with_msal(running: Running, credential: str | dict[str, str] | None = None) -> dict[str, Any]:
    """Return msal's result for the OAuth sender's settings. A given credential replaces the sender's secret."""
    sender = running.world.oauth
    with session_to(running) as session:
        application = msal.ConfidentialClientApplication(
            sender.client_id,
            client_credential=credential or sender.client_secret,
            oidc_authority=sender.openid_endpoint_configuration.removesuffix("/.well-known/openid-configuration"),
            http_client=session,
        )
        found: dict[str, Any] = application.acquire_token_for_client([sender.scope])
    return found
