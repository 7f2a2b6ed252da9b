"""Rules for messages of token libraries and programs about a token service that does not answer, or answers in an unexpected way."""

from __future__ import annotations

from typing import Final

from evidence.gates import Gate
from knowledge.normalise import any_of
from knowledge.rule import Rule, Weight, one, some

TOKENS: Final[tuple[Rule, ...]] = (
    Rule(
        gate=Gate.ISSUER,
        weight=Weight.NARROWS,
        says=any_of("endpoints_resolution_error | openid_config_error | network_error: | could not retrieve endpoints"),
        outcomes=(some("token_endpoint_unreachable", "login_blocked_by_proxy", "wrong_tenant_or_authority"),),
    ),
    Rule(
        gate=Gate.ISSUER,
        weight=Weight.HINTS,
        says=any_of(
            "non_parsable_oauth_error | service_not_available | JsonReaderException | "
            "OAUTH_RESPONSE_IS_NOT_CONFORM | "
            "OAUTH_RESPONSE_IS_NOT_JSON | unexpected HTTP response status code"
        ),
        outcomes=(some("login_blocked_by_proxy", "service_side_fault", "token_endpoint_unreachable"),),
    ),
    Rule(
        gate=Gate.ISSUER,
        weight=Weight.NARROWS,
        says=("missing_tenant_id_error",),
        outcomes=(one("wrong_tenant_or_authority"),),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.NARROWS,
        says=("empty_input_scopes_error",),
        outcomes=(one("wrong_scope_or_audience"),),
    ),
    Rule(  # a program's own words for the HTTP status of the token service, without its JSON
        gate=Gate.ISSUER,
        weight=Weight.HINTS,
        says=any_of("token request failed | token request returned | token endpoint returned"),
        outcomes=(some("token_endpoint_unreachable", "login_blocked_by_proxy", "service_side_fault"),),
    ),
)
