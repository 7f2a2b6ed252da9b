"""The replies of Microsoft's SMTP servers, word for word, without the `[host time id]` stamp.

Sources: Microsoft's pages on client submission and on OAuth for SMTP; public captures of the service.
"""

READY = "Microsoft ESMTP MAIL Service ready at"
EXTENSIONS_BEFORE_TLS = (
    "SIZE 157286400",
    "PIPELINING",
    "DSN",
    "ENHANCEDSTATUSCODES",
    "STARTTLS",
    "8BITMIME",
    "BINARYMIME",
    "CHUNKING",
    "SMTPUTF8",
)
AUTH_EXTENSION = "AUTH LOGIN XOAUTH2"
SIZE_LIMIT = 157_286_400

STARTTLS_READY = "220 2.0.0 SMTP server ready"
SIGNED_IN = "235 2.7.0 Authentication successful"
SENDER_OK = "250 2.1.0 Sender OK"
RECIPIENT_OK = "250 2.1.5 Recipient OK"
START_INPUT = "354 Start mail input; end with <CRLF>.<CRLF>"
CLOSING = "221 2.0.0 Service closing transmission channel"
RESETTING = "250 2.0.0 Resetting"
NOTHING_DONE = "250 2.0.0 OK"

UNSUCCESSFUL = "535 5.7.3 Authentication unsuccessful"
_WHY = "535 5.7.139 Authentication unsuccessful, "
CREDENTIALS = _WHY + "the user credentials were incorrect."
LOCKED = _WHY + "account locked. Contact your administrator."
ACCOUNT_ISSUE = _WHY + "account has an issue. Contact your administrator."
SECURITY_DEFAULTS = _WHY + "user is locked by your organization's security defaults policy. Contact your administrator."
CRITERIA = _WHY + "the request did not meet the criteria to be authenticated successfully. Contact your administrator."
BASIC_DISABLED = _WHY + "basic authentication is disabled."
SMTP_AUTH_OFF_TENANT = (
    _WHY + "SmtpClientAuthentication is disabled for the Tenant. "
    "Visit https://aka.ms/smtp_auth_disabled for more information."
)
SMTP_AUTH_OFF_MAILBOX = (
    _WHY + "SmtpClientAuthentication is disabled for the Mailbox. "
    "Visit https://aka.ms/smtp_auth_disabled for more information."
)
ORGANISATION_CONFIGURATION = _WHY + "the organization configuration doesn't allow this authentication request."
# The replies of High Volume Email.
TOKEN_EXPIRES_SOON = "535 5.7.142 Token will expire soon"
TOKEN_EXPIRED = "535 5.7.143 Expired token"
API_PERMISSIONS = "535 5.7.144 XOAUTH2 authentication failed. Invalid API permissions."
APPLICATION_NOT_ALLOWED = "550 5.7.240 The application is not allowed for use with this High Volume Email account."
EXTERNAL_RECIPIENT = "550 5.5.105 External sending is not supported for High Volume Email accounts."

STS_UNREACHABLE = _WHY + "federated STS service was unreachable."
STS_WITHOUT_HTTPS = _WHY + "the federated STS URL does not support HTTPS."
BASIC_REMOVED = "5.7.30 Basic authentication is not supported for Client Submission."
MAILBOX_CANNOT_BE_ACCESSED = "550 Mailbox cannot be accessed"
OLD_TLS = (
    "421 4.7.66 TLS 1.0 and 1.1 are not supported. Please upgrade/update your client to support TLS 1.2. "
    "Visit https://aka.ms/smtp_auth_tls."
)
UNKNOWN_MECHANISM = "504 5.7.4 Unrecognized authentication type"

NOT_SIGNED_IN = "530 5.7.57 Client not authenticated to send mail."
STARTTLS_REQUIRED = "451 5.7.3 STARTTLS is required to send mail"
INVALID_DOMAIN = "501 5.5.4 Invalid domain name"
INVALID_ARGUMENTS = "501 5.5.4 Invalid arguments"
INVALID_SENDER = "501 5.1.7 Invalid address"
INVALID_RECIPIENT = "501 5.1.3 Invalid address"
SEND_HELLO = "503 5.5.2 Send hello first"
BAD_SEQUENCE = "503 5.5.1 Bad sequence of commands"
NEED_SENDER = "503 5.5.2 Need mail command"
NEED_RECIPIENT = "503 5.5.2 Need rcpt command"
UNKNOWN_COMMAND = "500 5.3.3 Unrecognized command"
TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients"
TOO_LARGE = "552 5.3.4 Message size exceeds fixed maximum message size"
RECIPIENT_NOT_FOUND = "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"
RECIPIENT_BLOCKED = "550 5.4.1 Recipient address rejected: Access denied."
TOO_LONG = "500 5.5.2 Line too long"
CANNOT_VERIFY = "252 2.1.5 Cannot VRFY user"
HELP = "214-This server supports the following commands:"
CONNECTION_DROPPED = "421 4.4.2 Connection dropped due to SocketError"

NO_RIGHT_ON_MAILBOX = (
    "430 4.2.0 STOREDRV; mailbox logon failure; "
    "STOREDRV.Submission.Exception:ConnectionFailedTransientException.MapiExceptionLogonFailed; "
    "Failed to process message due to a transient exception with message [BeginDiagnosticData]"
    "Cannot open mailbox. Server = {server}[EndDiagnosticData]"
)
SEND_AS_DENIED = (
    "554 5.2.252 SendAsDenied; {user} not allowed to send as {sender}; "
    "STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; "
    "Failed to process message due to a permanent exception with message Cannot submit message."
)
TOO_MANY_AT_ONCE = (
    "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information."
)
QUOTA_USED = "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException"
MAILBOX_FULL = (
    "554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded"
)
OUTBOUND_SPAM = (
    "554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; "
    "Failed to process message due to a permanent exception with message WASCL UserAction verdict is not None. "
    "Actual verdict is HipNotify, ShowTierUpgrade."
)
TENANT_OVER_THRESHOLD = "550 5.7.705 Access denied, tenant has exceeded threshold"
SENDER_RESTRICTED = "550 5.1.8 Access denied, bad outbound sender AS(42004)"
# UNVERIFIED: according to Microsoft, messages above the rate are delayed without an error. No capture of a refusal was found.
OVER_RATE = "451 4.7.0 Temporary server error. Please try again later. PRX2"
