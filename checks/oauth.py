"""OAUTH-01 … OAUTH-11: the FAQ's "OAuth 2.0 (OpenID Connect) Checklist", item by item, in the FAQ's order."""

from __future__ import annotations

from checks import expiry, reconcile, shared_items, token_claims
from checks.model import Context, Finding, Verdict, check
from checks.tenant_application import role_of
from settings.clouds import cloud_of_scope, scope_of
from settings.model import Method

OAUTH: frozenset[Method] = frozenset({"oauth"})


def _issuer(case: Context) -> str:
    return "Entra" if case.settings.service.microsoft else "the token service"


def about_token(case: Context, proved: str, expected: str) -> Finding:
    """Return the finding for an item that the token request proves or refutes."""
    return shared_items.about(case, "TOKEN-02", proved, expected)


@check(
    "OAUTH-01",
    "The application is registered in Microsoft Entra",
    reads=("TOKEN-02",),
    methods=OAUTH,
    declared_title="The application is registered with the token service",
    causes=("app_not_in_tenant", "app_sp_missing", "app_disabled", "public_client_with_secret"),
)
def registered(case: Context) -> Finding:
    """The application is registered and not disabled (FAQ OAuth step 1). Entra issues no token to any other application."""
    wire = about_token(
        case,
        f"{_issuer(case)} issued a token to {case.settings.sender.client_id}",
        f"the client id is registered {'in this tenant' if case.settings.service.microsoft else 'with the token service'}",
    )
    return reconcile.item_with_tenant_facts(case, wire, ("app_not_in_tenant", "app_sp_missing", "app_disabled"))


@check(
    "OAUTH-02",
    "SMTP.SendAsApp is granted and consented",
    reads=("TOKEN-02", "TOKEN-03", "AUTH-01", "MBX-03"),
    methods=OAUTH,
    microsoft_only=True,
    causes=("resource_missing", "consent_missing"),
)
def permission(case: Context) -> Finding:
    """The token contains SMTP.SendAsApp (FAQ OAuth step 2). With RBAC for Applications, an accepted message proves the right instead.

    For High Volume Email, the permission is Mail.Send.
    """
    return reconcile.item_with_tenant_facts(case, _permission_by_wire(case), ("consent_missing", "resource_missing"))


def _permission_by_wire(case: Context) -> Finding:
    expected = f"the token contains the role {role_of(case.settings.sender)}, or RBAC for Applications grants the right to send"
    token = about_token(case, "", expected)
    if token.verdict is not Verdict.PASS:
        return token
    if (stopped := case.stopped("TOKEN-03")) is not None:
        return stopped
    roles = token_claims.roles(case.evidence)
    if role_of(case.settings.sender) in roles:
        return case.ok(observed=f"roles in the token: {', '.join(roles)}")
    seen = f"roles in the token: {', '.join(roles) or 'none'}"
    if case.finding("MBX-03").verdict is Verdict.PASS:
        return case.ok(observed=f"{seen}; the server accepted the message, so RBAC for Applications grants the right")
    sign_in = case.finding("AUTH-01")
    if sign_in.verdict is Verdict.FAIL and sign_in.causes[0] == "consent_missing":
        return case.fail(
            "consent_missing",
            expected=expected,
            observed=f"{seen}; sign-in: {sign_in.observed}",
            sure=sign_in.sure,
            why=sign_in.why,
        )
    return case.unknown(
        (
            "the token has no role; that is correct only with RBAC for Applications, which an accepted message or "
            "the tenant's settings would show"
        ),
        "consent_missing",
        observed=seen,
        expected=expected,
    )


@check(
    "OAUTH-03",
    "The client secret is valid and stored securely",
    reads=("TOKEN-02",),
    methods=OAUTH,
    causes=("secret_wrong", "secret_expired", "client_assertion_bad"),
)
def secret(case: Context) -> Finding:
    """Entra accepts the secret (FAQ OAuth step 3). The finding shows the source of the secret, never its value."""
    source = case.evidence.secret.source if case.evidence.secret is not None else "unknown"
    wire = about_token(
        case,
        f"{_issuer(case)} accepted the secret, which was read from {source} (check how the plugin stores it)",
        f"{_issuer(case)} accepts the secret",
    )
    return reconcile.item_with_tenant_facts(case, wire, ("secret_expired",))


