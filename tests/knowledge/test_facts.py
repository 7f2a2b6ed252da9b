"""Tests of statements about Microsoft's service that an earlier version got wrong. They reflect the facts of November 2026."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checks.catalogue import CATALOGUE as CHECKS
from docs.handbook import other_ways_page
from fakes.entra import assertion_errors
from knowledge.causes import CATALOGUE
from knowledge.entries import sources
from knowledge.other_ways import WAYS
from knowledge.reading import read

ROOT = Path(__file__).parents[2]
LOOKUPS = (ROOT / "docs" / "lookups.md").read_text("utf-8")
EXPORT = (ROOT / "docs" / "tenant-export.ps1").read_text("utf-8")


def _text(cause: str) -> str:
    entry = CATALOGUE[cause]
    return "\n".join((entry.title, entry.meaning, entry.shows, *entry.steps, entry.verify, entry.risk, *entry.decide))


ALL = {cause: _text(cause) for cause in CATALOGUE}


def test_the_message_trace_needs_a_service_principal() -> None:
    """The remedy, the page about lookups and the export script contain the id of the application that the message trace needs."""
    application = "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373"
    refusal = (
        f"Service principal-less Authentication failed: the service principal for App ID {application} was not found."
    )

    assert read(refusal).causes == ("message_trace_not_provisioned",)
    assert f"New-MgServicePrincipal -AppId {application}" in ALL["message_trace_not_provisioned"]
    assert application in LOOKUPS
    assert application in EXPORT


def test_send_as_names_both_trustees() -> None:
    """The remedy for a refused Send As contains both trustees, says what has not been verified, and begins with the simplest step."""
    text = ALL["send_as_denied"]

    assert "-Trustee {sp_object_id}" in text
    assert "-Trustee {account}" in text
    assert "not been verified" in text
    assert CATALOGUE["send_as_denied"].steps[0].startswith("If possible, set From")


def test_a_person_signs_in_to_a_shared_mailbox_with_the_own_address() -> None:
    """For a person's token, the remedy gives the person's own address as the user name and the shared address as From."""
    text = ALL["token_user_mismatch"]

    assert "that person's own address as the user name and the shared address as From" in text
    assert "For a shared mailbox, use its address as the user name" not in text


def test_onmicrosoft_addresses_are_limited() -> None:
    """The reply 5.7.236 and RISK-08 share a cause, whose text gives the limit. For federated users, the remedy uses a different domain."""
    reply = "550 5.7.236 Message rejected: sending limit of onmicrosoft.com domains"

    assert read(reply).causes == ("onmicrosoft_sender",)
    assert CHECKS.checks["RISK-08"].causes == ("onmicrosoft_sender",)
    assert "100 external recipients in 24 hours" in ALL["onmicrosoft_sender"]
    assert "set From to an address in a domain of your own" in ALL["federation_failure"]


def test_assertions_are_signed_with_ps256() -> None:
    """The text on a bad client assertion mentions PS256 and the SHA-256 thumbprint, and the built-in tenant's error mentions PS256."""
    assert "PS256" in ALL["client_assertion_bad"]
    assert "x5t#S256" in ALL["client_assertion_bad"]
    assert "PS256" in assertion_errors.algorithm("none").text


@pytest.mark.parametrize("cause", sorted(ALL))
def test_portal_paths_are_current(cause: str) -> None:
    """Paths in the Entra admin center begin with the section Entra ID, and no text contains an older path."""
    assert not re.search(r"Identity > |Protection > Conditional|Entra admin center > (?!Entra ID)", ALL[cause])
    assert "Identity > Applications" not in LOOKUPS


def test_sources_are_where_microsoft_publishes_them() -> None:
    """The sources for High Volume Email and non-delivery reports have the expected addresses, and those of the other ways use https."""
    assert sources.HIGH_VOLUME.endswith("/exchange/mail-flow-best-practices/high-volume-mails-m365")
    assert "/troubleshoot/exchange/email-delivery/ndr/" in sources.NDR
    assert "/exchange/troubleshoot/" not in f"{sources.TROUBLE}\n{sources.LIMITS}"
    assert all(source.startswith("https://") for way in WAYS for source in way.source)


def test_only_the_announcement_of_the_final_date_is_dated() -> None:
    """The texts date the announcement of the final removal, but not the removal itself, in 2027."""
    text = ALL["basic_auth_retiring"]

    assert "to announce the date of the final removal in the second half of 2027" in text
    assert "tenants created after December 2026 it is not available by default" in text
    assert not any(re.search(r"remov\w+ in 2027|until 2027|end of 2027", one) for one in ALL.values())


