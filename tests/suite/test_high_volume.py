"""Test that senders at the endpoint of High Volume Email are checked by Microsoft's rules for that endpoint."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from checks.assessment import Assessment
from checks.model import Finding, Verdict
from checks.tenant import fact_about
from evidence.tenant import LookupState
from evidence.wire import SenderEvidence
from fakes import apply, healthy
from fakes.world.high_volume import FORMER_HOST, HOST, with_high_volume
from knowledge.causes import CATALOGUE
from knowledge.explanation import explain
from knowledge.placeholders import fill
from knowledge.reading import read
from reports import explained
from settings.model import SenderSettings
from tests.probe_run import probe_run
from tests.probes.test_lookup_sources import LOOKUP_SOURCES, with_lookup_settings, world
from tests.suite.gathered import gathered
from tests.suite.gathered_lookups import gathered_with_lookups

SCOPE = "https://outlook.office.com/.default"
HOSTS = [HOST, FORMER_HOST]


def _moved(
    evidence: SenderEvidence, settings: SenderSettings, host: str = HOST, **changes: object
) -> tuple[SenderEvidence, SenderSettings]:
    """Return the evidence and the settings with a host of High Volume Email and further changes to the sender."""
    sender = settings.sender.model_copy(update={"smtp_server": host, **changes})
    return evidence, settings.model_copy(update={"sender": sender})


def _finding(check: str, name: str, host: str = HOST, **changes: object) -> Finding:
    evidence, settings = gathered(None)[name]
    return Assessment(*_moved(evidence, settings, host, **changes)).finding(check)


def test_both_senders_can_send(tmp_path: Path) -> None:
    """Both senders can send through the built-in tenant's endpoint, and the only risk is Basic authentication."""
    with probe_run(with_high_volume(healthy(), "basic", "oauth"), folder=tmp_path) as seen:
        found = seen.assessments

    assert {name: one.verdict for name, one in found.items()} == {"basic": "can_send", "oauth": "can_send"}
    other = {
        (finding.check, finding.verdict.value, finding.causes)
        for one in found.values()
        for finding in one.all_findings()
        if finding.verdict in {Verdict.FAIL, Verdict.RISK, Verdict.BLOCKED}
    }
    assert other == {("RISK-01", "risk", ("hve_basic_retiring",))}


@pytest.mark.parametrize("host", HOSTS)
def test_the_documented_scope_is_no_risk(host: str) -> None:
    """The documented scope for High Volume Email passes, the scope for mailboxes is a risk, and a scope for Graph fails."""
    assert _finding("OAUTH-11", "oauth", host, scope=SCOPE).verdict is Verdict.PASS
    assert _finding("OAUTH-11", "oauth", host).verdict is Verdict.RISK
    assert _finding("OAUTH-11", "oauth", host, scope="https://graph.microsoft.com/.default").verdict is Verdict.FAIL


def test_the_scope_for_mailboxes_is_unchanged() -> None:
    """At smtp.office365.com, the scope for High Volume Email is still a risk."""
    finding = _finding("OAUTH-11", "oauth", "smtp.office365.com", scope=SCOPE)

    assert (finding.verdict, finding.causes) == (Verdict.RISK, ("wrong_scope_or_audience",))


@pytest.mark.parametrize("host", HOSTS)
def test_basic_is_supported_until_2028(host: str) -> None:
    """RISK-01 and its cause mention September 2028 for High Volume Email, and RISK-01 does not mention the end of 2026."""
    evidence, settings = _moved(*gathered(None)["basic"], host)
    finding = Assessment(evidence, settings).finding("RISK-01")
    entry = explained.cause("hve_basic_retiring", Assessment(evidence, settings))

    assert (finding.verdict, finding.causes) == (Verdict.RISK, ("hve_basic_retiring",))
    assert "September 2028" in finding.observed
    assert "2026-12-31" not in finding.observed
    assert "September 2028" in entry.meaning


def test_after_september_2028_the_date_is_in_the_past() -> None:
    """After September 2028, RISK-01 states in the past tense that Basic authentication was supported."""
    evidence, settings = _moved(*gathered(None)["basic"])
    later = evidence.model_copy(update={"today": date(2028, 10, 2)})

    observed = Assessment(later, settings).finding("RISK-01").observed
    assert observed == "High Volume Email supported Basic authentication until September 2028"


@pytest.mark.parametrize("check", ["MBX-04", "MBX-05"])
def test_mailbox_items_do_not_apply(check: str) -> None:
    """The items about the registration in Exchange and about rights on a mailbox do not apply to High Volume Email."""
    assert _finding(check, "oauth").verdict is Verdict.NOT_APPLICABLE


LOOKED_UP = {
    "mailbox_missing": ("basic", "oauth"),
    "smtp_auth_disabled_tenant": ("basic", "oauth"),
    "smtp_auth_disabled_mailbox": ("basic", "oauth"),
    "sp_not_registered_in_exchange": ("oauth",),
    "sp_mailbox_permission_missing": ("oauth",),
}


@pytest.mark.parametrize(("cause", "name"), [(cause, name) for cause, names in LOOKED_UP.items() for name in names])
def test_a_mail_user_lacks_nothing_that_only_mailboxes_have(cause: str, name: str) -> None:
    """For High Volume Email, lookups that find no mailbox, registration or permission rule out the causes in LOOKED_UP."""
    evidence, settings = _moved(*gathered_with_lookups()[name])
    assert evidence.tenant is not None
    looks = {
        lookup: found.model_copy(update={"state": LookupState.ABSENT})
        for lookup in ("mailbox", "exchange_principal")
        if (found := getattr(evidence.tenant, lookup)) is not None
    }
    if evidence.tenant.mailbox_right is not None:
        looks["mailbox_right"] = evidence.tenant.mailbox_right.model_copy(
            update={"full_access": False, "send_as": False}
        )

    fact = fact_about(cause, evidence.tenant.model_copy(update=looks), settings.sender)

    assert fact.holds is False
    assert fact.words


