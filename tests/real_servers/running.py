"""Run the checklist against a real server as a user would, and keep all of its output."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.real_servers.names import HOST, PASSWORD, USER

ROOT: Final = Path(__file__).parents[2]
TIMEOUT_SECONDS: Final = 90  # for one run; the product's own deadline for a sender is shorter

SETTINGS: Final = """\
cloud = "custom"

[custom]
smtp_server = "{host}"
port = {declared_port}
{declared}

[network]
resolvers = ["{resolver}"]
sender_timeout = 30
reply_timeout = {seconds}
{trust}

[sender.alerts]
smtp_server = "{host}"
port = {port}
use_ssl = {use_ssl}
enable_authentication = {signing_in}
authentication_type = "{method}"
username = "{user}"
from = "{mail_from}"
to = "{mail_to}"
{entered}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The OAuth settings of a sender, and the issuer and audience declared for the service."""

    issuer: str
    audience: str
    client_id: str
    client_secret: str
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The server, the account and the settings for one run. The defaults describe an account that can send."""

    host: str = HOST
    port: int
    declared_port: int = 0  # 0 means the same port
    user: str = USER
    password: str = PASSWORD
    mail_from: str = ""
    mail_to: str = USER
    use_ssl: bool = True
    signing_in: bool = True
    client: Client | None = None
    ca_file: Path | None
    seconds: int = 20  # the reply timeout

    def settings(self, resolver: str) -> str:
        """Return the text of the settings file for this situation."""
        client = self.client
        declared = [f'issuer = "{client.issuer}"', f'audience = "{client.audience}"'] if client else []
        entered = [
            f'client_id = "{client.client_id}"',
            f'openid_endpoint_configuration = "{client.issuer}/.well-known/openid-configuration"',
            f'scope = "{client.scope}"',
        ] if client else []  # fmt: skip
        return SETTINGS.format(
            host=self.host,
            port=self.port,
            declared_port=self.declared_port or self.port,
            user=self.user,
            mail_from=self.mail_from or self.user,
            mail_to=self.mail_to,
            use_ssl=str(self.use_ssl).lower(),
            signing_in=str(self.signing_in).lower(),
            method="OpenID" if client else "Basic",
            declared="\n".join(declared),
            entered="\n".join(entered),
            resolver=resolver,
            seconds=self.seconds,
            trust=f'ca_file = "{self.ca_file}"' if self.ca_file else "",
        )

    @property
    def secrets(self) -> dict[str, str]:
        """The environment variables that hold this situation's secrets."""
        secrets = {"SMTP365_ALERTS_PASSWORD": self.password}
        return secrets | ({"SMTP365_ALERTS_CLIENT_SECRET": self.client.client_secret} if self.client else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The exit code of one run, the results for its only sender, and everything that it printed or wrote."""

    code: int
    sender: dict[str, Any]
    printed: str
    page: str
    results: str

    @property
    def written(self) -> str:
        """The text of the results and the page."""
        return self.results + self.page


def run(situation: Situation, resolver: str, folder: Path) -> Outcome:
    """Run the checklist in `folder`, which is also the run's home directory, as a user would."""
    (folder / "tenant.toml").write_text(situation.settings(resolver), encoding="utf-8")
    homes = {name: str(folder) for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA")}
    environment = {**os.environ, **homes, **situation.secrets, "PYTHONPATH": str(ROOT)}
    wanted = ["--target=live", "--settings=tenant.toml", "--json=results.json", "--html=report.html"]
    place = ["-c", str(ROOT / "pytest.ini"), "--rootdir", str(ROOT), "-o", f"cache_dir={folder / 'cache'}"]
    command = [sys.executable, "-P", "-m", "pytest", *place, *wanted, str(ROOT / "checks")]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )
    printed = done.stdout + done.stderr
    files = [folder / "results.json", folder / "report.html"]
    assert all(file.exists() for file in files), printed
    results, page = (file.read_text(encoding="utf-8") for file in files)
    (sender,) = json.loads(results)["senders"]
    return Outcome(code=done.returncode, sender=sender, printed=printed, page=page, results=results)


def leaked(outcome: Outcome, secret: str) -> list[str]:
    """Return the forms of a secret, in plain text or Base64, that the run printed or wrote."""
    encoded = base64.b64encode(secret.encode()).decode()
    return [form for form in (secret, encoded, encoded.rstrip("=")) if form in outcome.printed + outcome.written]


def states(outcome: Outcome) -> dict[str, str]:
    """Return the state of each gate on the route."""
    return {gate["gate"]: gate["state"] for gate in outcome.sender["gates"]}
