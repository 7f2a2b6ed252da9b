"""Rules for the OAuth errors and descriptions of the token service. The AADSTS numbers are in `entra_numbers`."""

from __future__ import annotations

from typing import Final

from evidence.gates import Gate
from knowledge.entra_numbers import OUTCOMES
from knowledge.normalise import any_of
from knowledge.rule import Rule, Weight, group, one, some

ENTRA: Final[tuple[Rule, ...]] = (
    Rule(  # the texts of RFC 6749 section 5.2, which libraries print instead of the server's
        gate=Gate.TOKEN,
        weight=Weight.NARROWS,
        says=any_of("unknown client, no client authentication included | client authentication failed"),
        outcomes=(group("no_token"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.NARROWS,
        says=any_of("provided authorization grant | refresh token is invalid, expired, revoked"),
        outcomes=(some("token_expired", "consent_missing", "secret_wrong"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.NAMES,
        says=("service principal-less authentication failed",),
        along=("8bd644d1",),
        outcomes=(one("message_trace_not_provisioned"),),
    ),
    Rule(gate=Gate.TOKEN, weight=Weight.NAMES, says=("does not exist in tenant",), outcomes=(OUTCOMES[50020],)),
    Rule(gate=Gate.TOKEN, weight=Weight.NAMES, says=("invalid client secret",), outcomes=(one("secret_wrong"),)),
    Rule(  # an assertion that was cached for too long, or a wrong clock
        gate=Gate.TOKEN,
        weight=Weight.NAMES,
        says=("assertion is not within its valid time range",),
        outcomes=(some("client_assertion_bad", "clock_skew"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.NAMES,
        says=("no matching federated identity record found",),
        outcomes=(some("federated_credential_mismatch", "client_assertion_bad"),),
    ),
    Rule(  # the name is right, so it is the tenant that lacks it
        gate=Gate.TOKEN,
        weight=Weight.NAMES,
        says=any_of(
            "resource principal named https://outlook.office365.com was not found | "
            "resource principal named https://outlook.office.com was not found"
        ),
        outcomes=(one("resource_missing"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.NAMES,
        says=("is disabled. trace id",),
        along=("AADSTS50001",),
        outcomes=(one("resource_missing"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.NAMES,
        says=any_of(
            "client secret keys are expired | client secret keys for app | client secret has expired | "
            "client secret is expired | secret expired"
        ),
        outcomes=(one("secret_expired"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.NAMES,
        says=any_of("was not found in the directory | does not exist or is not enabled for consumers"),
        unless=("user account",),
        outcomes=(one("app_not_in_tenant"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.NAMES,
        says=("is missing service principal in the tenant",),
        outcomes=(one("app_sp_missing"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.NAMES,
        says=any_of(
            "client is public so neither | Proof Key for Code Exchange is required for cross-origin | "
            "cross-origin token redemption"
        ),
        outcomes=(one("public_client_with_secret"),),
    ),
    Rule(
        gate=Gate.ISSUER,
        weight=Weight.NAMES,
        says=any_of(
            "is not configured as a multi-tenant application | "
            "check to make sure you have the correct tenant id | tenant identifier | "
            "usage of the /common endpoint is not supported | no tenant-identifying information found | "
            "no active subscriptions for the tenant | not supported over the /common | "
            "endpoint only supports tenant-specific | invalid_tenant | issuer mismatch | issuer did not match | "
            "does not match the issuer"
        ),
        outcomes=(one("wrong_tenant_or_authority"),),
    ),
    Rule(  # msal reports the same if Entra rejects the tenant and if a proxy replies instead
        gate=Gate.ISSUER,
        weight=Weight.NARROWS,
        says=any_of("unable to get authority configuration | unable to get OIDC authority configuration"),
        outcomes=(some("wrong_tenant_or_authority", "login_blocked_by_proxy", "token_endpoint_unreachable"),),
    ),
    Rule(
        gate=Gate.ISSUER,
        weight=Weight.HINTS,
        says=any_of(
            "TooManyRedirects | JSONDecodeError | unexpected token < in JSON | HTTP error: 407 | "
            "too many redirects | "
            "is not valid JSON"
        ),
        outcomes=(some("login_blocked_by_proxy", "service_side_fault", "wrong_tenant_or_authority"),),
    ),
    Rule(
        gate=Gate.ISSUER,
        weight=Weight.HINTS,
        says=any_of("HTTP error: 503 | HTTP error: 502 | 503 service unavailable"),
        along=any_of("login.microsoft | login.partner.microsoft | login.windows.net | oauth2/v2.0/token | HTTP error:"),
        unless=any_of("smtp.office365 | outlook.office365.com:587"),
        outcomes=(some("service_side_fault", "login_blocked_by_proxy", "token_endpoint_unreachable"),),
    ),
    Rule(  # a web page instead of JSON, as curl --verbose shows it
        gate=Gate.ISSUER,
        weight=Weight.HINTS,
        says=any_of("<!doctype html> | <html><body> | <html><head> | location: https://"),
        along=any_of("login.microsoft | login.partner.microsoft | login.windows.net | oauth2/v2.0/token"),
        unless=any_of("smtp.office365 | outlook.office365.com:587"),
        outcomes=(some("login_blocked_by_proxy", "wrong_tenant_or_authority", "service_side_fault"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.NAMES,
        says=any_of(
            "invalid_scope | must have a scope value with /.default | "
            "the provided value for the input parameter 'scope' | doesn't exist on the resource | "
            "the provided value for scope | invalid audience | audience is invalid | "
            "audience validation failed | for wrong audience | input parameter 'scope' is not valid"
        ),
        outcomes=(one("wrong_scope_or_audience"),),
    ),
    Rule(  # Exchange's text for a token without roles or scopes
        gate=Gate.CLAIMS,
        weight=Weight.NAMES,
        says=any_of("token contains no permissions | permissions can not be understood"),
        outcomes=(some("consent_missing", "wrong_scope_or_audience"),),
    ),
    Rule(  # the challenge after a refused XOAUTH2, plain and in base64
        gate=Gate.SIGN_IN,
        weight=Weight.HINTS,
        says=any_of('"status":"400","schemes":"Bearer" | "status":"401","schemes":"bearer" | eyJzdGF0dXMiOiI0MD'),
        outcomes=(group("oauth_bare_535"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.NAMES,
        says=("the resource principal named",),
        along=("was not found in the tenant",),
        outcomes=(OUTCOMES[500011],),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.NAMES,
        says=any_of(
            "has not consented to use the application | need admin approval | admin consent is required | "
            "Authorization_RequestDenied | insufficient privileges to complete the operation | "
            "is not assigned to a role for the application | ErrorAccessDenied | consent_required | "
            "requires admin consent | requires the following permissions | missing application roles | "
            "does not have any of the required roles"
        ),
        outcomes=(one("consent_missing"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.NAMES,
        says=any_of(
            "blocked by conditional access | conditional access polic | access policy does not allow token issuance"
        ),
        outcomes=(one("conditional_access_block"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.NAMES,
        says=any_of(
            "must use multi-factor authentication | you must enroll in multi-factor | "
            "due to a configuration change made by your administrator"
        ),
        outcomes=(one("mfa_or_security_defaults"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.NAMES,
        says=any_of(
            "client assertion contains an invalid signature | "
            "client assertion is not within its valid time range | "
            "certificate with identifier used to sign the client assertion | client assertion audience"
        ),
        unless=("valid time range",),
        outcomes=(one("client_assertion_bad"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.NAMES,
        says=any_of(
            "not within its valid time range | token is not yet valid | iat is in the future | "
            "used before issued | clock skew | nbf is in the future"
        ),
        unless=("assertion is not within its valid time range",),
        outcomes=(one("clock_skew"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.NAMES,
        says=any_of("redirect uri | redirect_uri_mismatch | reply url | reply address"),
        along=any_of("does not match | mismatch | not a valid url | not registered | no reply address"),
        outcomes=(one("redirect_uri_mismatch"),),
    ),
    Rule(
        gate=Gate.CLAIMS,
        weight=Weight.NAMES,
        says=any_of(
            "access token has expired | token has expired | token is expired | refresh token has expired | "
            "lifetime validation failed, the token is expired | jwt expired | refresh token expired | "
            "has expired due to inactivity | grant was issued on | "
            "provided authorization code or refresh token"
        ),
        outcomes=(one("token_expired"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.NAMES,
        says=("error validating credentials due to invalid username or password",),
        outcomes=(one("bad_credentials"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.NARROWS,
        says=any_of(
            "request body must contain the following parameter: 'client_assertion' or 'client_secret' | "
            "'client_assertion', 'client_secret' or 'request' is required"
        ),
        outcomes=(OUTCOMES[7000218],),
    ),
    Rule(gate=Gate.TOKEN, weight=Weight.HINTS, says=("invalid_client",), outcomes=(group("no_token"),)),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.HINTS,
        says=("unauthorized_client",),
        outcomes=(some("app_not_in_tenant", "consent_missing", "app_disabled"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.HINTS,
        says=("invalid_grant",),
        outcomes=(some("token_expired", "consent_missing", "conditional_access_block", "bad_credentials"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.HINTS,
        says=("invalid_resource",),
        outcomes=(some("wrong_scope_or_audience", "resource_missing"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.HINTS,
        says=("interaction_required",),
        outcomes=(some("mfa_or_security_defaults", "conditional_access_block", "consent_missing"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.HINTS,
        says=any_of("InvalidAuthenticationToken | access token validation failure"),
        outcomes=(some("wrong_scope_or_audience", "token_expired"),),
    ),
)
