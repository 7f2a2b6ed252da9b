"""Test that lookups decide between the causes of a refusal and observe every checklist item, and that missing permissions are reported."""

from __future__ import annotations

import pytest

from checks.assessment import Assessment
from checks.model import Finding, Verdict
from fakes import FAULTS, Fault
from fakes.faults import EVERY_FAULT
from tests.suite.gathered import gathered
from tests.suite.gathered_lookups import ALL_LOOKUP_SOURCES, assess_with_lookups, rows
from tests.suite.look_up_table import TABLE, table

WITH_LOOKUPS = [fault for fault in EVERY_FAULT.values() if fault.expected_with_lookups is not None]
# Faults in the tenant's own settings, each of which has a single cause with lookups.
TENANT_FAULTS = (
    "client_unknown", "app_unknown", "app_sp_missing", "app_disabled", "secret_expired", "resource_missing",
    "consent_missing", "role_missing", "smtp_auth_off_tenant", "smtp_auth_off_mailbox", "smtp_auth_off_mailbox_oauth",
    "wrong_password", "mailbox_missing", "mailbox_missing_oauth", "password_expired", "password_expired_as_declared",
    "account_disabled", "account_locked", "mfa_required", "legacy_clients_blocked", "security_defaults", "auth_policy",
    "sp_not_registered", "sp_wrong_object_id", "mailbox_right_missing", "workload_blocked",
)  # fmt: skip
ATTESTED_HERE = {"BASIC-04"}  # without the permission, the attestation in the built-in settings decides
ATTESTED_ONLY = {"OAUTH-04"}  # only a person can attest that a reminder exists
CHECKLIST = ("BASIC", "OAUTH")
# If the port is closed, SMTP proves nothing, so only the lookup with this permission can decide.
CLOSED = ("port_refused", "password_ends_unannounced")
NEEDS = {
    "lookup_without_user_read": {"BASIC-01", "BASIC-04"},
    "lookup_without_domain_read": {"BASIC-04"},
    "lookup_without_policy_read": {"BASIC-03", "RISK-07"},
    "lookup_without_user_authentication_method_read": {"RISK-06"},
    "lookup_without_application_read": {"MBX-04", "RISK-05"},
    "lookup_without_audit_log_read": {"RISK-06"},
    "lookup_without_exchange_manage_as_app": {"BASIC-01", "BASIC-02", "OAUTH-05", "MBX-04", "MBX-05"},
    "lookup_without_global_reader": {"BASIC-01", "BASIC-02", "OAUTH-05", "MBX-04", "MBX-05"},
}


def unknown_or_attested(assessments: dict[str, Assessment]) -> dict[str, Finding]:
    """Return the unknown and attested findings, keyed by check."""
    return {
        finding.check: finding
        for assessment in assessments.values()
        for finding in assessment.all_findings()
        if finding.verdict in {Verdict.UNKNOWN, Verdict.ATTESTED}
    }


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.id) for fault in WITH_LOOKUPS])
def test_findings_with_lookups(fault: Fault) -> None:
    """Each fault leads to exactly its expected findings. All others are blocked or are those of the healthy world with lookups."""
    if reason := fault.skipped_here():
        pytest.skip(reason)
    expected = {(one.check, one.verdict, one.causes) for one in fault.expected_with_lookups or ()}

    assert rows(assess_with_lookups(fault.id), assess_with_lookups()) == expected


@pytest.mark.parametrize("fault", TENANT_FAULTS)
def test_lookups_decide_between_causes(fault: str) -> None:
    """The true cause is one of the listed causes without lookups, and the only one with lookups."""
    cause = FAULTS[fault].cause
    without = [Assessment(*one).decisive for one in gathered(fault).values()]
    decided = [one.decisive for one in assess_with_lookups(fault).values()]

    assert any(cause in one.causes for one in without if one is not None)
    assert [(one.causes, one.sure) for one in decided if one is not None and cause in one.causes] != []
    assert all(one.sure and len(one.causes) == 1 for one in decided if one is not None)


@pytest.mark.parametrize("source", ALL_LOOKUP_SOURCES)
def test_every_item_is_observed(source: str) -> None:
    """With lookups from each source, all 21 items pass except the expiry reminder, which only a person can attest."""
    found = {
        finding.check: finding
        for assessment in assess_with_lookups(source=source).values()
        for finding in assessment.all_findings()
        if finding.check.startswith(CHECKLIST)
    }

    assert len(found) == 21
    assert {name for name, one in found.items() if one.verdict is not Verdict.PASS} == ATTESTED_ONLY
    assert found["OAUTH-04"].verdict is Verdict.ATTESTED
    assert "according to the directory, the password never expires" in found["BASIC-04"].observed


@pytest.mark.parametrize("source", ALL_LOOKUP_SOURCES)
def test_items_have_a_verdict_before_anything_is_sent(source: str) -> None:
    """With lookups, the items about the tenant's settings pass even if the port is closed."""
    found = {
        finding.check: finding.verdict
        for assessment in assess_with_lookups("port_refused", source=source).values()
        for finding in assessment.all_findings()
    }

    by_the_tenant = ("BASIC-01", "BASIC-02", "BASIC-03", "BASIC-04", "OAUTH-05", "MBX-04", "MBX-05")
    assert {name: found[name] for name in by_the_tenant} == dict.fromkeys(by_the_tenant, Verdict.PASS)


