"""An internal error in one sender's probes does not affect other senders, is located in the evidence and has its own exit code."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

from checks.assessment import Assessment
from evidence.wire import Dial, SenderEvidence
from fakes import healthy, serve
from plugin import exit_status
from probes import gather
from probes.deadline import Deadline
from probes.dialler import Dialler
from reports.answer import answer
from reports.run import Run
from settings.load import parse
from settings.model import Settings
from tests.reports import samples

SECRET = "never-shown-0815"


class CrashingDialler(Dialler):
    """A dialler that raises an unexpected exception for port 443, with a secret in its message."""

    def dial(self, name: str, address: str, port: int, deadline: Deadline) -> tuple[socket.socket | None, Dial]:
        """Dial any port except 443."""
        if port == 443:
            raise LookupError(f"cannot find {SECRET}")
        return super().dial(name, address, port, deadline)


def probe(folder: Path) -> tuple[dict[str, SenderEvidence], Settings]:
    """Probe both senders in the built-in tenant with the dialler that makes the OAuth sender's probes crash."""
    with serve(healthy(), folder=folder) as running:
        settings = parse(running.settings_file.read_text(encoding="utf-8"), running.settings_file)
        outside = gather.create_context(settings, state=None)
        broken = CrashingDialler(settings.connect, only_mapped=True, timeout=settings.network.connect_timeout)
        found = gather.secrets_of(settings.sender.values(), running.secrets)
        return gather.gather(settings.sender.values(), replace(outside, dialler=broken), found), settings


def run_of(kept: dict[str, SenderEvidence], settings: Settings) -> Run:
    """Return a run with this evidence."""
    return samples.run(*(Assessment(seen, settings.for_sender(settings.sender[name])) for name, seen in kept.items()))


def test_an_internal_error_in_one_sender_leaves_the_others_intact(tmp_path: Path) -> None:
    """If the OAuth sender's probes crash, its evidence so far is kept, its verdict is "not proven", and the Basic sender can send."""
    kept, settings = probe(tmp_path)
    run = run_of(kept, settings)
    basic, oauth = kept["basic"], kept["oauth"]

    assert basic.broke == ""
    assert Assessment(basic, settings.for_sender(settings.sender["basic"])).verdict == "can_send"
    assert oauth.broke.startswith("LookupError in tests/resilience/test_defects.py:")
    assert oauth.port is not None
    assert SECRET not in oauth.model_dump_json()
    shown = answer(run, next(one for one in run.senders if one.evidence is oauth))
    assert "smtp365 failed with an internal error" in shown.sentence
    assert shown.verdict == "not_proven"


def test_an_internal_error_has_its_own_exit_code(tmp_path: Path) -> None:
    """After an internal error, the exit code is 3 even if a check failed. A replay of the report has the usual exit code."""
    run = run_of(*probe(tmp_path))

    assert exit_status.of(run, 1) == exit_status.INTERNAL_ERROR
    assert exit_status.of(replace(run, replayed_from="old.html"), 0) == exit_status.NOT_PROVEN
