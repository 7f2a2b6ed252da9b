"""Test checks on evidence that the built-in tenant cannot produce: the Windows registry, High Volume Email and rare lookup results."""

from __future__ import annotations

import pytest

from checks.assessment import Assessment
from checks.model import Finding, Verdict
from evidence.machine import RegistryValue
from evidence.tenant import LookupState
from evidence.wire import SenderEvidence
from settings.model import SenderSettings
from tests.suite.gathered import Gathered, gathered
from tests.suite.gathered_lookups import gathered_with_lookups

DOTNET = ("HOST-01", "SchUseStrongCrypto"), ("HOST-02", "SystemDefaultTlsVersions")
HVE = "smtp.hve.mx.microsoft"


def finding_of(check: str, evidence: SenderEvidence, settings: SenderSettings) -> Finding:
    """Return the finding of one check on this evidence."""
    return Assessment(evidence, settings).finding(check)


def by_hand() -> dict[str, Gathered]:
    """Return worlds with wrong or unreadable registries, with High Volume Email, and with rare lookup results."""
    evidence, settings = gathered(None)["basic"]
    registries = {
        name: evidence.machine.model_copy(update={"registry": found, "registry_failure": failure})
        for name, found, failure in (
            ("registry: off", _registry(0), None),
            ("registry: not set", _registry(None), None),
            ("registry: denied", None, "denied"),
        )
    }
    worlds = {
        name: {"basic": (evidence.model_copy(update={"machine": machine}), settings)}
        for name, machine in registries.items()
    }
    sender = settings.sender.model_copy(update={"smtp_server": HVE, "mail_to": "ops@contoso.example"})
    worlds["High Volume Email"] = {"basic": (evidence, settings.model_copy(update={"sender": sender}))}
    worlds["High Volume Email, refused"] = {"basic": _refused_as_external()}
    worlds["trace: not offered"] = seen_as(trace={"state": LookupState.NOT_OFFERED})
    worlds["trace: not asked"] = seen_as(trace={"state": LookupState.NOT_ASKED, "detail": "no secret"})
    worlds["trace: quarantined"] = seen_as(trace={"status": "quarantined"})
    return worlds | {"registered elsewhere": seen_as(application={"state": LookupState.ABSENT})}


def seen_as(**looks: dict[str, object]) -> Gathered:
    """Return the healthy OAuth sender with lookups, after some lookup results are replaced."""
    evidence, settings = gathered_with_lookups()["oauth"]
    tenant = evidence.tenant
    assert tenant is not None
    changed = {name: getattr(tenant, name).model_copy(update=changes) for name, changes in looks.items()}
    return {"oauth": (evidence.model_copy(update={"tenant": tenant.model_copy(update=changed)}), settings)}


def _registry(data: int | None) -> tuple[RegistryValue, ...]:
    names = ("SchUseStrongCrypto", "SystemDefaultTlsVersions", "Enabled", "DisabledByDefault")
    return tuple(RegistryValue(path="HKLM", name=name, view="64", data=data) for name in names)


def on_windows(check: str, *values: tuple[str, int | None], failure: str | None = None) -> Finding:
    """Return a check's finding for the healthy Basic sender on a Windows machine with these registry values."""
    evidence, settings = gathered(None)["basic"]
    found = tuple(RegistryValue(path="HKLM", name=name, view="64", data=data) for name, data in values)
    machine = evidence.machine.model_copy(update={"registry": None if failure else found, "registry_failure": failure})
    return finding_of(check, evidence.model_copy(update={"machine": machine}), settings)


@pytest.mark.parametrize(("check", "name"), DOTNET)
def test_dotnet_values(check: str, name: str) -> None:
    """1 passes, 0 fails, a missing value is a risk, and an unreadable registry is unknown. The check does not apply to other systems."""
    assert on_windows(check, (name, 1)).verdict is Verdict.PASS
    assert on_windows(check, (name, None)).verdict is Verdict.RISK
    assert on_windows(check, failure="access denied").verdict is Verdict.UNKNOWN
    assert finding_of(check, *gathered(None)["basic"]).verdict is Verdict.NOT_APPLICABLE
    wrong = on_windows(check, (name, 1), (name, 0))
    assert (wrong.verdict, wrong.causes) == (Verdict.FAIL, ("legacy_tls_client",))


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        pytest.param([("Enabled", None), ("DisabledByDefault", None)], Verdict.PASS, id="not set"),
        pytest.param([("Enabled", 1), ("DisabledByDefault", 0)], Verdict.PASS, id="on"),
        pytest.param([("Enabled", 0), ("DisabledByDefault", 0)], Verdict.FAIL, id="off"),
        pytest.param([("Enabled", 1), ("DisabledByDefault", 1)], Verdict.FAIL, id="off by default"),
    ],
)
def test_schannel_values(values: list[tuple[str, int | None]], verdict: Verdict) -> None:
    """HOST-03 fails if the registry turns TLS 1.2 off. It is unknown for an unreadable registry and not applicable without one."""
    assert on_windows("HOST-03", *values).verdict is verdict
    assert on_windows("HOST-03", failure="access denied").verdict is Verdict.UNKNOWN
    assert finding_of("HOST-03", *gathered(None)["basic"]).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("to", "verdict"),
    [
        pytest.param("ops@fabrikam.example", Verdict.PASS, id="own domain"),
        pytest.param("ops@contoso.example", Verdict.RISK, id="another domain"),
    ],
)
def test_high_volume_email_to_another_domain_is_a_risk(to: str, verdict: Verdict) -> None:
    """A recipient in a different domain is a risk, because High Volume Email delivers only within the tenant."""
    evidence, settings = gathered(None)["basic"]
    sender = settings.sender.model_copy(update={"smtp_server": HVE, "mail_to": to})

    finding = finding_of("MBX-07", evidence, settings.model_copy(update={"sender": sender}))

    assert finding.verdict is verdict
    assert finding_of("MBX-07", evidence, settings).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("address", "verdict"),
    [
        pytest.param("alerts@fabrikam.example", Verdict.PASS, id="own domain"),
        pytest.param("alerts@fabrikam.onmicrosoft.com", Verdict.RISK, id="onmicrosoft.com"),
        pytest.param("alerts@FABRIKAM.OnMicrosoft.com", Verdict.RISK, id="capitals"),
        pytest.param("alerts@onmicrosoft.com.example", Verdict.PASS, id="similar name"),
    ],
)
def test_a_from_address_in_onmicrosoft_is_a_risk(address: str, verdict: Verdict) -> None:
    """A From address in a domain below onmicrosoft.com is a risk, because it reaches only few external recipients."""
    evidence, settings = gathered(None)["oauth"]
    sender = settings.sender.model_copy(update={"mail_from": address})

    finding = finding_of("RISK-08", evidence, settings.model_copy(update={"sender": sender}))

    assert finding.verdict is verdict
    assert finding.causes == (("onmicrosoft_sender",) if verdict is Verdict.RISK else ())


