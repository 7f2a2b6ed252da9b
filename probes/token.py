"""Requests one access token with client credentials, using msal and our own HTTPS client, and decodes its claims.

msal receives the issuer document from memory, so that it contacts no other host. The claims are decoded but not verified,
because a client cannot verify them. Sources: RFC 6749, section 4.4; Microsoft, "OAuth 2.0 client credentials flow" and "Access
tokens".
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import jwt

from evidence.failure import Failure, FailureKind
from evidence.wire import TokenEvidence
from probes.deadline import Deadline
from probes.failures import printable
from probes.https import LARGEST_TOKEN_ANSWER, HttpsClient, HttpsResponse, json_object
from probes.issuer import Issuer, clock_offset
from probes.page_text import visible_text
from probes.redaction import Redactor
from probes.transcript import Transcript
from settings.address import address_of
from settings.client_id import shown
from settings.clouds import Cloud
from settings.microsoft import GUID
from settings.model import Sender
from settings.secret import Secret
from settings.strict_json import parse_object
from settings.strict_values import LARGEST_WHOLE, whole

_WITHHELD_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Token:
    """The evidence, the access token for the sign-in (None if none is usable), and the number of requests sent."""

    evidence: TokenEvidence
    access_token: Secret | None
    requests: int = 0


@dataclass(slots=True)
class _TokenHttpClient:
    """The HTTP client for msal. It answers GET from memory and sends at most one POST, only to the endpoint in the issuer document."""

    https_client: HttpsClient
    deadline: Deadline
    issuer: Issuer
    endpoint: str
    redactor: Redactor
    answers: list[HttpsResponse] = field(default_factory=list)

    def get(self, url: str, **_ignored: object) -> MsalResponse:
        """Return the issuer document, whatever URL msal requests."""
        return MsalResponse(200, {"content-type": "application/json"}, self.issuer.document, url)

    def post(
        self, url: str, data: Mapping[str, str] | None = None, headers: dict[str, str] | None = None, **_ignored: object
    ) -> MsalResponse:
        """Send the token request. A second request, or a request to a different URL, is rejected."""
        if url != self.endpoint or self.answers:
            raise PermissionError("only one request is allowed, and only to the token endpoint in the document")
        fields = {**(headers or {}), "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        answer = self.https_client.request(
            "POST", url, self.deadline, body=urlencode(data or {}), headers=fields, largest=LARGEST_TOKEN_ANSWER
        )
        members = json_object(answer.text) or {}
        for key in ("access_token", "refresh_token", "id_token"):
            if isinstance(value := members.get(key), str):
                self.redactor.learn(value)
        self.answers.append(answer)
        return MsalResponse(answer.status or 0, dict(answer.headers), answer.text, url)

    def close(self) -> None:
        """Do nothing, because no connection is kept open."""


@dataclass(frozen=True, slots=True)
class MsalResponse:
    """An HTTP response with the attributes that msal reads."""

    status_code: int
    headers: dict[str, str]
    text: str
    url: str

    def raise_for_status(self) -> None:
        """Raise ConnectionError if the status is an error, as msal expects."""
        if self.status_code >= 400 or self.status_code == 0:
            raise ConnectionError(f"HTTP {self.status_code}")


def request(
    sender: Sender,
    secret: Secret | None,
    cloud: Cloud,
    *,
    issuer: Issuer,
    https_client: HttpsClient,
    deadline: Deadline,
    transcript: Transcript,
    redactor: Redactor,
) -> Token:
    """Request one token. The secret is sent only to an endpoint on a login host of the configured cloud. Never raises."""
    started = deadline.elapsed()
    endpoint = issuer.evidence.token_endpoint or ""
    reason = _refusal_reason(sender, secret, cloud, issuer)
    if reason or secret is None:
        transcript.remark(f"token request not sent: {reason}")
        return Token(TokenEvidence(endpoint=endpoint, scope=sender.scope, withheld=reason), None)
    exchange = _TokenHttpClient(https_client, deadline, issuer, endpoint, redactor)
    transcript.remark(
        f"POST {endpoint} grant_type=client_credentials client_id={shown(sender.client_id)} scope={sender.scope}"
    )
    failure = _through_msal(sender, secret, exchange)
    answer = exchange.answers[0] if exchange.answers else HttpsResponse(failure=failure)
    members = json_object(answer.text) or {}
    raw = members.get("access_token")
    evidence = _evidence(sender, secret, endpoint, answer, members, failure, transcript)
    outcome = (
        evidence.error_description or (evidence.failure.text if evidence.failure else "") or f"HTTP {evidence.status}"
    )
    transcript.remark(f"token endpoint: {outcome}")
    evidence = evidence.model_copy(update={"seconds": round(deadline.elapsed() - started, 4)})
    usable = isinstance(raw, str) and raw and evidence.failure is None
    return Token(evidence, Secret(str(raw)) if usable else None, requests=len(exchange.answers))


def _refusal_reason(sender: Sender, secret: Secret | None, cloud: Cloud, issuer: Issuer) -> str:
    """Return why the secret must not be sent, or an empty string if it may be sent."""
    document = issuer.evidence
    if document.failure is not None or not document.token_endpoint:
        return "the issuer document names no token endpoint"
    configured, endpoint = address_of(sender.openid_endpoint_configuration), address_of(document.token_endpoint)
    if endpoint.scheme != "https" or not cloud.declares_login(endpoint.host, endpoint.port):
        where = endpoint.place or document.token_endpoint
        return f"the token endpoint is on {where}, which is not {cloud.login_place}"[:_WITHHELD_LENGTH]
    if not cloud.declares_login(configured.host, configured.port):
        return f"the endpoint URL is on {configured.place}, which is not {cloud.login_place}"[:_WITHHELD_LENGTH]
    if not sender.client_id:
        return "the settings have no client id"
    return "" if secret else "the client secret was not found"


def _through_msal(sender: Sender, secret: Secret, exchange: _TokenHttpClient) -> Failure | None:
    import msal  # a slow import that a Basic sender does not need

    logging.getLogger("msal").setLevel(
        logging.CRITICAL + 1
    )  # it logs answers that are not JSON, which can contain secrets
    try:
        application = msal.ConfidentialClientApplication(
            sender.client_id,
            client_credential=secret.reveal(),
            oidc_authority=_authority(sender.openid_endpoint_configuration),
            http_client=exchange,
        )
        application.acquire_token_for_client(scopes=sender.scope.split())
    except Exception as problem:  # noqa: BLE001 - msal can raise anything for a hostile document, and its texts may hold the secret
        answered = exchange.answers and exchange.answers[0].failure is None and exchange.answers[0].status is not None
        if answered:
            return None
        if exchange.answers:
            return exchange.answers[0].failure
        return Failure(
            kind=FailureKind.OTHER,
            text=f"msal rejected the request: {exchange.redactor.clean(printable(str(problem)))}",
        )
    return (
        exchange.answers[0].failure
        if exchange.answers
        else Failure(kind=FailureKind.OTHER, text="msal sent no request")
    )


def _authority(url: str) -> str:
    return url.partition("/.well-known/")[0]


def _evidence(
    sender: Sender,
    secret: Secret,
    endpoint: str,
    answer: HttpsResponse,
    members: dict[str, object],
    failure: Failure | None,
    transcript: Transcript,
) -> TokenEvidence:
    if failure is None and answer.failure is not None:
        failure = answer.failure
    if failure is None and not members:
        failure = Failure(kind=FailureKind.NOT_JSON, text=f"HTTP {answer.status} without a JSON object")
    raw = members.get("access_token")
    claims = decode_claims(raw, transcript) if isinstance(raw, str) else None
    codes = members.get("error_codes")
    return TokenEvidence(
        endpoint=endpoint,
        scope=sender.scope,
        status=answer.status,
        error=_text(members, "error", transcript),
        error_description=_text(members, "error_description", transcript),
        error_codes=tuple(code for code in map(_whole, codes[:10]) if code is not None)
        if isinstance(codes, list)
        else (),
        suberror=_text(members, "suberror", transcript),
        trace_id=_text(members, "trace_id", transcript),
        correlation_id=_text(members, "correlation_id", transcript),
        token_type=_text(members, "token_type", transcript),
        expires_in=_whole(members.get("expires_in")),
        length=len(raw) if isinstance(raw, str) else None,
        claims=claims,
        opaque=isinstance(raw, str) and claims is None,
        secret_looks_like_id=bool(GUID.fullmatch(secret.reveal().strip())),
        retry_after=answer.headers.get("retry-after"),
        page=transcript.clean(visible_text(answer.text)) if _is_page(answer) else "",
        proxy=answer.proxy,
        server_date=answer.server_date,
        clock_offset=clock_offset(answer),
        failure=failure,
    )


def _is_page(answer: HttpsResponse) -> bool:
    """Return whether the response is a web page. The text of other responses is not kept, because they can contain a token."""
    return "html" in answer.headers.get("content-type", "").lower() and json_object(answer.text) is None


def decode_claims(token: str, transcript: Transcript) -> dict[str, str | int | float | bool | list[str] | None] | None:
    """Return the claims in a JWT without verification (RFC 7519), or None if the token is not a JWT. Nested members are left out."""
    try:
        decoded = parse_object(jwt.PyJWS().decode(token, options={"verify_signature": False}))
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    if decoded is None:
        return None
    claims: dict[str, str | int | float | bool | list[str] | None] = {}
    for key, value in list(decoded.items())[:60]:
        if isinstance(value, str):
            claims[printable(key, 60)] = transcript.clean(value)[:500]
        elif value is None or isinstance(value, (int, float, bool)):
            claims[printable(key, 60)] = value
        elif isinstance(value, list) and all(isinstance(item, str) for item in value):
            claims[printable(key, 60)] = [transcript.clean(item)[:200] for item in value[:60]]
    return claims


def _text(members: dict[str, object], key: str, transcript: Transcript) -> str | None:
    value = members.get(key)
    return transcript.clean(value) if isinstance(value, str) else None


def _whole(value: object) -> int | None:
    if isinstance(value, str):
        return whole(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_WHOLE else None
