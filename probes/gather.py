"""Collects the evidence for all senders concurrently, each with its own deadline. An interrupt keeps the evidence collected so far.

At its deadline, a sender's run ends because its connections are shut down. If it is then still waiting for a call that uses none of
these connections, it is abandoned in its thread a moment later, and the evidence collected so far is kept.

Senders with the same mailbox run one after the other: Exchange Online accepts few concurrent connections per mailbox, and a
refused password must be recorded before the next sender tries the same account. The checks evaluate the evidence later.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from evidence.wire import EnvelopeEvidence, SenderEvidence
from probes import machine, smtp_leg, token_leg
from probes.account import service_name
from probes.account_ledger import AccountLedger
from probes.deadline import Deadline, utc_now
from probes.dialler import Dialler
from probes.known_secrets import KnownSecrets
from probes.pacing import Pacer, group_by_mailbox
from probes.redaction import Redactor
from probes.sender_run import RunContext, SenderRun
from probes.tls import Trust
from probes.token import Token
from settings import secret
from settings.background import in_background
from settings.keyring_entry import PATIENCE, Keyring
from settings.model import Directory, Sender, Settings
from settings.prompt import Prompt
from settings.secret import Found, SecretKey

if TYPE_CHECKING:  # not imported at run time, because a run without lookups does not need it
    from probes.lookups.pending import Lookups

AT_ONCE = 8
_GRACE = 1.0  # seconds after the deadline, in which a run whose connections have been shut records the reason
Progress = Callable[[str, str], None]


class InterruptedGatheringError(Exception):
    """Raised when the user interrupts the run. `evidence` holds what was collected before the interrupt."""

    def __init__(self, evidence: dict[str, SenderEvidence]) -> None:
        """Store the evidence by sender name."""
        self.evidence = evidence
        super().__init__("interrupted")


def create_context(
    settings: Settings,
    *,
    state: Path | None,
    no_send: bool = False,
    try_again: bool = False,
    secrets: KnownSecrets | None = None,
    redactor: Callable[[KnownSecrets], Redactor] = Redactor,
) -> RunContext:
    """Return the context that all senders in a run share. The secrets that they use are added to `secrets`.

    Sign-in attempts are recorded in the folder `state`, if given. Raises SettingsError if the CA file contains no certificate.
    """
    network = settings.network
    dialler = Dialler(settings.connect, only_mapped=network.only_mapped, timeout=network.connect_timeout)
    return RunContext(
        cloud=settings.service,
        network=network,
        dialler=dialler,
        trust=Trust(network.ca_file),
        ledger=AccountLedger(state),
        service=service_name(settings.service, network),
        machine=machine.describe(resolvers=network.resolvers, connect_map=dialler.has_map),
        no_send=no_send,
        try_again=try_again,
        secrets=secrets if secrets is not None else KnownSecrets(),
        redactor=redactor,
    )


def secrets_of(
    senders: Iterable[Sender], environ: Mapping[str, str], prompt: Prompt | None = None, patience: float = PATIENCE
) -> dict[str, Found]:
    """Read the secret of each sender before any connection is opened. Without `prompt`, the user is not asked for missing secrets.

    The user is never asked for the secret of a sender that does not sign in. The keyring has `patience` seconds to answer.
    """
    found = {}
    stored = Keyring(patience).find
    for sender in senders:
        key: SecretKey = "password" if sender.method == "basic" else "client_secret"
        source = sender.password_from if sender.method == "basic" else sender.client_secret_from
        account = sender.sign_in_user if sender.method == "basic" else sender.client_id
        ask = None if prompt is None else partial(prompt.ask, sender.name, key, account)
        if sender.enable_authentication:
            found[sender.name] = secret.find(sender.name, key, source, environ, stored, ask)
        else:  # it is never sent, so the user is not asked for it
            found[sender.name] = secret.find(sender.name, key, source, environ, stored)
    return found


def secret_variables(settings: Settings) -> list[str]:
    """Return the environment variables that can hold the secrets of these settings."""
    sources: list[tuple[str, SecretKey, str | None]] = [
        (sender.name, key, source) for sender in settings.sender.values() for key, source in _sources(sender)
    ]
    if settings.directory is not None:
        sources.append((secret.DIRECTORY, "client_secret", settings.directory.client_secret_from))
    return [
        source.removeprefix("env:") if source and source.startswith("env:") else secret.variable(name, key)
        for name, key, source in sources
    ]


def _sources(sender: Sender) -> tuple[tuple[SecretKey, str | None], ...]:
    return ("password", sender.password_from), ("client_secret", sender.client_secret_from)


def directory_secret(
    directory: Directory, environ: Mapping[str, str], prompt: Prompt | None = None, patience: float = PATIENCE
) -> Found:
    """Return the client secret of the auditor application, or no secret if the settings name a certificate."""
    if directory.certificate is not None:
        return Found(None, "certificate")
    ask = None if prompt is None else partial(prompt.ask, secret.DIRECTORY, "client_secret", directory.client_id)
    stored = Keyring(patience).find
    return secret.find(secret.DIRECTORY, "client_secret", directory.client_secret_from, environ, stored, ask)


def gather(
    senders: Iterable[Sender],
    context: RunContext,
    found: Mapping[str, Found],
    progress: Progress | None = None,
    lookups: Lookups | None = None,
) -> dict[str, SenderEvidence]:
    """Run the probes once for each sender, with its lookups in the background, and return the evidence by sender name.

    Raises:
        InterruptedGatheringError: the user interrupted the run.

    """
    ordered = tuple(senders)
    runs: dict[str, SenderRun] = {}
    results: dict[str, SenderEvidence] = {}
    lock = threading.Lock()
    pacer = Pacer()

    def run_mailbox(group: list[Sender]) -> None:
        for sender in group:
            if pacer.wait():
                run_sender(sender)

    def run_sender(sender: Sender) -> None:
        run = SenderRun(
            sender=sender,
            context=context,
            found=found[sender.name],
            started=utc_now(),
            deadline=Deadline(context.network.sender_timeout),
            with_lookups=lookups is not None,
        )
        with lock:
            runs[sender.name] = run
        if progress is not None:
            progress(sender.name, "started")
        whole = in_background(partial(_run_whole, run, lookups), "sender-run")
        _, late = wait([whole], timeout=run.deadline.remaining() + _GRACE)
        if late:
            run.finish()
        frozen = run.freeze()
        with lock:
            results[sender.name] = frozen
            del runs[sender.name]
        if progress is not None:
            progress(sender.name, "done")

    pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="sender")
    futures: list[Future[None]] = [pool.submit(run_mailbox, group) for group in group_by_mailbox(ordered)]
    try:
        pending = set(futures)
        while pending:  # a short wait each time, because on Windows Ctrl-C does not end a long one
            _, pending = wait(pending, timeout=0.2)
        for future in futures:
            future.result()
    except KeyboardInterrupt:
        pacer.stop()
        with lock:  # before the sockets are closed: the errors that this causes are no evidence
            unfinished = {name: run.freeze(interrupted=True) for name, run in runs.items() if name not in results}
            kept = {**results, **unfinished}
        context.dialler.stop()
        pool.shutdown(wait=False, cancel_futures=True)
        raise InterruptedGatheringError(kept) from None
    finally:
        if lookups is not None:
            lookups.close()
    pool.shutdown(wait=False)
    # in the order of the settings, not in the order in which the runs ended
    return {sender.name: results[sender.name] for sender in ordered if sender.name in results}


def repeat_lookups(
    earlier: Iterable[tuple[SenderEvidence, Sender]], lookups: Lookups, progress: Progress | None = None
) -> dict[str, SenderEvidence]:
    """Repeat the lookups of an earlier run, one sender after the other, without SMTP. Return the run's evidence with the new results."""
    results = {}
    for evidence, sender in earlier:
        if progress is not None:
            progress(sender.name, "started")
        tenant = lookups.begin(sender).finish(evidence.started, accepted_message_id(evidence.envelope))
        results[evidence.sender] = evidence.model_copy(update={"tenant": tenant})
        if progress is not None:
            progress(sender.name, "done")
    lookups.close()
    return results


