"""Access tokens for the lookups, and a guard against what msal does with hostile responses.

There is one token per resource and run, in memory only. A refusal is cached too. If Entra rejects the secret or the certificate, it
is not sent again for another resource. Source: Microsoft, "OAuth 2.0 client credentials flow".
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from evidence.tenant import LookupState
from probes.deadline import Deadline
from probes.failures import printable
from probes.lookups.authority import Authority, MsalHttpClient
from probes.lookups.questions import Service
from probes.single_flight import PENDING_TOO_LONG, SingleFlight
from settings.bounded_input import read_file
from settings.clouds import Cloud
from settings.load import LARGEST
from settings.model import Directory
from settings.secret import Found, Secret

_PRINTED = re.compile(r"[\x21-\x7e]+")
_AUDITOR = "a token for the auditor application in [directory]"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenResult:
    """A token, or the reason why there is none. `requests` is the number of HTTP requests sent for it."""

    token: Secret | None = None
    state: LookupState = LookupState.FAILED
    detail: str = ""
    needs: str = ""
    requests: int = 0
    rejected_credential: bool = False  # RFC 6749, section 5.2: invalid_client


class Tokens(Protocol):
    """A source of access tokens."""

    def token(self, service: Service, deadline: Deadline) -> TokenResult:
        """Return the token for this service. Later calls return the same result without a request. Never raises."""

    def signed_in_as(self) -> str:
        """Return the administrator's address, or an empty string for an application."""


def host_of(service: Service, cloud: Cloud) -> str:
    """Return the one host to which the token for this service may be sent."""
    return cloud.graph_host if service is Service.GRAPH else cloud.exchange_admin_host


class ApplicationTokens:
    """Access tokens for the auditor application, which signs in with its client secret or its certificate."""

    def __init__(self, directory: Directory, found: Found, authority: Authority, cloud: Cloud) -> None:
        """Store the credentials. `found` is the client secret unless the settings name a certificate."""
        self._directory = directory
        self._found = found
        self._authority = authority
        self._cloud = cloud
        self._results: SingleFlight[TokenResult] = SingleFlight()
        self._one_at_a_time = threading.Lock()
        self._rejection: TokenResult | None = None

    def signed_in_as(self) -> str:
        """Return an empty string, because no administrator signs in."""
        return ""

    def token(self, service: Service, deadline: Deadline) -> TokenResult:
        """Return the token for this service. It is requested only once."""
        try:
            flight = self._results.ask(
                service, lambda: self._ask_once(service, deadline), deadline, lambda _result, _age: True
            )
        except TimeoutError:
            return TokenResult(detail=PENDING_TOO_LONG, needs=_AUDITOR)
        return replace(flight.result, requests=0) if flight.shared else flight.result

    def _ask_once(self, service: Service, deadline: Deadline) -> TokenResult:
        """Request a token unless Entra has rejected the credential for another resource. Raises TimeoutError at the deadline."""
        if not self._one_at_a_time.acquire(timeout=deadline.remaining()):
            raise TimeoutError(PENDING_TOO_LONG)
        try:
            if self._rejection is not None:
                return replace(self._rejection, requests=0)
            result = self._ask(service, deadline)
            self._rejection = result if result.rejected_credential else None
            return result
        finally:
            self._one_at_a_time.release()

    def _ask(self, service: Service, deadline: Deadline) -> TokenResult:
        try:
            credential = self._credential()
        except (OSError, ValueError, TypeError) as problem:
            words = str(problem) if isinstance(problem, _UnusableKeyError) else type(problem).__name__
            detail = f"[directory] certificate cannot be used: {words}"
            return TokenResult(state=LookupState.NOT_ASKED, detail=detail, needs=_AUDITOR)
        if not credential:
            detail = f"the client secret for [directory] was not found: {self._found.source}"
            return TokenResult(state=LookupState.NOT_ASKED, detail=detail, needs=_AUDITOR)
        found = self._authority.discovered(deadline)
        if found.problem:
            return TokenResult(detail=found.problem, needs=_AUDITOR)
        http_client = self._authority.http_client(found, deadline)

        def ask() -> None:
            import msal  # a slow import that a run without lookups does not need

            application = msal.ConfidentialClientApplication(
                self._directory.client_id,
                client_credential=credential,
                oidc_authority=found.authority,
                http_client=http_client,
            )
            application.acquire_token_for_client(scopes=[f"https://{host_of(service, self._cloud)}/.default"])

        return drive(http_client, ask, needs=_AUDITOR)

    def _credential(self) -> str | dict[str, str] | None:
        if self._directory.certificate is not None:
            return _certificate(Path(self._directory.certificate))
        return self._found.secret.reveal() if self._found.secret is not None else None


class _UnusableKeyError(ValueError):
    """Raised when the private key in the file cannot be used. The message contains the reason."""


def _certificate(path: Path) -> dict[str, str]:
    """Return the key and certificate from the file in msal's form.

    The key is checked first, because msal's own error messages would not help the user.
    """
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem = read_file(path, LARGEST)
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError:
        raise _UnusableKeyError("the private key is encrypted; use an unencrypted one") from None
    if not isinstance(key, RSAPrivateKey):
        raise _UnusableKeyError("the key is not an RSA key, and Entra accepts no other kind")
    text = pem.decode("ascii", "replace")
    return {"private_key": text, "public_certificate": text}


def drive(http_client: MsalHttpClient, ask: Callable[[], object], *, needs: str) -> TokenResult:
    """Run an msal request and return the token from the HTTP response, not from msal.

    msal can raise any exception, and its messages may hold a secret.
    """
    logging.getLogger("msal").setLevel(logging.CRITICAL + 1)
    problem = ""
    try:
        ask()
    except Exception as raised:  # noqa: BLE001 - see above
        problem = f"msal rejected the request: {http_client.redactor.clean(printable(str(raised)))}"
    answer, members = http_client.last, http_client.members
    token = members.get("access_token")
    if answer.status == 200 and isinstance(token, str) and _PRINTED.fullmatch(token):
        return TokenResult(token=Secret(token), requests=http_client.requests)
    error = members.get("error_description") or members.get("error")
    if isinstance(error, str):
        text = http_client.redactor.clean(printable(error))
        rejected = members.get("error") == "invalid_client"
        return TokenResult(
            state=LookupState.REFUSED,
            detail=text,
            needs=needs,
            requests=http_client.requests,
            rejected_credential=rejected,
        )
    if answer.failure is not None:
        problem = answer.failure.text
    elif answer.status is not None:
        problem = f"the token endpoint answered HTTP {answer.status} without a token"
    return TokenResult(
        detail=http_client.redactor.clean(problem or "msal sent no request"), needs=needs, requests=http_client.requests
    )
