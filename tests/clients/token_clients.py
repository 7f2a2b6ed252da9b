"""OAuth clients that nobody here wrote, each asking the built-in tenant's Entra for a token from one sender's settings.

All verify Microsoft's names; loopback is reached through what each documents: a session, a transport, an address to connect to.
"""

import importlib.metadata
import importlib.util
import json
import re
import socket
import ssl
import subprocess
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests

from fakes import Running
from tests.clients.attempt import PATIENCE, SECONDS, Client, Seen, alone, as_outside
from tests.clients.smtp_clients import program, says
from tests.fakes.clients import Loopback, mapped_address

_DOCUMENT = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Whom to ask and for what: the running tenant, whose OAuth sender's settings count."""

    running: Running
    folder: Path

    @property
    def host(self) -> str:
        """The login host that the endpoint names."""
        return urlsplit(self.running.world.oauth.openid_endpoint_configuration).hostname or ""

    @property
    def issuer(self) -> str:
        """The endpoint without the document's own part."""
        return self.running.world.oauth.openid_endpoint_configuration.removesuffix(_DOCUMENT)

    @property
    def tenant(self) -> str:
        """The tenant as the endpoint names it."""
        return urlsplit(self.issuer).path.split("/")[1]

    @property
    def token_endpoint(self) -> str:
        """The token endpoint as Microsoft's pages tell to write it."""
        return f"https://{self.host}/{self.tenant}/oauth2/v2.0/token"


class _Session(requests.Session):
    """A session that reaches loopback and loses patience; what requests offers for both is an adapter and a default."""

    def __init__(self, running: Running) -> None:
        super().__init__()
        self.trust_env = False
        self.mount("https://", Loopback(running))

    def request(self, *args: object, **kwargs: object) -> requests.Response:
        """Ask, for no longer than these clients wait."""
        return super().request(*args, **{"timeout": SECONDS, **kwargs})  # type: ignore[arg-type]


def _raised(error: BaseException, asking: Asking) -> Seen:
    _, port = mapped_address(asking.running, f"{asking.host}:443")
    printed = "".join(traceback.format_exception_only(error))
    return Seen(worked=False, printed=as_outside(printed, port, shown=asking.host, shown_port=443))


def _msal(asking: Asking) -> Seen:
    import msal

    sender = asking.running.world.oauth
    try:
        with _Session(asking.running) as session, warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of /common, which a fault enters on purpose
            application = msal.ConfidentialClientApplication(
                sender.client_id,
                client_credential=sender.client_secret,
                authority=f"https://{asking.host}/{asking.tenant}",
                http_client=session,
            )
            found = application.acquire_token_for_client([sender.scope] if sender.scope else [])
    except (ValueError, msal.exceptions.MsalError, requests.RequestException) as error:
        return _raised(error, asking)
    return Seen(worked="access_token" in found, printed=json.dumps(found, indent=2))


def _azure_identity(asking: Asking) -> Seen:
    from azure.core.exceptions import AzureError
    from azure.core.pipeline.transport import RequestsTransport
    from azure.identity import ClientSecretCredential

    sender = asking.running.world.oauth
    try:
        with _Session(asking.running) as session:
            credential = ClientSecretCredential(
                asking.tenant,
                sender.client_id,
                sender.client_secret,
                authority=asking.host,
                transport=RequestsTransport(session=session, session_owner=False),
                retry_total=0,
            )
            found = credential.get_token(sender.scope)
    except (ValueError, AzureError) as error:
        return _raised(error, asking)
    return Seen(worked=bool(found.token), printed="")


def _authlib(asking: Asking) -> Seen:
    from authlib.integrations.requests_client import (  # type: ignore[import-untyped]
        OAuth2Session,
        OAuthError,
    )

    sender = asking.running.world.oauth
    try:
        with OAuth2Session(sender.client_id, sender.client_secret, scope=sender.scope) as session:
            session.trust_env = False
            session.mount("https://", Loopback(asking.running))
            found = session.fetch_token(asking.token_endpoint, grant_type="client_credentials", timeout=SECONDS)
    except (ValueError, OAuthError, requests.RequestException) as error:
        return _raised(error, asking)
    return Seen(worked="access_token" in found, printed="")