@pytest.mark.parametrize("fault", NEEDS)
def test_a_missing_permission_is_in_the_reason(fault: str) -> None:
    """Without a permission, only the checks that need it become unknown or attested, and the reason contains the permission."""
    whole, less = (
        unknown_or_attested(assess_with_lookups(*CLOSED)),
        unknown_or_attested(assess_with_lookups(*CLOSED, fault)),
    )
    more = {name: one for name, one in less.items() if name not in whole or whole[name].why != one.why}
    permission = _permission(fault)

    assert set(more) == NEEDS[fault]
    assert {name for name, one in more.items() if permission not in one.why} <= ATTESTED_HERE


def _permission(fault: str) -> str:
    words = fault.removeprefix("lookup_without_")
    by_words = {
        "user_read": "User.Read.All",
        "domain_read": "Domain.Read.All",
        "policy_read": "Policy.Read.All",
        "user_authentication_method_read": "UserAuthenticationMethod.Read.All",
        "application_read": "Application.Read.All",
        "audit_log_read": "AuditLog.Read.All",
        "exchange_manage_as_app": "Exchange.ManageAsApp",
        "global_reader": "Global Reader",
    }
    return by_words[words]


def test_settings_can_prove_the_right_to_send() -> None:
    """With --no-send and lookups, the settings prove that both senders can send, unless the mailbox right is missing."""
    assert [(one.verdict, one.by_settings) for one in assess_with_lookups(no_send=True).values()] == [
        ("can_send", True)
    ] * 2
    assert assess_with_lookups("mailbox_right_missing", no_send=True)["oauth"].verdict == "not_proven"
    assert not assess_with_lookups()["oauth"].by_settings


def test_settings_that_contradict_a_refusal_are_reported() -> None:
    """If Exchange refuses what the settings allow, the finding reports the contradiction and is inconclusive."""
    decisive = assess_with_lookups("sign_in_refused_bare")["oauth"].decisive

    assert decisive is not None
    assert not decisive.sure
    assert "Exchange has the object id" in decisive.why


def test_a_missing_trace_row_is_unknown() -> None:
    """If the message trace has no row yet, the check is unknown, and the reason explains how to repeat the lookup later."""
    finding = assess_with_lookups("lookup_not_traced_yet")["basic"].finding("MBX-06")

    assert finding.verdict is Verdict.UNKNOWN
    assert "--lookups-for" in finding.why


def test_an_unread_trace_names_what_the_tenant_lacks() -> None:
    """If the tenant lacks the service principal of the message trace, MBX-06 names it and shows the reply, not a permission."""
    finding = assess_with_lookups("lookup_trace_not_provisioned")["basic"].finding("MBX-06")

    assert finding.causes == ("message_trace_not_provisioned",)
    assert "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373" in finding.why
    assert "Service principal-less Authentication failed" in finding.why
    assert "ExchangeMessageTrace.Read.All" not in finding.why


def test_the_document_agrees_with_the_catalogue() -> None:
    """docs/lookup-table.md matches the fault catalogue."""
    assert TABLE.read_text(encoding="utf-8") == table()


def _with_rows(**changes: object) -> Finding | None:
    """Return the decisive finding for a wrong password after the rows of the sign-in log are changed."""
    assessment = assess_with_lookups("wrong_password")["basic"]
    tenant = assessment.evidence.tenant
    assert tenant is not None
    assert tenant.sign_in_log is not None
    rows_now = tuple(row.model_copy(update=changes) for row in tenant.sign_in_log.rows)
    log = tenant.sign_in_log.model_copy(update={"rows": rows_now})
    evidence = assessment.evidence.model_copy(update={"tenant": tenant.model_copy(update={"sign_in_log": log})})
    return Assessment(evidence, assessment.settings).decisive


@pytest.mark.parametrize(
    "changes",
    [pytest.param({"address": "203.0.113.9"}, id="another address"), pytest.param({"code": 0}, id="a success")],
)
def test_a_log_row_from_another_client_decides_nothing(changes: dict[str, object]) -> None:
    """Sign-in log rows from a different address or for a successful sign-in do not decide between the causes."""
    own, others = _with_rows(), _with_rows(**changes)

    assert own is not None
    assert (own.causes, own.sure) == (("bad_credentials",), True)
    assert others is not None
    assert "bad_credentials" in others.causes
    assert "sign-in log" not in others.why


def test_two_possible_causes_are_both_listed() -> None:
    """If both the mailbox and the service principal are missing, the inconclusive finding lists both causes."""
    decisive = assess_with_lookups("mailbox_missing_oauth", "sp_not_registered")["oauth"].decisive

    assert decisive is not None
    assert set(decisive.causes) == {"mailbox_missing", "sp_not_registered_in_exchange"}
    assert not decisive.sure


def test_a_wrong_setting_fails_before_anything_is_sent() -> None:
    """If SMTP AUTH is off in the tenant, the items about SMTP AUTH fail even if the port is closed."""
    assessments = assess_with_lookups("port_refused", "smtp_auth_off_tenant")
    found = assessments["basic"].finding("BASIC-02"), assessments["oauth"].finding("OAUTH-05")

    assert {(one.verdict, one.causes) for one in found} == {(Verdict.FAIL, ("smtp_auth_disabled_tenant",))}
