"""TOKEN: the issuer document, the token, and its claims. Judged for OAuth senders only."""

from __future__ import annotations

from checks import token_claims
from checks.model import Context, Finding, check
from checks.text_reading import deciding, read_answer, told_by
from checks.tls import blame
from evidence.gates import Gate
from evidence.wire import FailureKind, IssuerEvidence, TokenEvidence
from knowledge.cause_ids import CauseId
from settings.address import address_of
from settings.clouds import Cloud, cloud_of_login_host
from settings.microsoft import GUID
from settings.model import Method

OAUTH: frozenset[Method] = frozenset({"oauth"})


@check(
    "TOKEN-01",
    "The issuer document is the tenant's own",
    methods=OAUTH,
    gate=Gate.ISSUER,
    declared_title="The issuer document is the declared issuer's",
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
    """OpenID Connect Discovery 1.0, 4.3: the document's issuer belongs to the URL that it was fetched from."""
    evidence = case.evidence.issuer
    if evidence is None:
        return case.unknown("the run ended before the issuer document was fetched; run it again")
    cloud = case.settings.service
    wrong = _what_is_wrong_with(evidence.url, case) if cloud.microsoft else _not_the_declared(evidence.url, cloud)
    expected = _expected(case)
    if wrong:
        return case.fail("wrong_tenant_or_authority", expected=expected, observed=wrong)
    if evidence.failure is not None and evidence.failure.kind in _ANSWERED:
        return _answered_instead(case, evidence, expected)
    if evidence.error or (evidence.status is not None and 400 <= evidence.status < 500 and evidence.failure is None):
        return _refused(case, evidence, expected)
    if evidence.failure is not None:
        return _unreachable(case, evidence, expected)
    if evidence.status != 200:
        return case.fail("service_side_fault", "login_blocked_by_proxy", expected=expected, sure=False,
                         observed=f"HTTP {evidence.status}", why="try again in a few minutes")  # fmt: skip
    mismatch = _mismatch(evidence, case)
    if mismatch and cloud.microsoft:
        # The address in the settings is right, and Microsoft's document for it names its own hosts and that tenant.
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
    return f"a document that names an issuer and a token endpoint on {hosts[0]}, of the tenant in the URL"


def _sent(case: Context) -> str:
    """Whether the client secret left this machine, as the evidence of the token leg has it."""
    token = case.evidence.token
    if case.evidence.traffic.token_requests == 0 and (token is None or token.withheld is not None):
        return "the client secret was not sent in this run"
    return f"the client secret was sent to {token.endpoint if token is not None else 'that endpoint'}: replace it"


# Something answered, and not with what was asked for: the host was reached, or a proxy spoke for it.
_NO_SUCH_PAGE = {400, 404, 410}  # of a declared service the address of the document may be wrong
_ANSWERED = {FailureKind.NOT_JSON, FailureKind.REDIRECT, FailureKind.PROXY}


def _answered_instead(case: Context, evidence: IssuerEvidence | TokenEvidence, expected: str) -> Finding:
    """A web page, a redirection or a proxy's own status: what came back is quoted, and not called silence."""
    observed = token_claims.answered(evidence)
    status = evidence.status or 0
    failure = evidence.failure.kind if evidence.failure is not None else FailureKind.OTHER
    if failure is FailureKind.PROXY and "no answer" in observed:
        return case.fail("token_endpoint_unreachable", expected=expected, observed=observed)
    if status >= 500:
        return case.fail("service_side_fault", "login_blocked_by_proxy", expected=expected, observed=observed, sure=False,
                         why="try again in a few minutes, and from another network")  # fmt: skip
    if not case.settings.service.microsoft and 400 <= status < 500:
        causes: tuple[CauseId, ...] = ("login_blocked_by_proxy", "wrong_tenant_or_authority")
        likely = causes[::-1] if status in _NO_SUCH_PAGE else causes
        return case.fail(*likely, expected=expected, observed=observed, sure=False,
                         why="open the URL in a browser on this machine and read what it says")  # fmt: skip
    if failure is FailureKind.NOT_JSON and not _is_page(evidence):
        return case.fail("login_blocked_by_proxy", "service_side_fault", expected=expected, observed=observed, sure=False,
                         why="ask for the same address from another network, and compare")  # fmt: skip
    return case.fail("login_blocked_by_proxy", expected=expected, observed=observed)


def _is_page(evidence: IssuerEvidence | TokenEvidence) -> bool:
    """Whether a web page came; of the answer to a token request only a page's words are kept."""
    return "html" in evidence.content_type if isinstance(evidence, IssuerEvidence) else bool(evidence.page)


def _what_is_wrong_with(url: str, case: Context) -> str:
    """What the URL alone shows, before anything that came back is looked at."""
    if not url:
        return "the field OpenID Endpoint Configuration is empty"
    parts = address_of(url)
    cloud = case.settings.service
    if parts.scheme != "https":
        return f"{url} does not begin with https://"
    host = parts.host
    if not host:
        return f"{url} names no host"
    if not cloud.declares_login(host, parts.port):
        other = cloud_of_login_host(host)
        if other is not None and other is not cloud and parts.port in {None, 443}:
            return f"{host} is the login host of {other.title}"
        return f"{parts.place} is not {cloud.login_place}"
    reason = token_claims.why_not_a_tenant(token_claims.tenant_of(url))
    if reason:
        return reason
    if "/v2.0/" not in parts.path:
        return "a v1 address: /v2.0/ is missing in the path"
    if not parts.path.endswith("/.well-known/openid-configuration"):
        return "the path does not end in /.well-known/openid-configuration"
    return ""


def _not_the_declared(url: str, cloud: Cloud) -> str:
    """What is wrong with the URL of a declared service: its host and port are those of the declared issuer."""
    if not url:
        return "the field OpenID Endpoint Configuration is empty"
    parts = address_of(url)
    if parts.scheme != "https":
        return f"{url} does not begin with https://"
    if not cloud.declares_login(parts.host, parts.port):
        return f"{parts.place or url} is not {cloud.login_place}"
    return ""


def _refused(case: Context, evidence: IssuerEvidence, expected: str) -> Finding:
    text = told_by(evidence)
    if not case.settings.service.microsoft:
        why = "open the URL on this machine and compare its issuer with the declared one"
        return case.fail("wrong_tenant_or_authority", expected=expected, observed=text, sure=False, why=why)
    reading = read_answer(case, evidence)
    if reading.causes[0] == "unrecognised":
        return case.fail("wrong_tenant_or_authority", "login_blocked_by_proxy", expected=expected, observed=text,
                         sure=False, why="open the URL in a browser on this machine and read what it says")  # fmt: skip
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
        return "the document names no issuer or no token endpoint"
    endpoint = address_of(evidence.token_endpoint)
    if endpoint.scheme != "https" or not cloud.declares_login(endpoint.host, endpoint.port):
        return f"the token endpoint is {evidence.token_endpoint}, which is not on {cloud.login_place}"
    if not cloud.microsoft:
        declared = cloud.issuer.rstrip("/")
        return "" if evidence.issuer.rstrip("/") == declared else f"issuer {evidence.issuer}, declared {declared}"
    if not cloud.declares_login(address_of(evidence.issuer).host):
        return f"issuer {evidence.issuer} is not on a login host of {cloud.title}"
    url_tenant, issuer_tenant = token_claims.tenant_of(evidence.url), token_claims.tenant_of(evidence.issuer)
    if GUID.fullmatch(url_tenant) and url_tenant.lower() != issuer_tenant.lower():
        return f"the URL names tenant {url_tenant}, the document {issuer_tenant}"
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
    """RFC 6749, 5.2: the error's own words decide, not its number alone."""
    evidence = case.evidence.token
    if evidence is None:
        return case.unknown("the run ended before a token was asked for; run it again")
    if evidence.withheld is not None:
        return _withheld(case, evidence)
    expected = "an access token"
    instead = evidence.error is None and evidence.failure is not None and evidence.failure.kind in _ANSWERED
    if instead and evidence.status != 429:
        return _answered_instead(case, evidence, expected)
    if evidence.error is not None or (evidence.status is not None and evidence.status >= 400):
        return _error(case, evidence, expected)
    if evidence.failure is not None:
        observed = f"{evidence.failure.kind.value.replace('_', ' ')}: {evidence.failure.text}"
        return case.fail("token_endpoint_unreachable", expected=expected, observed=observed)
    if evidence.length is None:
        return case.fail("service_side_fault", "login_blocked_by_proxy", expected=expected, sure=False,
                         observed=f"HTTP {evidence.status} without access_token", why="try again in a few minutes")  # fmt: skip
    return case.ok(observed=f"a token of {evidence.length} characters for {evidence.expires_in or '?'} s")


def _withheld(case: Context, evidence: TokenEvidence) -> Finding:
    sender = case.settings.sender
    if case.evidence.secret is not None and not case.evidence.secret.found:
        return case.unknown(
            f"no client secret was found ({case.evidence.secret.source}); give one, or say where it is with "
            f"client_secret_from under [sender.{sender.name}]"
        )
    if not sender.client_id:
        return case.fail("app_not_in_tenant", expected="the Application (client) ID", observed="Client Id is empty")
    return case.unknown(f"no token was asked for: {evidence.withheld}")


def _error(case: Context, evidence: TokenEvidence, expected: str) -> Finding:
    observed = told_by(evidence).partition(" Trace ID:")[0]
    reading = read_answer(case, evidence)
    causes, sure = reading.causes, reading.sure
    scope_is_right = evidence.scope == case.settings.service.scope
    if "resource_missing" in causes and case.settings.service.microsoft:
        causes, sure = (("resource_missing",), True) if scope_is_right else (("wrong_scope_or_audience",), True)
    if not evidence.scope.strip() and "wrong_scope_or_audience" in causes:
        causes, sure = ("wrong_scope_or_audience",), True
    if causes[0] == "secret_wrong" and evidence.secret_looks_like_id:
        observed = f"{observed} (the value has the form of a secret's ID, not of its value)"
    if causes == ("unrecognised",):
        sure = False
    microsoft = case.settings.service.microsoft
    log = "the sign-in log of the application in Entra" if microsoft else "the log of the token service"
    why = "" if sure else deciding(case, reading) or f"{log} names the reason"
    return case.fail(*causes, expected=expected, observed=observed, sure=sure, why=why)


@check(
    "TOKEN-03",
    "The token is for Exchange Online, from this tenant",
    needs=("TOKEN-02",),
    methods=OAUTH,
    gate=Gate.CLAIMS,
    declared_title="The token is for the declared service",
    causes=("clock_skew", "wrong_tenant_or_authority", "wrong_scope_or_audience", "token_expired"),
)
def claims(case: Context) -> Finding:
    """Microsoft "Access tokens": aud and tid decide where a token is good; clients decode, and never verify."""
    evidence, cloud = case.evidence.token, case.settings.service
    if evidence is None or evidence.length is None:
        return case.unknown("there is no token to look at")
    if evidence.claims is None:
        if case.passed(case.check.id):
            return case.ok(
                observed="the token is opaque: its claims are the server's to read, and the server accepted it"
            )
        return case.not_applicable("the token is opaque: its claims are the server's to read")
    audience, tenant = token_claims.claim(case.evidence, "aud"), token_claims.claim(case.evidence, "tid")
    origin = "from the tenant in the URL" if cloud.microsoft else "from the declared issuer"
    expected = f"aud {' or '.join(cloud.audiences[:2]) or 'the service'}, not expired, {origin}"
    if not cloud.accepts_audience(audience):
        return case.fail("wrong_scope_or_audience", expected=expected, observed=f"aud {audience or 'missing'}")
    url_tenant = token_claims.tenant_of(case.settings.sender.openid_endpoint_configuration)
    if GUID.fullmatch(url_tenant) and tenant and tenant.lower() != url_tenant.lower():
        return case.fail("wrong_tenant_or_authority", expected=expected, observed=f"tid {tenant}, URL {url_tenant}")
    ends = (evidence.claims or {}).get("exp")
    moment = evidence.server_date or case.evidence.started
    if isinstance(ends, (int, float)) and ends < moment.timestamp():
        observed = f"exp lies {moment.timestamp() - ends:.0f} s in the past"
        if evidence.server_date is not None:  # the issuer's own clock: this machine's does not matter
            return case.fail("token_expired", expected=expected, observed=observed)
        return case.fail("token_expired", "clock_skew", expected=expected, observed=observed, sure=False,
                         why="compare this machine's clock with the server's (HOST-04)")  # fmt: skip
    roles = ", ".join(token_claims.roles(case.evidence)) or "none"
    return case.ok(observed=f"aud {audience}, tid {tenant or 'none'}, roles {roles}")