@check("OAUTH-04", "A reminder is set for the expiry of the client secret", methods=OAUTH, causes=("secret_expiring",))
def reminder(case: Context) -> Finding:
    """A reminder is set for the expiry of the secret (FAQ OAuth step 3, "Important"). Only a person can attest a reminder."""
    expires, source = expiry.secret_ends(case)
    left = None if expires is None else (expires - case.evidence.today).days
    known = "no expiry date is declared"
    if left is not None:
        known = f"{left} days left until {expires}" if left >= 0 else f"{source} that the secret expired on {expires}"
    attested = case.attested(
        case.unknown(
            'attest the reminder in the settings: "OAUTH-04" = { who, when, what } under '
            f"[sender.{case.settings.sender.name}.attested], and declare client_secret_expires",
            "secret_expiring",
            observed=known,
        )
    )
    if left is not None and left <= expiry.SOON.days and attested.verdict is Verdict.ATTESTED:
        return case.risk(
            "secret_expiring",
            observed=f"{known}; {attested.observed}",
            why=f"{left} days left until the secret expires",
        )
    return attested


@check(
    "OAUTH-05",
    "SMTP authentication is still enabled on the mailbox",
    reads=("AUTH-01",),
    methods=OAUTH,
    microsoft_only=True,
    causes=shared_items.SMTP_AUTH_CAUSES,
)
def smtp_auth_enabled(case: Context) -> Finding:
    """SMTP AUTH is on for the mailbox (FAQ OAuth step 4). Contrary to the FAQ's tip, the switch also applies to OAuth."""
    wire = shared_items.about_sign_in(
        case,
        "a sign-in with AUTH XOAUTH2 was accepted",
        "SMTP AUTH is on for this mailbox",
    )
    return reconcile.item_with_tenant_facts(case, wire, ("smtp_auth_disabled_tenant", "smtp_auth_disabled_mailbox"))


@check(
    "OAUTH-06",
    "Outbound TCP port 587 is open",
    needs=("NET-01",),
    reads=("NET-02",),
    methods=OAUTH,
    declared_title="The declared port is open for outbound TCP",
    causes=shared_items.PORT_CAUSES,
)
def outbound_port(case: Context) -> Finding:
    """Outbound TCP to port 587 is allowed (FAQ "Network Requirements"). A connection to a different port does not count."""
    return shared_items.outbound_port(case)


@check("OAUTH-07", "DNS port 53 is open over UDP and TCP", methods=OAUTH, causes=shared_items.DNS_CAUSES)
def dns_port(case: Context) -> Finding:
    """DNS port 53 is open over TCP and UDP (FAQ "Network Requirements"). The run queries each resolver over both."""
    return shared_items.dns_port(case)


@check(
    "OAUTH-08",
    "Authentication Type is OpenID",
    methods=OAUTH,
    causes=("client_never_sent_auth", "authentication_type_wrong"),
)
def authentication_type(case: Context) -> Finding:
    """Enable Authentication is ticked, and Authentication Type is OpenID (FAQ OAuth step 5)."""
    sender = case.settings.sender
    expected = "Enable Authentication is ticked, and Authentication Type is OpenID"
    if not sender.enable_authentication:
        return case.fail("client_never_sent_auth", expected=expected, observed="Enable Authentication is not ticked")
    if sender.authentication_type != "OpenID":
        observed = f"Authentication Type is {sender.authentication_type}, but the OAuth fields are filled in"
        return case.fail("authentication_type_wrong", expected=expected, observed=observed)
    return case.ok(observed="OpenID (as entered in the settings; compare this with the plugin)")


@check("OAUTH-09", "Use SSL is ticked", methods=OAUTH, causes=shared_items.USE_SSL_CAUSES)
def use_ssl(case: Context) -> Finding:
    """Use SSL is ticked (FAQ "Use SSL checkbox"). If it is not, the run sends MAIL without TLS or a credential and shows the reply."""
    return shared_items.use_ssl(case)