def test_the_permission_is_mail_send() -> None:
    """Without the role Mail.Send, the lookup proves a missing permission, whatever RBAC for Applications covers."""
    evidence, settings = _moved(*gathered_with_lookups()["oauth"])
    assert evidence.tenant is not None
    assert evidence.tenant.rbac is not None
    covered = evidence.tenant.model_copy(update={"rbac": evidence.tenant.rbac.model_copy(update={"in_scope": True})})

    fact = fact_about("consent_missing", covered, settings.sender)

    assert fact.holds is True
    assert "Mail.Send" in fact.words


@pytest.mark.parametrize("source", LOOKUP_SOURCES)
def test_lookups_find_no_fault_in_a_working_sender(source: str, tmp_path: Path) -> None:
    """With lookups, no check fails or is blocked for either sender, and the only risk is Basic authentication."""
    working = with_high_volume(world(), "basic", "oauth")
    with probe_run(working, folder=tmp_path, edit=with_lookup_settings, look=LOOKUP_SOURCES[source]) as seen:
        found = [finding for one in seen.assessments.values() for finding in one.all_findings()]

    assert {finding.check for finding in found if finding.verdict in {Verdict.FAIL, Verdict.BLOCKED}} == set()
    risks = {(finding.check, finding.causes) for finding in found if finding.verdict is Verdict.RISK}
    assert risks == {("RISK-01", ("hve_basic_retiring",))}


def test_lookups_name_an_ordinary_mailbox(tmp_path: Path) -> None:
    """With lookups, a refused sign-in of an ordinary mailbox has the single certain cause `hve_account_missing`."""
    broken = apply(world(), ["hve_ordinary_mailbox"])
    with probe_run(broken, folder=tmp_path, edit=with_lookup_settings, look=LOOKUP_SOURCES["application"]) as seen:
        decisive = [one.decisive for one in seen.assessments.values()]

    assert [(one.causes, one.sure) for one in decisive if one] == [(("hve_account_missing",), True)] * 2


def test_the_remedy_names_the_command_with_the_object_id() -> None:
    """The remedy for an application that is not allowed uses Add-HVEAppAccess with the enterprise application's object id."""
    values = {"account": "hve@contoso.example", "sp_object_id": "e81f43b6-07cd-4b92-a5d0-26c93f7e184b"}
    steps = " ".join(fill(CATALOGUE["hve_app_not_allowed"], values).steps)

    assert "`Add-HVEAppAccess -Identity 'hve@contoso.example' -AppIds 'e81f43b6-07cd-4b92-a5d0-26c93f7e184b'`" in steps


@pytest.mark.parametrize(
    ("text", "causes", "sure"),
    [
        ("535 5.7.142 Token will expire soon", ("token_expired",), True),
        ("535 5.7.143 Expired token", ("token_expired",), True),
        ("535 5.7.144 XOAUTH2 authentication failed. Invalid API permissions", ("consent_missing",), True),
        (
            "550 5.7.240 The application is not allowed for use with this High Volume Email account",
            ("hve_app_not_allowed",),
            True,
        ),
        ("501 5.5.124 Invalid XOAUTH2 auth data", ("xoauth2_string_malformed",), True),
        ("501 5.5.127 rejected", ("token_expired", "xoauth2_string_malformed"), False),
        (
            "550 5.5.105 External sending is not supported for High Volume Email accounts",
            ("hve_external_recipient",),
            True,
        ),
    ],
)
def test_reply_codes_are_read(text: str, causes: tuple[str, ...], sure: bool) -> None:
    """Each reply code of High Volume Email leads to its causes, both alone and inside a client's message."""
    for shown in (
        text,
        f"smtplib.SMTPAuthenticationError: ({text[:3]}, b'{text[4:]} [AM0PR01.eurprd01.prod.outlook.com]')",
    ):
        reading = read(shown)

        assert (reading.causes, reading.sure) == (causes, sure)


def test_explain_names_the_permission_of_the_endpoint() -> None:
    """The steps for a refusal by High Volume Email contain Mail.Send, and those for a missing consent contain SMTP.SendAsApp."""
    here = " ".join(explain("535 5.7.144 XOAUTH2 authentication failed. Invalid API permissions")["causes"][0]["steps"])
    elsewhere = " ".join(explain("AADSTS65001: the user or administrator has not consented")["causes"][0]["steps"])

    assert ("Mail.Send" in here, "SMTP.SendAsApp" in here) == (True, False)
    assert ("Mail.Send" in elsewhere, "SMTP.SendAsApp" in elsewhere) == (False, True)


@pytest.mark.parametrize("host", HOSTS)
def test_a_bare_refusal_has_the_causes_of_the_endpoint(host: str) -> None:
    """The first cause of a refusal without a reason is `hve_app_not_allowed`. Three causes that only mailboxes have are absent."""
    reading = read(f"{host}:587 AUTH XOAUTH2\n535 5.7.3 Authentication unsuccessful")

    assert reading.causes[0] == "hve_app_not_allowed"
    assert not {"sp_not_registered_in_exchange", "mailbox_missing", "smtp_auth_disabled_mailbox"} & set(reading.causes)
