"""Many reports as one: each host's senders side by side, the newest report of each host and sender counting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from probes.evidence import SenderEvidence
from reports.outside import one_line
from reports.replay import NotAReport, load_report
from settings.model import Judged

_MOST_NOTES = 5
Visit = tuple[SenderEvidence, Judged]


def load_folder(folder: Path) -> tuple[dict[str, Any], list[Visit]]:
    """The reports in a folder: what is to be said of them as a whole (`masked`, `notes`), and evidence and settings of each sender.

    A sender is named `sender@host`, so that the same sender seen from two hosts stands there twice. Files that are no reports of
    ours are left out and told. Raises NotAReport when none is one.
    """
    newest: dict[str, tuple[str, Visit]] = {}
    notes, read, masked = [], 0, False
    for path in sorted([*folder.glob("*.html"), *folder.glob("*.json")]):
        try:
            data, visits = load_report(path)
        except NotAReport as problem:
            notes.append(f"Left out: {one_line(problem)}")
            continue
        read += 1
        masked = masked or bool(data.get("masked"))
        finished = str(data.get("finished", ""))
        for evidence, judged in visits:
            name = f"{evidence.sender}@{one_line(evidence.machine.host, 80) or 'unknown host'}"
            if name not in newest or newest[name][0] < finished:
                newest[name] = finished, _renamed(name, evidence, judged)
    if not newest:
        raise NotAReport(
            f"{one_line(folder)}: no report of ours is in this folder; {' '.join(notes[:1]) or 'it holds none'}"
        )
    if len(notes) > _MOST_NOTES:
        notes = [*notes[:_MOST_NOTES], f"and {len(notes) - _MOST_NOTES} more files that are no reports."]
    told = f"{read} report{'s' if read > 1 else ''}, the newest of each host and sender counting."
    return {"masked": masked, "notes": [told, *notes]}, [newest[name][1] for name in sorted(newest)]


def _renamed(name: str, evidence: SenderEvidence, judged: Judged) -> Visit:
    sender = judged.sender.model_copy(update={"name": name})
    return evidence.model_copy(update={"sender": name}), judged.model_copy(update={"sender": sender})
