"""Evidence and settings in which every word of Microsoft's is blotted out: what then still has one, the suite added itself.

The built-in tenant speaks Exchange's words even when it is declared as a service of its own. What a peer says and what the settings
hold may be quoted, so they are made neutral here, and a report made of the rest must hold no such word at all.
"""

from __future__ import annotations

import re
from typing import Final

from evidence.wire import SenderEvidence
from settings.model import Judged

WORDS: Final = re.compile(
    r"microsoft|\boffice|office365|exchange|\bentra\b|azure|nodinite|admin cent|defender|purview|outlook|sharepoint|\bteams\b"
    r"|security defaults|conditional access|smtp\.sendasapp|\b(?:get|set|new|add|remove|connect|test)-"
    r"(?:mg|cas|exchange|transport|mailbox|serviceprincipal|recipient|authenticationpolicy|user|message|organization)\w*",
    re.IGNORECASE,
)


def _blot(text: str) -> str:
    return WORDS.sub(lambda found: "x" * len(found.group()), text)


def blotted(evidence: SenderEvidence, settings: Judged) -> tuple[SenderEvidence, Judged]:
    """The same visit with neutral words of the same length."""
    return (
        SenderEvidence.model_validate_json(_blot(evidence.model_dump_json())),
        Judged.model_validate_json(_blot(settings.model_dump_json(by_alias=True))),
    )


def words_in(text: str) -> list[str]:
    """The words of Microsoft's in a text, each with what is around it."""
    return [text[max(0, found.start() - 60) : found.end() + 40] for found in WORDS.finditer(text)]
