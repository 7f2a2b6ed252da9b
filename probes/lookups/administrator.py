"""`--admin-sign-in`: an administrator signs in once with a device code; the tokens, one for each resource, live in memory only.

RFC 8628; Microsoft "Device authorization grant flow". The address and the code are shown, and before them what is asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from probes.deadline import Deadline
from probes.failures import printable
from probes.lookups.authority import Authority, Discovered, Door
from probes.lookups.questions import Service
from probes.lookups.tokens import Held, drive, host_of
from probes.tenant_evidence import LookState
from settings.clouds import Cloud

_PATIENCE = 900.0  # seconds; the code itself is good for as long
_INSTEAD = "where device codes are not allowed, an export answers the same (--tenant-export)"
_NEEDS = "an administrator's sign-in with a device code, or an export (--tenant-export)"
_ROLE = "all that the role of whoever signs in may do, for Exchange has no read-only scope: Global Reader is enough"
Say = Callable[[str], None]


class AdministratorTokens:
    """Both tokens of an administrator who signed in; made by `sign_in`, asked by everybody."""

    def __init__(self, held: dict[Service, Held], who: str) -> None:
        """Keep what the sign-in brought."""
        self._held = held
        self._who = who

    def signed_in_as(self) -> str:
        """The administrator's sign-in address."""
        return self._who

    def held(self, service: Service, deadline: Deadline) -> Held:  # noqa: ARG002 - nothing is asked any more
        """The token for this service."""
        return self._held[service]


def sign_in(client_id: str, scopes: Sequence[str], authority: Authority, cloud: Cloud, say: Say) -> AdministratorTokens:
    """Tell what is asked for, show the code, and wait for the administrator. Only Ctrl-C is raised."""
    deadline = Deadline(_PATIENCE)
    found = authority.discovered(deadline)
    if found.problem:
        return AdministratorTokens(dict.fromkeys(Service, Held(detail=found.problem, needs=_NEEDS)), "")
    say("tenant look-ups: an administrator signs in once; nothing is changed, and no token is kept. Asked for:")
    say(f"  Microsoft Graph: {', '.join(scopes)}")
    say(f"  Exchange Online: {_ROLE}")
    graph = _Flow(client_id, authority, found, deadline, say)
    asked = [f"https://{cloud.graph_host}/{scope}" for scope in scopes]
    held = {Service.GRAPH: graph.by_code(asked, "Microsoft Graph")}
    exchange = [f"https://{host_of(Service.EXCHANGE, cloud)}/.default"]
    if held[Service.GRAPH].token is None:
        held[Service.EXCHANGE] = held[Service.GRAPH]  # whoever was refused once is not asked twice
    else:
        held[Service.EXCHANGE] = graph.by_refreshing(exchange) or graph.by_code(exchange, "Exchange Online")
    return AdministratorTokens(held, graph.who)


class _Flow:
    """The flow for one administrator; the second resource is reached by the refresh token, or else by a second code."""

    def __init__(self, client_id: str, authority: Authority, found: Discovered, deadline: Deadline, say: Say) -> None:
        self._client_id = client_id
        self._door: Door = authority.door(found, deadline)
        self._found = found
        self._say = say
        self._refresh: str | None = None
        self.who = ""

    def by_code(self, scopes: list[str], what: str) -> Held:
        """Show a code and wait until it was used, declined, or ran out."""

        def ask() -> None:
            application = self._application()
            flow = application.initiate_device_flow(scopes=scopes)
            address, code = flow.get("verification_uri"), flow.get("user_code")
            if not isinstance(address, str) or not isinstance(code, str) or not address.startswith("https://"):
                return
            self._say(f"{what}: open {printable(address, 200)} and enter the code {printable(code, 40)}")
            flow["expires_at"] = min(float(flow.get("expires_at", 0.0)), time.time() + _PATIENCE)
            result = application.acquire_token_by_device_flow(flow)
            who = result.get("id_token_claims", {}).get("preferred_username")
            self.who = self.who or (printable(who, 200) if isinstance(who, str) else "")

        held = self._driven(ask)
        return held if held.token is not None else self._refused(held)

    def by_refreshing(self, scopes: list[str]) -> Held | None:
        """The token for another resource without another code; None when there is nothing to refresh, or it is not allowed."""
        if self._refresh is None:
            return None
        refresh = self._refresh
        held = self._driven(lambda: self._application().acquire_token_by_refresh_token(refresh, scopes=scopes))
        return held if held.token is not None else None

    def _application(self) -> Any:  # noqa: ANN401 - msal has no types
        import msal  # a slow import that a run without look-ups never needs

        return msal.PublicClientApplication(
            self._client_id, oidc_authority=self._found.authority, http_client=self._door
        )

    def _driven(self, ask: Callable[[], object]) -> Held:
        held = drive(self._door, ask, needs=_NEEDS)
        refresh = self._door.members.get("refresh_token")
        self._refresh = refresh if isinstance(refresh, str) else self._refresh
        return held

    def _refused(self, held: Held) -> Held:
        if held.state is not LookState.REFUSED:
            return held
        return Held(state=held.state, detail=f"{held.detail} ({_INSTEAD})", needs=held.needs, requests=held.requests)
