"""The causes of each AADSTS number. The rules for the texts of the token service are in `rules_entra`.

Microsoft warns that the numbers can change and that clients must not depend on them; here they only select an explanation.
Source: Microsoft Entra error codes reference.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from knowledge.cause_ids import CauseId
from knowledge.rule import Outcome, one, some

if TYPE_CHECKING:
    from collections.abc import Mapping

NUMBER: Final = re.compile(
    r"aadsts[ :#_\-]{0,3}(\d{4,8})(?!\d)"
    r"|(?:sign-?in error codes?|error_?codes?|errorcode|error\?code|sub ?code|failure code|status code|error number)"
    r"['\":=\s\[(]{1,6}(\d{5,8})(?!\d)"
)

_ALONE: Final[Mapping[CauseId, tuple[int, ...]]] = {
    "secret_wrong": (7000215, 50012),
    "secret_expired": (7000222,),
    "app_not_in_tenant": (700016, 70001, 7000113),
    "app_sp_missing": (7000229,),
    "app_disabled": (7000112, 7000118, 7000119),
    "public_client_with_secret": (700025, 9002325, 9002326, 9002327, 9002328),
    "wrong_tenant_or_authority": (
        90002,
        900023,
        900021,
        90019,
        50194,
        50059,
        9001023,
        90013,
        9002332,
        9002346,
        50128,
        500208,
        900432,
        90130,
        50027002,
        50029,
        900382,
    ),
    "wrong_scope_or_audience": (70011, 1002012, 28002, 28003, 650053, 70017, 9002341, 9010010, 90009, 900941),
    "consent_missing": (65001, 65004, 90094, 90093, 650056, 650057, 65005, 501051, 50105, 90095, 65002, 650054, 50120),
    "resource_missing": (650052, 650051, 500014, 50021),
    "client_assertion_bad": (
        700027,
        700021,
        700023,
        700030,
        5002723,
        5002738,
        50027,
        50013,
        700211,
        700212,
        700213,
        7002131,
        700231,
        500137,
        7000214,
        90027,
        50146,
        700026,
        700022,
        7000220,
    ),
    "clock_skew": (500133,),
    "conditional_access_block": (
        53003,
        53000,
        53001,
        53002,
        53009,
        53010,
        53011,
        530032,
        530003,
        530021,
        530031,
        530033,
        53008,
        53200,
        530084,
        53006,
        50097,
        501291,
        50131,
        50005,
        500021,
        50002,
        53007,
        530004,
    ),
    "mfa_or_security_defaults": (
        50076,
        50079,
        50074,
        50072,
        530035,
        530034,
        53004,
        50078,
        50158,
        50125,
        500121,
        50088,
        50161,
        50203,
        16000002,
        500011002,
    ),
    "bad_credentials": (50126, 50056, 50064),
    "account_locked": (50053,),
    "account_disabled": (50057, 500571, 7000117),
    "password_expired": (50055, 50144, 50135, 50142),
    "token_throttled": (90055, 90056, 50196, 90081),
    "token_expired": (
        700082,
        70008,
        50173,
        70043,
        70044,
        700084,
        54005,
        50133,
        50089,
        500131,
        700081,
        70046,
        50132,
        500134,
        700083,
        135011,
        90125,
    ),
    "redirect_uri_mismatch": (50011, 500113, 500116, 900971, 50015, 90100, 500112, 500117),
    "federation_failure": (
        80001,
        80002,
        80005,
        80007,
        80010,
        80013,
        80014,
        81001,
        50107,
        50008,
        80012,
        50136,
        51001,
        50099,
        75008,
        75011,
        500082,
        54020,
    ),
    "service_side_fault": (
        90033,
        50000,
        90006,
        90020,
        90024,
        90025,
        90012,
        90001,
        90035,
        90010,
        50001001,
        50197,
        90086,
        50180,
    ),
    "tls_version": (1002016,),
}

_TOGETHER: Final[Mapping[int, Outcome]] = {
    500011: some("wrong_scope_or_audience", "resource_missing", "wrong_tenant_or_authority"),
    50001: some("wrong_scope_or_audience", "resource_missing"),
    7000216: some("secret_wrong", "client_assertion_bad"),
    700024: some("clock_skew", "client_assertion_bad"),
    7000218: some("secret_wrong", "public_client_with_secret", "client_assertion_bad"),
    70002: some("secret_wrong", "bad_credentials"),
    50034: some("mailbox_missing", "username_not_upn", "wrong_tenant_or_authority"),
    51004: some("mailbox_missing", "wrong_tenant_or_authority"),
    50020: some("wrong_tenant_or_authority", "token_user_mismatch"),
    90072: some("wrong_tenant_or_authority", "token_user_mismatch"),
    500341: some("mailbox_missing", "account_disabled"),
    70000: some("token_expired", "consent_missing", "wrong_scope_or_audience"),
    70003: some("wrong_tenant_or_authority", "wrong_scope_or_audience"),
    9002313: some("wrong_scope_or_audience", "secret_wrong", "wrong_tenant_or_authority"),
    90014: some("wrong_scope_or_audience", "client_assertion_bad", "secret_wrong"),
    7000011: some("wrong_tenant_or_authority", "app_not_in_tenant"),
    50177: some("token_user_mismatch", "wrong_tenant_or_authority"),
    50058: some("token_expired", "conditional_access_block"),
    50140: some(
        "token_expired",
    ),
    16000: some("token_user_mismatch", "token_expired"),
    70012: some("service_side_fault", "wrong_tenant_or_authority"),
    70016: some(
        "token_expired",
    ),
    700054: some("public_client_with_secret", "redirect_uri_mismatch"),
    700051: some("public_client_with_secret", "redirect_uri_mismatch"),
    54000: some("consent_missing", "conditional_access_block"),
}

OUTCOMES: Final[Mapping[int, Outcome]] = MappingProxyType(
    {
        **{number: one(cause) for cause, numbers in _ALONE.items() for number in numbers},
        **_TOGETHER,
    }
)
VAGUE: Final = frozenset(
    {70002, 70000, 50000, 50140, 16000, 50058, 50012}
)  # numbers that often surround a more specific one

# AADSTS900144 names the missing parameter, which decides the cause.
MISSING_PARAMETER: Final = 900144
MISSING: Final[tuple[tuple[str, Outcome], ...]] = (
    ("following parameter: 'scope'", one("wrong_scope_or_audience")),
    ("following parameter: 'client_id'", some("app_not_in_tenant", "wrong_tenant_or_authority")),
    ("following parameter: 'client_secret'", one("secret_wrong")),
    ("", some("wrong_scope_or_audience", "app_not_in_tenant", "secret_wrong")),
)
