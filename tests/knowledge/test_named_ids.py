"""Every check id and cause id that the catalogue's texts mention exists."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from checks.catalogue import CATALOGUE as CHECKS
from knowledge.cause import Cause
from knowledge.causes import CATALOGUE, declared
from knowledge.groups import GROUPS

CHECK_ID = re.compile(r"\b[A-Z]{2,8}-\d{2}\b")
CAUSE_ID = re.compile(r"\b(?:cause|see) ([a-z0-9]+(?:_[a-z0-9]+)+)\b")


def texts_of(cause: Cause) -> Iterator[str]:
    """Yield every text in an entry that users see."""
    yield from (cause.title, cause.headline, cause.meaning, cause.shows, cause.verify, cause.propagation, cause.risk)
    yield from (*cause.steps, *cause.decide)


TEXTS = {
    **{f"{cause.id}": tuple(texts_of(cause)) for cause in CATALOGUE.values()},
    **{f"{cause.id}-declared": tuple(texts_of(cause)) for cause in declared().values()},
    **{f"{cause.id}-at-login": tuple(texts_of(cause)) for cause in declared(at_login=True).values()},
    **{f"{group.id}-group": (group.answer, *group.decide) for group in GROUPS.values()},
}


@pytest.mark.parametrize("name", list(TEXTS))
def test_mentioned_checks_and_causes_exist(name: str) -> None:
    """Every check and cause that a text mentions exists, so that a rename must change the text too."""
    checks = {check for text in TEXTS[name] for check in CHECK_ID.findall(text)}
    causes = {cause for text in TEXTS[name] for cause in CAUSE_ID.findall(text)}

    assert checks <= set(CHECKS.checks)
    assert causes <= set(CATALOGUE)


def test_texts_mention_checks_and_causes() -> None:
    """The patterns find at least one check id and one cause id in the texts."""
    assert any(CHECK_ID.search(text) for texts in TEXTS.values() for text in texts)
    assert any(CAUSE_ID.search(text) for texts in TEXTS.values() for text in texts)
