"""Merges several reports into one that has all their senders. The newest report of each sender counts.

A sender is identified by host, name, account and tenant. Two customers' senders named `alerts` are two senders, even on one machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from checks.token_claims import tenant_of
from evidence.wire import SenderEvidence
from reports.escaping import one_line
from reports.replay import NotAReport, SenderRecord, origins
from settings.model import SenderSettings

_MOST_NOTES = 5
_MOST_NAMES = 5
Report = tuple[dict[str, Any], list[SenderRecord]]
Key = tuple[str, str, str, str, str]
# The newer file, the older file and whether both contain the same evidence, with the senders concerned.
Replaced = dict[tuple[str, str, bool], list[Key]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One sender in one report. `age` orders reports by the start of gathering, then by the end of the run."""

    file: str
    age: tuple[str, str]
    target: str
    record: SenderRecord
    masked: bool

    @property
    def base(self) -> str:
        """`sender@host`, the name that is used where it is unambiguous."""
        evidence, _ = self.record
        return f"{evidence.sender}@{one_line(evidence.machine.host, 80) or 'unknown host'}"

    @property
    def account(self) -> str:
        """The account that signs in."""
        return self.record[1].sender.sign_in_user.lower()

    @property
    def tenant(self) -> str:
        """The tenant in the sender's OAuth endpoint, or an empty string if the endpoint names none."""
        return tenant_of(self.record[1].sender.openid_endpoint_configuration).lower()

    @property
    def key(self) -> Key:
        """What identifies the sender. A masked sender's key includes the file, because masks in two reports cannot be compared."""
        return (self.record[0].machine.host, self.record[0].sender, self.account, self.tenant, self._masked_in)

    @property
    def _masked_in(self) -> str:
        return self.file if self.masked else ""


def merge(files: Iterable[tuple[str, Report | NotAReport]], folder: str) -> tuple[dict[str, Any], list[SenderRecord]]:
    """Merge the reports in a folder, and return the members of the merged report with each sender's evidence and settings.

    The members include `masked`, `notes` (files left out, and which report supersedes which) and `origins` (target by sender). A sender
    is named `sender@host`, followed by account, tenant or file where that name alone is ambiguous.

    Args:
        files: the name of each file with its report, or with the reason why it is not one.
        folder: the folder's name, for messages.

    Raises:
        NotAReport: there is no report among the files.

    """
    newest: dict[Key, Entry] = {}
    replaced: Replaced = {}
    left_out: list[str] = []
    count, masked = 0, False
    for file, report in files:
        if isinstance(report, NotAReport):
            left_out.append(f"Left out: {one_line(report)}")
            continue
        count += 1
        data, records = report
        masked = masked or bool(data.get("masked"))
        for entry in _entries(file, data, records):
            _keep(entry, entry.key, newest, replaced)
    if not newest:
        raise NotAReport(f"{folder}: the folder contains no smtp365 report; {' '.join(left_out[:1]) or 'it is empty'}")
    _merge_methods(newest, replaced)
    names = _names(newest)
    order = sorted(newest, key=lambda key: names[key])
    basis = f"{count} report{'s' if count > 1 else ''}; the newest counts for each host, sender, account and tenant."
    merged = {
        "masked": masked,
        "notes": [basis, *_few(_superseded(replaced, names)), *_few(left_out)],
        "origins": {names[key]: newest[key].target for key in order},
    }
    return merged, [_renamed(names[key], *newest[key].record) for key in order]


def _entries(file: str, data: dict[str, Any], records: Iterable[SenderRecord]) -> Iterable[Entry]:
    targets = origins(data)
    finished, masked = str(data.get("finished", "")), bool(data.get("masked"))
    for evidence, settings in records:
        name, target = evidence.sender, targets.get(evidence.sender, "")
        if data.get("target") == "overview":  # its names already contain the host
            name = name.partition(f"@{evidence.machine.host}")[0] or name
        age = (evidence.started.isoformat(), finished)
        yield Entry(one_line(file, 120), age, target, _renamed(name, evidence, settings), masked)


def _keep(entry: Entry, key: Key, newest: dict[Key, Entry], replaced: Replaced) -> None:
    """Keep the newer of two entries and record which report it replaces. If both have the same evidence, keep the first."""
    kept = newest.get(key)
    if kept is None:
        newest[key] = entry
        return
    same = kept.record[0] == entry.record[0]
    newer, older = (entry, kept) if kept.age < entry.age and not same else (kept, entry)
    newest[key] = newer
    replaced.setdefault((newer.file, older.file, same), []).append(key)


def _merge_methods(newest: dict[Key, Entry], replaced: Replaced) -> None:
    """Merge a Basic sender, which names no tenant, with the OAuth sender of the same host, name and account, if there is only one."""
    of_oauth: dict[tuple[str, ...], list[Key]] = {}
    for key in newest:
        if key[3]:
            of_oauth.setdefault((*key[:3], key[4]), []).append(key)
    for key in [key for key in newest if not key[3]]:
        same = of_oauth.get((*key[:3], key[4]), [])
        if len(same) == 1:
            for keys in replaced.values():
                keys[:] = [same[0] if other == key else other for other in keys]
            _keep(newest.pop(key), same[0], newest, replaced)


def _names(newest: dict[Key, Entry]) -> dict[Key, str]:
    """Return a unique name for each entry: `sender@host`, followed by the shortest suffix that distinguishes it."""
    by_base: dict[str, list[Key]] = {}
    for key, entry in newest.items():
        by_base.setdefault(entry.base, []).append(key)
    names: dict[Key, str] = {}
    suffixes: tuple[Callable[[Entry], str], ...] = (
        lambda entry: entry.account,
        lambda entry: entry.tenant,
        lambda entry: ", ".join(part for part in (entry.account, entry.tenant) if part),
        lambda entry: entry.file,
        lambda entry: ", ".join(part for part in (entry.file, entry.account, entry.tenant) if part),
    )
    for base, keys in by_base.items():
        if len(keys) == 1:
            names[keys[0]] = base
            continue
        candidates = [[one_line(suffix(newest[key]), 200) for key in keys] for suffix in suffixes]
        distinct = next((some for some in candidates if all(some) and len(set(some)) == len(keys)), candidates[-1])
        names |= {key: f"{base} ({suffix})" for key, suffix in zip(keys, distinct, strict=True)}
    return names


def _superseded(replaced: Replaced, names: dict[Key, str]) -> list[str]:
    lines = []
    for (newer, older, same), keys in sorted(replaced.items()):
        senders = sorted({names[key] for key in keys})
        more = f" and {len(senders) - _MOST_NAMES} more" if len(senders) > _MOST_NAMES else ""
        verb = "is the same run as" if same else "supersedes"
        lines.append(f"{newer} {verb} {older} for {', '.join(senders[:_MOST_NAMES])}{more}.")
    return lines


def _few(notes: list[str]) -> list[str]:
    if len(notes) <= _MOST_NOTES:
        return notes
    return [*notes[:_MOST_NOTES], f"There are {len(notes) - _MOST_NOTES} more such notes."]


def _renamed(name: str, evidence: SenderEvidence, settings: SenderSettings) -> SenderRecord:
    sender = settings.sender.model_copy(update={"name": name})
    return evidence.model_copy(update={"sender": name}), settings.model_copy(update={"sender": sender})
