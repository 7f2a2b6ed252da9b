"""Many reports as one: the senders of all of them side by side, the newest report of each sender counting.

A sender is known by its host, its name, the account that signs in, and its tenant: two customers who both call theirs `alerts`
are two senders, also on one machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.token_claims import tenant_of
from evidence.wire import SenderEvidence
from reports.escaping import one_line
from reports.replay import NotAReport, load_report, origins
from settings.model import SenderSettings

_MOST_NOTES = 5
_MOST_NAMES = 5
Visit = tuple[SenderEvidence, SenderSettings]
Key = tuple[str, str, str, str, str]
Replaced = dict[
    tuple[str, str, bool], list[Key]
]  # newer file, older file, whether both hold the same evidence; for whom


@dataclass(frozen=True, slots=True)
class Seen:
    """One sender of one report. `age` orders the reports: when the evidence was gathered, then when the report was finished."""

    file: str
    age: tuple[str, str]
    target: str
    visit: Visit
    masked: bool

    @property
    def base(self) -> str:
        """The name where it is the only one: `sender@host`."""
        evidence, _ = self.visit
        return f"{evidence.sender}@{one_line(evidence.machine.host, 80) or 'unknown host'}"

    @property
    def account(self) -> str:
        """Who signs in."""
        return self.visit[1].sender.sign_in_user.lower()

    @property
    def tenant(self) -> str:
        """The tenant in the endpoint of an OAuth sender; Basic's own is in the account's domain."""
        return tenant_of(self.visit[1].sender.openid_endpoint_configuration).lower()

    @property
    def key(self) -> Key:
        """What makes it the same sender. Masks of two reports cannot be compared, so a masked report is known by its file too."""
        return (self.visit[0].machine.host, self.visit[0].sender, self.account, self.tenant, self._masked_in)

    @property
    def _masked_in(self) -> str:
        return self.file if self.masked else ""


def load_folder(folder: Path) -> tuple[dict[str, Any], list[Visit]]:
    """The reports in a folder: what is to be said of them as a whole, and evidence and settings of each sender.

    The whole: `masked`, `notes` (what was left out, and which report supersedes which), `origins` (target by sender). A sender is
    named `sender@host`, with account, tenant or file behind it where that alone is not enough. Raises NotAReport when none is one.
    """
    newest: dict[Key, Seen] = {}
    replaced: Replaced = {}
    notes, read, masked = [], 0, False
    for path in sorted([*folder.glob("*.html"), *folder.glob("*.json")]):
        try:
            data, visits = load_report(path)
        except NotAReport as problem:
            notes.append(f"Left out: {one_line(problem)}")
            continue
        read += 1
        masked = masked or bool(data.get("masked"))
        for seen in _senders(path, data, visits):
            _keep(seen, seen.key, newest, replaced)
    if not newest:
        raise NotAReport(
            f"{one_line(folder)}: no report of ours is in this folder; {' '.join(notes[:1]) or 'it holds none'}"
        )
    _merge_methods(newest, replaced)
    names = _names(newest)
    chosen = sorted(newest, key=lambda key: names[key])
    told = f"{read} report{'s' if read > 1 else ''}, the newest of each host, sender, account and tenant counting."
    whole = {
        "masked": masked,
        "notes": [told, *_few(_superseded(replaced, names)), *_few(notes)],
        "origins": {names[key]: newest[key].target for key in chosen},
    }
    return whole, [_renamed(names[key], *newest[key].visit) for key in chosen]


def _senders(path: Path, data: dict[str, Any], visits: Iterable[Visit]) -> Iterable[Seen]:
    targets = origins(data)
    finished, masked = str(data.get("finished", "")), bool(data.get("masked"))
    for evidence, judged in visits:
        name, target = evidence.sender, targets.get(evidence.sender, "")
        if data.get("target") == "overview":  # whose names have the host already
            name = name.partition(f"@{evidence.machine.host}")[0] or name
        age = (evidence.started.isoformat(), finished)
        yield Seen(one_line(path.name, 120), age, target, _renamed(name, evidence, judged), masked)


def _keep(seen: Seen, key: Key, newest: dict[Key, Seen], replaced: Replaced) -> None:
    """Keep the newer of two, and note which it replaces; of two files with the same evidence the first stays."""
    held = newest.get(key)
    if held is None:
        newest[key] = seen
        return
    same = held.visit[0] == seen.visit[0]
    newer, older = (seen, held) if held.age < seen.age and not same else (held, seen)
    newest[key] = newer
    replaced.setdefault((newer.file, older.file, same), []).append(key)


def _merge_methods(newest: dict[Key, Seen], replaced: Replaced) -> None:
    """A Basic sender names no tenant: it is the OAuth sender of the same host, name and account when there is only one."""
    of_oauth: dict[tuple[str, ...], list[Key]] = {}
    for key in newest:
        if key[3]:
            of_oauth.setdefault((*key[:3], key[4]), []).append(key)
    for key in [key for key in newest if not key[3]]:
        same = of_oauth.get((*key[:3], key[4]), [])
        if len(same) == 1:
            for keys in replaced.values():
                keys[:] = [same[0] if one == key else one for one in keys]
            _keep(newest.pop(key), same[0], newest, replaced)


def _names(newest: dict[Key, Seen]) -> dict[Key, str]:
    """A name of its own for each: `sender@host`, and behind it no more than tells those of one name from each other."""
    by_base: dict[str, list[Key]] = {}
    for key, seen in newest.items():
        by_base.setdefault(seen.base, []).append(key)
    names: dict[Key, str] = {}
    ways: tuple[Callable[[Seen], str], ...] = (
        lambda seen: seen.account,
        lambda seen: seen.tenant,
        lambda seen: ", ".join(part for part in (seen.account, seen.tenant) if part),
        lambda seen: seen.file,
        lambda seen: ", ".join(part for part in (seen.file, seen.account, seen.tenant) if part),
    )
    for base, keys in by_base.items():
        if len(keys) == 1:
            names[keys[0]] = base
            continue
        marks = [[one_line(way(newest[key]), 200) for key in keys] for way in ways]
        apart = next((some for some in marks if all(some) and len(set(some)) == len(keys)), marks[-1])
        names |= {key: f"{base} ({mark})" for key, mark in zip(keys, apart, strict=True)}
    return names


def _superseded(replaced: Replaced, names: dict[Key, str]) -> list[str]:
    lines = []
    for (newer, older, same), keys in sorted(replaced.items()):
        whose = sorted({names[key] for key in keys})
        more = f" and {len(whose) - _MOST_NAMES} more" if len(whose) > _MOST_NAMES else ""
        verb = "is the same run as" if same else "supersedes"
        lines.append(f"{newer} {verb} {older} for {', '.join(whose[:_MOST_NAMES])}{more}.")
    return lines


def _few(notes: list[str]) -> list[str]:
    if len(notes) <= _MOST_NOTES:
        return notes
    return [*notes[:_MOST_NOTES], f"and {len(notes) - _MOST_NOTES} more files of the kind."]


def _renamed(name: str, evidence: SenderEvidence, judged: SenderSettings) -> Visit:
    sender = judged.sender.model_copy(update={"name": name})
    return evidence.model_copy(update={"sender": name}), judged.model_copy(update={"sender": sender})
