"""Signs an administrator in with a device code (`--admin-sign-in`).

The access tokens, one per resource, are kept in memory only. The terminal shows the requested permissions first, then the
address and the code. Sources: RFC 8628; Microsoft, "Device authorization grant flow".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from evidence.tenant import LookupState
from probes.deadline import Deadline
from probes.failures import printable
from probes.lookups.authority import Authority, Discovered, MsalHttpClient
from probes.lookups.questions import Service
from probes.lookups.tokens import TokenResult, drive, host_of
from settings.clouds import Cloud

_SHORTEST_INTERVAL, _LONGEST_INTERVAL = 1, 60  # seconds; without a pause, msal never looks at the time
_INTERVAL = 5  # seconds between polls if the answer names no number (RFC 8628, section 3.2)
_PATIENCE = 900.0  # seconds; the code is valid for as long
_INSTEAD = "if your tenant does not allow device codes, use --tenant-export instead"
_NEEDS = "an administrator's sign-in with a device code, or an export (--tenant-export)"
_ROLE = "everything that the administrator's role allows, because Exchange has no read-only scope; the Global Reader role is enough"
Say = Callable[[str], None]


class AdministratorTokens:
    """The access tokens of an administrator. `sign_in` creates them."""

    def __init__(self, results: dict[Service, TokenResult], who: str) -> None:
        """Store the tokens and the administrator's sign-in address."""
        self._results = results
        self._who = who

    def signed_in_as(self) -> str:
        """Return the administrator's sign-in address."""
        return self._who

    def token(self, service: Service, deadline: Deadline) -> TokenResult:  # noqa: ARG002 - nothing is requested any more
        """Return the token for this service."""
        return self._results[service]


def sign_in(client_id: str, scopes: Sequence[str], authority: Authority, cloud: Cloud, say: Say) -> AdministratorTokens:
    """Show the requested permissions and the device code, and wait for the administrator to sign in.

    Errors are returned as part of the tokens. Only KeyboardInterrupt is raised.
    """
    deadline = Deadline(_PATIENCE)
    found = authority.discovered(deadline)
    if found.problem:
        return AdministratorTokens(dict.fromkeys(Service, TokenResult(detail=found.problem, needs=_NEEDS)), "")
    say(
        "tenant lookups: an administrator must sign in; nothing is changed, and no token is stored. Requested permissions:"
    )
    say(f"  Microsoft Graph: {', '.join(scopes)}")
    say(f"  Exchange Online: {_ROLE}")
    graph = _Flow(client_id, authority, found, deadline, say)
    asked = [f"https://{cloud.graph_host}/{scope}" for scope in scopes]
    results = {Service.GRAPH: graph.by_code(asked, "Microsoft Graph")}
    exchange = [f"https://{host_of(Service.EXCHANGE, cloud)}/.default"]
    if results[Service.GRAPH].token is None:
        results[Service.EXCHANGE] = results[Service.GRAPH]  # after a refusal there is no second code
    else:
        results[Service.EXCHANGE] = graph.by_refreshing(exchange) or graph.by_code(exchange, "Exchange Online")
    return AdministratorTokens(results, graph.who)


class _Flow:
    """The device code flow for one administrator. For the second resource, it tries the refresh token first, then a second code."""

    def __init__(self, client_id: str, authority: Authority, found: Discovered, deadline: Deadline, say: Say) -> None:
        self._client_id = client_id
        self._http_client: MsalHttpClient = authority.http_client(found, deadline)
        self._found = found
        self._say = say
        self._refresh: str | None = None
        self.who = ""

    def by_code(self, scopes: list[str], what: str) -> TokenResult:
        """Show a device code and poll until the administrator uses or declines it, or until it expires."""

        def ask() -> None:
            application = self._application()
            flow = application.initiate_device_flow(scopes=scopes)
            address, code = flow.get("verification_uri"), flow.get("user_code")
            if not isinstance(address, str) or not isinstance(code, str) or not address.startswith("https://"):
                return
            self._say(f"{what}: open {printable(address, 200)} and enter the code {printable(code, 40)}")
            flow["expires_at"] = min(float(flow.get("expires_at", 0.0)), time.time() + _PATIENCE)
            flow["interval"] = _interval(flow.get("interval"))
            result = application.acquire_token_by_device_flow(flow)
            who = result.get("id_token_claims", {}).get("preferred_username")
            self.who = self.who or (printable(who, 200) if isinstance(who, str) else "")

        result = self._driven(ask)
        return result if result.token is not None else self._refused(result)

    def by_refreshing(self, scopes: list[str]) -> TokenResult | None:
        """Use the refresh token to get a token for a different resource. Return None if there is no refresh token or the request fails."""
        if self._refresh is None:
            return None
        refresh = self._refresh
        result = self._driven(lambda: self._application().acquire_token_by_refresh_token(refresh, scopes=scopes))
        return result if result.token is not None else None

    def _application(self) -> Any:  # noqa: ANN401 - msal has no types
        import msal  # a slow import that a run without lookups does not need

        return msal.PublicClientApplication(
            self._client_id, oidc_authority=self._found.authority, http_client=self._http_client
        )

    def _driven(self, ask: Callable[[], object]) -> TokenResult:
        result = drive(self._http_client, ask, needs=_NEEDS)
        refresh = self._http_client.members.get("refresh_token")
        self._refresh = refresh if isinstance(refresh, str) else self._refresh
        return result

    def _refused(self, result: TokenResult) -> TokenResult:
        if result.state is not LookupState.REFUSED:
            return result
        return TokenResult(
            state=result.state, detail=f"{result.detail} ({_INSTEAD})", needs=result.needs, requests=result.requests
        )


def _interval(named: object) -> int:
    """Return the pause between polls in seconds, within our limits."""
    return min(max(_SHORTEST_INTERVAL, named), _LONGEST_INTERVAL) if isinstance(named, int) else _INTERVAL
