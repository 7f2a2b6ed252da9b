"""A tenant of one page, for what the built-in one would never say: every answer is what a test's function makes of the request."""

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
class Asked:
    """One request as it came; the path is unquoted."""

    host: str
    method: str
    path: str
    headers: dict[str, str]
    body: str

    @property
    def cmdlet(self) -> str:
        """The cmdlet of a request to Exchange."""
        return str(json.loads(self.body)["CmdletInput"]["CmdletName"]) if "InvokeCommand" in self.path else ""

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form."""
        return {key: values[0] for key, values in parse_qs(self.body).items()}


Reply = tuple[int, object] | tuple[int, object, dict[str, str]]
Say = Callable[[Asked], Reply | None]


@dataclass
class Scripted:
    """A running page, and what was asked of it."""

    folder: Path
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    written: str = ""

    def settings(self, *senders: str, extra: str = "", more: str = "", cloud: str = "worldwide") -> Settings:
        """Settings that lead here; `extra` goes to the top, `more` to the end."""
        file = self.folder / "settings.toml"
        mapped = "\n".join(f'"{host}:443" = "127.0.0.1:{self.port}"' for host in HOSTS)
        directory = f'[directory]\ntenant = "contoso.example"\nclient_id = "{AUDITOR}"\n'
        network = '[network]\nca_file = "root.pem"\nonly_mapped = true\nreply_timeout = 5\n'
        text = f'cloud = "{cloud}"\n{extra}\n{network}[connect]\n{mapped}\n{directory}{more}\n' + "\n".join(senders)
        self.written = text
        return parse(text, file)

    def sent(self, host: str) -> list[Asked]:
        """What one host was asked."""
        return [one for one in self.asked if one.host == host]


BASIC = f'[sender.basic]\nauthentication_type = "Basic"\nusername = "{USER}"\n'


def oauth(tenant: str = TENANT, name: str = "oauth") -> str:
    """An OAuth sender of this tenant."""
    url = f"https://{HOSTS[0]}/{tenant}/v2.0/.well-known/openid-configuration"
    return (
        f'[sender.{name}]\nauthentication_type = "OpenID"\nusername = "{USER}"\nclient_id = "{CLIENT}"\n'
        f'openid_endpoint_configuration = "{url}"\nscope = "https://outlook.office365.com/.default"\n'
    )


def login(asked: Asked) -> Reply | None:
    """A login host that gives everybody a token."""
    if asked.host != HOSTS[0]:
        return None
    here = f"https://{HOSTS[0]}"
    if asked.path.endswith("/openid-configuration"):
        tenant = asked.path.split("/")[1]
        return 200, {
            "issuer": f"{here}/{TENANT}/v2.0",
            "authorization_endpoint": f"{here}/{tenant}/oauth2/v2.0/authorize",
            "token_endpoint": f"{here}/{tenant}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{here}/{tenant}/oauth2/v2.0/devicecode",
        }
    if asked.path.endswith("/devicecode"):
        shown = {"user_code": "ABCD1234", "verification_uri": "https://microsoft.com/devicelogin"}
        return 200, {**shown, "device_code": DEVICE, "expires_in": 900, "interval": 1, "message": "go there"}
    host = next((host for host in TOKENS if host in asked.form.get("scope", "")), HOSTS[1])
    token = {"token_type": "Bearer", "expires_in": 3599, "access_token": TOKENS[host]}
    return 200, token if asked.form.get("grant_type") == "client_credentials" else {**token, "refresh_token": REFRESH}


@contextmanager
def scripted(say: Say, folder: Path) -> Iterator[Scripted]:
    """Serve `say`, and `login` for whatever it leaves open; an answer of None is 404."""
    page = Scripted(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # so that connections stay open
        timeout = 10

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            host = headers.get("host", "").partition(":")[0]
            asked = Asked(host, self.command, unquote(self.path), headers, body)
            page.asked.append(asked)
            reply = (
                say(asked) or login(asked) or (404, {"error": {"code": "Request_ResourceNotFound", "message": "no"}})
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
            """Nothing is written."""

    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "root.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(context)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        page.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield page
        finally:
            server.shutdown()
            thread.join(5)
