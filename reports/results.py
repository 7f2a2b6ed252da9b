"""The results as JSON (schema smtp365-results/1), which the HTML report embeds."""

from __future__ import annotations

from typing import Any

from checks.assessment import Assessment
from checks.model import Finding
from evidence.gates import Gate
from evidence.wire import SCHEMA, SenderEvidence
from reports.run import Run
from settings import strict_json
from settings.printable import in_json
from settings.target import GATHER


def results(run: Run) -> dict[str, Any]:
    """Return the run as plain data without secrets."""
    return {**head(run), "senders": [of_sender(run, assessment) for assessment in run.senders]}


def head(run: Run) -> dict[str, Any]:
    """Return the members of the results for the run as a whole."""
    return {
        "schema": SCHEMA,
        "tool_version": run.tool_version,
        "target": run.target,
        "started": run.started.isoformat(),
        "finished": run.finished.isoformat(),
        "host": run.host,
        "verdict": run.verdict,
        "basis": run.basis,
        "interrupted": run.interrupted,
        "masked": run.masked,
        "faults": list(run.faults),
    }


def as_text(data: dict[str, Any]) -> str:
    """Return the JSON text, with one member per line. Outside ASCII, only invisible characters are escaped."""
    return in_json(strict_json.write(data, indent=1, ensure_ascii=False))


def of_sender(run: Run, assessment: Assessment) -> dict[str, Any]:
    """Return the members of the results for one sender."""
    decisive = assessment.decisive
    gate = assessment.first_broken_gate
    return {
        "name": assessment.settings.sender.name,
        "authentication": assessment.settings.sender.method,
        "target": target_of(run, assessment),
        "verdict": run.verdict_of(assessment),
        "first_broken_gate": None if gate is None else gate.value,
        "causes": list(decisive.causes) if decisive is not None else [],
        "sure": decisive.sure if decisive is not None else True,
        "checks": [_check(finding) for finding in run.findings(assessment)],
        "gates": [
            {"gate": name.value, "state": state, "seconds": seconds_of(assessment.evidence, name)}
            for name, state in assessment.gates().items()
        ],
        "account_attempts": attempts_of(assessment.evidence),
        "traffic": assessment.evidence.traffic.model_dump(mode="json"),
        "evidence": assessment.evidence.model_dump(mode="json"),
        "settings": assessment.settings.model_dump(mode="json", by_alias=True),
    }


def attempts_of(evidence: SenderEvidence) -> dict[str, int | None] | None:
    """Return how often this machine tried the account, and the most attempts that can be left. None if attempts are not counted."""
    counted = evidence.account_attempts
    if counted is None:
        return None
    return {"made": counted.made, "lockout_after": counted.lockout_after, "left_at_most": counted.left}


def target_of(run: Run, assessment: Assessment) -> str:
    """Return the target of the run that gathered this sender's evidence, or an empty string if an old report does not name it."""
    of_this_run = run.target if run.replayed_from is None and run.target in GATHER else ""
    return run.origins.get(assessment.settings.sender.name, of_this_run)


def _check(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.check,
        "title": finding.title,
        "verdict": finding.verdict.value,
        "causes": list(finding.causes),
        "sure": finding.sure,
        "expected": finding.expected,
        "observed": finding.observed,
        "why": finding.why,
    }


def seconds_of(evidence: SenderEvidence, gate: Gate) -> float | None:
    """Return the duration of a gate, or None if the gate was not reached or has no duration of its own."""
    envelope = evidence.envelope
    records: dict[Gate, Any] = {
        Gate.NAME: evidence.name,
        Gate.PORT: evidence.port,
        Gate.GREETING: evidence.greeting,
        Gate.STARTTLS: evidence.starttls or evidence.plain_mail,
        Gate.TLS: evidence.tls,
        Gate.AUTH_OFFERED: evidence.auth_offered,
        Gate.ISSUER: evidence.issuer,
        Gate.TOKEN: evidence.token,
        Gate.CLAIMS: None,
        Gate.SIGN_IN: evidence.sign_in,
        Gate.SENDER: envelope.mail if envelope else None,
        Gate.RECIPIENT: envelope.rcpt if envelope else None,
        Gate.ACCEPTED: envelope.final if envelope else None,
    }
    record = records[gate]
    return None if record is None else float(record.seconds)
