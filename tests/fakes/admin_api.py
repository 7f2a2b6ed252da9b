"""Clients for the administration APIs of the built-in tenant, using msal for tokens and requests for queries."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msal
import requests

from fakes import Running, World
from fakes.world.world import ADMIN_CLIENT_ID, AUDITOR_CLIENT_ID, TENANT_ID
from tests.fakes.clients import session_to, tenant

GRAPH = "https://graph.microsoft.com"
EXCHANGE = "https://outlook.office365.com"
ISSUER = f"https://login.microsoftonline.com/{TENANT_ID}/v2.0"


@dataclass
class AdminApiClient:
    """A client for Graph and for Exchange's administration API. The library msal caches one token per resource."""

    running: Running
    session: requests.Session
    application: Any

    def token(self, resource: str) -> str:
        """Return an app-only token for the auditor. The test fails if no token is issued."""
        answer = self.application.acquire_token_for_client([f"{resource}/.default"])
        assert "access_token" in answer, answer
        return str(answer["access_token"])

    def graph(self, path: str, *, token: str | None = None, host: str = GRAPH) -> requests.Response:
        """Send one query to Graph and return the response. A path that is a complete URL is used unchanged."""
        address = path if path.startswith("https://") else host + path
        bearer = self.token(GRAPH) if token is None else token
        return self.session.get(address, headers={"Authorization": f"Bearer {bearer}"} if bearer else {}, timeout=5)

    def exchange(self, cmdlet: str, token: str | None = None, **parameters: str) -> requests.Response:
        """Run one cmdlet and return the response."""
        return self.session.post(
            f"{EXCHANGE}/adminapi/beta/{TENANT_ID}/InvokeCommand",
            json={"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}},
            headers={
                "Authorization": f"Bearer {self.token(EXCHANGE) if token is None else token}",
                "X-AnchorMailbox": f"UPN:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{TENANT_ID}",
            },
            timeout=5,
        )


@contextmanager
def auditor(folder: Path, *fault_ids: str, world: World | None = None) -> Iterator[AdminApiClient]:
    """Start a tenant and yield a client that authenticates as the auditor application."""
    with tenant(folder, *fault_ids, world=world) as running, session_to(running) as session:
        application = msal.ConfidentialClientApplication(
            AUDITOR_CLIENT_ID,
            client_credential=running.world.directory_secret,
            oidc_authority=ISSUER,
            http_client=session,
        )
        yield AdminApiClient(running, session, application)


@contextmanager
def administrator(folder: Path, *fault_ids: str, world: World | None = None) -> Iterator[AdminApiClient]:
    """Start a tenant and yield a public client, with which an administrator can sign in using a device code."""
    with tenant(folder, *fault_ids, world=world) as running, session_to(running) as session:
        application = msal.PublicClientApplication(ADMIN_CLIENT_ID, oidc_authority=ISSUER, http_client=session)
        yield AdminApiClient(running, session, application)
