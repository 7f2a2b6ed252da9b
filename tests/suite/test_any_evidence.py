"""Test that evidence and settings with arbitrary values can be assessed and reported."""

from __future__ import annotations

import json
import os
import random
from typing import Any

import pytest
from pydantic import ValidationError

from checks.assessment import Assessment
from evidence.wire import SenderEvidence
from reports import reminder, terminal
from reports.page import render_top
from reports.results import as_text, results
from settings.model import SenderSettings
from tests.reports import samples
from tests.suite.gathered import Gathered, gathered
from tests.suite.gathered_lookups import gathered_with_lookups

SAMPLES = 20_000 if os.environ.get("SMTP365_DEEP") else 600
FAULTS = (None, "sp_not_registered", "certificate_other_name", "dns_hijacked", "login_proxy_page", "graph_scope", "wrong_password",
          "secret_expired", "smtp_auth_off_tenant", "recipient_unknown", "token_endpoint_foreign", "three_connections")  # fmt: skip
TEXTS = (
    *("https://[x]/", "https://[::1", "][", "://", "https://login.microsoftonline.com:99999/x", "common", "[::1]", "1.2.3.4", "fe80::1%0"),
    *("", " ", "\x00", "\u202e", "a" * 5000, "%", "%s", "{", "{x}", "{0}", "<script>", "٣", "²", "İ", "xn--", "a..b", ".", "@", "a@"),
    *("-1", "1e999", "nan", "Infinity", "99999999999999999999", "2026-02-30", "true", "None", "535 5.7.139", "AADSTS7000215"),
)  # fmt: skip
NUMBERS = (0, 1, -1, 2, 99_999, 10**12)


def changed(value: Any, probability: float, draw: random.Random) -> Any:  # noqa: ANN401 - any part of a JSON document
    """Return the value with some of its leaves replaced and some of its lists truncated."""
    if isinstance(value, dict):
        return {key: changed(item, probability, draw) for key, item in value.items()}
    if isinstance(value, list):
        kept = [changed(item, probability, draw) for item in value]
        return kept[: draw.randrange(len(kept) + 1)] if draw.random() < probability else kept
    if value is None or draw.random() >= probability:
        return value
    match value:
        case bool():
            return not value
        case str():
            return draw.choice(TEXTS)
        case int():
            return draw.choice(NUMBERS)
        case _:
            return draw.choice((0.0, 1e9, -5.0, None))


def read(model: Any, data: Any, original: Any) -> Any:  # noqa: ANN401 - evidence or settings
    """Return a record made from `data`, or `original` if the data is invalid."""
    try:
        return model.model_validate_json(json.dumps(data))
    except ValidationError:
        return original


@pytest.fixture(scope="module")
def worlds() -> list[Gathered]:
    """Evidence from runs against the built-in tenant."""
    return [*(gathered(fault) for fault in FAULTS), gathered_with_lookups()]


@pytest.mark.parametrize("seed", range(4))
def test_any_evidence_is_assessed_and_reported(seed: int, worlds: list[Gathered]) -> None:
    """Checks and reports handle arbitrary evidence and settings without an exception."""
    draw = random.Random(seed)  # noqa: S311 - not used for secrets
    changes = 0
    for number in range(SAMPLES // 4):
        evidence, original = draw.choice(list(draw.choice(worlds).values()))
        probability = draw.choice((0.02, 0.1, 0.3))
        seen = read(SenderEvidence, changed(evidence.model_dump(mode="json"), probability, draw), evidence)
        settings = read(
            SenderSettings, changed(original.model_dump(mode="json", by_alias=True), probability / 5, draw), original
        )
        changes += seen is not evidence or settings is not original

        run = samples.run(Assessment(seen, settings))
        data = results(run)
        assert as_text(data)
        assert terminal.summary(run, None)
        if number % 10 == 0:
            assert render_top(run, data)
            reminder.calendar(run)
    assert changes > SAMPLES // 10
