"""The causes of AADSTS numbers. `entra_table` reads the numbers from files; `rules_entra` has the rules for the token service's texts.

Microsoft warns that the numbers can change and that clients must not depend on them; here they only select an explanation.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from knowledge.entra_table import published, unlisted
from knowledge.rule import Outcome, one, some

if TYPE_CHECKING:
    from collections.abc import Mapping

NUMBER: Final = re.compile(
    r"aadsts[ :#_\-]{0,3}(\d{4,8})(?!\d)"
    r"|(?:sign-?in error codes?|error_?codes?|errorcode|error\?code|sub ?code|failure code|status code|error number)"
    r"['\":=\s\[(]{1,6}(\d{5,8})(?!\d)"
)

OUTCOMES: Final[Mapping[int, Outcome]] = MappingProxyType(
    {row.number: Outcome(row.causes, sure=row.sure) for row in (*published(), *unlisted()) if row.causes}
)
OTHER_SIGN_IN: Final[Mapping[int, str]] = MappingProxyType(
    {row.number: row.reason for row in (*published(), *unlisted()) if row.reason}
)
"""What each number without causes concerns: in most cases, a kind of sign-in that no program uses to send mail."""

VAGUE: Final = frozenset({70002, 70000, 50000, 16000, 50058, 50012})  # numbers that often surround a more specific one

# AADSTS900144 names the missing parameter, which decides the cause.
MISSING_PARAMETER: Final = 900144
MISSING: Final[tuple[tuple[str, Outcome], ...]] = (
    ("following parameter: 'scope'", one("wrong_scope_or_audience")),
    ("following parameter: 'client_id'", some("app_not_in_tenant", "wrong_tenant_or_authority")),
    ("following parameter: 'client_secret'", one("secret_wrong")),
    ("", some("token_request_malformed", "wrong_scope_or_audience", "app_not_in_tenant", "secret_wrong")),
)
