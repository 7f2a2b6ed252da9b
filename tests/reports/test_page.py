"""The page contains the answer, every check and the evidence, and no text from outside becomes markup."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.assessment import Assessment
from evidence.gates import Gate
from evidence.wire import Certificate, CommandEvidence, Line, Reply, SenderEvidence
from reports.embedding import embedded
from reports.escaping import escaped, legible
from reports.page import render_top
from reports.results import results
from reports.run import Run
from tests.reports import samples
from tests.suite.gathered_lookups import assess_with_lookups

OFF = "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. Visit https://aka.ms/smtp_auth_disabled"
BARE = "535 5.7.3 Authentication unsuccessful [AM0PR08CA0012.eurprd08.prod.outlook.com]"


class Reader(HTMLParser):
    """The tags, visible text and fetched URLs that a browser would find in a fragment."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []
        self.handlers: list[str] = []
        self.fetched: list[str] = []
        self.ids: list[str] = []
        self._silent = False
        self.feed(text)

    @property
    def text(self) -> str:
        """The visible text as a single line."""
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record the tag, its id, and any attribute that runs or fetches something."""
        self.tags.append(tag)
        self._silent = tag in {"script", "style"}
        for name, value in attrs:
            if name.startswith("on"):
                self.handlers.append(name)
            if name == "src" or (name == "href" and tag not in {"a", "use"}):
                self.fetched.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - html.parser's signature
        """Treat text as visible again after any end tag."""
        self._silent = False

    def handle_data(self, data: str) -> None:
        """Record visible text."""
        if not self._silent:
            self.words.append(data)


def page(run: Run, before: dict[str, Any] | None = None) -> Reader:
    """Return the fragment for this run, parsed."""
    return Reader(render_top(run, results(run), before))


def alerts(evidence: SenderEvidence, **changes: object) -> Run:
    """Return a run with one Basic sender."""
    return samples.run(Assessment(evidence, samples.basic_settings(**changes)))


def test_the_page_begins_with_the_answer() -> None:
    """The headline, owner, filled-in command and gate come before the route."""
    text = page(alerts(samples.refused(samples.basic(), OFF))).text

    first = text.partition("The route")[0]
    assert "alerts cannot send mail with Basic authentication: SMTP AUTH is off for this mailbox." in first
    assert "Who acts An Exchange administrator" in first
    assert "Set-CASMailbox -Identity 'noreply@contoso.example' -SmtpClientAuthenticationDisabled $false" in first
    assert "stops at Sign-in" in first
    assert "Ruled out, because these work: DNS name TCP port Greeting STARTTLS TLS AUTH offered Who acts" in first
    assert "Message to the Exchange administrators" in first


def test_an_uncertain_cause_is_marked_and_the_deciding_lookup_shown() -> None:
    """If several causes are possible, the page says that none is certain and begins with the lookup that decides between them."""
    first = page(alerts(samples.refused(samples.basic(), BARE))).text.partition("The route")[0]

    assert "with Basic authentication: most likely " in first
    assert "Not certain" in first
    assert first.index("First find the cause") < first.index("Who acts")
    assert "sign-in log of noreply@contoso.example" in first
    assert "SMTP AUTH is off for this mailbox" in first


def test_a_failed_check_is_not_hidden_by_an_accepted_message() -> None:
    """If a check failed but the sender can send, the headline reports both, and the page contains no message to an owner."""
    name = samples.basic().name
    assert name is not None
    answers = tuple(
        one.model_copy(update={"status": "timeout", "addresses": ()}) if one.transport == "tcp" else one
        for one in name.answers
    )

    text = page(alerts(samples.basic(name=name.model_copy(update={"answers": answers})))).text

    assert (
        "alerts can send mail with Basic authentication, but a check failed: DNS lookups work over UDP but not over TCP."
        in text
    )
    assert "Message to " not in text


def test_every_check_and_both_checklists_are_on_the_page_in_order() -> None:
    """The items of the Basic checklist are in order, and every check is on the page with its id and title."""
    run = samples.healthy()

    text = page(run).text
    items = re.findall(r"(?:BASIC|OAUTH)-\d\d", text.partition("Requirement")[0])
    assert [item for item in dict.fromkeys(items) if item.startswith("BASIC")] == sorted(
        {i for i in items if i.startswith("BASIC")}
    )
    for assessment in run.senders:
        for finding in run.findings(assessment):
            assert f"{finding.check} {finding.title}" in text, finding.check


def test_gates_after_the_broken_one_are_not_reached() -> None:
    """Gates after a closed port are shown as "not reached"."""
    text = page(alerts(samples.port_closed(samples.basic()))).text

    route = text.partition("The route")[2].partition("Checklist")[0]
    assert "TCP port stops here 10 s" in route
    assert route.count("not reached") == 8


def test_evidence_is_shown_in_full() -> None:
    """The page shows the addresses, the certificate, the claims, the issuer document and the transcript as visible text."""
    text = page(samples.healthy()).text

    expected = [*samples.ADDRESSES, samples.LEAF.subject, samples.LEAF.sha256, "2027-09-19", "SMTP.SendAsApp", "tenant_region_scope",
                "EHLO [10.1.4.20]", "235 2.7.0 Authentication successful", "svc-alerts", "proxy.contoso.example:8080"]  # fmt: skip
    assert [part for part in expected if part not in text] == []


@pytest.mark.parametrize(
    ("run", "word"),
    [
        pytest.param(samples.run(*samples.healthy().senders, interrupted=True), "interrupted", id="interrupted"),
        pytest.param(samples.run(*samples.healthy().senders, replayed_from="old.html"), "from the evidence in old.html", id="replayed"),
        pytest.param(samples.run(*samples.healthy().senders, faults=("port_dropped",)), "port_dropped", id="simulated fault"),
        pytest.param(samples.run(*samples.healthy().senders, selected={"alerts": frozenset({"BASIC-05"})}), "not proven", id="selection"),
    ],
)  # fmt: skip
def test_special_kinds_of_run_are_labelled(run: Run, word: str) -> None:
    """The page has a label if a run was interrupted, replayed, partial or simulated."""
    assert word in page(run).text


def test_a_verdict_without_a_message_is_labelled() -> None:
    """The page says that no message was sent if the verdict is based on the tenant's settings instead."""
    assert "no message was sent" in page(samples.run(*assess_with_lookups(no_send=True).values())).text