def test_scopes_filter_by_documented_properties() -> None:
    """The texts filter management scopes by EmailAddresses and not by PrimarySmtpAddress."""
    scopes = [text for text in ALL.values() if "New-ManagementScope" in text]

    assert scopes
    assert all("EmailAddresses -eq" in text and "PrimarySmtpAddress -eq" not in text for text in scopes)


def test_the_legacy_tls_server_is_not_in_every_cloud() -> None:
    """The remedy names the clouds that have no server for old TLS versions, and the server in China."""
    assert "not in GCC, GCC High or DoD" in ALL["tls_version"]
    assert "smtp-legacy.partner.outlook.cn" in ALL["tls_version"]


def test_the_root_certificate_of_2026_is_named() -> None:
    """The remedy for an untrusted certificate contains the name and the thumbprint of the root certificate of 2026."""
    assert "DigiCert Global Root G2" in ALL["cert_untrusted"]
    assert "DF3C24F9BFD666761B268073FE06D1CC8D4F82A4" in ALL["cert_untrusted"]


def test_security_defaults_and_oauth_are_unverified_everywhere() -> None:
    """The README lists as unknown whether security defaults refuse OAuth, and the remedy says that this has not been verified."""
    assert "security defaults also refuse OAuth" in (ROOT / "README.md").read_text("utf-8")
    assert "OAuth works even if MFA and security defaults are on" not in ALL["mfa_or_security_defaults"]
    assert "not been verified" in ALL["mfa_or_security_defaults"]


def test_a_multi_tenant_application_has_no_conditional_access() -> None:
    """The text on multitenant applications limits workload policies to single-tenant applications, and the policy is for all resources."""
    assert "single-tenant applications only" in ALL["app_multitenant"]
    assert "all resources" in ALL["sign_in_from_anywhere"]


def test_the_tenants_external_limit_can_be_read() -> None:
    """The remedy for a quota contains the command that shows the tenant's limit on external recipients."""
    assert "Get-LimitsEnforcementStatus" in ALL["recipient_quota_exceeded"]


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.7.68 TenantInboundAttribution; Direct Send not allowed for this organization from unauthorized sources",
        "550 5.7.64 TenantAttribution; Relay Access Denied",
    ],
)
def test_refused_direct_send_names_the_connector(reply: str) -> None:
    """For a refusal of unauthenticated mail, Direct Send is the first cause, and its remedy contains the setting and the connector."""
    assert read(reply).causes[0] == "direct_send_refused"
    assert "RejectDirectSend" in ALL["direct_send_refused"]
    assert "New-InboundConnector" in ALL["direct_send_refused"]


def test_device_codes_are_not_recommended_where_they_are_blocked() -> None:
    """The page about lookups mentions the baseline that blocks device codes before it describes the sign-in with a device code."""
    assert LOOKUPS.index("MS.AAD.3.9v1") < LOOKUPS.index("--admin-sign-in\n")


def test_other_ways_are_compared_in_one_place() -> None:
    """One page compares the ways of sending, beginning with OAuth, and these remedies refer to it."""
    page = other_ways_page.page()

    assert WAYS[0].name.startswith("SMTP AUTH with OAuth")
    assert all(
        part in page for part in ("smtp.azurecomm.net", "High Volume Email", "sendMail", "connector", "September 2028")
    )
    assert all(way.costs and way.limits and way.steps and way.source for way in WAYS)
    for cause in (
        "basic_auth_retired",
        "basic_auth_retiring",
        "recipient_quota_exceeded",
        "rate_limited",
        "direct_send_refused",
    ):
        assert other_ways_page.OTHER_WAYS_PAGE in ALL[cause]


def test_a_recipient_that_requires_dmarc_gets_its_own_cause() -> None:
    """The reply 5.7.515 leads to the cause `sender_not_authenticated`."""
    text = "550 5.7.515 Access denied, sending domain EXAMPLE.COM does not meet the required authentication level."

    assert read(text).causes[0] == "sender_not_authenticated"


def test_an_unreachable_revocation_server_gets_its_own_cause() -> None:
    """If the revocation server cannot be reached, the first cause is `revocation_unreachable`."""
    text = (
        "The revocation function was unable to check revocation because the revocation server was offline. (0x80092013)"
    )

    assert read(text).causes[0] == "revocation_unreachable"


def test_an_exhausted_pool_is_not_a_network_fault() -> None:
    """If a library times out waiting for a connection from its own pool, the first cause is `client_pool_exhausted`."""
    text = "org.apache.http.conn.ConnectionPoolTimeoutException: Timeout waiting for connection from pool"

    assert read(text).causes[0] == "client_pool_exhausted"
