"""The tenant's discovery document, and the HTTP client through which msal reaches the token endpoints.

Secrets and codes are sent only to endpoints on a login host of the same cloud. Sources: OpenID Connect Discovery 1.0;
RFC 8628, section 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from probes.deadline import Deadline
from probes.failures import printable
from probes.https import LARGEST_TOKEN_ANSWER, HttpsClient, HttpsResponse, json_object
from probes.redaction import Redactor
from probes.single_flight import PENDING_TOO_LONG, SingleFlight
from probes.token import MsalResponse
from settings.address import address_of
from settings.clouds import Cloud
from settings.microsoft import GUID

_SECRETS = ("access_token", "refresh_token", "id_token", "device_code")
_SENT = ("client_secret", "client_assertion", "refresh_token", "device_code", "code_verifier")


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """The text of the discovery document, the tenant id and the endpoints or, in `problem`, the reason why there are none."""

    url: str
    document: str = ""
    tenant_id: str = ""
    endpoints: frozenset[str] = frozenset()
    problem: str = ""

    @property
    def authority(self) -> str:
        """The value for msal's `oidc_authority`."""
        return self.url.partition("/.well-known/")[0]


class Authority:
    """The token authority of one tenant."""

    def __init__(self, tenant: str, cloud: Cloud, https_client: HttpsClient, redactor: Redactor) -> None:
        """Create an authority for `tenant`, which is a tenant id or a domain from the settings."""
        host = cloud.login_hosts[0]
        self._url = f"https://{host}/{quote(tenant, safe='')}/v2.0/.well-known/openid-configuration"
        self._cloud = cloud
        self._https_client = https_client
        self._redactor = redactor
        self._documents: SingleFlight[Discovered] = SingleFlight(share_pending=False)

    def discovered(self, deadline: Deadline) -> Discovered:
        """Return the discovery document, which is requested only once unless the request fails."""
        try:
            return self._documents.ask(
                self._url, lambda: self._ask(deadline), deadline, lambda found, _age: not found.problem
            ).result
        except TimeoutError:
            return Discovered(url=self._url, problem=PENDING_TOO_LONG)

    def _ask(self, deadline: Deadline) -> Discovered:
        answer = self._https_client.request("GET", self._url, deadline, headers={"Accept": "application/json"})
        members = json_object(answer.text) if answer.failure is None else None
        if members is None or answer.status != 200:
            description = (members or {}).get("error_description")
            words = answer.failure.text if answer.failure is not None else f"HTTP {answer.status} {description or ''}"
            return Discovered(url=self._url, problem=printable(f"the tenant's discovery document: {words}".strip()))
        named = {key: members.get(key) for key in ("token_endpoint", "device_authorization_endpoint")}
        endpoints = frozenset(value for value in named.values() if isinstance(value, str))
        foreign = [url for url in endpoints if not self._declared(url)]
        if foreign or not isinstance(named["token_endpoint"], str):
            detail = "the discovery document names no token endpoint"
            if foreign:
                host = address_of(foreign[0]).host
                detail = f"the discovery document points to {host}, which is not a login host of {self._cloud.title}"
            return Discovered(url=self._url, problem=printable(detail))
        tenant = GUID.search(str(members.get("issuer", "")))
        return Discovered(
            url=self._url,
            document=answer.text,
            tenant_id=tenant.group().lower() if tenant else "",
            endpoints=endpoints,
        )

    def _declared(self, url: str) -> bool:
        parts = address_of(url)
        return parts.scheme == "https" and self._cloud.declares_login(parts.host, parts.port)

    def http_client(self, found: Discovered, deadline: Deadline) -> MsalHttpClient:
        """Return an HTTP client for one msal application."""
        return MsalHttpClient(self._https_client, deadline, found, self._redactor)


@dataclass(slots=True)
class MsalHttpClient:
    """The HTTP client for msal. It answers GET from memory, sends POST only to endpoints in the document, and follows no redirects."""

    https_client: HttpsClient
    deadline: Deadline
    found: Discovered
    redactor: Redactor
    requests: int = 0
    last: HttpsResponse = field(default_factory=HttpsResponse)

    def get(self, url: str, **_ignored: object) -> MsalResponse:
        """Return the stored discovery document, whatever URL msal requests."""
        return MsalResponse(200, {"content-type": "application/json"}, self.found.document, url)

    def post(
        self,
        url: str,
        data: Mapping[str, str | bytes | None] | None = None,
        headers: dict[str, str] | None = None,
        **_ignored: object,
    ) -> MsalResponse:
        """Send one request to an endpoint in the discovery document. Secrets in the request and the response are added to the redactor."""
        if url not in self.found.endpoints:
            raise PermissionError("not an endpoint in the discovery document")
        self.requests += 1
        for key in _SENT:
            if sent := (data or {}).get(key):
                self.redactor.learn(sent if isinstance(sent, str) else sent.decode("ascii"))
        fields = {**(headers or {}), "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        body = urlencode({key: value for key, value in (data or {}).items() if value is not None})
        self.last = self.https_client.request(
            "POST", url, self.deadline, body=body, headers=fields, largest=LARGEST_TOKEN_ANSWER
        )
        for key in _SECRETS:
            if isinstance(value := self.members.get(key), str):
                self.redactor.learn(value)
        return MsalResponse(self.last.status or 0, dict(self.last.headers), self.last.text, url)

    @property
    def members(self) -> dict[str, object]:
        """The members of the last response, or an empty object if the response was incomplete or not JSON."""
        return (json_object(self.last.text) or {}) if self.last.failure is None else {}

    def close(self) -> None:
        """Do nothing, because no connection is kept open."""
