"""An HTTPS server for answers that the built-in tenant never returns. Each test supplies a function that answers the requests."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote

import trustme

from settings.load import parse
from settings.model import Settings

TENANT = "11111111-2222-4333-8444-555555555555"
AUDITOR = "99999999-2222-4333-8444-555555555555"
CLIENT = "77777777-2222-4333-8444-555555555555"
HOSTS = ("login.microsoftonline.com", "graph.microsoft.com", "outlook.office365.com")
SECRET = "Auditor-Secret-0815-long-enough"
TOKENS = {host: f"opaque.{host.partition('.')[0]}.token-that-must-never-be-seen" for host in HOSTS[1:]}
REFRESH = "refresh-token-that-must-never-be-seen"
DEVICE = "device-code-that-must-never-be-seen"
USER = "alerts@contoso.example"


@dataclass(frozen=True)
class ReceivedRequest:
    """A received request, with its path percent-decoded."""

    host: str
    method: str
    path: str
    headers: dict[str, str]
    body: str

    @property
    def cmdlet(self) -> str:
        """The cmdlet that a request to Exchange runs; empty for other requests."""
        return str(json.loads(self.body)["CmdletInput"]["CmdletName"]) if "InvokeCommand" in self.path else ""

    @property
    def form(self) -> dict[str, str]:
        """The form fields in the body of the request."""
        return {key: values[0] for key, values in parse_qs(self.body).items()}


Reply = tuple[int, object] | tuple[int, object, dict[str, str]]
Responder = Callable[[ReceivedRequest], Reply | None]


@dataclass
class ScriptedTenant:
    """A running server and the requests that it received."""

    folder: Path
    port: int = 0
    requests: list[ReceivedRequest] = field(default_factory=list)
    written: str = ""

    def settings(self, *senders: str, extra: str = "", more: str = "", cloud: str = "worldwide") -> Settings:
        """Return settings whose connect map points to this server.

        `extra` is inserted at the top of the file and `more` before the senders.
        """
        file = self.folder / "settings.toml"
        mapped = "\n".join(f'"{host}:443" = "127.0.0.1:{self.port}"' for host in HOSTS)
        directory = f'[directory]\ntenant = "contoso.example"\nclient_id = "{AUDITOR}"\n'
        network = '[network]\nca_file = "root.pem"\nonly_mapped = true\nreply_timeout = 5\n'
        text = f'cloud = "{cloud}"\n{extra}\n{network}[connect]\n{mapped}\n{directory}{more}\n' + "\n".join(senders)
        self.written = text
        return parse(text, file)

    def requests_to(self, host: str) -> list[ReceivedRequest]:
        """Return the requests sent to one host."""
        return [one for one in self.requests if one.host == host]


BASIC = f'[sender.basic]\nauthentication_type = "Basic"\nusername = "{USER}"\n'


def oauth(tenant: str = TENANT, name: str = "oauth") -> str:
    """Return the settings for an OAuth sender in this tenant."""
    url = f"https://{HOSTS[0]}/{tenant}/v2.0/.well-known/openid-configuration"
    return (
        f'[sender.{name}]\nauthentication_type = "OpenID"\nusername = "{USER}"\nclient_id = "{CLIENT}"\n'
        f'openid_endpoint_configuration = "{url}"\nscope = "https://outlook.office365.com/.default"\n'
    )


def login(request: ReceivedRequest) -> Reply | None:
    """Respond as a login host that grants every token. Return None for requests to other hosts."""
    if request.host != HOSTS[0]:
        return None
    here = f"https://{HOSTS[0]}"
    if request.path.endswith("/openid-configuration"):
        tenant = request.path.split("/")[1]
        return 200, {
            "issuer": f"{here}/{TENANT}/v2.0",
            "authorization_endpoint": f"{here}/{tenant}/oauth2/v2.0/authorize",
            "token_endpoint": f"{here}/{tenant}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{here}/{tenant}/oauth2/v2.0/devicecode",
        }
    if request.path.endswith("/devicecode"):
        shown = {"user_code": "ABCD1234", "verification_uri": "https://microsoft.com/devicelogin"}
        return 200, {**shown, "device_code": DEVICE, "expires_in": 900, "interval": 1, "message": "go there"}
    host = next((host for host in TOKENS if host in request.form.get("scope", "")), HOSTS[1])
    token = {"token_type": "Bearer", "expires_in": 3599, "access_token": TOKENS[host]}
    return 200, token if request.form.get("grant_type") == "client_credentials" else {**token, "refresh_token": REFRESH}


@contextmanager
def scripted(respond: Responder, folder: Path) -> Iterator[ScriptedTenant]:
    """Serve the answers from `respond`. If it returns None, answer with `login`, or with 404 if that returns None too."""
    server = ScriptedTenant(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # keeps connections open
        timeout = 10

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            host = headers.get("host", "").partition(":")[0]
            request = ReceivedRequest(host, self.command, unquote(self.path), headers, body)
            server.requests.append(request)
            reply = (
                respond(request)
                or login(request)
                or (404, {"error": {"code": "Request_ResourceNotFound", "message": "no"}})
            )
            content = reply[1] if isinstance(reply[1], bytes) else json.dumps(reply[1]).encode()
            self.send_response(reply[0])
            for name, value in (reply[2] if len(reply) == 3 else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815 - names of http.server

        def log_message(self, *_: object) -> None:
            """Discard the log message."""

    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "root.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(context)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        listener.socket = context.wrap_socket(listener.socket, server_side=True)
        server.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown()
            thread.join(5)
