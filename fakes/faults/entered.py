"""Faults in the settings of one sender or of both. Some of them also change the tenant."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ..world.world import (
    ALERTS,
    CLIENT_ID,
    REGISTRATION_OBJECT_ID,
    SECRET_ID,
    SECRET_VALUE,
    TENANT_ID,
    World,
    issuer_document,
)
from . import change
from .fault import Fault

BASIC, OAUTH = ("basic",), ("oauth",)


def _password_expires_soon(world: World) -> World:
    """Make the password expire in six days, both in the directory and in the settings, and remove the sender's attestations."""
    now, days = datetime.now(UTC), world.tenant.password_valid_days or 0
    account = change.user(
        ALERTS, password_never_expires=False, password_changed=now - timedelta(days=days - 6, hours=-1)
    )
    soon = (now + timedelta(days=6)).date()
    return replace(account(world), basic=replace(world.basic, password_expires=soon, attested=()))


def _from_onmicrosoft(world: World) -> World:
    """Use an address in the onmicrosoft.com domain as the mailbox's address and as From."""
    address = "alerts@fabrikamexample.onmicrosoft.com"
    return change.basic(mail_from=address)(change.user(ALERTS, address=address)(world))


ENTERED = (
    Fault(
        id="other_host",
        changes="SMTP Server is the tenant's MX host",
        gate="port",
        cause="wrong_host_or_port",
        change=change.both(smtp_server="fabrikam-example.mail.protection.outlook.com"),
    ),
    Fault(
        id="hosting_host",
        changes="SMTP Server is the hosting provider's mail server",
        gate="greeting",
        cause="wrong_host_or_port",
        change=change.both(smtp_server="mail.hosting-provider.example"),
    ),
    Fault(
        id="host_misspelt",
        changes="SMTP Server contains a typo",
        gate="name",
        cause="wrong_host_or_port",
        change=change.both(smtp_server="smtp.offfice365.com"),
    ),
    Fault(
        id="host_by_address",
        changes="SMTP Server is an IP address",
        gate="tls",
        cause="wrong_host_or_port",
        change=change.both(smtp_server="52.96.164.146"),
    ),
    Fault(
        id="port_25",
        changes="Port is 25",
        gate="port",
        cause="wrong_host_or_port",
        change=change.both(port=25),
    ),
    Fault(
        id="port_465",
        changes="Port is 465",
        gate="port",
        cause="wrong_host_or_port",
        change=change.both(port=465),
    ),
    Fault(
        id="ssl_off",
        changes="Use SSL is not ticked",
        gate="starttls",
        cause="starttls_missing_or_implicit_tls_on_587",
        change=change.both(use_ssl=False),
    ),
    Fault(
        id="from_onmicrosoft",
        changes="the mailbox's address and From are in the onmicrosoft.com domain",
        gate="accepted",
        cause="onmicrosoft_sender",
        senders=BASIC,
        change=_from_onmicrosoft,
    ),
    Fault(
        id="bare_user_name",
        changes="Username does not include the domain",
        gate="sign_in",
        cause="username_not_upn",
        senders=BASIC,
        change=change.basic(username="alerts"),
    ),
    Fault(
        id="authentication_off",
        changes="Enable Authentication is not ticked",
        gate="sign_in",
        cause="client_never_sent_auth",
        change=change.both(enable_authentication=False),
    ),
    Fault(
        id="wrong_type",
        changes="Authentication Type is Basic although the OAuth fields are filled in",
        gate="sign_in",
        cause="authentication_type_wrong",
        senders=OAUTH,
        change=change.oauth(authentication_type="Basic"),
    ),
    Fault(
        id="ehlo_name_invalid",
        changes="the EHLO name is not a valid domain name",
        gate="greeting",
        cause="ehlo_name_invalid",
        change=lambda world: replace(world, ehlo_name="alarm_server..local"),
    ),
    Fault(
        id="placeholder_tenant",
        changes="the endpoint contains a placeholder in place of the tenant id",
        gate="issuer",
        cause="wrong_tenant_or_authority",
        senders=OAUTH,
        change=change.oauth(openid_endpoint_configuration=issuer_document("{tenant-id}")),
    ),
    Fault(
        id="tenant_malformed",
        changes="the tenant id in the endpoint is missing its last character",
        gate="issuer",
        cause="wrong_tenant_or_authority",
        senders=OAUTH,
        change=change.oauth(openid_endpoint_configuration=issuer_document(TENANT_ID[:-1])),
    ),
    Fault(
        id="tenant_unknown",
        changes="the tenant id in the endpoint belongs to no tenant",
        gate="issuer",
        cause="wrong_tenant_or_authority",
        senders=OAUTH,
        change=change.oauth(openid_endpoint_configuration=issuer_document("7d2f8e61-05a4-4cb3-9e17-c83b60d5f429")),
    ),
    Fault(
        id="common_authority",
        changes="the endpoint belongs to the common authority",
        gate="issuer",
        cause="wrong_tenant_or_authority",
        senders=OAUTH,
        change=change.oauth(openid_endpoint_configuration=issuer_document("common")),
    ),
    Fault(
        id="v1_authority",
        changes="the endpoint is the v1 discovery document",
        gate="issuer",
        cause="wrong_tenant_or_authority",
        senders=OAUTH,
        change=change.oauth(
            openid_endpoint_configuration=issuer_document().replace("/v2.0/", "/"),
        ),
    ),
    Fault(
        id="other_cloud_authority",
        changes="the endpoint belongs to the US government cloud",
        gate="issuer",
        cause="wrong_tenant_or_authority",
        senders=OAUTH,
        change=change.oauth(openid_endpoint_configuration=issuer_document(host="login.microsoftonline.us")),
    ),
    Fault(
        id="delegated_scope",
        changes="Scope is a delegated permission",
        gate="token",
        cause="wrong_scope_or_audience",
        senders=OAUTH,
        change=change.oauth(scope="https://outlook.office365.com/SMTP.Send"),
    ),
    Fault(
        id="graph_scope",
        changes="Scope is for Microsoft Graph instead of Exchange Online",
        gate="claims",
        cause="wrong_scope_or_audience",
        senders=OAUTH,
        change=change.oauth(scope="https://graph.microsoft.com/.default"),
    ),
    Fault(
        id="scope_missing",
        changes="Scope is empty",
        gate="token",
        cause="wrong_scope_or_audience",
        senders=OAUTH,
        change=change.oauth(scope=""),
    ),
    Fault(
        id="scope_misspelt",
        changes="Scope names a resource that does not exist",
        gate="token",
        cause="wrong_scope_or_audience",
        senders=OAUTH,
        change=change.oauth(scope="https://outlook.ofice365.com/.default"),
    ),
    Fault(
        id="client_unknown",
        changes="Client Id contains a typo",
        gate="token",
        cause="app_not_in_tenant",
        senders=OAUTH,
        change=change.oauth(client_id=CLIENT_ID[:-1] + "0"),
    ),
    Fault(
        id="client_is_object_id",
        changes="Client Id is the object id of the app registration",
        gate="token",
        cause="app_not_in_tenant",
        senders=OAUTH,
        change=change.oauth(client_id=REGISTRATION_OBJECT_ID),
    ),
    Fault(
        id="secret_wrong",
        changes="Client Secret is missing its last three characters",
        gate="token",
        cause="secret_wrong",
        senders=OAUTH,
        change=change.oauth(client_secret=SECRET_VALUE[:-3]),
    ),
    Fault(
        id="secret_id_pasted",
        changes="Client Secret is the secret's id instead of its value",
        gate="token",
        cause="secret_wrong",
        senders=OAUTH,
        change=change.oauth(client_secret=SECRET_ID),
    ),
    Fault(
        id="other_mailbox_as_user",
        changes="the OAuth sender signs in with an address that has no mailbox",
        gate="sign_in",
        cause="mailbox_missing",
        senders=OAUTH,
        change=change.oauth(username="notice@fabrikam.example"),
    ),
    Fault(
        id="from_malformed",
        changes="the Basic sender's From address has no domain",
        gate="sender",
        cause="address_malformed",
        senders=BASIC,
        change=change.basic(mail_from="alerts"),
    ),
    Fault(
        id="from_is_another",
        changes="the Basic sender's From address belongs to a colleague",
        gate="accepted",
        cause="send_as_denied",
        senders=BASIC,
        change=change.basic(mail_from="ops@fabrikam.example"),
    ),
    Fault(
        id="from_is_another_oauth",
        changes="the OAuth sender's From address belongs to a colleague",
        gate="accepted",
        cause="send_as_denied",
        senders=OAUTH,
        change=change.oauth(mail_from="ops@fabrikam.example"),
    ),
    Fault(
        id="password_expiring",
        changes="the password expires in six days, and no routine for changing it is attested",
        gate="sign_in",
        cause="password_expiring",
        senders=BASIC,
        change=_password_expires_soon,
    ),
)
