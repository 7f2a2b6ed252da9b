"""The situations in docs/clients.md, the expected results, and functions that derive a client's result from its output.

The expected results come from Microsoft's pages and published transcripts: the reply code with its enhanced code, Entra's
error code, or a refusal by the client.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from fakes import World, apply, healthy
from fakes.faults import change
from tests.clients.attempt import ClientResult

SENT, TOKEN, ACCEPTED = "sent", "token", "accepted"
REFUSES_CERTIFICATE = "rejects the certificate"
NO_HANDSHAKE = "the handshake fails"
GIVES_UP = "gives up (not offered)"
NO_TEXT = "without text"
NO_CODE = "neither token nor code"

_REPLY = re.compile(r"(?<!\d)([45]\d\d)[ ,]+(?:b?['\"])?([45]\.\d{1,3}\.\d{1,3})(?!\d)")
_CODE_ALONE = re.compile(r"(?:failed|denied): ([45]\d\d)\b")
_AADSTS = re.compile(r"AADSTS\d{5,8}")
_HANDSHAKE = re.compile(
    r"SSL routines|violation of protocol|before secure TLS|while upgrading|TLS startup failed|handshake"
)
_NOT_OFFERED = re.compile(r"not supported|not advertise|does not support")
_EXCEPTION = re.compile(r"^[\w.]*\.(\w+):")


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A state of the tenant, the result that clients are expected to get, and the sender whose settings they use."""

    title: str
    expected_result: str
    sender: str = "basic"
    fault: str = ""
    change: Callable[[World], World] | None = None

    def world(self) -> World:
        """Return the world for this situation."""
        world = apply(healthy(), [self.fault] if self.fault else [])
        return self.change(world) if self.change else world


def _refused(title: str, fault: str, expected_result: str, sender: str = "basic") -> Situation:
    return Situation(title=title, fault=fault, expected_result=expected_result, sender=sender)


SUBMISSIONS = (
    Situation(title="healthy, password sign-in", expected_result=SENT),
    Situation(title="healthy, token sign-in", expected_result=SENT, sender="oauth"),
    _refused("the EHLO name is invalid", "ehlo_name_invalid", "501 5.5.4"),
    _refused("a middlebox removes STARTTLS", "starttls_stripped", GIVES_UP),
    Situation(
        title="the client neither encrypts nor signs in",
        expected_result="451 5.7.3",
        change=change.basic(use_ssl=False, enable_authentication=False),
    ),
    _refused("the server supports only TLS 1.0 and 1.1", "tls_too_old", NO_HANDSHAKE),
    _refused("the certificate chains to an untrusted root", "certificate_unknown_root", REFUSES_CERTIFICATE),
    _refused("the certificate has expired", "certificate_expired", REFUSES_CERTIFICATE),
    _refused("the certificate is for a different name", "certificate_other_name", REFUSES_CERTIFICATE),
    _refused("the client does not sign in", "authentication_off", "530 5.7.57"),
    _refused("the password is wrong", "wrong_password", "535 5.7.139"),
    _refused("a second factor is required", "mfa_required", "535 5.7.139"),
    _refused("SMTP AUTH is off for the tenant, password sign-in", "smtp_auth_off_tenant", "535 5.7.139"),
    _refused("SMTP AUTH is off for the tenant, token sign-in", "smtp_auth_off_tenant", "535 5.7.139", "oauth"),
    _refused("Basic authentication has been removed", "basic_removed", "550 5.7.30"),
    _refused("the service principal is not registered", "sp_not_registered", "535 5.7.3", "oauth"),
    _refused("the token has expired", "token_expired", "535 5.7.3", "oauth"),
    _refused("the recipient does not exist", "recipient_unknown", "550 5.1.10"),
    _refused("the application has no permission on the mailbox", "mailbox_right_missing", "430 4.2.0", "oauth"),
    _refused("From is a colleague's address", "from_is_another", "554 5.2.252"),
    _refused("three other submissions are in progress", "three_connections", "432 4.3.2"),
    _refused("a back-end server reports a temporary error", "message_temporary", "451 4.7.0"),
)

