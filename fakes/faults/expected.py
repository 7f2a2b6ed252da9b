"""The exact findings that each fault must produce. A finding has a check, a verdict, and causes in order of likelihood.

All other checks pass or are blocked. The findings are in `expected.txt`, in which each fault's id is followed by one indented line
per finding; lines that start with `#` are comments. If a reply has several possible causes, all of them are expected.
`expected_lookups.txt` contains the findings of runs with lookups for some of the faults.
"""

from pathlib import Path

from .fault import Expected


def _read(text: str) -> dict[str, tuple[Expected, ...]]:
    found: dict[str, list[Expected]] = {}
    current: list[Expected] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            if line in found:
                raise ValueError(f"{line} has two entries")
            current = found.setdefault(line, [])
            continue
        check, verdict, *causes = line.split()
        current.append(Expected(check=check, verdict=verdict, causes=tuple(causes[0].split(",")) if causes else ()))
    return {fault: tuple(expected) for fault, expected in found.items()}


def _file(name: str) -> dict[str, tuple[Expected, ...]]:
    return _read(Path(__file__).with_name(name).read_text(encoding="utf-8"))


EXPECTED = _file("expected.txt")
EXPECTED_WITH_LOOKUPS = _file("expected_lookups.txt")
