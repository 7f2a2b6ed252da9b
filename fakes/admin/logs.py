"""Build the rows of the tenant's sign-in log and message trace.

Rows that are built from the fakes' records appear after a configurable delay. Sources: Microsoft Graph reference, signIn and
exchangeMessageTrace; "Microsoft Entra authentication and authorization error codes".
"""

import uuid
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser
from typing import Any

from ..world.clouds import EXCHANGE_APP
from ..world.records import Message, Records, SignIn, TokenAnswer
from ..world.world import World
from . import policies
from .odata import stamp

Row = dict[str, Any]
_EXCHANGE = "Office 365 Exchange Online"
_REASONS = {
    0: "Other.",
    50034: "The user account does not exist in the directory. To sign into this application, the account must be added to "
    "the directory.",
    50053: "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.",
    50055: "The password is expired.",
    50057: "The user account is disabled.",
    50076: "Due to a configuration change made by your administrator, or because you moved to a new location, you must use "
    "multi-factor authentication to access the resource.",
    50126: "Error validating credentials due to invalid username or password.",
    53003: "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    530035: "Access has been blocked by security defaults. The request is deemed unsafe by security defaults policies.",
}


def user_sign_ins(world: World, records: Records) -> list[Row]:
    """Return the rows for users' sign-ins, newest first."""
    rows = [_smtp_row(world, one) for one in records.sign_ins if one.code is not None and _due(world, one.at)]
    auditing = world.tenant.auditing
    rows += [
        _row(world, world.now(), 0, _REASONS[0])
        | _person(world, one.upn)
        | {"appId": str(uuid.uuid5(uuid.NAMESPACE_DNS, one.app_name)), "appDisplayName": one.app_name}
        for one in (auditing.other_entries if auditing else ())
    ]
    return sorted(rows, key=lambda row: str(row["createdDateTime"]), reverse=True)


def app_sign_ins(world: World, records: Records) -> list[Row]:
    """Return the rows for applications' sign-ins, newest first. An application without a service principal has no rows."""
    rows = [
        _app_row(world, one)
        for one in records.token_requests
        if one.grant == "client_credentials" and world.tenant.service_principal(one.client_id) and _due(world, one.at)
    ]
    return sorted(rows, key=lambda row: str(row["createdDateTime"]), reverse=True)


def traces(world: World, records: Records) -> list[Row]:
    """Return the rows of the message trace, newest first. Each accepted message has one row per recipient."""
    auditing = world.tenant.auditing
    delay = auditing.trace_delay if auditing else timedelta()
    due = [one for one in records.messages if one.received + delay <= world.now()]
    return [row for message in reversed(due) for row in _trace_rows(world, message)]


def _due(world: World, at: datetime | None) -> bool:
    auditing = world.tenant.auditing
    delay = auditing.log_delay if auditing else timedelta()
    return at is not None and at + delay <= world.now()


def _row(world: World, at: datetime, code: int, reason: str) -> Row:
    return {
        "id": str(uuid.uuid5(uuid.UUID(world.tenant.tenant_id), f"{at.isoformat()} {code}")),
        "createdDateTime": stamp(at),
        "userDisplayName": "",
        "userPrincipalName": "",
        "userId": "",
        "appId": EXCHANGE_APP,
        "appDisplayName": _EXCHANGE,
        "ipAddress": "",
        "clientAppUsed": "",
        "correlationId": str(uuid.uuid4()),
        "conditionalAccessStatus": "notApplied",
        "isInteractive": True,
        "resourceDisplayName": _EXCHANGE,
        "resourceId": EXCHANGE_APP,
        "signInEventTypes": ["interactiveUser"],
        "status": {"errorCode": code, "failureReason": reason, "additionalDetails": None},
        "appliedConditionalAccessPolicies": [],
    }


def _person(world: World, name: str) -> Row:
    user = world.tenant.user(name)
    upn = (user.upn if user else name).lower()
    return {
        "userPrincipalName": upn,
        "userDisplayName": upn.partition("@")[0],
        "userId": world.tenant.object_id(upn) if user else "",
    }


def _smtp_row(world: World, seen: SignIn) -> Row:
    code = seen.code or 0
    row = _row(world, seen.at or world.now(), code, _REASONS.get(code, "Other.")) | _person(world, seen.user)
    row |= {"ipAddress": seen.peer, "clientAppUsed": "Authenticated SMTP"}
    if seen.policies:
        control = "block" if code == 53003 else "mfa"
        row["conditionalAccessStatus"] = "failure"
        row["appliedConditionalAccessPolicies"] = [
            {
                "id": policy_id,
                "displayName": policies.name_of(world.tenant, policy_id),
                "enforcedGrantControls": [control],
                "enforcedSessionControls": [],
                "result": "failure",
            }
            for policy_id in seen.policies
        ]
    return row


def _app_row(world: World, seen: TokenAnswer) -> Row:
    app, principal = world.tenant.app(seen.client_id), world.tenant.service_principal(seen.client_id)
    name = app.display_name if app else ""
    resource = seen.scope.removesuffix("/.default")
    return _row(world, seen.at or world.now(), seen.code, seen.text or _REASONS[0]) | {
        "appId": seen.client_id.lower(),
        "appDisplayName": name,
        "servicePrincipalId": principal.object_id if principal else "",
        "servicePrincipalName": name,
        "ipAddress": seen.peer,
        "isInteractive": False,
        "resourceDisplayName": resource,
        "resourceId": resource,
        "signInEventTypes": ["servicePrincipal"],
        "conditionalAccessStatus": "failure" if seen.code == 53003 else "notApplied",
    }


def _trace_rows(world: World, message: Message) -> list[Row]:
    headers = BytesHeaderParser().parsebytes(message.content)
    return [
        {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, message.message_id)),
            "senderAddress": message.sender.lower(),
            "recipientAddress": recipient.lower(),
            "messageId": str(headers.get("Message-ID") or message.message_id).strip(),
            "receivedDateTime": stamp(message.received),
            "subject": str(headers.get("Subject", "")),
            "status": "failed" if recipient.casefold() in world.tenant.unknown_recipients else "delivered",
            "size": len(message.content),
            "fromIP": None,
            "toIP": None,
        }
        for recipient in message.recipients
    ]
