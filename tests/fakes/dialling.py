"""Clients that we did not write, led to the fakes: smtplib over ssl, http.client, msal on requests.

They dial loopback and verify Microsoft's names against the built-in tenant's root, as the product does.
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
    """A running built-in tenant with these faults; what went wrong inside the fakes fails the test."""
    with serve(apply(world or healthy(), fault_ids), folder=folder) as running:
        yield running
    assert running.failures == []


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether something comes true in time; asked for again and again, because the fakes learn of a hang-up when they do."""
    ends = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > ends:
            return False
        threading.Event().wait(0.002)
    return True


def trusting(running: Running) -> ssl.SSLContext:
    """A context that verifies against the built-in tenant's root alone."""
    return ssl.create_default_context(cafile=running.description["ca_file"])


def led(running: Running, place: str) -> tuple[str, int]:
    """Where the connect map leads a name and port."""
    host, _, port = running.description["connect"][place].rpartition(":")
    return host, int(port)


class Submission(smtplib.SMTP):
    """smtplib, dialling loopback in smtp.office365.com's name, with every line kept."""

    def __init__(self, running: Running, *, server: str = SMTP_HOST, port: int = 587) -> None:
        self.lines: list[str] = []
        super().__init__(local_hostname="client.example", timeout=5)
        self._context = trusting(running)
        self._dialled = led(running, f"{server}:{port}")
        self._server = server

    def send(self, s: Any) -> None:  # noqa: ANN401 - smtplib's own signature
        """Keep what is said, then send it."""
        self.lines.append("C: " + (s if isinstance(s, str) else bytes(s).decode("utf-8", "replace")).rstrip())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """Keep each line of the reply."""
        code, text = super().getreply()
        *first, last = text.decode("utf-8", "replace").split("\n")
        self.lines += [f"S: {code}-{line}" for line in first] + [f"S: {code} {last}".rstrip()]
        return code, text

    def greeted(self) -> tuple[int, bytes]:
        """Connect and return the greeting."""
        answer = self.connect(*self._dialled)
        self._host = self._server
        return answer

    def encrypted(self) -> "Submission":
        """Connect, upgrade with verification and greet again."""
        self.greeted()
        self.ehlo()
        self.starttls(context=self._context)
        self.ehlo()
        return self

    def say(self, line: str) -> str:
        """Send one line; the whole reply in one string."""
        code, text = self.docmd(line)
        return f"{code} {text.decode()}"


@contextmanager
def submission(running: Running, *, server: str = SMTP_HOST, port: int = 587) -> Iterator[Submission]:
    """An encrypted session, closed without QUIT."""
    client = Submission(running, server=server, port=port)
    try:
        yield client.encrypted()
    finally:
        client.close()


def coded(text: str) -> str:
    """Base64 of a text."""
    return base64.b64encode(text.encode()).decode()


def by_password(client: Submission, running: Running) -> str:
    """Sign in as the Basic sender's settings say, in one attempt; the reply."""
    sender = running.world.basic
    client.say("AUTH LOGIN")
    client.say(coded(sender.username))
    return client.say(coded(sender.password))


def by_token(client: Submission, running: Running, token: str) -> str:
    """Sign in with a token for the OAuth sender's user, in two steps; the reply."""
    client.say("AUTH XOAUTH2")
    return client.say(coded(f"user={running.world.oauth.username}\1auth=Bearer {token}\1\1"))


def https(
    running: Running,
    path: str,
    *,
    host: str = LOGIN_HOST,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, dict[str, str], str]:
    """One request to a login host; status, headers in lower case, body."""
    with socket.create_connection(led(running, f"{host}:443"), timeout=5) as plain:
        connection = http.client.HTTPSConnection(host)
        connection.sock = trusting(running).wrap_socket(plain, server_hostname=host)
        body = None if form is None else urlencode(form)
        kind = {} if form is None else {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("GET" if form is None else "POST", path, body=body, headers={**kind, **(headers or {})})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text


def ask_token(running: Running, **changes: str) -> tuple[int, dict[str, Any]]:
    """A client-credentials request from the OAuth sender's settings, with some parameters changed; "" drops one."""
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
    """The OAuth sender's access token."""
    status, body = ask_token(running)
    assert status == 200, body
    return str(body["access_token"])


class Loopback(HTTPAdapter):
    """requests, led by the connect map, verifying Microsoft's names."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._context = trusting(running)
        super().__init__()

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: tuple[str, str] | str | None = None,
    ) -> ConnectionPool:
        """A pool that dials loopback and asks for the address's own name."""
        del verify, proxies, cert
        host = urlsplit(str(request.url)).hostname or ""
        request.headers["Host"] = host
        where, port = led(self._running, f"{host}:443")
        names = {"ssl_context": self._context, "server_hostname": host, "assert_hostname": host}
        pool: ConnectionPool = self.poolmanager.connection_from_host(where, port, "https", pool_kwargs=names)
        return pool


@contextmanager
def session_to(running: Running) -> Iterator[requests.Session]:
    """A session of requests, led to the fakes; what the environment says about proxies and roots does not count."""
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", Loopback(running))
        yield session


def through_msal(running: Running, credential: str | dict[str, str] | None = None) -> dict[str, Any]:
    """What msal makes of the OAuth sender's settings, or of another credential than its secret."""
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