def _refused_as_external() -> tuple[SenderEvidence, SenderSettings]:
    """Return the evidence and settings of a High Volume Email sender whose external recipient the server refused."""
    evidence, settings = gathered("recipient_blocked")["basic"]
    assert evidence.envelope is not None
    assert evidence.envelope.rcpt is not None
    assert evidence.envelope.rcpt.reply is not None
    text = "5.5.105 External sending is not supported for High Volume Email accounts"
    reply = evidence.envelope.rcpt.reply.model_copy(update={"lines": (text,)})
    command = evidence.envelope.rcpt.model_copy(update={"reply": reply})
    refused = evidence.model_copy(update={"envelope": evidence.envelope.model_copy(update={"rcpt": command})})
    sender = settings.sender.model_copy(update={"smtp_server": HVE, "mail_to": "ops@contoso.example"})
    return refused, settings.model_copy(update={"sender": sender})


def test_high_volume_email_refused_as_external() -> None:
    """A recipient that the server refuses as external leads to the cause `hve_external_recipient`."""
    finding = finding_of("MBX-07", *_refused_as_external())

    assert (finding.verdict, finding.causes) == (Verdict.FAIL, ("hve_external_recipient",))


@pytest.mark.parametrize(
    ("status", "verdict", "causes"),
    [
        pytest.param("quarantined", Verdict.FAIL, ("outbound_spam_block",), id="quarantined"),
        pytest.param("failed", Verdict.FAIL, ("recipient_rejected", "outbound_spam_block"), id="failed"),
        pytest.param("delivered", Verdict.PASS, (), id="delivered"),
        pytest.param("", Verdict.UNKNOWN, (), id="no row yet"),
    ],
)
def test_trace_status_leads_to_its_verdict(status: str, verdict: Verdict, causes: tuple[str, ...]) -> None:
    """Each trace status leads to its own verdict, and a finding with several causes is inconclusive."""
    finding = finding_of("MBX-06", *seen_as(trace={"status": status})["oauth"])

    assert (finding.verdict, finding.causes) == (verdict, causes)
    assert len(causes) < 2 or not finding.sure


def test_a_cloud_without_trace_is_not_applicable() -> None:
    """The message trace check does not apply in a cloud without message trace."""
    finding = finding_of("MBX-06", *seen_as(trace={"state": LookupState.NOT_OFFERED})["oauth"])

    assert finding.verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("check", "look"),
    [("MBX-06", "trace"), ("RISK-05", "application"), ("RISK-07", "conditional_access")],
)
def test_a_missing_lookup_is_unknown_with_its_reason(check: str, look: str) -> None:
    """If a lookup was not made, the check is unknown, and its finding contains the reason."""
    why = "the client secret for [directory] was not found"
    changes: dict[str, object] = {"state": LookupState.NOT_ASKED, "detail": why}
    finding = finding_of(check, *seen_as(**{look: changes})["oauth"])

    assert finding.verdict is Verdict.UNKNOWN
    assert why in finding.why


def test_a_registration_in_another_tenant_is_multitenant() -> None:
    """An enterprise application whose registration is in a different tenant is reported as multitenant."""
    finding = finding_of("RISK-05", *seen_as(application={"state": LookupState.ABSENT})["oauth"])

    assert (finding.verdict, finding.causes) == (Verdict.RISK, ("app_multitenant",))


@pytest.mark.parametrize(
    ("cloud", "server"), [("gcc_high", "smtp.office365.com"), ("worldwide", "smtp.partner.outlook.cn")]
)
def test_a_host_of_another_cloud_is_reported(cloud: str, server: str) -> None:
    """If the host belongs to a cloud other than the one in the settings, the finding says which cloud."""
    evidence, settings = gathered(None)["basic"]
    sender = settings.sender.model_copy(update={"smtp_server": server})

    finding = finding_of("BASIC-07", evidence, settings.model_copy(update={"cloud": cloud, "sender": sender}))

    assert (finding.verdict, finding.causes) == (Verdict.FAIL, ("wrong_host_or_port",))
    assert "this is the host for" in finding.observed