def _curl(asking: Asking) -> Seen:
    sender, (where, port) = asking.running.world.oauth, mapped_address(asking.running, f"{asking.host}:443")
    form = {
        "grant_type": "client_credentials",
        "client_id": sender.client_id,
        "client_secret": sender.client_secret,
        "scope": sender.scope,
    }
    command = ["curl", "-q", "--noproxy", "*", "--silent", "--show-error", "--verbose", "--max-time", f"{SECONDS:.0f}"]
    command += ["--connect-to", f"{asking.host}:443:{where}:{port}", "--cacert", asking.running.description["ca_file"]]
    command += [word for name, value in form.items() for word in ("--data-urlencode", f"{name}={value}")]
    done = subprocess.run(
        [*command, asking.token_endpoint],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=alone(asking.folder),
        timeout=PATIENCE,
        check=False,
    )
    printed = as_outside(done.stdout.decode("utf-8", "replace"), port, shown=asking.host, shown_port=443)
    return Seen(worked='"access_token"' in printed, printed=printed)


class _InTheNameOf(ssl.SSLContext):
    """A context that verifies a host's own name on whatever address was dialled."""

    name = ""

    def wrap_socket(self, sock: socket.socket, *args: object, **kwargs: object) -> ssl.SSLSocket:
        """Say and verify the host's name."""
        return super().wrap_socket(sock, *args, **{**kwargs, "server_hostname": self.name})  # type: ignore[arg-type]


def _pyjwt(asking: Asking) -> Seen:
    """Fetch the published keys and verify a token with them, as a resource does; a client only reads its token."""
    import jwt

    where, port = mapped_address(asking.running, f"{asking.host}:443")
    context = _InTheNameOf(ssl.PROTOCOL_TLS_CLIENT)
    context.name = asking.host
    context.load_verify_locations(asking.running.description["ca_file"])
    keys = jwt.PyJWKClient(
        f"https://{where}:{port}/{asking.tenant}/discovery/v2.0/keys",
        headers={"Host": asking.host},
        ssl_context=context,
        timeout=SECONDS,
    )
    asked = _curl(asking)
    if not asked.worked:
        return asked
    token = re.findall(r'"access_token": ?"([^"]+)"', asked.printed)[0]
    try:
        found = jwt.decode(
            token, keys.get_signing_key_from_jwt(token), algorithms=["RS256"], audience="https://outlook.office365.com"
        )
    except jwt.PyJWTError as error:
        return _raised(error, asking)
    return Seen(worked=True, printed=json.dumps(found, indent=2))


def _package(name: str) -> Callable[[], str | None]:
    def missing() -> str | None:
        try:
            found = importlib.util.find_spec(name)
        except ModuleNotFoundError:
            found = None
        return None if found else f"the package {name} is not installed"

    return missing


def _version(distribution: str) -> Callable[[], str]:
    return lambda: importlib.metadata.version(distribution)


TOKEN_CLIENTS: dict[str, Client[Asking]] = {
    client.name: client
    for client in (
        Client(name="msal", missing=_package("msal"), version=_version("msal"), run=_msal),
        Client(
            name="azure-identity",
            missing=_package("azure.identity"),
            version=_version("azure-identity"),
            run=_azure_identity,
        ),
        Client(name="authlib", missing=_package("authlib"), version=_version("authlib"), run=_authlib),
        Client(name="curl --verbose", missing=program("curl"), version=lambda: says("curl", "--version"), run=_curl),
    )
}
KEY_CLIENTS: dict[str, Client[Asking]] = {
    "PyJWT": Client(name="PyJWT", missing=program("curl"), version=_version("PyJWT"), run=_pyjwt)
}
