"""Third-party OAuth clients that request a token from the built-in tenant's Entra with the OAuth sender's settings.

All of them verify Microsoft's host names. They connect to loopback through documented options: a session, a transport or an address.
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
from tests.clients.attempt import PATIENCE, SECONDS, Client, ClientResult, as_at_microsoft, isolated_environment
from tests.clients.smtp_clients import missing_program, program_version
from tests.fakes.clients import Loopback, mapped_address

_DOCUMENT = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """A token request to the running tenant, with the settings of its OAuth sender."""

    running: Running
    folder: Path

    @property
    def host(self) -> str:
        """The login host in the URL of the discovery document."""
        return urlsplit(self.running.world.oauth.openid_endpoint_configuration).hostname or ""

    @property
    def issuer(self) -> str:
        """The URL of the discovery document without its well-known path."""
        return self.running.world.oauth.openid_endpoint_configuration.removesuffix(_DOCUMENT)

    @property
    def tenant(self) -> str:
        """The tenant in the URL of the discovery document."""
        return urlsplit(self.issuer).path.split("/")[1]

    @property
    def token_endpoint(self) -> str:
        """The token endpoint in the form documented by Microsoft."""
        return f"https://{self.host}/{self.tenant}/oauth2/v2.0/token"


class _Session(requests.Session):
    """A requests session that connects to loopback and has a default timeout."""

    def __init__(self, running: Running) -> None:
        super().__init__()
        self.trust_env = False
        self.mount("https://", Loopback(running))

    def request(self, *args: object, **kwargs: object) -> requests.Response:
        """Send a request with the default timeout, unless a different one is given."""
        return super().request(*args, **{"timeout": SECONDS, **kwargs})  # type: ignore[arg-type]


def _error_result(error: BaseException, request: TokenRequest) -> ClientResult:
    _, port = mapped_address(request.running, f"{request.host}:443")
    printed = "".join(traceback.format_exception_only(error))
    return ClientResult(succeeded=False, printed=as_at_microsoft(printed, port, real_host=request.host, real_port=443))


def _msal(request: TokenRequest) -> ClientResult:
    import msal

    sender = request.running.world.oauth
    try:
        with _Session(request.running) as session, warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # about /common, which a fault uses on purpose
            application = msal.ConfidentialClientApplication(
                sender.client_id,
                client_credential=sender.client_secret,
                authority=f"https://{request.host}/{request.tenant}",
                http_client=session,
            )
            found = application.acquire_token_for_client([sender.scope] if sender.scope else [])
    except (ValueError, msal.exceptions.MsalError, requests.RequestException) as error:
        return _error_result(error, request)
    return ClientResult(succeeded="access_token" in found, printed=json.dumps(found, indent=2))


def _azure_identity(request: TokenRequest) -> ClientResult:
    from azure.core.exceptions import AzureError
    from azure.core.pipeline.transport import RequestsTransport
    from azure.identity import ClientSecretCredential

    sender = request.running.world.oauth
    try:
        with _Session(request.running) as session:
            credential = ClientSecretCredential(
                request.tenant,
                sender.client_id,
                sender.client_secret,
                authority=request.host,
                transport=RequestsTransport(session=session, session_owner=False),
                retry_total=0,
            )
            found = credential.get_token(sender.scope)
    except (ValueError, AzureError) as error:
        return _error_result(error, request)
    return ClientResult(succeeded=bool(found.token), printed="")


def _authlib(request: TokenRequest) -> ClientResult:
    from authlib.integrations.requests_client import (  # type: ignore[import-untyped]
        OAuth2Session,
        OAuthError,
    )

    sender = request.running.world.oauth
    try:
        with OAuth2Session(sender.client_id, sender.client_secret, scope=sender.scope) as session:
            session.trust_env = False
            session.mount("https://", Loopback(request.running))
            found = session.fetch_token(request.token_endpoint, grant_type="client_credentials", timeout=SECONDS)
    except (ValueError, OAuthError, requests.RequestException) as error:
        return _error_result(error, request)
    return ClientResult(succeeded="access_token" in found, printed="")


def _curl(request: TokenRequest) -> ClientResult:
    sender, (where, port) = request.running.world.oauth, mapped_address(request.running, f"{request.host}:443")
    form = {
        "grant_type": "client_credentials",
        "client_id": sender.client_id,
        "client_secret": sender.client_secret,
        "scope": sender.scope,
    }
    command = ["curl", "-q", "--noproxy", "*", "--silent", "--show-error", "--verbose", "--max-time", f"{SECONDS:.0f}"]
    command += [
        "--connect-to",
        f"{request.host}:443:{where}:{port}",
        "--cacert",
        request.running.description["ca_file"],
    ]
    command += [word for name, value in form.items() for word in ("--data-urlencode", f"{name}={value}")]
    done = subprocess.run(
        [*command, request.token_endpoint],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=isolated_environment(request.folder),
        timeout=PATIENCE,
        check=False,
    )
    printed = as_at_microsoft(done.stdout.decode("utf-8", "replace"), port, real_host=request.host, real_port=443)
    return ClientResult(succeeded='"access_token"' in printed, printed=printed)


class _FixedServerName(ssl.SSLContext):
    """A TLS context that verifies a fixed host name, regardless of the address to which the socket is connected."""

    name = ""

    def wrap_socket(self, sock: socket.socket, *args: object, **kwargs: object) -> ssl.SSLSocket:
        """Send the fixed host name in SNI and verify it."""
        return super().wrap_socket(sock, *args, **{**kwargs, "server_hostname": self.name})  # type: ignore[arg-type]


def _pyjwt(request: TokenRequest) -> ClientResult:
    """Fetch the published keys and use them to verify a token, as a resource server does."""
    import jwt

    where, port = mapped_address(request.running, f"{request.host}:443")
    context = _FixedServerName(ssl.PROTOCOL_TLS_CLIENT)
    context.name = request.host
    context.load_verify_locations(request.running.description["ca_file"])
    keys = jwt.PyJWKClient(
        f"https://{where}:{port}/{request.tenant}/discovery/v2.0/keys",
        headers={"Host": request.host},
        ssl_context=context,
        timeout=SECONDS,
    )
    response = _curl(request)
    if not response.succeeded:
        return response
    token = re.findall(r'"access_token": ?"([^"]+)"', response.printed)[0]
    try:
        found = jwt.decode(
            token, keys.get_signing_key_from_jwt(token), algorithms=["RS256"], audience="https://outlook.office365.com"
        )
    except jwt.PyJWTError as error:
        return _error_result(error, request)
    return ClientResult(succeeded=True, printed=json.dumps(found, indent=2))


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


TOKEN_CLIENTS: dict[str, Client[TokenRequest]] = {
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
        Client(
            name="curl --verbose",
            missing=missing_program("curl"),
            version=lambda: program_version("curl", "--version"),
            run=_curl,
        ),
    )
}
KEY_CLIENTS: dict[str, Client[TokenRequest]] = {
    "PyJWT": Client(name="PyJWT", missing=missing_program("curl"), version=_version("PyJWT"), run=_pyjwt)
}
