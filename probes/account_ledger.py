"""The ledger of sign-in attempts. Each attempt is recorded before the credential is sent, so that it counts whatever happens next.

After a refused password, or an attempt with an unknown result, later runs do not try the account for 15 minutes, whatever host, port
or spelling they use (`try_again` overrides this). Within a run, an account is not tried again after a reply that did not accept it. A
235 reply clears the account. The account's file is locked during an attempt, so a concurrent run waits for the result. Attempts with
tokens are not written to the file, because only passwords lock an account, but within a run they count in the same way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from evidence.wire import Reply, SkipReason
from probes import attempt_files
from probes.account import Account
from probes.attempt_record import AttemptRecord
from probes.deadline import utc_now
from probes.held_file import HeldFile


@dataclass(frozen=True, slots=True)
class Withheld:
    """Why an attempt is not made: the reason, and a description of the earlier attempt."""

    reason: SkipReason
    detail: str


_BUSY: Final = Withheld(SkipReason.RECENTLY_TRIED, "a different run on this machine is signing in with the account")


class AccountLedger:
    """The attempts in this run and, from this user's files, in earlier and concurrent runs. Thread-safe."""

    def __init__(self, state: Path | None) -> None:
        """Keep the files in a folder inside `state`. If `state` is None or the folder cannot be used, keep the attempts only in memory."""
        self._lock = threading.Lock()
        self._notes: dict[str, None] = {}
        self._records: dict[Account, AttemptRecord] = {}
        self._this_run: dict[Account, Withheld] = {}
        self._folder = None if state is None else attempt_files.prepare(state, self._note)

    @property
    def notes(self) -> tuple[str, ...]:
        """One line for each problem with the files."""
        with self._lock:
            return tuple(self._notes)

    def claim(self, account: Account, *, try_again: bool, give_up: Callable[[], bool]) -> Claim:
        """Return a claim on the account, to be used in a `with` block. Record that an attempt begins, unless the account must not be tried.

        Args:
            account: the account that signs in.
            try_again: whether to ignore the results of earlier runs.
            give_up: returns whether to stop waiting for a different run that is signing in with the account.

        """
        with self._lock:
            known = self._records.get(account, AttemptRecord(account=account))
            earlier = self._this_run.get(account)
        if earlier is not None:
            return Claim(self, known, withheld=earlier)
        file: HeldFile | None = None
        if self._folder is not None and account.by_password:
            try:
                file, known = attempt_files.held(self._folder, account, give_up, self._note)
            except attempt_files.BusyError:
                return Claim(self, known, withheld=_BUSY)
            except OSError as problem:
                self._note(f"this sign-in is not recorded for the next run: {problem.strerror or problem}")
        now = utc_now()
        known = known.at(now)
        if known.holds(now) and not try_again:
            return self._refused(file, known)
        claim = Claim(self, known, file=file)
        claim.begin(known.begun(now))
        return claim

    def _refused(self, file: HeldFile | None, known: AttemptRecord) -> Claim:
        """Return a claim without an attempt. The record is kept with corrected times, so that it expires."""
        if file is not None:
            self.keep(file, known)
            file.close()
        when, code = f"{known.attempts[-1]:%H:%M:%S} UTC", f"{known.code or ''} {known.status}".strip()
        if known.result == "refused":
            withheld = Withheld(SkipReason.RECENTLY_REFUSED, f"refused at {when}: {code}")
        else:
            reply = f" (the reply was {code})" if code else ""
            withheld = Withheld(
                SkipReason.RECENTLY_TRIED, f"the account was tried at {when}, without a known result{reply}"
            )
        return Claim(self, known, withheld=withheld)

    def keep(self, file: HeldFile | None, record: AttemptRecord) -> None:
        """Store the record in memory and in its file, if there is one. The file of a record without attempts is deleted."""
        with self._lock:
            self._records[record.account] = record
        if file is not None:
            try:
                file.write(record.to_json()) if record.attempts else file.remove()
            except OSError as problem:
                self._note(f"this sign-in is not recorded for the next run: {problem.strerror or problem}")

    def end(self, account: Account, withheld: Withheld | None) -> None:
        """Record whether other senders in this run may try the account."""
        with self._lock:
            if withheld is None:
                self._this_run.pop(account, None)
            else:
                self._this_run[account] = withheld

    def _note(self, line: str) -> None:
        with self._lock:
            self._notes[line] = None


class Claim:
    """One attempt on an account, or the reason why it is not made. The account's file stays locked during an attempt."""

    def __init__(
        self,
        ledger: AccountLedger,
        record: AttemptRecord,
        *,
        file: HeldFile | None = None,
        withheld: Withheld | None = None,
    ) -> None:
        """Use `AccountLedger.claim` instead."""
        self.withheld = withheld
        self._ledger = ledger
        self._before = self._record = record
        self._file = file
        self._left = False
        self._settled = False

    @property
    def made(self) -> int:
        """The number of recorded attempts on the account: those of the last 24 hours, without any before an accepted one."""
        return len(self._record.attempts)

    def begin(self, record: AttemptRecord) -> None:
        """Record the attempt in the ledger."""
        self._record = record
        self._ledger.keep(self._file, record)

    def credential_leaves(self) -> None:
        """Record that the credential is about to be sent. Without this call, the attempt is removed when the block ends."""
        self._left = True

    def accept(self) -> None:
        """Remove the attempts on the account, because the sign-in was accepted."""
        self._settle(AttemptRecord(account=self._record.account), None)

    def answer(self, reply: Reply) -> None:
        """Record a reply that does not accept the sign-in, so that this run does not try the account again.

        Before the credential is sent, only a reply with an error code counts.
        """
        refused = Withheld(SkipReason.SHARED_CREDENTIAL_REFUSED, reply.text)
        if self._left:
            self._settle(self._record.answered(reply), refused)
        elif 400 <= reply.code < 600:
            self._ledger.end(self._record.account, refused)  # no password left, so nothing is recorded for the next run

    def _settle(self, record: AttemptRecord, withheld: Withheld | None) -> None:
        self._settled = True
        self._record = record
        self._ledger.keep(self._file, record)
        self._ledger.end(record.account, withheld)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Unlock the file. Remove the attempt if the credential was not sent; keep an attempt without a reply, with an unknown result."""
        if self.withheld is None and not self._settled:
            if self._left:
                detail = f"the account was tried at {self._record.attempts[-1]:%H:%M:%S} UTC in this run, without a known result"
                self._ledger.end(self._record.account, Withheld(SkipReason.RECENTLY_TRIED, detail))
            else:
                self._record = self._before
                self._ledger.keep(self._file, self._before)
        if self._file is not None:
            self._file.close()
