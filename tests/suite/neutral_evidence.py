"""Evidence and settings without Microsoft terms, so that any such term in a report comes from smtp365 itself.

The built-in tenant uses Exchange's wording even if the settings declare it as a custom service. Reports may quote both a server and
the settings, so the terms are replaced in both.
"""

from __future__ import annotations

import re
from typing import Final

from evidence.wire import SenderEvidence
from settings.model import SenderSettings

WORDS: Final = re.compile(
    r"microsoft|\boffice|office365|exchange|\bentra\b|azure|nodinite|admin cent|defender|purview|outlook|sharepoint|\bteams\b"
    r"|security defaults|conditional access|smtp\.sendasapp|\b(?:get|set|new|add|remove|connect|test)-"
    r"(?:mg|cas|exchange|transport|mailbox|serviceprincipal|recipient|authenticationpolicy|user|message|organization)\w*",
    re.IGNORECASE,
)


def _replace_terms(text: str) -> str:
    return WORDS.sub(lambda found: "x" * len(found.group()), text)


def without_microsoft_terms(
    evidence: SenderEvidence, settings: SenderSettings
) -> tuple[SenderEvidence, SenderSettings]:
    """Return a copy of the evidence and settings in which each Microsoft term is replaced with `x` characters."""
    return (
        SenderEvidence.model_validate_json(_replace_terms(evidence.model_dump_json())),
        SenderSettings.model_validate_json(_replace_terms(settings.model_dump_json(by_alias=True))),
    )


def microsoft_terms_in(text: str) -> list[str]:
    """Return each Microsoft term in a text, with the characters around it."""
    return [text[max(0, found.start() - 60) : found.end() + 40] for found in WORDS.finditer(text)]
