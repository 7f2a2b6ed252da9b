"""Load the labelled real errors and score their readings; `test_real_errors` asserts the minimum scores.

`python -m tests.knowledge.scoring` prints the tables.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from knowledge.outcome import Reading
from knowledge.reading import read

CASES = Path(__file__).parents[1] / "cases"
OUTCOMES = ("named first", "in the list", "plausible only", "wrong", "unrecognised")


@dataclass(frozen=True, slots=True)
class Case:
    """An error text posted in a public thread, and the cause accepted there."""

    id: str
    client: str
    text: str
    accepted: str
    plausible: frozenset[str]
    url: str
    untouched: bool


def load(name: str) -> list[Case]:
    """Return the cases from one file."""
    rows = [json.loads(line) for line in (CASES / name).read_text("utf-8").splitlines()]
    return [
        Case(
            id=row["id"],
            client=row["client"],
            text=row["error_text"],
            accepted=row["accepted_cause"],
            plausible=frozenset(row["also_plausible"]),
            url=row["url"],
            untouched=row.get("set") == "untouched",
        )
        for row in rows
    ]


GIVEN = load("given-errors.jsonl")
OWN = load("labelled-errors.jsonl")


def outcome(case: Case, reading: Reading) -> str:
    """Classify how well a reading matches its case."""
    if reading.causes[0] == case.accepted:
        return OUTCOMES[0]
    if case.accepted in reading.causes:
        return OUTCOMES[1]
    if set(reading.causes) & case.plausible:
        return OUTCOMES[2]
    return OUTCOMES[4] if reading.causes == ("unrecognised",) else OUTCOMES[3]


def score(cases: Iterable[Case]) -> Counter[str]:
    """Count the outcomes, the readings with only the accepted cause, the conclusive readings, and the wrong conclusive readings."""
    counted: Counter[str] = Counter()
    for case in cases:
        reading = read(case.text, case.client)
        counted[outcome(case, reading)] += 1
        counted["alone"] += reading.causes == (case.accepted,)
        counted["conclusive"] += reading.sure
        counted["conclusive but wrong"] += reading.sure and reading.causes[0] != case.accepted
    return counted


def table(cases: list[Case], key: Callable[[Case], str]) -> str:
    """Return a table of outcomes, with one row for each value of `key` and a row of totals."""
    rows = [f"{'':44}" + "".join(f"{name:>15}" for name in OUTCOMES)]
    for name in sorted({key(case) for case in cases}):
        counted = score(case for case in cases if key(case) == name)
        rows.append(f"{name[:43]:44}" + "".join(f"{counted[column] or '':>15}" for column in OUTCOMES))
    counted = score(cases)
    rows.append(f"{'all ' + str(len(cases)):44}" + "".join(f"{counted[column]:>15}" for column in OUTCOMES))
    rows.append(
        f"alone {counted['alone']}, conclusive {counted['conclusive']}, conclusive but wrong {counted['conclusive but wrong']}"
    )
    return "\n".join(rows)


def tables() -> str:
    """Return the tables for the given cases, for our tuned and untouched cases, by client and by cause."""
    parts = [
        ("given", GIVEN, lambda _: "given"),
        ("ours, rules were tuned on these", [case for case in OWN if not case.untouched], lambda _: "tuning"),
        ("ours, untouched", [case for case in OWN if case.untouched], lambda _: "untouched"),
        ("by client", [*GIVEN, *OWN], lambda case: case.client.split("(")[0].strip()),
        ("by cause", [*GIVEN, *OWN], lambda case: case.accepted),
    ]
    return "\n\n".join(f"{title}\n{table(cases, key)}" for title, cases, key in parts)


if __name__ == "__main__":
    sys.stdout.write(tables() + "\n")
