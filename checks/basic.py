"""BASIC-01 … BASIC-10: the FAQ's "Basic Authentication Checklist", item by item, in the FAQ's order."""

from __future__ import annotations

from checks import expiry, reconcile, shared_items
from checks.model import Context, Finding, Verdict, check
from knowledge.cause_ids import CauseId
from settings.model import Method

BASIC: frozenset[Method] = frozenset({"basic"})

ACCOUNT_CAUSES: tuple[CauseId, ...] = (
    "account_locked",
    "account_disabled",
    "mailbox_missing",
    "hve_account_missing",
    "federation_failure",
)
MAY_SEND_CAUSES: tuple[CauseId, ...] = ("send_as_denied", "outbound_spam_block")
PASSWORD_AGE_CAUSES: tuple[CauseId, ...] = ("password_expired",)


@check(
    "BASIC-01",
    "The service account exists and may send",
    reads=("AUTH-01", "MBX-01", "MBX-03"),
    methods=BASIC,
    causes=(*ACCOUNT_CAUSES, *MAY_SEND_CAUSES),
)
def account_may_send(case: Context) -> Finding:
    """The sign-in proves that the account exists. An accepted message or the directory proves that the account may send."""
    return reconcile.item_with_tenant_facts(
        case, _account_by_wire(case), ("mailbox_missing", "account_disabled", "send_as_denied")
    )


def _account_by_wire(case: Context) -> Finding:
    expected = "the account signs in, and its message is accepted"
    signed_in = shared_items.about_sign_in(case, "signed in", expected, ACCOUNT_CAUSES)
    if signed_in.verdict is not Verdict.PASS:
        return signed_in
    for needed in ("MBX-01", "MBX-03"):
        later = case.finding(needed)
        if later.verdict is Verdict.FAIL:
            own = tuple(cause for cause in later.causes if cause in MAY_SEND_CAUSES)
            if own and later.causes[0] == own[0]:
                return case.fail(*own, expected=expected, observed=later.observed, sure=later.sure)
            return case.blocked(needed)
    accepted = case.finding("MBX-03")
    if accepted.verdict is Verdict.UNKNOWN:
        return case.unknown(f"the account signs in; the run did not test whether it may send: {accepted.why}")
    observed = f"signed in as {case.settings.sender.sign_in_user}; the message was accepted"
    return case.stopped("MBX-03") or case.ok(observed=observed)


@check(
    "BASIC-02",
    "SMTP authentication is enabled for the mailbox",
    reads=("AUTH-01",),
    methods=BASIC,
    microsoft_only=True,
    causes=shared_items.SMTP_AUTH_CAUSES,
)
def smtp_auth_enabled(case: Context) -> Finding:
    """SMTP AUTH, off by default, is on for the mailbox (FAQ "Enable SMTP Authentication"). The mailbox's value overrides the tenant's."""
    wire = shared_items.about_sign_in(
        case,
        "a sign-in with AUTH LOGIN was accepted",
        "SMTP AUTH is on for this mailbox",
    )
    return reconcile.item_with_tenant_facts(
        case, wire, ("smtp_auth_disabled_tenant", "smtp_auth_disabled_mailbox", "auth_policy_blocks_basic")
    )


@check(
    "BASIC-03",
    "Multi-factor authentication does not block the sign-in",
    reads=("AUTH-01",),
    methods=BASIC,
    causes=("conditional_access_block", "mfa_or_security_defaults"),
)
def mfa_off(case: Context) -> Finding:
    """MFA does not block this sign-in (FAQ "Multi-factor authentication disabled"). A 235 reply proves that only for this address."""
    wire = shared_items.about_sign_in(
        case,
        "the password alone was accepted: MFA did not block this sign-in from this address",
        "a password alone is enough for this account",
    )
    return reconcile.item_with_tenant_facts(
        case, wire, ("mfa_or_security_defaults",), also=("conditional_access_block",)
    )


