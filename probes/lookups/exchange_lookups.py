"""Turns Exchange's answers into records of switches, the authentication policy, the service principal and its rights on the mailbox.

Source: Exchange Online PowerShell reference. The property names are those of the cmdlets.
"""

from __future__ import annotations

from typing import Any

from evidence.tenant import (
    AuthPolicyLookup,
    ExchangePrincipalLookup,
    LookupState,
    MailboxLookup,
    MailboxRightLookup,
    PrincipalLookup,
    RbacLookup,
    TransportLookup,
)
from probes.lookups.client import LookupClient, like
from probes.lookups.questions import SEND_AS_APP, question
from probes.lookups.reading import AbsentError, Json, first, flag, required, rows, text, texts


def transport(client: LookupClient) -> TransportLookup:
    """Look up the tenant's SMTP AUTH switch, and whether the tenant allows clients with legacy TLS versions."""

    def read() -> dict[str, Any]:
        row = first(client.body("transport"))
        return {
            "smtp_auth_disabled": flag(row, "SmtpClientAuthenticationDisabled"),
            "allows_legacy_tls": flag(row, "AllowLegacyTLSClients"),
        }

    return client.lookup(TransportLookup, question("transport"), read)


def mailbox(client: LookupClient, address: str) -> MailboxLookup:
    """Look up the mailbox's SMTP AUTH switch. Null means that the mailbox inherits the tenant's switch."""

    def read() -> dict[str, Any]:
        row = first(client.body("mailbox", mailbox=address))
        return {"smtp_auth_disabled": flag(row, "SmtpClientAuthenticationDisabled")}

    return client.lookup(MailboxLookup, question("mailbox", mailbox=address), read)


def auth_policy(client: LookupClient, address: str) -> AuthPolicyLookup:
    """Look up the user's authentication policy, or the organisation's default, and whether that policy allows Basic for SMTP."""

    def read() -> dict[str, Any]:
        own = text(first(client.body("exchange_user", mailbox=address)), "AuthenticationPolicy")
        name = own or text(first(client.body("organisation")), "DefaultAuthenticationPolicy")
        if not name:
            return {}
        allowed = flag(first(client.body("policy", policy=name)), "AllowBasicAuthSmtp")
        return {"name": name, "is_default": not own, "allows_basic_smtp": allowed}

    return client.lookup(AuthPolicyLookup, question("exchange_user", mailbox=address), read)


def exchange_principal(client: LookupClient, client_id: str) -> ExchangePrincipalLookup:
    """Look up the application's service principal in Exchange."""

    def read() -> dict[str, Any]:
        found = rows(client.body("exchange_principal", client_id=client_id))
        mine = [row for row in found if (text(row, "AppId") or "").lower() == client_id.lower()]
        if not mine:
            raise AbsentError
        return {"object_id": required(mine[0], "ObjectId")}

    return client.lookup(ExchangePrincipalLookup, question("exchange_principal", client_id=client_id), read)


def mailbox_right(
    client: LookupClient, address: str, of: PrincipalLookup, registered: ExchangePrincipalLookup
) -> MailboxRightLookup:
    """Look up the rights of the service principal on the mailbox.

    The lookup uses the object id of the enterprise application. If that id is unknown, it uses the id registered in Exchange.
    """
    known = next((one.object_id for one in (of, registered) if one.state is LookupState.ANSWERED), "")
    if not known:
        return like(MailboxRightLookup, registered)

    def read() -> dict[str, Any]:
        mailbox_rows = _granted(client, "mailbox_permission", address, known)
        sending_rows = _granted(client, "recipient_permission", address, known)
        return {"full_access": _holds(mailbox_rows, "FullAccess"), "send_as": _holds(sending_rows, "SendAs")}

    return client.lookup(MailboxRightLookup, question("mailbox_permission", mailbox=address, principal=known), read)


def _granted(client: LookupClient, name: str, address: str, principal: str) -> tuple[Json, ...]:
    return rows(client.body(name, mailbox=address, principal=principal))


def _holds(found: tuple[Json, ...], right: str) -> bool:
    """Return whether a row grants the right and no row denies it."""
    touching = [row for row in found if right.lower() in {one.lower() for one in texts(row, "AccessRights")}]
    denied = any(flag(row, "Deny") or (text(row, "AccessControlType") or "").lower() == "deny" for row in touching)
    return bool(touching) and not denied


def rbac(client: LookupClient, client_id: str, address: str) -> RbacLookup:
    """Look up the role assignments in RBAC for Applications, and whether one that permits sending includes the mailbox."""

    def read() -> dict[str, Any]:
        found = rows(client.body("rbac", client_id=client_id, mailbox=address))
        names = tuple(dict.fromkeys(required(row, "RoleName") for row in found))
        reaching = [flag(row, "InScope") for row in found if SEND_AS_APP in required(row, "RoleName")]
        return {"roles": names, "in_scope": any(reaching) if reaching else None}

    return client.lookup(RbacLookup, question("rbac", client_id=client_id, mailbox=address), read)
