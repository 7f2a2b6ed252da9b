"""Tests that the tables of AADSTS numbers cover Microsoft's published list, and that each number leads to the expected answer."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from knowledge.causes import CATALOGUE
from knowledge.entra_numbers import MISSING_PARAMETER, OTHER_SIGN_IN, OUTCOMES
from knowledge.entra_table import REASONS, BadRow, published, rows, unlisted
from knowledge.reading import read

_HERE = Path(__file__).parent
_TABLES = _HERE.parents[1] / "knowledge"
REFERENCE = {
    int(word)
    for line in (_HERE / "entra_reference.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
    for word in line.split()
}
# Numbers whose cause in an earlier version contradicted Microsoft's description.
CORRECTED = {
    90056: "token_request_malformed",
    700022: "wrong_scope_or_audience",
    500021: "tenant_blocked_by_proxy",
    500022: "tenant_blocked_by_proxy",
    50002: "tenant_blocked_by_proxy",
    50120: "client_assertion_bad",
    90125: "username_not_upn",
    90027: "wrong_tenant_or_authority",
    50012: "client_assertion_bad",
    650054: "resource_missing",
    80012: "sign_in_hours",
    90038: "wrong_tenant_or_authority",
    90043: "wrong_tenant_or_authority",
    90051: "wrong_tenant_or_authority",
    900561: "token_request_malformed",
    901002: "wrong_scope_or_audience",
    50049: "wrong_tenant_or_authority",
    700005: "wrong_tenant_or_authority",
    70004: "redirect_uri_mismatch",
    50033: "service_side_fault",
    1000031: "app_disabled",
    500212: "wrong_tenant_or_authority",
    500213: "wrong_tenant_or_authority",
    50155: "conditional_access_block",
    50129: "conditional_access_block",
    50187: "conditional_access_block",
    700229: "federated_credential_mismatch",
    900384: "client_assertion_bad",
    90023: "token_request_malformed",
    90004: "token_request_malformed",
    50048: "client_assertion_bad",
    90090: "service_side_fault",
    50105: "assignment_required",
    501051: "assignment_required",
    700211: "federated_credential_mismatch",
    700212: "federated_credential_mismatch",
    700213: "federated_credential_mismatch",
    7000216: "secret_wrong",
    7000218: "secret_wrong",
    90013: "token_request_malformed",
    90100: "token_request_malformed",
    9002341: "consent_missing",
    650059: "wrong_tenant_or_authority",
}
OF_ANOTHER_SIGN_IN = (
    90081, 90086, 90020, 50015, 135011, 50180, 530034, 50136, 7000114, 70019, 75005, 75008, 50099, 50146, 700054, 120002, 81007,
)  # fmt: skip


def test_every_published_number_has_exactly_one_row() -> None:
    """The published table has exactly one row for each number in a copy of Microsoft's list, and the unlisted table has none of them."""
    numbers = [row.number for row in published()]

    assert set(numbers) == REFERENCE
    assert len(numbers) == len(set(numbers))
    assert not {row.number for row in unlisted()} & REFERENCE


@pytest.mark.parametrize("name", ["entra_numbers.txt", "entra_unlisted.txt"])
def test_a_table_states_when_it_was_read(name: str) -> None:
    """Each table states the date on which its source was read."""
    text = (_TABLES / name).read_text("utf-8")
    stated = next(line.split()[2].rstrip(",") for line in text.splitlines() if line.startswith("# read "))

    assert date.fromisoformat(stated) >= date(2026, 11, 27)


def test_every_row_has_a_source() -> None:
    """Each row has a published source, or is marked as unverified."""
    assert {row.number for row in (*published(), *unlisted()) if not row.source.startswith("https://")} == {
        row.number for row in unlisted() if row.source == "unverified"
    }


def test_every_row_has_a_known_cause_or_a_reason() -> None:
    """Each row has causes from the catalogue or a reason, and never both."""
    for row in (*published(), *unlisted()):
        assert set(row.causes) <= set(CATALOGUE)
        assert bool(row.causes) != bool(row.reason), row.number
    assert {row.reason for row in (*published(), *unlisted()) if row.reason} == set(REASONS.values())


@pytest.mark.parametrize("line", ["50126 X bad_credential", "50126 X not:sam", "50126 X", "50126 X ?"])
def test_a_misspelt_row_is_refused(line: str) -> None:
    """A row with an unknown cause or reason, or with neither, is an error."""
    with pytest.raises(BadRow):
        list(rows(line))


@pytest.mark.parametrize(("number", "cause"), [pytest.param(*pair, id=str(pair[0])) for pair in CORRECTED.items()])
def test_a_corrected_number_has_its_cause(number: int, cause: str) -> None:
    """A corrected number leads to the cause that matches Microsoft's description."""
    assert read(f"AADSTS{number}: text of this error. Trace ID: 0 Timestamp: 2026-11-27 12:00:00Z").causes[0] == cause


@pytest.mark.parametrize("number", sorted(REFERENCE))
def test_every_published_number_is_answered(number: int) -> None:
    """Each number on the list leads to its causes, or to the statement that it belongs to a different kind of sign-in."""
    reading = read(f"AADSTS{number}: text of this error. Trace ID: 0 Timestamp: 2026-11-27 12:00:00Z")

    if number in OTHER_SIGN_IN:
        assert reading.causes == ("unrecognised",)
        assert not reading.sure
        assert OTHER_SIGN_IN[number] in reading.decide[0]
    elif number != MISSING_PARAMETER:
        assert reading.causes == OUTCOMES[number].causes


@pytest.mark.parametrize("number", OF_ANOTHER_SIGN_IN)
def test_a_number_of_another_sign_in_gets_no_advice(number: int) -> None:
    """A number of a different kind of sign-in leads to no cause, and the answer says what it concerns."""
    reading = read(f'{{"error":"invalid_request","error_description":"AADSTS{number}: text","error_codes":[{number}]}}')

    assert reading.causes == ("unrecognised",)
    assert reading.decide[0].startswith(f"AADSTS{number} concerns ")


def test_a_refusal_by_the_mail_server_takes_precedence() -> None:
    """If a text with a number of a different sign-in also has a refusal by the mail server, the refusal determines the cause."""
    text = "AADSTS50140: keep me signed in\n535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."

    assert read(text).causes == ("smtp_auth_disabled_tenant",)


def test_a_refused_device_code_is_entered_again() -> None:
    """An error of a device code sign-in is answered with the advice to start it again, because `--admin-sign-in` uses one too."""
    reading = read("AADSTS70018: The user code that was entered is incorrect.")

    assert "Start that sign-in again" in reading.decide[0]
