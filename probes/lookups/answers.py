"""The answer to a lookup question, and the outcome that is determined from it before the body is parsed.

Sources: Microsoft, "Microsoft Graph error responses"; HTTP status codes (RFC 9110); error messages of the Exchange module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from evidence.tenant import LookupState, SourceKind
from probes.deadline import Deadline
from probes.failures import printable
from probes.lookups.questions import AUDIT_LICENCE, Question
from settings import strict_json

_NO_LICENCE = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
_NOT_THERE = ("request_resourcenotfound", "resourcenotfound", "managementobjectnotfound", "couldn't be found")
_NO_SUCH_ADDRESS = (
    "not found for the segment"  # Graph's message for a resource that this cloud or version does not have
)
# Exchange's message trace needs a service principal of Microsoft's own in the tenant; until it exists, every caller gets 401.
_NO_SERVICE_PRINCIPAL = "service principal-less authentication failed"
TRACE_APPLICATION = "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373"
_SEARCHED = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupAnswer:
    """An answer or, in `problem`, the reason why there is none.

    `state` is set if the source knows the outcome although the question was not sent.
    """

    status: int | None = None
    body: Mapping[str, object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    state: LookupState | None = None
    needs: str = ""
    requests: int = 0


class LookupSource(Protocol):
    """A source of answers: an application, an administrator or an export."""

    @property
    def way(self) -> SourceKind:
        """The kind of source: an application, an administrator or an export."""

    def tenant(self, deadline: Deadline) -> str:
        """Return the id of the tenant that answers, or an empty string if it is unknown."""

    def signed_in_as(self) -> str:
        """Return the address of the administrator who signed in, or an empty string for an application or an export."""

    def ask(self, question: Question, deadline: Deadline) -> LookupAnswer:
        """Ask one question. Never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of a question, determined before the body of the answer is parsed."""

    state: LookupState
    needs: str = ""
    detail: str = ""


class NotAnsweredError(Exception):
    """Raised when a question that a lookup depends on has no answer. It contains the outcome."""

    def __init__(self, outcome: Outcome, text: str) -> None:
        """Store the outcome and the text of the question."""
        self.outcome = outcome
        self.text = text
        super().__init__(outcome.state.value)


def outcome_of(question: Question, answered: LookupAnswer) -> Outcome:
    """Return the outcome of a question. If the service refused to answer, the outcome names the permission or licence that is missing."""
    if answered.state is not None:
        return Outcome(state=answered.state, needs=answered.needs, detail=answered.problem)
    if answered.problem or answered.status is None:
        return Outcome(state=LookupState.FAILED, detail=answered.problem or "no answer")
    code, message = _error(answered.body)
    text = printable(f"HTTP {answered.status} {code} {message}".strip())
    if 200 <= answered.status < 300:
        if answered.body is None:
            return Outcome(state=LookupState.FAILED, detail=f"HTTP {answered.status} without a JSON object")
        return Outcome(state=LookupState.ANSWERED)
    return _refusal(question, answered.status, code, answered.body, text)


def _refusal(question: Question, status: int, code: str, body: Mapping[str, object] | None, text: str) -> Outcome:
    if status == 429:
        return Outcome(state=LookupState.THROTTLED, needs="a later run", detail=text)
    if status == 403 and code == _NO_LICENCE:
        return Outcome(state=LookupState.UNLICENSED, needs=AUDIT_LICENCE, detail=text)
    if status == 401 and _NO_SERVICE_PRINCIPAL in text.lower():
        needs = f"the service principal of Microsoft's application {TRACE_APPLICATION} in the tenant"
        return Outcome(state=LookupState.REFUSED, needs=needs, detail=text)
    if status in {401, 403}:
        return Outcome(state=LookupState.REFUSED, needs=question.needs, detail=text)
    if _not_there(body):
        return Outcome(state=LookupState.ABSENT, detail=text)
    unknown = status in {404, 405, 501} or _NO_SUCH_ADDRESS in text.lower()
    return Outcome(state=LookupState.NOT_OFFERED if unknown else LookupState.FAILED, detail=text)


def _error(body: Mapping[str, object] | None) -> tuple[str, str]:
    error = (body or {}).get("error")
    if not isinstance(error, Mapping):
        return "", error if isinstance(error, str) else ""
    code, message = error.get("code"), error.get("message")
    return code if isinstance(code, str) else "", message if isinstance(message, str) else ""


def _not_there(body: Mapping[str, object] | None) -> bool:
    """Return whether the error, or an error nested in it, means that the object does not exist.

    The status is not considered, because Exchange reports this error with any status.
    """
    error = (body or {}).get("error")
    words = strict_json.write(error)[:_SEARCHED].lower()
    return any(mark in words for mark in _NOT_THERE)