@check(
    "OAUTH-10",
    "The tenant id in the endpoint URL is correct",
    reads=("TOKEN-01", "TOKEN-02", "TOKEN-03"),
    methods=OAUTH,
    declared_title="The endpoint URL belongs to the declared issuer",
    causes=("wrong_tenant_or_authority",),
)
def tenant_id(case: Context) -> Finding:
    """The URL, the issuer and the token name the same tenant (FAQ OAuth step 5)."""
    url = case.settings.sender.openid_endpoint_configuration
    for needed in ("TOKEN-01", "TOKEN-02", "TOKEN-03"):
        found = case.finding(needed)
        if found.verdict is Verdict.FAIL and found.causes[0] == "wrong_tenant_or_authority":
            return case.fail(
                "wrong_tenant_or_authority",
                expected=found.expected,
                observed=found.observed,
                sure=found.sure,
                why=found.why,
            )
    if (stopped := case.stopped("TOKEN-01")) is not None:
        return stopped
    issuer = case.evidence.issuer.issuer if case.evidence.issuer is not None else ""
    if case.finding("TOKEN-03").verdict is Verdict.PASS:
        tenant = token_claims.claim(case.evidence, "tid") or "not shown"
        named = f"; tenant in the token: {tenant}" if case.settings.service.microsoft else ""
        if (
            case.finding("TOKEN-01").verdict is Verdict.FAIL
        ):  # the document was altered, but the token is from this tenant
            return case.ok(observed=f"the tenant in the URL issued a token{named}")
        return case.ok(observed=f"the URL and the issuer match ({issuer}){named}")
    token = case.finding("TOKEN-02")
    # Entra looks up the client id in the tenant of the URL, so an error about the secret shows that the tenant is correct.
    about = {"secret_wrong", "secret_expired", "client_assertion_bad"}
    about_secret = token.verdict is Verdict.FAIL and token.causes[0] in about
    agree = case.ok(observed=f"the URL and the issuer match: {issuer or url}")
    return agree if about_secret else case.stopped("TOKEN-02") or agree


@check(
    "OAUTH-11",
    "The scope is the one for Exchange Online",
    reads=("TOKEN-02", "TOKEN-03"),
    methods=OAUTH,
    declared_title="The scope is the one for the declared service",
    causes=("wrong_scope_or_audience",),
)
def scope(case: Context) -> Finding:
    """The scope is that of Exchange Online: https://outlook.office365.com/.default in the worldwide cloud (FAQ OAuth step 5).

    For High Volume Email, it is https://outlook.office.com/.default (Microsoft, "OAuth authentication for High Volume Email").
    """
    cloud, entered = case.settings.service, case.settings.sender.scope
    documented = scope_of(case.settings.sender.smtp_server, cloud)
    expected = documented or "a scope for the declared service"
    observed = f"{entered or 'nothing'} (as entered in the settings; compare this with the plugin)"
    if cloud.microsoft:
        if entered == documented:
            return case.ok(observed=observed)
        if token_claims.resource_of(entered) in cloud.audiences and entered.endswith("/.default"):
            why = "this spelling of the resource works, but Microsoft documents the expected one"
            return case.risk("wrong_scope_or_audience", observed=observed, expected=expected, why=why)
        return case.fail("wrong_scope_or_audience", expected=expected, observed=f"{observed}{_of_another_cloud(case)}")
    for needed in ("TOKEN-02", "TOKEN-03"):
        found = case.finding(needed)
        if found.verdict is Verdict.FAIL and "wrong_scope_or_audience" in found.causes:
            return case.fail(
                "wrong_scope_or_audience", expected=expected, observed=f"{observed}; {found.observed}", sure=found.sure
            )
    if case.finding("TOKEN-03").verdict is Verdict.NOT_APPLICABLE:
        return case.unknown(case.finding("TOKEN-03").why)
    return case.stopped("TOKEN-03") or case.ok(observed=observed)


def _of_another_cloud(case: Context) -> str:
    """Return a note if the scope belongs to a different cloud from the one in the settings; Entra's reply does not show this."""
    other = cloud_of_scope(case.settings.sender.scope)
    foreign = other is not None and other.name != case.settings.cloud and other.scope != case.settings.service.scope
    return (
        f"; this is the scope for {other.title}, but the settings name {case.settings.service.title}"
        if foreign and other
        else ""
    )
