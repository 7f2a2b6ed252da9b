"""TOKEN: the issuer document, the token and its claims. These checks apply only to OAuth senders."""

from __future__ import annotations

from checks import token_claims
from checks.model import Context, Finding, check
from checks.text_reading import deciding, error_text, read_answer
from checks.tls import blame
from evidence.failure import FailureKind
from evidence.gates import Gate
from evidence.wire import IssuerEvidence, TokenEvidence
from knowledge.cause_ids import CauseId
from settings.address import address_of
from settings.clouds import Cloud, cloud_of_login_host, scope_of
from settings.microsoft import GUID
from settings.model import Method

OAUTH: frozenset[Method] = frozenset({"oauth"})


@check(
    "TOKEN-01",
    "The issuer document belongs to the tenant",
    methods=OAUTH,
    gate=Gate.ISSUER,
    declared_title="The issuer document belongs to the declared issuer",
    causes=(
        "cert_untrusted",
        "cert_name_mismatch",
        "cert_expired",
        "token_endpoint_unreachable",
        "login_blocked_by_proxy",
        "issuer_document_altered",
        "wrong_tenant_or_authority",
        "service_side_fault",
    ),
    reads_reply=True,
)
def issuer(case: Context) -> Finding:
    """The issuer in the document matches the document's URL (OpenID Connect Discovery 1.0, 4.3)."""
    evidence = case.evidence.issuer
    if evidence is None:
        return case.not_recorded("issuer", "the request for the issuer document")
    cloud = case.settings.service
    wrong = _url_error(evidence.url, case) if cloud.microsoft else _declared_url_error(evidence.url, cloud)
    expected = _expected(case)
    if wrong:
        return case.fail("wrong_tenant_or_authority", expected=expected, observed=wrong)
    if evidence.failure is not None and evidence.failure.kind in _ANSWERED:
        return _unexpected_answer(case, evidence, expected)
    if evidence.error or (evidence.status is not None and 400 <= evidence.status < 500 and evidence.failure is None):
        return _refused(case, evidence, expected)
    if evidence.failure is not None:
        return _unreachable(case, evidence, expected)
    if evidence.status != 200:
        return case.fail("service_side_fault", "login_blocked_by_proxy", expected=expected, sure=False,
                         observed=f"HTTP {evidence.status}", why="the service or a proxy answered with this status")  # fmt: skip
    mismatch = _mismatch(evidence, case)
    if mismatch and cloud.microsoft:
        # The URL in the settings is correct, and Microsoft's document names Microsoft's hosts and that tenant.
        return case.fail(
            "issuer_document_altered", expected=_expected_document(case), observed=mismatch, why=_sent(case)
        )
    if mismatch:
        return case.fail("wrong_tenant_or_authority", expected=expected, observed=mismatch)
    return case.ok(observed=f"issuer {evidence.issuer}")


def _expected(case: Context) -> str:
    if not case.settings.service.microsoft:
        return f"an issuer document of {case.settings.service.issuer or 'the declared issuer'}"
    return f"https://{case.settings.service.login_hosts[0]}/<tenant id>/v2.0/.well-known/openid-configuration"


def _expected_document(case: Context) -> str:
    hosts = case.settings.service.login_hosts
    return f"a document for the tenant in the URL, with an issuer and a token endpoint on {hosts[0]}"


def _sent(case: Context) -> str:
    """Return a note on whether the run sent the client secret."""
    token = case.evidence.token
    if case.evidence.traffic.token_requests == 0 and (token is None or token.withheld is not None):
        return "the client secret was not sent in this run"
    return (
        f"the client secret was sent to {token.endpoint if token is not None else 'that endpoint'}: replace the secret"
    )


# Unexpected answers: from the host, or from a proxy in its place.
_NO_SUCH_PAGE = {400, 404, 410}  # for a declared service, the URL of the document may be wrong
_ANSWERED = {FailureKind.NOT_JSON, FailureKind.REDIRECT, FailureKind.PROXY}