def test_a_run_without_senders_is_still_a_page() -> None:
    """The page says that no sender was checked if the run was interrupted before the first sender."""
    assert "No sender was checked." in page(samples.run(interrupted=True)).text


def test_many_senders_begin_with_an_overview_and_fold_the_healthy() -> None:
    """The overview has a line for each of nineteen healthy senders, and their details are folded."""
    healthy = [Assessment(samples.basic(sender=f"s{i}"), samples.basic_settings(name=f"s{i}")) for i in range(19)]
    broken = Assessment(samples.refused(samples.basic(sender="s19"), OFF), samples.basic_settings(name="s19"))

    run = samples.run(*healthy, broken)
    text = render_top(run, results(run))
    assert Reader(text).text.count("can send mail with Basic authentication: the server accepted") >= 19
    assert text.count('<details class="folded">') == 19


def test_the_page_is_one_file_without_requests_or_duplicate_ids(full_report: Callable[..., str]) -> None:
    """A complete report on two senders is no larger than 400 kB, fetches nothing and has unique ids."""
    text = full_report(
        samples.run(
            samples.healthy().senders[0], Assessment(samples.refused(samples.oauth(), BARE), samples.oauth_settings())
        )
    )

    reader = Reader(text)
    assert len(text.encode()) <= 400_000
    assert [address for address in reader.fetched if address] == []
    assert len(reader.ids) == len(set(reader.ids))


