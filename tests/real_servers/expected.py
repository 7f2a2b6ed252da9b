"""The results that the product must report for each real server, written by hand before any run.

Each row is one situation at one server. Its expected result comes from the server's manual or from an RFC, never from a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from tests.real_servers.names import ANOTHER_AUDIENCE, AUDIENCE, COLLEAGUE, USER

Owner = Literal["sender", "service", "issuer", "network"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The expected result of a run in one situation, and the number of messages expected in the server's maildir.

    `gate`, `verdict` and `owner` list every acceptable value. `first` must be the first cause or, if `listed` is true, one of the causes.
    Causes in `never` must not be reported. The output must contain every text in `shown` and none in `not_shown`. Checks in `not_passed`
    must not pass.
    """

    at: str
    verdict: tuple[str, ...] = ("cannot_send",)
    gate: tuple[str | None, ...]
    first: str | None
    listed: bool = False
    never: tuple[str, ...] = ("unrecognised", "service_side_fault")
    owner: tuple[Owner, ...]
    sign_ins: int
    token_requests: int = 0
    arrived: int = 0
    shown: tuple[str, ...] = ()
    not_shown: tuple[str, ...] = ()
    not_passed: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.at


def sends(at: str, *, token_requests: int = 0) -> Expected:
    """Return the row for a situation without a fault, in which one sign-in succeeds and one message arrives."""
    return Expected(at=at, verdict=("can_send",), gate=(None,), first=None, owner=(), sign_ins=1,
                    token_requests=token_requests, arrived=1)  # fmt: skip


EXIM: Final = (
    sends("exim: healthy"),
    # 535 without an enhanced status: a wrong password and an unknown account get the same reply.
    Expected(at="exim: wrong password", gate=("sign_in",), first="bad_credentials", listed=True, owner=("sender",),
             sign_ins=1),
    # RFC 5321, 4.2.1: 4yz is transient. The address was not evaluated, so no text may suggest a typing error.
    Expected(at="exim: greylisting", gate=("recipient",), first="temporarily_deferred",
             never=("unrecognised", "service_side_fault", "recipient_rejected"), owner=("sender", "service"),
             sign_ins=1, shown=("Greylisted",), not_shown=("typing errors",)),
    Expected(at="exim: unroutable recipient", gate=("recipient",), first="recipient_rejected",
             owner=("sender", "service"), sign_ins=1, shown=("Unrouteable address",)),
    Expected(at="exim: untrusted authority", gate=("tls",), first="cert_untrusted", owner=("network", "service", "sender"),
             sign_ins=0),
    # This port accepts mail without a sign-in, but the suite sends no message without one, so nothing is proven and no check of
    # a password may pass.
    Expected(at="exim: authentication is off", verdict=("not_proven",), gate=(None,), first=None, owner=(),
             sign_ins=0, not_passed=("BASIC-02", "BASIC-03", "BASIC-10")),
    # The application would send in clear text; the port offers AUTH over TLS only.
    Expected(at="exim: Use SSL is off", gate=("starttls",), first="starttls_missing_or_implicit_tls_on_587",
             owner=("sender",), sign_ins=0),
)  # fmt: skip

