"""The situations of the table in docs/clients.md, what each client must see in them, and how that is read off what it printed.

What must be seen comes from Microsoft's pages and published transcripts: the reply code with its enhanced code, the number of
Entra's error, or that the client refuses the server.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from fakes import World, apply, healthy
from fakes.faults import change
from tests.clients.attempt import Seen

SENT, TOKEN, ACCEPTED = "sent", "token", "accepted"
REFUSES_CERTIFICATE = "refuses the certificate"
NO_HANDSHAKE = "the handshake fails"
GIVES_UP = "gives up, not offered"
NO_WORDS = "no words"
NO_NUMBER = "no token, no number"

_REPLY = re.compile(r"(?<!\d)([45]\d\d)[ ,]+(?:b?['\"])?([45]\.\d{1,3}\.\d{1,3})(?!\d)")
_BARE = re.compile(r"(?:failed|denied): ([45]\d\d)\b")
_NUMBER = re.compile(r"AADSTS\d{5,8}")
_HANDSHAKE = re.compile(
    r"SSL routines|violation of protocol|before secure TLS|while upgrading|TLS startup failed|handshake"
)
_NOT_OFFERED = re.compile(r"not supported|not advertise|does not support")
_RAISED = re.compile(r"^[\w.]*\.(\w+):")


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One state of the tenant as a client meets it; `sees` is what it must see, `sender` whose settings it has."""

    title: str
    sees: str
    sender: str = "basic"
    fault: str = ""
    change: Callable[[World], World] | None = None

    def world(self) -> World:
        """The tenant in this situation."""
        world = apply(healthy(), [self.fault] if self.fault else [])
        return self.change(world) if self.change else world


def _refused(title: str, fault: str, sees: str, sender: str = "basic") -> Situation:
    return Situation(title=title, fault=fault, sees=sees, sender=sender)


SUBMISSIONS = (
    Situation(title="all is well, password", sees=SENT),
    Situation(title="all is well, token", sees=SENT, sender="oauth"),
    _refused("the EHLO name is invalid", "ehlo_name_invalid", "501 5.5.4"),
    _refused("STARTTLS is stripped on the way", "starttls_stripped", GIVES_UP),
    Situation(
        title="the client neither encrypts nor signs in",
        sees="451 5.7.3",
        change=change.basic(use_ssl=False, enable_authentication=False),
    ),
    _refused("the server speaks TLS 1.0 and 1.1 only", "tls_too_old", NO_HANDSHAKE),
    _refused("the certificate leads to an unknown root", "certificate_unknown_root", REFUSES_CERTIFICATE),
    _refused("the certificate has expired", "certificate_expired", REFUSES_CERTIFICATE),
    _refused("the certificate is for another name", "certificate_other_name", REFUSES_CERTIFICATE),
    _refused("the client does not sign in", "authentication_off", "530 5.7.57"),
    _refused("wrong password", "wrong_password", "535 5.7.139"),
    _refused("a second factor is required", "mfa_required", "535 5.7.139"),
    _refused("SMTP AUTH is off for the tenant, password", "smtp_auth_off_tenant", "535 5.7.139"),
    _refused("SMTP AUTH is off for the tenant, token", "smtp_auth_off_tenant", "535 5.7.139", "oauth"),
    _refused("Basic authentication is removed", "basic_removed", "550 5.7.30"),
    _refused("the service principal is not registered", "sp_not_registered", "535 5.7.3", "oauth"),
    _refused("the token has expired", "token_expired", "535 5.7.3", "oauth"),
    _refused("the recipient does not exist", "recipient_unknown", "550 5.1.10"),
    _refused("no right on the mailbox", "mailbox_right_missing", "430 4.2.0", "oauth"),
    _refused("From is a colleague's address", "from_is_another", "554 5.2.252"),
    _refused("three submissions are under way", "three_connections", "432 4.3.2"),
    _refused("a back end fails for a moment", "message_temporary", "451 4.7.0"),
)

TOKENS = (
    Situation(title="all is well", sees=TOKEN, sender="oauth"),
    _refused("the secret is wrong", "secret_wrong", "AADSTS7000215", "oauth"),
    _refused("the secret has expired", "secret_expired", "AADSTS7000222", "oauth"),
    _refused("no such application", "client_unknown", "AADSTS700016", "oauth"),
    _refused("no enterprise application", "app_sp_missing", "AADSTS7000229", "oauth"),
    _refused("the scope is the delegated one", "delegated_scope", "AADSTS1002012", "oauth"),
    _refused("the tenant has no Exchange Online", "resource_missing", "AADSTS500011", "oauth"),
    _refused("Conditional Access blocks the application", "workload_blocked", "AADSTS53003", "oauth"),
    _refused("the tenant is throttled", "token_throttled", "AADSTS90055", "oauth"),
    _refused("no such tenant", "tenant_unknown", "AADSTS90002", "oauth"),
    _refused("a proxy answers with its own page", "login_proxy_page", NO_NUMBER, "oauth"),
    _refused(
        "the certificate leads to an unknown root", "login_certificate_unknown_root", REFUSES_CERTIFICATE, "oauth"
    ),
)

KEYS = (
    Situation(title="all is well", sees=ACCEPTED, sender="oauth"),
    _refused("the signing key is not one of Entra's", "token_tampered", "PyJWKClientError", "oauth"),
    _refused("the token has expired", "token_expired", "ExpiredSignatureError", "oauth"),
    _refused("the token is for another resource", "token_wrong_audience", "InvalidAudienceError", "oauth"),
)

# Where a client sees something else than the situation's own mark, and why that is its way and not the tenant's.
OTHERWISE = {
    ("swaks", "the certificate is for another name"): (SENT, "it verifies the chain and not the name (before 2024)"),
    ("nodemailer", "STARTTLS is stripped on the way"): ("500 5.3.3", "told to require TLS, it says STARTTLS unasked"),
    ("msmtp", "the server speaks TLS 1.0 and 1.1 only"): ("421 4.7.66", "GnuTLS still speaks 1.1, and gets the words"),
    ("msal", "no such tenant"): (NO_NUMBER, "it replaces the refusal by words of its own"),
    ("azure-identity", "no such tenant"): (NO_NUMBER, "it is built on msal"),
}


def submission_seen(seen: Seen) -> str:
    """What a mail client saw, in a few words that no version of it changes."""
    if seen.worked:
        return SENT
    if found := _REPLY.search(seen.printed):
        return " ".join(found.groups())
    verdict = "\n".join(line for line in seen.printed.splitlines() if line.startswith("curl: ")) or seen.printed
    if found := _BARE.search(verdict):
        return f"{found.group(1)}, {NO_WORDS}"
    if "certificate" in verdict.lower():
        return REFUSES_CERTIFICATE
    if _HANDSHAKE.search(verdict):
        return NO_HANDSHAKE
    return GIVES_UP if _NOT_OFFERED.search(verdict) else f"refused, {NO_WORDS}"


def token_seen(seen: Seen) -> str:
    """What a token client saw, in the same way."""
    if seen.worked:
        return TOKEN
    if found := _NUMBER.search(seen.printed):
        return found.group()
    return (
        REFUSES_CERTIFICATE
        if "certificate verify failed" in seen.printed or "curl: (60)" in seen.printed
        else NO_NUMBER
    )


def key_seen(seen: Seen) -> str:
    """What a client that verifies tokens says of one: accepted, or the error that it raised."""
    found = _RAISED.search(seen.printed)
    return ACCEPTED if seen.worked else found.group(1) if found else seen.printed