@check(
    "BASIC-04",
    "The password never expires, or a renewal routine exists",
    reads=("AUTH-01",),
    methods=BASIC,
    causes=("password_expired", "password_expiring"),
)
def password_never_expires(case: Context) -> Finding:
    """The password never expires, or a person renews it in time (FAQ "Password expiration policy"). A refusal shows the expiry too late."""
    sign_in = case.finding("AUTH-01")
    if sign_in.verdict is Verdict.FAIL and sign_in.causes[0] in PASSWORD_AGE_CAUSES:
        return shared_items.about_sign_in(case, "", "the password has not expired", PASSWORD_AGE_CAUSES)
    if case.evidence.tenant is not None:
        return expiry.password_routine(case, case.evidence.tenant)
    microsoft = case.settings.service.microsoft
    where = (
        "check the password policy in the admin center"
        if microsoft
        else "ask the server's administrator for the password policy"
    )
    otherwise = case.unknown(
        f'{where} and attest it in the settings: "BASIC-04" = {{ who, when, what }} under '
        f"[sender.{case.settings.sender.name}.attested]"
        f"{'; or give the lookups access to the password policy' if microsoft else ''}",
        "password_expiring",
    )
    if sign_in.verdict is Verdict.FAIL and "password_expired" in sign_in.causes:
        # An earlier attestation does not outweigh a refusal that an expired password can explain.
        return shared_items.about_sign_in(case, "", "the password has not expired", PASSWORD_AGE_CAUSES)
    return case.attested(otherwise)


@check(
    "BASIC-05",
    "Outbound TCP port 587 is open",
    needs=("NET-01",),
    reads=("NET-02",),
    methods=BASIC,
    declared_title="The declared port is open for outbound TCP",
    causes=shared_items.PORT_CAUSES,
)
def outbound_port(case: Context) -> Finding:
    """Outbound TCP to port 587 is allowed (FAQ "Network Requirements"). A connection to a different port does not count."""
    return shared_items.outbound_port(case)


@check("BASIC-06", "DNS port 53 is open over UDP and TCP", methods=BASIC, causes=shared_items.DNS_CAUSES)
def dns_port(case: Context) -> Finding:
    """DNS port 53 is open over TCP and UDP (FAQ "Network Requirements"). The run queries each resolver over both."""
    return shared_items.dns_port(case)


@check(
    "BASIC-07",
    "SMTP Server and Port match the cloud",
    methods=BASIC,
    declared_title="SMTP Server and Port match the declared service",
    causes=shared_items.SERVER_CAUSES,
)
def server_and_port(case: Context) -> Finding:
    """SMTP Server and Port in the settings have the cloud's values (FAQ "Nodinite Configuration")."""
    return shared_items.server_and_port(case)


@check("BASIC-08", "Use SSL is ticked", methods=BASIC, causes=shared_items.USE_SSL_CAUSES)
def use_ssl(case: Context) -> Finding:
    """Use SSL is ticked (FAQ "Use SSL checkbox"). If it is not, the run sends MAIL without TLS or a credential and shows the reply."""
    return shared_items.use_ssl(case)


@check("BASIC-09", "The user name is the full e-mail address", methods=BASIC, causes=("username_not_upn",))
def user_name(case: Context) -> Finding:
    r"""The user name is the full address, not only the part before the @, and not DOMAIN\user (FAQ "Username")."""
    username = case.settings.sender.username
    if not case.settings.service.microsoft and "@" not in username:
        return case.not_applicable("a declared service can require any form of user name")
    if is_full_address(username):
        return case.ok(observed=f"{username} (as entered in the settings; compare this with the plugin)")
    shown = username or "nothing"
    return case.fail("username_not_upn", expected="an address such as noreply@yourdomain.com", observed=shown)


def is_full_address(text: str) -> bool:
    """Return whether a user name has the form of a user principal name: one @ between a local part and a domain with a dot, no spaces."""
    local, at, domain = text.rpartition("@")
    return bool(at and local and "@" not in local and "." in domain.strip(".") and not any(map(str.isspace, text)))


@check("BASIC-10", "The password is correct", reads=("AUTH-01",), methods=BASIC, causes=("bad_credentials",))
def password_correct(case: Context) -> Finding:
    """The server accepts the password (FAQ "Verify password is correct"). The run tries it once and does not retry a refused password."""
    return shared_items.about_sign_in(case, "the password was accepted", "the server accepts the password")