TOKENS = (
    Situation(title="healthy", expected_result=TOKEN, sender="oauth"),
    _refused("the secret is wrong", "secret_wrong", "AADSTS7000215", "oauth"),
    _refused("the secret has expired", "secret_expired", "AADSTS7000222", "oauth"),
    _refused("the application does not exist", "client_unknown", "AADSTS700016", "oauth"),
    _refused("the application has no enterprise application", "app_sp_missing", "AADSTS7000229", "oauth"),
    _refused("the scope is a delegated permission", "delegated_scope", "AADSTS1002012", "oauth"),
    _refused("the tenant has no Exchange Online", "resource_missing", "AADSTS500011", "oauth"),
    _refused("Conditional Access blocks the application", "workload_blocked", "AADSTS53003", "oauth"),
    _refused("the tenant is throttled", "token_throttled", "AADSTS90055", "oauth"),
    _refused("the tenant does not exist", "tenant_unknown", "AADSTS90002", "oauth"),
    _refused("a proxy returns a page of its own", "login_proxy_page", NO_CODE, "oauth"),
    _refused(
        "the certificate chains to an untrusted root", "login_certificate_unknown_root", REFUSES_CERTIFICATE, "oauth"
    ),
)

KEYS = (
    Situation(title="healthy", expected_result=ACCEPTED, sender="oauth"),
    _refused("the signing key is not one of Entra's", "token_tampered", "PyJWKClientError", "oauth"),
    _refused("the token has expired", "token_expired", "ExpiredSignatureError", "oauth"),
    _refused("the token is for a different resource", "token_wrong_audience", "InvalidAudienceError", "oauth"),
)

# Results that differ from the expected one, each with the reason, which is in the client and not in the tenant.
EXCEPTIONS = {
    ("swaks", "the certificate is for a different name"): (
        SENT,
        "swaks before 2024 verifies the chain but not the name",
    ),
    ("nodemailer", "a middlebox removes STARTTLS"): (
        "500 5.3.3",
        "with `requireTLS`, nodemailer sends STARTTLS even if it is not offered",
    ),
    ("msmtp", "the server supports only TLS 1.0 and 1.1"): (
        "421 4.7.66",
        "GnuTLS still supports TLS 1.1, so the server can reply",
    ),
    ("msal", "the tenant does not exist"): (NO_CODE, "msal replaces the error with a text of its own"),
    ("azure-identity", "the tenant does not exist"): (NO_CODE, "azure-identity uses msal"),
}


def submission_result(result: ClientResult) -> str:
    """Return a mail client's result in a few words that do not depend on the client's version."""
    if result.succeeded:
        return SENT
    if found := _REPLY.search(result.printed):
        return " ".join(found.groups())
    verdict = "\n".join(line for line in result.printed.splitlines() if line.startswith("curl: ")) or result.printed
    if found := _CODE_ALONE.search(verdict):
        return f"{found.group(1)} {NO_TEXT}"
    if "certificate" in verdict.lower():
        return REFUSES_CERTIFICATE
    if _HANDSHAKE.search(verdict):
        return NO_HANDSHAKE
    return GIVES_UP if _NOT_OFFERED.search(verdict) else f"refused {NO_TEXT}"


def token_result(result: ClientResult) -> str:
    """Return a token client's result: that it got a token, Entra's error code, a refused certificate, or no code."""
    if result.succeeded:
        return TOKEN
    if found := _AADSTS.search(result.printed):
        return found.group()
    return (
        REFUSES_CERTIFICATE
        if "certificate verify failed" in result.printed or "curl: (60)" in result.printed
        else NO_CODE
    )


def key_result(result: ClientResult) -> str:
    """Return "accepted", the name of the exception with which a client rejected the token, or else the client's output."""
    found = _EXCEPTION.search(result.printed)
    return ACCEPTED if result.succeeded else found.group(1) if found else result.printed
