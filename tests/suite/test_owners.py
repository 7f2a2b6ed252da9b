"""Test the owner and the first step in the report for particular faults."""

from __future__ import annotations

import pytest

from checks.assessment import Assessment
from checks.model import Verdict
from probes.page_text import visible_text
from reports.answer import Answer, answer
from tests.reports import samples
from tests.suite.gathered import gathered

PROXY = "http://proxy.contoso.example:3128"


def outcome_of(fault: str, sender: str = "oauth", proxy: str | None = None) -> tuple[Assessment, Answer]:
    """Return one sender's assessment and answer. `proxy` is recorded as the proxy through which the OpenID configuration came."""
    evidence, settings = gathered(fault)[sender]
    if proxy is not None and evidence.issuer is not None:
        evidence = evidence.model_copy(update={"issuer": evidence.issuer.model_copy(update={"proxy": proxy})})
    assessment = Assessment(evidence, settings)
    return assessment, answer(samples.run(assessment), assessment)


@pytest.mark.parametrize("fault", ["token_endpoint_foreign", "issuer_foreign"])
def test_an_altered_document_is_not_blamed_on_the_settings(fault: str) -> None:
    """An altered OpenID configuration is a matter for the network team, and the first step fetches it from a different network."""
    assessment, one = outcome_of(fault)

    assert one.causes[0].who == "network"
    assert assessment.finding("OAUTH-10").verdict in {
        Verdict.BLOCKED,
        Verdict.PASS,
    }  # a token from the tenant proves the tenant id
    assert "agree" not in assessment.finding("OAUTH-10").observed
    assert one.first_step is not None
    assert "a different network" in one.first_step
    assert assessment.evidence.issuer is not None
    assert str(assessment.evidence.issuer.token_endpoint) in one.first_step


def test_reason_says_whether_the_secret_was_sent() -> None:
    """The reason says that the secret was not sent to a foreign token endpoint, and that it was sent if only the issuer is foreign."""
    kept, sent = outcome_of("token_endpoint_foreign")[0], outcome_of("issuer_foreign")[0]

    assert kept.evidence.traffic.token_requests == 0
    assert "was not sent" in kept.finding("TOKEN-01").why
    assert sent.evidence.traffic.token_requests == 1
    assert "was sent to" in sent.finding("TOKEN-01").why


@pytest.mark.parametrize("fault", ["outbound_spam", "tenant_reputation"])
def test_outbound_spam_is_first_handled_in_the_tenant(fault: str) -> None:
    """The letter goes to the Exchange administrators, and a support case with Microsoft is only a later step."""
    _, one = outcome_of(fault, "basic")

    assert one.causes[0].who == "exchange"
    assert one.request.startswith("To the Exchange administrators:")
    assert one.first_step is not None
    assert "Restricted entities" in one.first_step
    assert any("5.7.705" in step and "case" in step for step in one.causes[0].steps[1:])


def test_a_proxy_page_is_quoted_and_the_step_uses_the_proxy() -> None:
    """The headline quotes the status and text of the proxy's page, and the first step's commands use the proxy."""
    _, one = outcome_of("login_proxy_page", proxy=PROXY)

    assert "HTTP 403" in one.sentence
    assert "This site is blocked." in one.sentence
    assert "<html" not in one.sentence
    assert "cannot be reached" not in one.sentence
    assert one.causes[0].who == "network"
    assert one.first_step is not None
    assert f"-Proxy '{PROXY}'" in one.first_step
    assert f"curl -sv -x {PROXY}" in one.first_step


def test_without_a_proxy_the_step_mentions_a_transparent_proxy() -> None:
    """If no proxy is known, the first step mentions a transparent proxy, and no command contains a placeholder for a proxy."""
    _, one = outcome_of("login_proxy_page")

    assert one.first_step is not None
    assert "transparent proxy" in one.first_step
    assert not any("<proxy>" in step for step in one.causes[0].steps)


@pytest.mark.parametrize("sender", ["basic", "oauth"])
def test_a_silent_name_server_is_identified(sender: str) -> None:
    """The headline and the first step contain the address of the silent name server, and the first step is not about spelling."""
    assessment, one = outcome_of("dns_silent", sender)
    assert assessment.evidence.name is not None
    address = assessment.evidence.name.answers[0].resolver

    assert address in one.sentence
    assert one.first_step is not None
    assert address in one.first_step
    assert "spelling" not in one.first_step
    assert any(step.startswith("Seen in this run: ") for step in one.causes[0].steps)


@pytest.mark.parametrize("fault", ["dns_no_such_name", "dns_server_failure", "dns_no_addresses"])
def test_spelling_is_not_the_first_step_when_the_name_is_right(fault: str) -> None:
    """The first step is not about spelling, because BASIC-07 and NET-05 have already checked the name."""
    for sender in ("basic", "oauth"):
        step = outcome_of(fault, sender)[1].first_step

        assert step is not None
        assert "spelling" not in step


@pytest.mark.parametrize("sender", ["basic", "oauth"])
def test_no_step_changes_a_password_that_was_not_sent(sender: str) -> None:
    """If an HTTP server answers on port 587, no password is sent, so no step asks for a new one."""
    _, one = outcome_of("http_answer", sender)

    assert not any("Change the password" in step for step in one.causes[0].steps)


@pytest.mark.parametrize(
    ("page", "words"),
    [
        pytest.param(
            "<html><head><title>Denied</title></head><body>By <b>rule 7</b></body></html>",
            "Denied By rule 7",
            id="page",
        ),
        pytest.param("<script>var a = '<b>no</b>';</script>yes<style>p{}</style>", "yes", id="script and style"),
        pytest.param("a<!-- hidden -->b &amp; c", "a b & c", id="comment and entity"),
        pytest.param("<script>never closed", "", id="open script"),
        pytest.param("<p", "", id="open tag"),
        pytest.param(f"<p>{'x' * 60} end", "… end", id="a word that may be a token"),
    ],
)
def test_only_the_visible_text_of_a_page_is_quoted(page: str, words: str) -> None:
    """The quotation from a page contains no markup, no scripts and no word long enough to be a token."""
    assert visible_text(page) == words


@pytest.mark.parametrize("piece", ["<", "<script>", "<!--", "&lt;", "<a b='", "x ", "</script"])
def test_a_hostile_page_is_quoted_on_a_short_line(piece: str) -> None:
    """The quotation from a page with a megabyte of repeated markup is short."""
    assert len(visible_text(piece * (1_000_000 // len(piece)))) <= 162
