"""Gathering the evidence of all senders, several at once, each with its own deadline; an interrupt keeps what was seen so far.

Senders of one mailbox go one after the other: Exchange Online takes few connections of a mailbox at once, and the second sender must
know what the first was told before it signs in.

Nothing here judges, and nothing here knows whether the outside is the real service or a built-in one.
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
from probes.deadline import Deadline, utc_now
from probes.dialler import Dialler
from probes.pacing import Pacer, group_by_mailbox
from probes.refusals import Refusals
from probes.sender_run import RunContext, SenderRun
from probes.tls import Trust
from probes.token import Token
from settings import secret
from settings.model import Directory, Sender, Settings
from settings.prompt import Prompt
from settings.secret import Found, SecretKey

if TYPE_CHECKING:  # loaded by whoever makes look-ups ready, so that a run without them does not pay for them
    from probes.lookups.pending import Lookups

AT_ONCE = 8
Progress = Callable[[str, str], None]


class InterruptedGatheringError(Exception):
    """Ctrl-C came while gates were visited; `evidence` is what had been seen by then."""

    def __init__(self, evidence: dict[str, SenderEvidence]) -> None:
        """Carry the partial evidence out."""
        self.evidence = evidence
        super().__init__("interrupted")


def create_context(
    settings: Settings, *, refusals: Path | None, no_send: bool = False, try_again: bool = False
) -> RunContext:
    """The shared side of a run. Raises SettingsError when the CA file holds no certificate."""
    network = settings.network
    dialler = Dialler(settings.connect, only_mapped=network.only_mapped, timeout=network.connect_timeout)
    return RunContext(
        cloud=settings.service,
        network=network,
        dialler=dialler,
        trust=Trust(network.ca_file),
        refusals=Refusals(refusals),
        machine=machine.look(resolvers=network.resolvers, connect_map=dialler.has_map),
        no_send=no_send,
        try_again=try_again,
    )


def secrets_of(senders: Iterable[Sender], environ: Mapping[str, str], prompt: Prompt | None = None) -> dict[str, Found]:
    """Read every sender's secret before anything is contacted; without a prompt no one is asked for any."""
    found = {}
    for sender in senders:
        key: SecretKey = "password" if sender.method == "basic" else "client_secret"
        source = sender.password_from if sender.method == "basic" else sender.client_secret_from
        account = sender.sign_in_user if sender.method == "basic" else sender.client_id
        ask = None if prompt is None else partial(prompt.ask, sender.name, key, account)
        if sender.enable_authentication:
            found[sender.name] = secret.find(sender.name, key, source, environ, ask)
        else:  # it is never sent, so no one is asked for it
            found[sender.name] = secret.find(sender.name, key, source, environ)
    return found


def directory_secret(directory: Directory, environ: Mapping[str, str], prompt: Prompt | None = None) -> Found:
    """The auditor application's own secret; with a certificate there is none to be read."""
    if directory.certificate is not None:
        return Found(None, "certificate")
    ask = None if prompt is None else partial(prompt.ask, secret.DIRECTORY, "client_secret", directory.client_id)
    return secret.find(secret.DIRECTORY, "client_secret", directory.client_secret_from, environ, ask)


def gather(
    senders: Iterable[Sender],
    context: RunContext,
    found: Mapping[str, Found],
    progress: Progress | None = None,
    lookups: Lookups | None = None,
) -> dict[str, SenderEvidence]:
    """Visit the route once for each sender, with look-ups beside it if there are any; the evidence by sender's name.

    Raises:
        InterruptedGatheringError: the user interrupted; it carries what was seen.

    """
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
        )
        with lock:
            runs[sender.name] = run
        if progress is not None:
            progress(sender.name, "started")
        beside = lookups.begin(sender) if lookups is not None else None
        try:
            go(run)
        except Exception as problem:  # noqa: BLE001 - a defect of ours in one visit must not lose what the others see
            run.give_up(problem)
        run.arrive()
        if beside is not None:
            run.put(tenant=beside.finish(run.started, accepted(run.seen("envelope"))))
        frozen = run.freeze()
        with lock:
            results[sender.name] = frozen
            del runs[sender.name]
        if progress is not None:
            progress(sender.name, "done")

    pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="sender")
    futures: list[Future[None]] = [pool.submit(run_mailbox, group) for group in group_by_mailbox(senders)]
    try:
        pending = set(futures)
        while pending:  # a short wait each time, so that Ctrl-C is heard on Windows too
            _, pending = wait(pending, timeout=0.2)
        for future in futures:
            future.result()
    except KeyboardInterrupt:
        pacer.stop()
        with lock:  # before the sockets are closed: what closing them breaks is no evidence
            partial = {name: run.freeze(interrupted=True) for name, run in runs.items() if name not in results}
            kept = {**results, **partial}
        context.dialler.stop()
        pool.shutdown(wait=False, cancel_futures=True)
        raise InterruptedGatheringError(kept) from None
    finally:
        if lookups is not None:
            lookups.close()
    pool.shutdown(wait=False)
    return results


def repeat_lookups(
    runs: Iterable[tuple[SenderEvidence, Sender]], lookups: Lookups, progress: Progress | None = None
) -> dict[str, SenderEvidence]:
    """Ask the look-ups of earlier visits once more, one sender after the other, without any SMTP; the rest stays as it was."""
    results = {}
    for evidence, sender in runs:
        if progress is not None:
            progress(sender.name, "started")
        tenant = lookups.begin(sender).finish(evidence.started, accepted(evidence.envelope))
        results[evidence.sender] = evidence.model_copy(update={"tenant": tenant})
        if progress is not None:
            progress(sender.name, "done")
    lookups.close()
    return results


def accepted(envelope: EnvelopeEvidence | None) -> str:
    """The id of the message that was accepted; empty when none was."""
    final = envelope.final if envelope is not None else None
    said = final.reply.code if final is not None and final.reply is not None else 0
    return envelope.message_id if envelope is not None and 200 <= said < 300 else ""


def go(run: SenderRun) -> None:
    """Both legs: the token leg in a thread of its own, the SMTP leg here; they meet at the sign-in."""
    if run.sender.method == "basic":
        smtp_leg.run_leg(run, lambda: None)
        return
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="token") as pool:
        future: Future[Token | None] = pool.submit(token_leg.run_leg, run)
        smtp_leg.run_leg(run, future.result)
