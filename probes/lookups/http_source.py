"""The source that uses an application's or an administrator's tokens.

It sends one HTTPS request per question, sends each token only to the host that the token is for, and retries once when throttled.
Sources: Microsoft Graph reference. For Exchange, it uses the interface behind the PowerShell module, which Microsoft does not
support for other clients.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final

from evidence.tenant import SourceKind
from probes.connection_pool import ConnectionPool
from probes.deadline import Deadline
from probes.https import HttpsClient, HttpsResponse, json_object
from probes.lookups.answers import LookupAnswer
from probes.lookups.authority import Authority
from probes.lookups.questions import Question, Service
from probes.lookups.tokens import Tokens, host_of
from probes.redaction import Redactor
from settings import strict_json
from settings.clouds import Cloud
from settings.secret import Secret
from settings.strict_values import whole

_LONGEST_WAIT: Final = 10.0
# The mailbox that Exchange's own module names if a command concerns no particular mailbox.
_ANCHOR: Final = "UPN:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{tenant}"


class HttpSource:
    """Asks Graph and Exchange, using the given tokens."""

    def __init__(
        self,
        way: SourceKind,
        tokens: Tokens,
        authority: Authority,
        cloud: Cloud,
        https_client: HttpsClient,
        redactor: Redactor,
    ) -> None:
        """Store the tokens. No connection is opened before the first question."""
        self._way = way
        self._tokens = tokens
        self._authority = authority
        self._cloud = cloud
        self._connections = ConnectionPool(https_client)
        self._redactor = redactor
        self._stopped = threading.Event()

    def close(self) -> None:
        """Cancel waiting requests and close connections."""
        self._stopped.set()
        self._connections.close()

    @property
    def way(self) -> SourceKind:
        """The kind of source to which the tokens belong: an application or an administrator."""
        return self._way

    def tenant(self, deadline: Deadline) -> str:
        """Return the tenant id from the discovery document."""
        return self._authority.discovered(deadline).tenant_id

    def signed_in_as(self) -> str:
        """Return the administrator's address, or an empty string if none signed in."""
        return self._tokens.signed_in_as()

    def ask(self, question: Question, deadline: Deadline) -> LookupAnswer:
        """Ask the question. If the service throttles it and demands a short wait, wait and retry once."""
        result = self._tokens.token(question.service, deadline)
        if result.token is None:
            return LookupAnswer(problem=result.detail, state=result.state, needs=result.needs, requests=result.requests)
        tenant = ""
        if question.service is Service.EXCHANGE:
            tenant = self.tenant(deadline)
            if not tenant:
                return LookupAnswer(problem="the discovery document names no tenant id", requests=result.requests)
        answer = self._send(question, result.token, tenant, deadline)
        sent = 1
        wait = _wait(answer, deadline)
        if answer.status == 429 and wait is not None and not self._stopped.wait(wait):
            answer = self._send(question, result.token, tenant, deadline)
            sent = 2
        failure = answer.failure
        return LookupAnswer(
            status=answer.status,
            body=json_object(answer.text) if failure is None else None,
            headers=answer.headers,
            problem=self._redactor.clean(failure.text or failure.kind.value) if failure is not None else "",
            requests=result.requests + sent,
        )

    def _send(self, question: Question, token: Secret, tenant: str, deadline: Deadline) -> HttpsResponse:
        fields = {"Authorization": f"Bearer {token.reveal()}", "Accept": "application/json"}
        host = host_of(question.service, self._cloud)
        if question.service is Service.GRAPH:
            return self._connections.request("GET", f"https://{host}{question.path}", deadline, headers=fields)
        url = f"https://{host}/adminapi/beta/{tenant}/InvokeCommand"
        fields |= {"Content-Type": "application/json", "X-AnchorMailbox": _ANCHOR.format(tenant=tenant)}
        return self._connections.request("POST", url, deadline, body=_command(question), headers=fields)


def _command(question: Question) -> str:
    parameters: Mapping[str, str] = dict(question.parameters)
    return strict_json.write({"CmdletInput": {"CmdletName": question.cmdlet, "Parameters": parameters}})


def _wait(answer: HttpsResponse, deadline: Deadline) -> float | None:
    """Return the number of seconds to wait according to Retry-After (RFC 9110, section 10.2.3).

    Return None if the header contains no number, or if the wait would be too long or would exceed the remaining time.
    """
    seconds = whole(answer.headers.get("retry-after", "").strip())
    return None if seconds is None or seconds > _LONGEST_WAIT or seconds >= deadline.remaining() else seconds
