"""Exchange's answers as records: switches, authentication policy, service principal and its rights on the mailbox.

Source: Exchange Online PowerShell reference. The property names are those of the cmdlets.
"""

from __future__ import annotations

from typing import Any

from evidence.tenant import (
    AuthPolicyLook,
    ExchangePrincipalLook,
    LookState,
    MailboxLook,
    MailboxRightLook,
    PrincipalLook,
    RbacLook,
    TransportLook,
)
from probes.lookups.inquiry import Inquiry, like
from probes.lookups.questions import SEND_AS_APP, question
from probes.lookups.reading import AbsentError, Json, first, flag, required, rows, text, texts


def transport(inquiry: Inquiry) -> TransportLook:
    """Look up the tenant's SMTP AUTH switch."""

    def read() -> dict[str, Any]:
        row = first(inquiry.body("transport"))
        return {
            "smtp_auth_disabled": flag(row, "SmtpClientAuthenticationDisabled"),
            "allows_legacy_tls": flag(row, "AllowLegacyTLSClients"),
        }

    return inquiry.look(TransportLook, question("transport"), read)


def mailbox(inquiry: Inquiry, address: str) -> MailboxLook:
    """Look up the mailbox's SMTP AUTH switch; null means that it inherits the tenant's."""

    def read() -> dict[str, Any]:
        row = first(inquiry.body("mailbox", mailbox=address))
        return {"smtp_auth_disabled": flag(row, "SmtpClientAuthenticationDisabled")}

    return inquiry.look(MailboxLook, question("mailbox", mailbox=address), read)


def auth_policy(inquiry: Inquiry, address: str) -> AuthPolicyLook:
    """Look up the user's authentication policy, or the organisation's default, and whether it allows Basic for SMTP."""

    def read() -> dict[str, Any]:
        own = text(first(inquiry.body("exchange_user", mailbox=address)), "AuthenticationPolicy")
        name = own or text(first(inquiry.body("organisation")), "DefaultAuthenticationPolicy")
        if not name:
            return {}
        allowed = flag(first(inquiry.body("policy", policy=name)), "AllowBasicAuthSmtp")
        return {"name": name, "is_default": not own, "allows_basic_smtp": allowed}

    return inquiry.look(AuthPolicyLook, question("exchange_user", mailbox=address), read)


def exchange_principal(inquiry: Inquiry, client_id: str) -> ExchangePrincipalLook:
    """Look up the application's service principal in Exchange."""

    def read() -> dict[str, Any]:
        found = rows(inquiry.body("exchange_principal", client_id=client_id))
        mine = [row for row in found if (text(row, "AppId") or "").lower() == client_id.lower()]
        if not mine:
            raise AbsentError
        return {"object_id": required(mine[0], "ObjectId")}

    return inquiry.look(ExchangePrincipalLook, question("exchange_principal", client_id=client_id), read)


def mailbox_right(
    inquiry: Inquiry, address: str, of: PrincipalLook, registered: ExchangePrincipalLook
) -> MailboxRightLook:
    """Look up the rights of the service principal on the mailbox.

    The lookup uses the object id in the application's tokens. If that id is unknown, it uses the id registered in Exchange.
    """
    known = next((one.object_id for one in (of, registered) if one.state is LookState.ANSWERED), "")
    if not known:
        return like(MailboxRightLook, registered)

    def read() -> dict[str, Any]:
        mailbox_rows = _granted(inquiry, "mailbox_permission", address, known)
        sending_rows = _granted(inquiry, "recipient_permission", address, known)
        return {"full_access": _holds(mailbox_rows, "FullAccess"), "send_as": _holds(sending_rows, "SendAs")}

    return inquiry.look(MailboxRightLook, question("mailbox_permission", mailbox=address, principal=known), read)


def _granted(inquiry: Inquiry, name: str, address: str, principal: str) -> tuple[Json, ...]:
    return rows(inquiry.body(name, mailbox=address, principal=principal))


def _holds(found: tuple[Json, ...], right: str) -> bool:
    """Return whether a row grants the right and no row denies it."""
    touching = [row for row in found if right.lower() in {one.lower() for one in texts(row, "AccessRights")}]
    denied = any(flag(row, "Deny") or (text(row, "AccessControlType") or "").lower() == "deny" for row in touching)
    return bool(touching) and not denied


def rbac(inquiry: Inquiry, client_id: str, address: str) -> RbacLook:
    """Look up role assignments of RBAC for Applications; in scope if one that permits sending includes the mailbox."""

    def read() -> dict[str, Any]:
        found = rows(inquiry.body("rbac", client_id=client_id, mailbox=address))
        names = tuple(dict.fromkeys(required(row, "RoleName") for row in found))
        reaching = [flag(row, "InScope") for row in found if SEND_AS_APP in required(row, "RoleName")]
        return {"roles": names, "in_scope": any(reaching) if reaching else None}

    return inquiry.look(RbacLook, question("rbac", client_id=client_id, mailbox=address), read)