def _unexpected_answer(case: Context, evidence: IssuerEvidence | TokenEvidence, expected: str) -> Finding:
    """Return the finding for a web page, a redirect or a proxy's status, with the answer as the observation."""
    observed = token_claims.answered(evidence)
    status = evidence.status or 0
    failure = evidence.failure.kind if evidence.failure is not None else FailureKind.OTHER
    if failure is FailureKind.PROXY and "no answer" in observed:
        return case.fail("token_endpoint_unreachable", expected=expected, observed=observed)
    if status >= 500:
        return case.fail("service_side_fault", "login_blocked_by_proxy", expected=expected, observed=observed, sure=False,
                         why="the service or a proxy on the way reports an internal error")  # fmt: skip
    if not case.settings.service.microsoft and 400 <= status < 500:
        causes: tuple[CauseId, ...] = ("login_blocked_by_proxy", "wrong_tenant_or_authority")
        likely = causes[::-1] if status in _NO_SUCH_PAGE else causes
        return case.fail(*likely, expected=expected, observed=observed, sure=False,
                         why="a proxy on the way refuses the request, or the URL is wrong")  # fmt: skip
    if failure is FailureKind.NOT_JSON and not _is_page(evidence):
        return case.fail("login_blocked_by_proxy", "service_side_fault", expected=expected, observed=observed, sure=False,
                         why="the answer is neither a web page nor JSON")  # fmt: skip
    return case.fail("login_blocked_by_proxy", expected=expected, observed=observed)


def _is_page(evidence: IssuerEvidence | TokenEvidence) -> bool:
    """Return whether the answer is a web page. For a token request, the evidence contains only the page's text."""
    return "html" in evidence.content_type if isinstance(evidence, IssuerEvidence) else bool(evidence.page)


def _url_error(url: str, case: Context) -> str:
    """Return the error in the URL itself; empty if there is none."""
    if not url:
        return "the field OpenID Endpoint Configuration is empty"
    parts = address_of(url)
    cloud = case.settings.service
    if parts.scheme != "https":
        return f"{url} does not begin with https://"
    host = parts.host
    if not host:
        return f"{url} contains no host name"
    if not cloud.declares_login(host, parts.port):
        other = cloud_of_login_host(host)
        if other is not None and other is not cloud and parts.port in {None, 443}:
            return f"{host} is the login host of {other.title}"
        return f"{parts.place} is not {cloud.login_place}"
    reason = token_claims.why_not_a_tenant(token_claims.tenant_of(url))
    if reason:
        return reason
    if "/v2.0/" not in parts.path:
        return "this is a v1 URL: its path does not contain /v2.0/"
    if not parts.path.endswith("/.well-known/openid-configuration"):
        return "the path does not end in /.well-known/openid-configuration"
    return ""


def _declared_url_error(url: str, cloud: Cloud) -> str:
    """Return the error in the URL for a declared service; empty if there is none. Its host and port must be the declared issuer's."""
    if not url:
        return "the field OpenID Endpoint Configuration is empty"
    parts = address_of(url)
    if parts.scheme != "https":
        return f"{url} does not begin with https://"
    if not cloud.declares_login(parts.host, parts.port):
        return f"{parts.place or url} is not {cloud.login_place}"
    return ""


def _refused(case: Context, evidence: IssuerEvidence, expected: str) -> Finding:
    text = error_text(evidence)
    if not case.settings.service.microsoft:
        why = "the server has no issuer document at this URL"
        return case.fail("wrong_tenant_or_authority", expected=expected, observed=text, sure=False, why=why)
    reading = read_answer(case, evidence)
    if reading.causes[0] == "unrecognised":
        return case.fail("wrong_tenant_or_authority", "login_blocked_by_proxy", expected=expected, observed=text,
                         sure=False, why="the error text is unknown; either the login host or a proxy sent it")  # fmt: skip
    return case.fail(*reading.causes, expected=expected, observed=text, sure=reading.sure)


