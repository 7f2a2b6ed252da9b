"""The attempts on one account and the result of the last one, as one line of JSON. Malformed lines are rejected.

Of a reply, the record contains only the code and the enhanced status (RFC 3463), because a hostile server controls the rest.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, get_args

from evidence.wire import Reply
from probes.account import Account

HOLD: Final = timedelta(minutes=15)
RECENT: Final = timedelta(hours=24)
MOST_ATTEMPTS: Final = 50
_LONGEST_NAME: Final = 320
# The result of the last attempt: none is known yet, the account was refused, or the reply does not forbid another attempt.
Result = Literal["unknown", "refused", "answered"]
_SERVICE_CLOSES: Final = 421  # it can come at any time and answers no command (RFC 5321, section 4.2.1)
_STATUS: Final = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9.])")
# The text after 5.7.139 names a policy or a switch, which refused the sign-in whatever the password was, except in these two cases.
_ABOUT_THE_PASSWORD: Final = re.compile(r"credentials were incorrect|account (is )?locked|locked out", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """The attempts on an account since the last accepted one, oldest first, and the result of the last attempt."""

    account: Account
    attempts: tuple[datetime, ...] = ()
    result: Result = "answered"
    code: int | None = None
    status: str = ""

    def at(self, now: datetime) -> AttemptRecord:
        """Return the record without attempts older than 24 hours. A time in the future becomes `now`, because the clock was set back."""
        times = sorted(min(moment, now) for moment in self.attempts)
        return replace(self, attempts=tuple(moment for moment in times if now - moment < RECENT))

    def begun(self, now: datetime) -> AttemptRecord:
        """Return the record with an attempt that begins now and has no result yet."""
        times = (*self.attempts, now)[-MOST_ATTEMPTS:]
        return replace(self, attempts=times, result="unknown", code=None, status="")

    def answered(self, reply: Reply) -> AttemptRecord:
        """Return the record with the reply to the last attempt, which did not accept the sign-in."""
        found = _STATUS.match(reply.lines[0]) if reply.lines else None
        return replace(self, result=_result(reply), code=reply.code, status=found.group() if found is not None else "")

    def holds(self, now: datetime) -> bool:
        """Return whether the last attempt forbids a new one now."""
        return bool(self.attempts) and self.result != "answered" and now - self.attempts[-1] < HOLD

    def to_json(self) -> bytes:
        """Return the record as one line of JSON."""
        data = {
            "service": self.account.service,
            "account": self.account.name[:_LONGEST_NAME],
            "attempts": [moment.isoformat() for moment in self.attempts],
            "result": self.result,
            "code": self.code,
            "status": self.status,
        }
        return json.dumps(data).encode() + b"\n"


def _result(reply: Reply) -> Result:
    """Return what this reply means for the next attempt. A temporary failure or a policy does not show whether the password is right."""
    if reply.code == _SERVICE_CLOSES or not 400 <= reply.code < 600:
        return "unknown"
    if reply.code < 500 or ("5.7.139" in reply.text and not _ABOUT_THE_PASSWORD.search(reply.text)):
        return "answered"
    return "refused"


def parse(content: bytes, account: Account) -> AttemptRecord:
    """Return the record of this account, which is empty if `content` is. Raises ValueError if `content` is not such a record."""
    if not content:
        return AttemptRecord(account=account)
    try:
        line, _, _ = content.partition(
            b"\n"
        )  # a process that was killed while it wrote a shorter line leaves the end of a longer one
        data = json.loads(line.decode("utf-8"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(data, dict) or set(data) != {"service", "account", "attempts", "result", "code", "status"}:
        raise ValueError("not a record of attempts")
    if (data["service"], data["account"]) != (account.service, account.name[:_LONGEST_NAME]):
        raise ValueError("the record of a different account")
    if data["result"] not in get_args(Result):
        raise ValueError("an unknown result")
    return AttemptRecord(
        account=account,
        attempts=_times(data["attempts"]),
        result=data["result"],
        code=_code(data["code"]),
        status=_status(data["status"]),
    )


def moment_of(text: Any) -> datetime:  # noqa: ANN401 - any JSON value
    """Return the time in UTC. Raises ValueError if the value is not a plausible time with a time zone."""
    if not isinstance(text, str) or len(text) > 40:
        raise ValueError("not a time")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or not 2000 <= moment.year < 9000:
        raise ValueError("a time without a time zone, or an impossible year")
    return moment.astimezone(UTC)


def _times(values: Any) -> tuple[datetime, ...]:  # noqa: ANN401 - any JSON value
    if not isinstance(values, list) or len(values) > MOST_ATTEMPTS:
        raise ValueError("not a list of times")
    return tuple(moment_of(value) for value in values)


def _code(value: Any) -> int | None:  # noqa: ANN401 - any JSON value
    if value is None or (type(value) is int and 0 <= value <= 999):
        return value
    raise ValueError("not a reply code")


def _status(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if isinstance(value, str) and (not value or _STATUS.fullmatch(value)):
        return value
    raise ValueError("not an enhanced status code")
