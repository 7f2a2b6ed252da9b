"""Load the labelled errors and score their readings; `test_real_errors` asserts the minimum scores.

`python -m tests.knowledge.scoring` prints the tables.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable

from knowledge.outcome import Reading
from knowledge.reading import read
from tests.knowledge.cases import COLLECTED, DOTNET, FOREIGN, GIVEN, GIVEN_SECOND, OWN, Case

OUTCOMES = ("named first", "in the list", "plausible only", "wrong", "unrecognised")
SET_COLUMNS = (*OUTCOMES, "sure and wrong", "foreign", "foreign, advice")
SETS = (
    ("given", GIVEN),
    ("given, second file", GIVEN_SECOND),
    ("labelled by us", OWN),
    (".NET 8, staged", DOTNET),
    ("collected", COLLECTED),
)


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


def counts(cases: Iterable[Case]) -> tuple[Counter[str], list[str]]:
    """Count the readings of a set by `SET_COLUMNS`, and return a description of each wrong reading.

    The reading of a foreign text is right only if it has no cause, because every cause has advice about Microsoft 365.
    """
    counted: Counter[str] = Counter()
    faults = []
    for case in cases:
        reading = read(case.text, case.client)
        named = reading.causes != ("unrecognised",)
        foreign = case.accepted == FOREIGN
        result = outcome(case, reading)
        wrong_and_sure = reading.sure and reading.causes[0] != case.accepted
        counted["foreign" if foreign else result] += 1
        counted["foreign, advice"] += foreign and named
        counted["sure and wrong"] += wrong_and_sure
        if wrong_and_sure or (foreign and named) or (not foreign and result == "wrong"):
            sure = "sure " if reading.sure else ""
            faults.append(f"{case.id}: {case.accepted}, read as {sure}{', '.join(reading.causes)}")
    return counted, faults


def set_tables() -> str:
    """Return a table with one row for each set and each speaker of the collected set, and the wrong readings of each set."""
    parts = [*SETS]
    parts += [
        (f"  {name}", [case for case in COLLECTED if case.speaker == name])
        for name in sorted({case.speaker for case in COLLECTED})
    ]
    rows = [f"{'':24}{'cases':>7}" + "".join(f"{name:>16}" for name in SET_COLUMNS)]
    listed = []
    for title, cases in parts:
        counted, faults = counts(cases)
        rows.append(f"{title:24}{len(cases):>7}" + "".join(f"{counted[column]:>16}" for column in SET_COLUMNS))
        if not title.startswith(" ") and faults:
            listed += [f"\n{title}, wrong", *faults]
    return "\n".join([*rows, *listed])


if __name__ == "__main__":
    sys.stdout.write(f"{tables()}\n\n{set_tables()}\n")