def _unreachable(case: Context, evidence: IssuerEvidence, expected: str) -> Finding:
    failure = evidence.failure
    observed = f"{failure.kind.value.replace('_', ' ')}: {failure.text}" if failure is not None else ""
    if evidence.tls is not None and evidence.tls.chain and not evidence.tls.verified:
        cause, seen = blame(evidence.tls, case.evidence.started)
        return case.fail(
            cause, expected=f"a certificate for {evidence.tls.server_name} that this machine trusts", observed=seen
        )
    return case.fail("token_endpoint_unreachable", expected=expected, observed=observed)


def _mismatch(evidence: IssuerEvidence, case: Context) -> str:
    cloud = case.settings.service
    if not evidence.issuer or not evidence.token_endpoint:
        return "the document lacks an issuer or a token endpoint"
    endpoint = address_of(evidence.token_endpoint)
    if endpoint.scheme != "https" or not cloud.declares_login(endpoint.host, endpoint.port):
        return f"the token endpoint is {evidence.token_endpoint}, which is not on {cloud.login_place}"
    if not cloud.microsoft:
        declared = cloud.issuer.rstrip("/")
        return (
            ""
            if evidence.issuer.rstrip("/") == declared
            else f"the issuer is {evidence.issuer}, but the settings declare {declared}"
        )
    if not cloud.declares_login(address_of(evidence.issuer).host):
        return f"the issuer {evidence.issuer} is not on a login host of {cloud.title}"
    url_tenant, issuer_tenant = token_claims.tenant_of(evidence.url), token_claims.tenant_of(evidence.issuer)
    if GUID.fullmatch(url_tenant) and url_tenant.lower() != issuer_tenant.lower():
        return f"the URL names the tenant {url_tenant}, but the document names {issuer_tenant}"
    return ""


@check(
    "TOKEN-02",
    "Entra issues a token",
    needs=("TOKEN-01",),
    methods=OAUTH,
    gate=Gate.TOKEN,
    declared_title="The token service issues a token",
    causes=(
        "token_endpoint_unreachable",
        "login_blocked_by_proxy",
        "wrong_tenant_or_authority",
        "wrong_scope_or_audience",
        "resource_missing",
        "app_not_in_tenant",
        "service_side_fault",
    ),
    reads_reply=True,
)
def token(case: Context) -> Finding:
    """The token service issues an access token. The cause of an error is derived from its text, not only from its code (RFC 6749, 5.2)."""
    evidence = case.evidence.token
    if evidence is None:
        return case.not_recorded("token", "the token request")
    if evidence.withheld is not None:
        return _withheld(case, evidence)
    expected = "an access token"
    instead = evidence.error is None and evidence.failure is not None and evidence.failure.kind in _ANSWERED
    if instead and evidence.status != 429:
        return _unexpected_answer(case, evidence, expected)
    if evidence.error is not None or (evidence.status is not None and evidence.status >= 400):
        return _error(case, evidence, expected)
    if evidence.failure is not None:
        observed = f"{evidence.failure.kind.value.replace('_', ' ')}: {evidence.failure.text}"
        return case.fail("token_endpoint_unreachable", expected=expected, observed=observed)
    if evidence.length is None:
        return case.fail("service_side_fault", "login_blocked_by_proxy", expected=expected, sure=False,
                         observed=f"HTTP {evidence.status} without access_token",
                         why="a valid reply from a token service contains access_token or an error")  # fmt: skip
    return case.ok(observed=f"a token of {evidence.length} characters, valid for {evidence.expires_in or '?'} s")