def accepted_message_id(envelope: EnvelopeEvidence | None) -> str:
    """Return the Message-ID if the server accepted the message, otherwise an empty string."""
    final = envelope.final if envelope is not None else None
    code = final.reply.code if final is not None and final.reply is not None else 0
    return envelope.message_id if envelope is not None and 200 <= code < 300 else ""


def _run_whole(run: SenderRun, lookups: Lookups | None) -> None:
    """Run the legs and, at the same time, the lookups, and wait for both. Never raises."""
    try:
        pending = lookups.begin(run.sender, run.deadline) if lookups is not None else None
        try:
            run_legs(run)
        finally:
            run.finish()
        if pending is not None:
            run.records.tenant = pending.finish(run.started, accepted_message_id(run.records.envelope))
    except Exception as problem:  # noqa: BLE001 - a defect in one run must not lose the evidence of the others
        run.fail(problem)


def run_legs(run: SenderRun) -> None:
    """Run the SMTP leg in this thread and, for OAuth, the token leg in another thread. The SMTP leg signs in when it has the token."""
    if run.sender.method == "basic":
        smtp_leg.run_leg(run, lambda: None)
        return
    future = in_background(partial(token_leg.run_leg, run), "token")

    def token() -> Token | None:
        try:
            return future.result(timeout=run.deadline.remaining())
        except TimeoutError:
            return None

    try:
        smtp_leg.run_leg(run, token)
    finally:
        wait([future], timeout=run.deadline.remaining() + _GRACE / 2)
    if future.done():
        future.result()  # raises what the token leg raised
