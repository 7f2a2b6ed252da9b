"""Looks up this run in the tenant's sign-in log and message trace, where its rows appear only after some minutes.

Sources: Microsoft Graph reference, signIn and exchangeMessageTrace.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from evidence.tenant import LookupState, SignInLogLookup, SignInRow, TraceLookup
from probes.lookups.client import LookupClient
from probes.lookups.questions import question
from probes.lookups.reading import Json, UnreadableError, moment, number, rows, table, text
from settings.clouds import WORLDWIDE, Cloud

_MOST_POLICIES = 20


def sign_in_log(client: LookupClient, *, user: str, client_id: str, started: datetime) -> SignInLogLookup:
    """Look up the log rows since `started`: the application's if there is a client id, otherwise the user's SMTP sign-ins."""
    name, who = ("application_sign_ins", {"client_id": client_id}) if client_id else ("user_sign_ins", {"user": user})
    values = {**who, "started": _stamp(started)}

    def read() -> dict[str, Any]:
        found = [row for row in rows(client.body(name, **values)) if _since(row, "createdDateTime", started)]
        found.sort(key=lambda row: moment(row, "createdDateTime") or started, reverse=True)
        smtp = [row for row in found if client_id or _is_smtp(row)]
        others = [text(row, "appDisplayName") or text(row, "clientAppUsed") or "" for row in found if row not in smtp]
        return {
            "rows": tuple(_row(row) for row in smtp),
            "other_apps": tuple(dict.fromkeys(app for app in others if app)),
        }

    return client.lookup(SignInLogLookup, question(name, **values), read)


def _is_smtp(row: Json) -> bool:
    return (text(row, "clientAppUsed") or "").lower() in {"authenticated smtp", "smtp"}


def _row(row: Json) -> SignInRow:
    status = table(row, "status")
    code = number(status, "errorCode")
    if code is None:
        raise UnreadableError("errorCode is missing")
    applied = rows(row, "appliedConditionalAccessPolicies") if "appliedConditionalAccessPolicies" in row else ()
    blocking = [
        text(one, "displayName") or text(one, "id") or "" for one in applied if text(one, "result") == "failure"
    ]
    return SignInRow.model_validate(
        {
            "at": moment(row, "createdDateTime"),
            "code": code,
            "reason": text(status, "failureReason") or "",
            "client_app": text(row, "clientAppUsed") or "",
            "address": text(row, "ipAddress") or "",
            "blocked_by": tuple(blocking[:_MOST_POLICIES]),
        }
    )


def trace(
    client: LookupClient, cloud: Cloud, *, mail_from: str, message_id: str, started: datetime, now: datetime
) -> TraceLookup:
    """Look up this run's message in the message trace by its id. The status is empty while the trace has no row for it."""
    until = now + timedelta(seconds=1)  # the timestamp has whole seconds, and the message arrived within this second
    values = {"mail_from": mail_from, "started": _stamp(started), "now": _stamp(until)}
    asked = question("trace", **values)
    if cloud.name != WORLDWIDE.name:
        detail = f"Microsoft offers the message trace through Graph in {WORLDWIDE.title} only"
        return TraceLookup(state=LookupState.NOT_OFFERED, question=asked.text, detail=detail)

    def read() -> dict[str, Any]:
        mine = _bare(message_id)
        found = [row for row in rows(client.body("trace", **values)) if _bare(text(row, "messageId") or "") == mine]
        return {"status": (text(found[0], "status") or "") if found else ""}

    return client.lookup(TraceLookup, asked, read)


def _since(row: Json, key: str, started: datetime) -> bool:
    at = moment(row, key)
    if at is None:
        raise UnreadableError(f"{key} is missing")
    return at >= started.replace(microsecond=0)


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _bare(message_id: str) -> str:
    return message_id.strip().strip("<>").lower()