def test_embedded_results_are_unchanged() -> None:
    """The JSON embedded in the page equals the results, even if they contain markup."""
    data = {"schema": "x", "text": "</script><!-- \u2028 & \U0001f4a3 <script>"}

    text = embedded(data)
    assert json.loads(text) == data
    assert not set(text) & {"<", ">", "&", "\u2028"}


HOSTILE = st.text(
    alphabet=st.sampled_from(list("<>\"'&/=;`{}%! -abcxyz\x00\x1b\x07\x85\u202e\u2066\u200b\u2028\ufeff\n\r\t")),
    min_size=1,
    max_size=60,
).map(lambda text: f"<script>x</script><img src=//x onerror=x>{text}</textarea></style><!--]]>\u202e")


def hostile(text: str) -> Run:
    """Return a run in which many values from servers, files and the machine are replaced with this text."""
    reply = CommandEvidence(reply=Reply(code=550, lines=(text, text)))
    leaf = Certificate(
        subject=text,
        issuer=text,
        names=(text,),
        not_before=samples.NOON,
        not_after=samples.NOON + timedelta(days=9),
        sha256=text,
    )
    evidence = samples.oauth()
    parts: dict[str, Any] = {
        "name": ["host", "addresses"], "issuer": ["url", "issuer", "error", "error_description", "excerpt", "content_type", "proxy"],
        "token": ["endpoint", "scope", "error", "error_description", "trace_id", "suberror", "withheld", "retry_after"],
        "sign_in": ["user", "detail"], "machine": ["host", "system", "account", "openssl"], "tls": ["server_name", "version", "cipher"],
    }  # fmt: skip
    changes: dict[str, Any] = {
        part: getattr(evidence, part).model_copy(
            update={name: (text,) if name == "addresses" else text for name in names}
        )
        for part, names in parts.items()
    }
    changes["tls"] = changes["tls"].model_copy(update={"chain": (leaf,)})
    changes["issuer"] = changes["issuer"].model_copy(update={"members": {text: text}})
    changes["token"] = changes["token"].model_copy(update={"claims": {text: text, "roles": [text], "aud": text}})
    changes["greeting"] = evidence.greeting and evidence.greeting.model_copy(
        update={"greeting": Reply(code=220, lines=(text,)), "raw": text}
    )
    changes["envelope"] = evidence.envelope and evidence.envelope.model_copy(
        update={"mail": reply, "final": reply, "subject": text, "recipient": text}
    )
    changes["transcript"] = tuple(Line(at=0.1, speaker="S", text=text) for _ in range(3))
    changes["machine"] = changes["machine"].model_copy(update={"proxies": {text: text}, "resolvers": (text,)})
    return samples.run(
        Assessment(evidence.model_copy(update=changes), samples.oauth_settings()),
        host=text,
        target=text,
        replayed_from=text,
    )


PLAIN = Reader(render_top(hostile("harmless"), results(hostile("harmless"))))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=HOSTILE)
def test_nothing_from_outside_becomes_markup(text: str) -> None:
    """The page has the same tags with hostile text from a server, certificate, document or file name as with harmless text."""
    run = hostile(text)

    fragment = render_top(run, results(run))
    reader = Reader(fragment)
    assert reader.handlers == []
    assert set(reader.tags) == set(PLAIN.tags)
    assert reader.tags.count("script") == 2
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", fragment)


@given(st.text())
def test_escaped_text_holds_no_markup_and_nothing_invisible(text: str) -> None:
    """The result of `escaped` contains no markup characters and no invisible characters."""
    shown = escaped(text)

    assert not set(shown) & set("<>\"'\x00\x1b\u202e\u2028")


def test_long_text_is_cut_and_the_rest_is_counted() -> None:
    """A text of ten million characters is truncated and ends with the number of characters not shown."""
    shown = legible("A" * 10_000_000)

    assert len(shown) < 2_000
    assert shown.endswith("(9998500 more characters not shown)")


def test_every_gate_has_a_label() -> None:
    """Every gate has a label for the page."""
    from reports.labels import GATES

    assert set(GATES) == set(Gate)
