"""The results of the read-only Exchange Online cmdlets that the lookups use, derived from the tenant's state.

`exchange_admin` serves the results over HTTP; the export calls this module directly. Sources: the cmdlets' pages in the Exchange
Online PowerShell reference; the error texts that the PowerShell module prints.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..world.tenant import ExchangePrincipal, Mailbox, Tenant, User

Row = dict[str, Any]
NOT_FOUND = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"
_BINDING = "Microsoft.Exchange.Management.PSDirectInvoke.ParameterBindingException"
_SERVER = "DB8PR04A03DC002.EURPR04A003.PROD.OUTLOOK.COM"


@dataclass(frozen=True, slots=True, kw_only=True)
class CmdletError:
    """An error from a cmdlet. `code` is Exchange's name for the error."""

    status: int
    code: str
    exception: str
    message: str


Answer = list[Row] | CmdletError


def run(tenant: Tenant, name: str, parameters: Mapping[str, Any]) -> Answer | None:
    """Run a cmdlet and return its rows or its error, or None if the cmdlet is not supported."""
    known = {one.casefold(): one for one in _CMDLETS}
    found = known.get(name.casefold())
    if found is None:
        return None
    needed, cmdlet = _CMDLETS[found]
    given = {key.casefold(): str(value) for key, value in parameters.items()}
    missing = next((key for key in needed if not given.get(key.casefold())), None)
    if missing is not None:
        text = f"Cannot process command because of one or more missing mandatory parameters: {missing}."
        return CmdletError(status=400, code="BadRequest", exception=_BINDING, message=text)
    return cmdlet(tenant, *(given[key.casefold()] for key in needed))


def _absent(name: str) -> CmdletError:
    text = f"The operation couldn't be performed because object '{name}' couldn't be found on '{_SERVER}'."
    return CmdletError(status=404, code="NotFound", exception=NOT_FOUND, message=text)


def _transport(tenant: Tenant) -> Answer:
    return [
        {
            "Identity": "Transport Settings",
            "SmtpClientAuthenticationDisabled": tenant.smtp_auth_disabled,
            "AllowLegacyTLSClients": False,
        }
    ]


def _mailbox(tenant: Tenant, name: str) -> tuple[User, Mailbox] | None:
    owner = tenant.recipient(name)
    return (owner, owner.mailbox) if owner is not None and owner.mailbox is not None else None


def _cas_mailbox(tenant: Tenant, name: str) -> Answer:
    found = _mailbox(tenant, name)
    if found is None:
        return _absent(name)
    owner, mailbox = found
    return [
        {
            "Identity": owner.upn.partition("@")[0],
            "PrimarySmtpAddress": owner.primary,
            "SmtpClientAuthenticationDisabled": mailbox.smtp_auth_disabled,
            "ImapEnabled": True,
            "PopEnabled": True,
        }
    ]


def _user(tenant: Tenant, name: str) -> Answer:
    found = tenant.recipient(name)
    if found is None:
        return _absent(name)
    return [
        {
            "Identity": found.upn.partition("@")[0],
            "UserPrincipalName": found.upn,
            "AuthenticationPolicy": found.auth_policy,
            "RecipientType": "UserMailbox" if found.mailbox else "MailUser" if found.high_volume else "User",
        }
    ]


def _organization(tenant: Tenant) -> Answer:
    return [{"Name": tenant.domain, "DefaultAuthenticationPolicy": tenant.default_auth_policy}]


def _auth_policy(tenant: Tenant, name: str) -> Answer:
    found = next((one for one in tenant.auth_policies if one.name.casefold() == name.casefold()), None)
    if found is None:
        return _absent(name)
    return [{"Identity": found.name, "Name": found.name, "AllowBasicAuthSmtp": found.allow_basic_smtp}]


def _known(tenant: Tenant, name: str) -> ExchangePrincipal | None:
    return next((one for one in tenant.exchange_principals if name.lower() in {one.client_id, one.object_id}), None)


def _principal(tenant: Tenant, name: str) -> Answer:
    found = _known(tenant, name)
    if found is None:
        return _absent(name)
    app = tenant.app(found.client_id)
    display_name = app.display_name if app else found.client_id
    return [
        {
            "DisplayName": display_name,
            "AppId": found.client_id,
            "ObjectId": found.object_id,
            "Identity": found.object_id,
        }
    ]


def _trustee(tenant: Tenant, name: str) -> str | None:
    """Return the identifier under which permissions are stored, or None if there is no such application or user.

    An application that is registered in Exchange is identified by its object id, a user by the sign-in address.
    """
    found, user = _known(tenant, name), tenant.recipient(name)
    return found.object_id if found else user.upn if user else None


def _mailbox_permission(tenant: Tenant, name: str, trustee: str) -> Answer:
    found, owner = _mailbox(tenant, name), _trustee(tenant, trustee)
    if found is None or owner is None:
        return _absent(name if found is None else trustee)
    if owner not in found[1].full_access:
        return []
    return [
        {
            "Identity": found[0].upn.partition("@")[0],
            "User": owner,
            "AccessRights": ["FullAccess"],
            "IsInherited": False,
            "Deny": False,
        }
    ]


def _recipient_permission(tenant: Tenant, name: str, trustee: str) -> Answer:
    found, owner = _mailbox(tenant, name), _trustee(tenant, trustee)
    if found is None or owner is None:
        return _absent(name if found is None else trustee)
    if owner not in found[1].send_as:
        return []
    return [
        {
            "Identity": found[0].upn.partition("@")[0],
            "Trustee": owner,
            "AccessControlType": "Allow",
            "AccessRights": ["SendAs"],
            "IsInherited": False,
        }
    ]


def _authorization(tenant: Tenant, name: str, resource: str) -> Answer:
    found, mailbox = _known(tenant, name), _mailbox(tenant, resource)
    if found is None or mailbox is None:
        return _absent(name if found is None else resource)
    if not found.rbac_scope:
        return []
    return [
        {
            "RoleName": "Application SMTP.SendAsApp",
            "GrantedPermissions": "SMTP.SendAsApp",
            "AllowedResourceScope": "Senders of alarms",
            "ScopeType": "CustomRecipientScope",
            "InScope": mailbox[0].upn.casefold() in {one.casefold() for one in found.rbac_scope},
        }
    ]


_CMDLETS: dict[str, tuple[tuple[str, ...], Callable[..., Answer]]] = {
    "Get-TransportConfig": ((), _transport),
    "Get-CASMailbox": (("Identity",), _cas_mailbox),
    "Get-User": (("Identity",), _user),
    "Get-OrganizationConfig": ((), _organization),
    "Get-AuthenticationPolicy": (("Identity",), _auth_policy),
    "Get-ServicePrincipal": (("Identity",), _principal),
    "Get-MailboxPermission": (("Identity", "User"), _mailbox_permission),
    "Get-RecipientPermission": (("Identity", "Trustee"), _recipient_permission),
    "Test-ServicePrincipalAuthorization": (("Identity", "Resource"), _authorization),
}