def _withheld(case: Context, evidence: TokenEvidence) -> Finding:
    sender = case.settings.sender
    if case.evidence.secret is not None and not case.evidence.secret.found:
        return case.unknown(
            f"no client secret was found ({case.evidence.secret.source}); provide one, or name its source with "
            f"client_secret_from under [sender.{sender.name}]"
        )
    if not sender.client_id:
        return case.fail("app_not_in_tenant", expected="the Application (client) ID", observed="Client Id is empty")
    return case.unknown(f"the run requested no token: {evidence.withheld}")


def _error(case: Context, evidence: TokenEvidence, expected: str) -> Finding:
    observed = error_text(evidence).partition(" Trace ID:")[0]
    reading = read_answer(case, evidence)
    causes, sure = reading.causes, reading.sure
    scope_is_right = evidence.scope == scope_of(case.settings.sender.smtp_server, case.settings.service)
    if "resource_missing" in causes and case.settings.service.microsoft:
        causes, sure = (("resource_missing",), True) if scope_is_right else (("wrong_scope_or_audience",), True)
    if not evidence.scope.strip() and "wrong_scope_or_audience" in causes:
        causes, sure = ("wrong_scope_or_audience",), True
    if causes[0] == "secret_wrong" and evidence.secret_looks_like_id:
        observed = f"{observed} (the value entered has the form of a secret ID, not of a secret value)"
    if causes == ("unrecognised",):
        sure = False
    microsoft = case.settings.service.microsoft
    log = "the sign-in log of the application in Entra" if microsoft else "the log of the token service"
    why = "" if sure else deciding(case, reading) or f"{log} shows the reason"
    return case.fail(*causes, expected=expected, observed=observed, sure=sure, why=why)


@check(
    "TOKEN-03",
    "The token is from this tenant and for Exchange Online",
    needs=("TOKEN-02",),
    methods=OAUTH,
    gate=Gate.CLAIMS,
    declared_title="The token is for the declared service",
    causes=("clock_skew", "wrong_tenant_or_authority", "wrong_scope_or_audience", "token_expired"),
)
def claims(case: Context) -> Finding:
    """The claims aud and tid show where the token is valid (Microsoft, "Access tokens"). The run decodes them but does not verify them."""
    evidence, cloud = case.evidence.token, case.settings.service
    if evidence is None or evidence.length is None:
        return case.unknown("there is no token")
    if evidence.claims is None:
        if case.passed(case.check.id):
            return case.ok(
                observed="the token is opaque: only the server can read its claims, and it accepted the token"
            )
        return case.not_applicable("the token is opaque: only the server can read its claims")
    audience, tenant = token_claims.claim(case.evidence, "aud"), token_claims.claim(case.evidence, "tid")
    origin = "from the tenant in the URL" if cloud.microsoft else "from the declared issuer"
    expected = f"aud {' or '.join(cloud.audiences[:2]) or 'the service'}, not expired, {origin}"
    if not cloud.accepts_audience(audience):
        return case.fail("wrong_scope_or_audience", expected=expected, observed=f"aud {audience or 'missing'}")
    url_tenant = token_claims.tenant_of(case.settings.sender.openid_endpoint_configuration)
    if GUID.fullmatch(url_tenant) and tenant and tenant.lower() != url_tenant.lower():
        return case.fail("wrong_tenant_or_authority", expected=expected, observed=f"tid {tenant}, URL {url_tenant}")
    expires = (evidence.claims or {}).get("exp")
    moment = evidence.server_date or case.evidence.started
    if isinstance(expires, (int, float)) and expires < moment.timestamp():
        observed = f"exp is {moment.timestamp() - expires:.0f} s in the past"
        if evidence.server_date is not None:  # by the clock of the issuer; that of this machine does not matter
            return case.fail("token_expired", expected=expected, observed=observed)
        return case.fail("token_expired", "clock_skew", expected=expected, observed=observed, sure=False,
                         why="compare this machine's clock with the server's (HOST-04)")  # fmt: skip
    roles = ", ".join(token_claims.roles(case.evidence)) or "none"
    return case.ok(observed=f"aud {audience}, tid {tenant or 'none'}, roles {roles}")
