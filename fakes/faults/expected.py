"""The exact findings that each fault must produce: check, verdict, causes likeliest first; all others stay healthy or are blocked.

They stand in `expected.txt` beside this file: a fault's id, then its findings, indented; lines that begin with # are remarks.
Where one answer of the server has several causes, the short list is expected, not a lucky guess. `expected_lookups.txt` has the
findings of runs with look-ups, of the faults that were worked through.
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
                raise ValueError(f"{line} is expected twice")
            current = found.setdefault(line, [])
            continue
        check, verdict, *causes = line.split()
        current.append(Expected(check=check, verdict=verdict, causes=tuple(causes[0].split(",")) if causes else ()))
    return {fault: tuple(expected) for fault, expected in found.items()}


def _file(name: str) -> dict[str, tuple[Expected, ...]]:
    return _read(Path(__file__).with_name(name).read_text(encoding="utf-8"))


EXPECTED = _file("expected.txt")
EXPECTED_WITH_LOOKUPS = _file("expected_lookups.txt")
