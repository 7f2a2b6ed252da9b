"""Sources and steps that several entries share."""

from typing import Final

_LEARN: Final = "https://learn.microsoft.com/en-us/"
_EXO: Final = _LEARN + "exchange/clients-and-mobile-in-exchange-online/"
_FLOW: Final = _LEARN + "exchange/mail-flow-best-practices/"

SMTP_AUTH: Final = _EXO + "authenticated-client-smtp-submission"
POLICY: Final = _EXO + "disable-basic-authentication-in-exchange-online"
BASIC_END: Final = _EXO + "deprecation-of-basic-authentication-exchange-online"
BASIC_DATES: Final = (
    "https://techcommunity.microsoft.com/blog/exchange/"
    "updated-exchange-online-smtp-auth-basic-authentication-deprecation-timeline/4489835"
)
DEVICE: Final = (
    _FLOW + "how-to-set-up-a-multifunction-device-or-application-to-send-email-using-microsoft-365-or-office-365"
)
NDR: Final = _LEARN + "troubleshoot/exchange/email-delivery/ndr/non-delivery-reports-in-exchange-online"
TROUBLE: Final = (
    _LEARN + "troubleshoot/exchange/email-delivery/"
    "fix-issues-with-printers-scanners-and-lob-applications-that-send-email-using-off"
)
LIMITS: Final = _LEARN + "troubleshoot/exchange/send-emails/smtp-submission-improvements"
SERVICE_LIMITS: Final = (
    _LEARN + "office365/servicedescriptions/exchange-online-service-description/exchange-online-limits"
)
OAUTH: Final = (
    _LEARN + "exchange/client-developer/legacy-protocols/"
    "how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth"
)
MESSAGE_TRACE: Final = _LEARN + "exchange/monitoring/trace-an-email-message/graph-api-message-trace"
HIGH_VOLUME: Final = _FLOW + "high-volume-mails-m365"
DIRECT_SEND: Final = "https://techcommunity.microsoft.com/blog/exchange/introducing-more-control-over-direct-send-in-exchange-online/4408790"
MOERA: Final = (
    "https://techcommunity.microsoft.com/blog/exchange/limiting-onmicrosoft-domain-usage-for-sending-emails/4446167"
)
TENANT_LIMIT: Final = (
    "https://techcommunity.microsoft.com/blog/exchange/introducing-exchange-online-tenant-outbound-email-limits/4372797"
)
SET_MAILBOX: Final = _LEARN + "powershell/module/exchangepowershell/set-mailbox"
DKIM: Final = _LEARN + "defender-office-365/email-authentication-dkim-configure"
BULK_SENDERS: Final = (
    "https://support.microsoft.com/en-us/topic/"
    "fix-ndr-error-550-5-7-515-in-outlook-com-34cfe8f8-6fbf-457e-9e8b-9e4dbaf4e0ef"
)
ACS_SMTP: Final = _LEARN + "azure/communication-services/quickstarts/email/send-email-smtp/send-email-smtp"
ROOT_G2: Final = (
    "https://techcommunity.microsoft.com/blog/exchange/"
    "trust-digicert-global-root-g2-certificate-authority-to-avoid-exchange-online-ema/4488311"
)
HIGH_VOLUME_OAUTH: Final = _FLOW + "oauth-high-volume-mails-m365"
RBAC: Final = _LEARN + "exchange/permissions-exo/application-rbac"
RBAC_SMTP: Final = _LEARN + "exchange/client-developer/legacy-protocols/smtp-app-rbac-onboarding"
ENTRA_CODES: Final = _LEARN + "entra/identity-platform/reference-error-codes"
CLIENT_CREDENTIALS: Final = _LEARN + "entra/identity-platform/v2-oauth2-client-creds-grant-flow"
ENDPOINTS: Final = _LEARN + "microsoft-365/enterprise/urls-and-ip-address-ranges"
ADFS_ENDPOINTS: Final = _LEARN + "windows-server/identity/ad-fs/deployment/best-practices-securing-ad-fs"
INBOUND_CONNECTOR: Final = _LEARN + "powershell/module/exchangepowershell/new-inboundconnector"
RELAY_CERTIFICATE: Final = _LEARN + "exchange/troubleshoot/connectors/office-365-notice"
TLS_12: Final = _LEARN + "purview/prepare-tls-1.2-in-office-365"
DOTNET_TLS: Final = _LEARN + "dotnet/framework/network-programming/tls"
SCHANNEL: Final = _LEARN + "windows-server/security/tls/tls-registry-settings"
LOCKOUT: Final = _LEARN + "entra/identity/authentication/howto-password-smart-lockout"
HASH_SYNC: Final = _LEARN + "entra/identity/hybrid/connect/how-to-connect-password-hash-synchronization"
SECURITY_DEFAULTS: Final = _LEARN + "entra/fundamentals/security-defaults"
CONDITIONAL_ACCESS: Final = _LEARN + "entra/identity/conditional-access/overview"
ACCESS_EVALUATION: Final = _LEARN + "entra/identity/conditional-access/concept-continuous-access-evaluation"
WORKLOAD_ACCESS: Final = _LEARN + "entra/identity/conditional-access/workload-identity"
PASSWORD_POLICY: Final = _LEARN + "microsoft-365/admin/manage/set-password-expiration-policy"
RESTRICTED: Final = _LEARN + "defender-office-365/outbound-spam-restore-restricted-users"
HEALTH: Final = "https://admin.microsoft.com/Adminportal/Home#/servicehealth"
SCUBA: Final = "https://github.com/cisagov/ScubaGear/blob/main/PowerShell/ScubaGear/baselines/exo.md"
RFC_SUBMISSION: Final = "https://www.rfc-editor.org/rfc/rfc6409"
RFC_SMTP: Final = "https://www.rfc-editor.org/rfc/rfc5321"
RFC_AUTH: Final = "https://www.rfc-editor.org/rfc/rfc4954"
RFC_STARTTLS: Final = "https://www.rfc-editor.org/rfc/rfc3207"
RFC_DNS_TCP: Final = "https://www.rfc-editor.org/rfc/rfc7766"
FAQ: Final = "Nodinite FAQ - Office365 Email Configuration"

CONNECT_EXCHANGE: Final = "As an Exchange administrator, connect with PowerShell: `Connect-ExchangeOnline`."
SIGN_IN_LOG: Final = (
    "Open Entra admin center > Entra ID > Monitoring & health > Sign-in logs, and filter by the user {account} and "
    "the client app Authenticated SMTP. Read the error number and the Conditional Access tab of the "
    "failed entry."
)
OTHER_WAYS: Final = (
    "For the other ways to send, and what each of them costs, read docs/other-ways.md: OAuth for SMTP AUTH "
    "(first choice), High Volume Email, Azure Communication Services Email, Microsoft Graph with rights for one "
    "mailbox, and a connector."
)