POSTFIX: Final = (
    sends("postfix: healthy"),
    # The application signs in with LOGIN, which this server does not offer, so no remedy may recommend LOGIN.
    Expected(at="postfix: PLAIN only", gate=("auth_offered",), first="auth_mechanism_unsupported",
             owner=("service", "sender"), sign_ins=0, shown=("PLAIN",), not_shown=("Choose the method LOGIN",)),
    Expected(at="postfix: greylisting", gate=("recipient",), first="temporarily_deferred",
             never=("unrecognised", "service_side_fault", "recipient_rejected"), owner=("sender", "service"),
             sign_ins=1, shown=("Greylisted",), not_shown=("typing errors",)),
    # smtpd_tls_req_ccert: the handshake succeeds, and the next command gets 421 "No client certificate presented".
    Expected(at="postfix: client certificate", gate=("auth_offered", "tls"), first="client_certificate_required",
             never=("unrecognised", "service_side_fault", "smtp_intercepted"), owner=("service", "sender"), sign_ins=0),
    # reject_sender_login_mismatch. Postfix answers MAIL with 250 and refuses at RCPT (smtpd_delay_reject) with a reply
    # that contains the sender's address, so either gate is correct.
    Expected(at="postfix: colleague's address in From", gate=("sender", "recipient"), first="send_as_denied",
             owner=("service", "sender"), sign_ins=1, shown=(USER, COLLEAGUE),
             not_shown=(f"that signs in, {COLLEAGUE}", "Add-RecipientPermission", "- The sender address is accepted")),
    # The settings declare a different port from the one that the application uses, so no secret is sent.
    Expected(at="postfix: port not declared", gate=("sign_in",), first="wrong_host_or_port", owner=("sender",), sign_ins=0),
)  # fmt: skip

DOVECOT: Final = (
    sends("dovecot: LOGIN"),
    sends("dovecot: XOAUTH2", token_requests=1),
    Expected(at="dovecot: wrong password", gate=("sign_in",), first="bad_credentials", listed=True, owner=("sender",),
             sign_ins=1),
    # RFC 6749, 5.2: invalid_client.
    Expected(at="dovecot: wrong client secret", gate=("token",), first="secret_wrong", owner=("sender", "issuer"),
             sign_ins=0, token_requests=1),
    # The token is for AUDIENCE, but the settings declare ANOTHER_AUDIENCE; the requested scope does not matter.
    Expected(at="dovecot: wrong audience", gate=("claims",), first="wrong_scope_or_audience",
             owner=("sender", "issuer"), sign_ins=0, token_requests=1, shown=(AUDIENCE, ANOTHER_AUDIENCE),
             not_shown=("Set Scope to mail", "set Scope to mail")),
    # Dovecot answers AUTH XOAUTH2 with `334 eyJ…` and refuses after the empty line: {"status":"401",…}.
    Expected(at="dovecot: token of another user", gate=("sign_in",), first="token_user_mismatch", listed=True,
             owner=("sender", "service", "issuer"), sign_ins=1, token_requests=1, shown=('"status":"401"', "535")),
    # The issuer returns a cached token that has expired according to the issuer's own clock (Date). The token is for
    # this server, so the token may be sent, and the server refuses it.
    Expected(at="dovecot: expired token", gate=("claims",), first="token_expired", owner=("sender", "issuer"),
             sign_ins=1, token_requests=1),
    # The login host answers 404, so the URL is wrong and the network is not at fault.
    Expected(at="dovecot: issuer on another path", gate=("issuer",), first="wrong_tenant_or_authority",
             owner=("sender", "issuer"), sign_ins=0),
)  # fmt: skip

OTHERS: Final = (
    # Implicit TLS on a port other than 465 is detected with a ClientHello, which contains no credential.
    Expected(at="stunnel: implicit TLS", gate=("greeting",), first="implicit_tls_port",
             never=("unrecognised", "service_side_fault", "smtp_intercepted", "client_timeout_hides_refusal"),
             owner=("sender", "service"), sign_ins=0),
    # RFC 4253, 4.2: the server sends `SSH-2.0-…` first, so the protocol is known.
    Expected(at="sshd: instead of SMTP", gate=("greeting",), first="wrong_host_or_port", owner=("sender",), sign_ins=0,
             shown=("SSH-2.0",), not_shown=("is not the declared one",)),
    # RFC 4511: the client sends first. A missing greeting has several possible causes, such as a mail server that hangs.
    Expected(at="slapd: instead of SMTP", gate=("greeting",), first="wrong_host_or_port", listed=True, never=("unrecognised",),
             owner=("sender", "service", "network"), sign_ins=0),
)  # fmt: skip

TABLE: Final = {expected.at: expected for expected in (*EXIM, *POSTFIX, *DOVECOT, *OTHERS)}
