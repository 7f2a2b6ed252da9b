"""The evidence contains a reason for each missing record."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import get_args

import pytest

from evidence.missing import MissingReason, RecordName
from evidence.record import Record
from evidence.wire import SenderEvidence, Traffic
from fakes import apply, healthy, serve
from probes import gather
from probes.deadline import Deadline, utc_now
from probes.records import Records, TrafficCounts
from probes.sender_run import SenderRun
from settings.load import parse
from tests.probe_run import probe_run

RECORDS: tuple[RecordName, ...] = get_args(RecordName)
NOT_RECORDS = {"machine", "secret", "account_attempts", "traffic", "transcript"}


def reasons(evidence: SenderEvidence) -> dict[RecordName, MissingReason]:
    """Return the reason for each missing record."""
    found = {record: evidence.why_missing(record) for record in RECORDS}
    return {record: reason for record, reason in found.items() if reason is not None}


def unfinished_run(folder: Path, sender: str, *, seconds: float = 5.0, server: str = "") -> SenderRun:
    """Return one sender's run before its first step, with this deadline and, if one is given, this server."""
    with serve(healthy(), folder=folder) as running:
        settings = parse(running.settings_file.read_text(encoding="utf-8"), running.settings_file)
        chosen = settings.sender[sender]
        chosen = chosen.model_copy(update={"smtp_server": server or chosen.smtp_server})
        return SenderRun(
            sender=chosen,
            context=gather.create_context(settings, state=None),
            found=gather.secrets_of([chosen], running.secrets)[sender],
            started=utc_now(),
            deadline=Deadline(seconds),
        )


def test_probes_and_evidence_use_the_same_names() -> None:
    """The probes and the frozen evidence use the same names for records and counters."""
    records = {
        name
        for name, field in SenderEvidence.model_fields.items()
        if any(
            isinstance(kind, type) and issubclass(kind, Record)
            for kind in (field.annotation, *get_args(field.annotation))
        )
    }

    assert set(RECORDS) == records - NOT_RECORDS
    assert {field.name for field in dataclasses.fields(Records)} == set(RECORDS)
    assert {field.name for field in dataclasses.fields(TrafficCounts)} == set(Traffic.model_fields)


@pytest.mark.parametrize("fault", [None, "port_refused", "ssl_off", "starttls_hidden"])
def test_each_missing_record_has_a_reason(fault: str | None, tmp_path: Path) -> None:
    """After a complete run, each missing record either does not apply or was not reached."""
    with probe_run(apply(healthy(), [fault] if fault else []), folder=tmp_path) as seen:
        pass

    for evidence in seen.evidence.values():
        missing = {record for record in RECORDS if getattr(evidence, record) is None}
        assert set(evidence.missing) == missing
        assert set(evidence.missing.values()) <= {MissingReason.NOT_APPLICABLE, MissingReason.NOT_REACHED}


def test_a_healthy_run_lacks_only_records_that_do_not_apply(tmp_path: Path) -> None:
    """A healthy run lacks only the records that do not apply to the sender, such as the token for a sender with a password."""
    with probe_run(folder=tmp_path) as seen:
        pass

    other = dict.fromkeys(("plain_mail", "tenant"), MissingReason.NOT_APPLICABLE)
    assert reasons(seen.evidence["oauth"]) == other
    assert reasons(seen.evidence["basic"]) == other | dict.fromkeys(("issuer", "token"), MissingReason.NOT_APPLICABLE)


def test_steps_after_a_closed_port_are_not_reached(tmp_path: Path) -> None:
    """If the port is closed, the record of the connection attempt is present, and the SMTP records after it are not reached."""
    with probe_run(apply(healthy(), ["port_refused"]), folder=tmp_path) as seen:
        evidence = seen.evidence["oauth"]

    assert evidence.why_missing("port") is None
    assert evidence.why_missing("token") is None
    assert evidence.why_missing("greeting") is MissingReason.NOT_REACHED
    assert evidence.why_missing("sign_in") is MissingReason.NOT_REACHED


def test_a_port_that_was_not_tried_has_no_record(tmp_path: Path) -> None:
    """If the deadline passes after the name is resolved, the deadline is the reason for the missing record of the port."""
    run = unfinished_run(tmp_path, "basic", seconds=0.0, server="127.0.0.1")
    gather.run_legs(run)
    evidence = run.freeze()

    assert evidence.name is not None
    assert evidence.why_missing("port") is MissingReason.TIMED_OUT


def test_an_interrupt_is_the_reason(tmp_path: Path) -> None:
    """An interrupt before the first step is the reason for every record that applies to the sender."""
    evidence = unfinished_run(tmp_path, "basic").freeze(interrupted=True)

    assert evidence.why_missing("name") is MissingReason.INTERRUPTED
    assert evidence.why_missing("issuer") is MissingReason.NOT_APPLICABLE


def test_a_crash_is_the_reason(tmp_path: Path) -> None:
    """An internal error is the reason for the missing records of the leg in which it occurred."""
    run = unfinished_run(tmp_path, "oauth")
    run.token_leg_ended = True
    run.fail(LookupError())
    evidence = run.freeze()

    assert evidence.why_missing("name") is MissingReason.CRASHED
    assert evidence.why_missing("token") is MissingReason.NOT_REACHED


def test_the_end_of_the_run_is_the_reason_in_older_reports(tmp_path: Path) -> None:
    """A report without the field `missing` still loads, and the reason is derived from the way the run ended."""
    data = unfinished_run(tmp_path, "basic").freeze(interrupted=True).model_dump(mode="json")
    del data["missing"]
    older = SenderEvidence.model_validate(data)

    assert older.missing == {}
    assert older.why_missing("name") is MissingReason.INTERRUPTED
    assert older.model_copy(update={"interrupted": False}).why_missing("name") is MissingReason.NOT_REACHED
