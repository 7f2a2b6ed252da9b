"""For every fault in the catalogue, masked evidence contains no identity and leads to the same findings as the original."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from checks.assessment import Assessment
from checks.model import Finding
from evidence.record import Record
from evidence.wire import SenderEvidence
from fakes import FAULTS
from fakes.world.world import ALERTS, CLIENT_ID, DOMAIN, NOTICES, PRINCIPAL_OBJECT_ID, REGISTRATION_OBJECT_ID, TENANT_ID
from probes.lookups import sources
from reports.masking import Masking
from reports.results import as_text, results
from settings.clouds import WORLDWIDE
from settings.identity import Identity
from settings.load import parse
from settings.model import SenderSettings
from tests.probes.exported import PRINCIPAL, USER_ID, answers, export, policy, workload
from tests.probes.scripted import BASIC, CLIENT, TENANT, oauth
from tests.reports import samples
from tests.suite.gathered import gathered

WORLDS = [pytest.param(None, id="healthy"), *(pytest.param(fault, id=fault) for fault in FAULTS)]
STARTED = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
IDENTITIES = (
    *(ALERTS, NOTICES, DOMAIN, "fabrikam", "Ada Example", "Fabrikam Example", "Alarm mail"),
    *(TENANT_ID, CLIENT_ID, PRINCIPAL_OBJECT_ID, REGISTRATION_OBJECT_ID),
)


def masked(visits: list[tuple[SenderEvidence, SenderSettings]]) -> list[Assessment]:
    """Return the assessments after masking the evidence and settings."""
    masking = Masking([sender_settings for _, sender_settings in visits])
    return [
        Assessment(masking.evidence(evidence), masking.settings(sender_settings))
        for evidence, sender_settings in visits
    ]


def decision(finding: Finding) -> tuple[str, str, tuple[str, ...], bool]:
    """Return the check, verdict, causes and certainty of a finding, without its text."""
    return finding.check, finding.verdict.value, finding.causes, finding.sure


@pytest.mark.parametrize("fault", WORLDS)
def test_masked_evidence_gives_the_same_findings_and_no_identity(fault: str | None) -> None:
    """Masking changes no verdict, gate or cause, and removes every address, id, name and domain of the built-in tenant."""
    visits = list(gathered(fault).values())

    after = masked(visits)

    for (evidence, sender_settings), assessment in zip(visits, after, strict=True):
        before = Assessment(evidence, sender_settings)
        assert [decision(one) for one in assessment.all_findings()] == [decision(one) for one in before.all_findings()]
        assert assessment.gates() == before.gates()
        machine = evidence.machine
        text = as_text(results(samples.run(assessment, host=assessment.evidence.machine.host)))
        assert [one for one in IDENTITIES if one.lower() in text.lower()] == []
        assert not re.search(rf"(?<![\w-]){re.escape(machine.host)}(?![\w-])", text)
        assert assessment.evidence.machine.account == machine.account or machine.account not in text


def test_form_and_equality_are_kept() -> None:
    """An address is masked as an address and a GUID as a GUID, and equal values have equal masks everywhere."""
    basic, oauth = masked([(samples.basic(), samples.basic_settings()), (samples.oauth(), samples.oauth_settings())])

    sender, sign_in = basic.settings.sender, basic.evidence.sign_in
    assert sign_in is not None
    assert re.fullmatch(r"user\d+@d\d+\.example", sender.username)
    assert sign_in.user == sender.username == sender.mail_from
    assert oauth.settings.sender.username.partition("@")[2] == sender.username.partition("@")[2]
    assert oauth.settings.sender.username != sender.username
    token = oauth.evidence.token
    assert token is not None
    assert token.claims is not None
    assert token.claims["appid"] == oauth.settings.sender.client_id != samples.CLIENT
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", oauth.settings.sender.client_id)
    assert str(token.claims["tid"]) in oauth.settings.sender.openid_endpoint_configuration
    assert basic.evidence.machine.host == oauth.evidence.machine.host != "APP-SRV-07"


def test_microsoft_names_are_not_masked() -> None:
    """Microsoft's server names, login hosts, aliases, certificate and addresses are not masked, because they identify no customer."""
    basic, oauth = masked([(samples.basic(), samples.basic_settings()), (samples.oauth(), samples.oauth_settings())])
    text = json.dumps(results(samples.run(basic, oauth, host=basic.evidence.machine.host)))

    kept = [
        samples.HOST,
        *samples.ADDRESSES,
        "login.microsoftonline.com",
        "ams-efz.ms-acdc.office.com",
        samples.LEAF.subject,
        samples.GREETING,
    ]
    assert [one for one in kept if one not in text] == []
    gone = ["10.1.4.20", "10.1.0.53", "svc-alerts", "APP-SRV-07", "contoso", samples.TENANT, samples.CLIENT, "a1c6b0de"]
    assert [one for one in gone if one in text] == []


def test_the_same_settings_get_the_same_masks_in_every_run() -> None:
    """Two runs with the same settings get the same masks whatever their evidence, so masked runs can be compared."""
    first = masked([(samples.basic(), samples.basic_settings())])[0]
    second = masked([(samples.port_closed(samples.basic()), samples.basic_settings())])[0]

    assert first.settings == second.settings


MALFORMED = {
    "a domain user": {"username": "CONTOSO\\ada.lovelace"},
    "a bare name": {"username": "adalovelace", "from": "ada.lovelace@contoso.example"},
    "two at signs": {"username": "ada.lovelace@@contoso.example"},
    "a display name": {"from": "Ada Lovelace <ada.lovelace@contoso.example>"},
    "a space in the address": {"username": "ada.lovelace @contoso.example"},
    "letters beyond ASCII": {"username": "ådä@cøntoso.example"},
    "a tenant's own domain": {"username": "ada.lovelace@contoso.onmicrosoft.com"},
    "a server of the customer": {"smtp_server": "mail.contoso.example"},
    "the customer's incoming host": {"smtp_server": "contoso-example.mail.protection.outlook.com"},
    "an address as server": {"smtp_server": "10.20.30.40"},
}


@pytest.mark.parametrize("changes", MALFORMED.values(), ids=MALFORMED)
def test_masks_keep_mistakes_in_settings(changes: dict[str, object]) -> None:
    """A masked value has the same mistake as the original but contains no other part of it."""
    settings = samples.basic_settings(**changes)
    before, after = Assessment(samples.basic(), settings), masked([(samples.basic(), settings)])[0]

    assert [decision(one) for one in after.all_findings()] == [decision(one) for one in before.all_findings()]
    text = json.dumps(after.settings.model_dump(mode="json")).lower()
    gone = ("ada", "lovelace", "contoso", "ådä", "cøntoso", "\\u00e5d\\u00e4", "c\\u00f8ntoso", "10.20.30.40")
    assert [one for one in gone if one in text] == []


SENTENCES = {
    "a directory's name": (f"AADSTS700016: '{samples.CLIENT}' is not in the directory 'Lovelace Works'.", "Lovelace"),
    "an application's name": (f"AADSTS7000222: keys for app '{samples.CLIENT}'(Lovelace mailer) are expired.", "Lovelace"),
    "another mailbox": ("550 5.7.60 SMTP; lovelace@partner.example not allowed", "lovelace"),
    "a bounced address": ("5.1.10 RESOLVER.ADR.RecipientNotFound; <lovelace+x@Partner.Example>", "partner"),
    "an address of this network": ("Hello [203.0.114.77]", "203.0.114.77"),
    "a home folder": ("cannot read /home/lovelace/root.pem or C:\\Users\\Lovelace\\root.pem", "ovelace"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "gone"), SENTENCES.values(), ids=SENTENCES)
def test_identities_in_server_text_are_masked(text: str, gone: str) -> None:
    """Identities in a server's text are masked even if they do not occur in the settings."""
    token = samples.oauth().token
    assert token is not None
    refused = token.model_copy(
        update={"status": 401, "error_description": text, "claims": None, "error": "invalid_client"}
    )

    (assessment,) = masked([(samples.oauth(token=refused), samples.oauth_settings())])

    answer = assessment.evidence.token
    assert answer is not None
    assert gone not in str(answer.error_description)
    assert len(str(answer.error_description)) > 10


def test_tenant_data_is_masked(tmp_path: Path) -> None:
    """The ids, addresses and names of users, policies and applications are masked, and the states and the equality of values are kept."""
    tenant_answers = answers()
    tenant_answers["conditional_access"] = {
        "value": [policy(displayName="Contoso Berlin"), workload(displayName="Contoso robots")]
    }
    tenant_answers["user"]["proxyAddresses"] += [
        "x500:/o=ExchangeLabs/cn=Recipients/cn=Alarm Sender",
        "SIP:alerts@contoso.example",
    ]
    tenant_answers["organisation"] = [{"DefaultAuthenticationPolicy": "Policy of Ada"}]
    tenant_answers["user_sign_ins"] = {"value": [row("Authenticated SMTP"), row("Browser")]}
    file = tmp_path / "export.json"
    file.write_text(json.dumps(export(tenant_answers)), encoding="utf-8")
    lookups = sources.by_export(file, WORLDWIDE)
    known = parse(BASIC + oauth(), tmp_path / "settings.toml")
    visits = [
        (
            samples.basic().model_copy(
                update={"sender": name, "tenant": lookups.begin(sender).finish(STARTED, "<1@contoso.example>")}
            ),
            known.for_sender(sender),
        )
        for name, sender in known.sender.items()
    ]
    masking = Masking([sender_settings for _, sender_settings in visits])

    after = [masking.evidence(evidence) for evidence, _ in visits]

    text = json.dumps([one.tenant.model_dump(mode="json") for one in after if one.tenant is not None])
    gone = ["contoso", "of ada", "alarm", "192.0.2.7", TENANT, CLIENT, USER_ID, PRINCIPAL, "f0000000", '"k1"', '"abc"']
    assert [one for one in gone if one.lower() in text.lower()] == []
    basic, app = (one.tenant for one in after)
    assert basic is not None
    assert app is not None
    assert basic.user is not None
    assert after[0].sender == "basic"
    address = masking.settings(visits[0][1]).sender.username
    assert basic.user.proxy_addresses[0] == f"SMTP:{address}"
    assert app.principal is not None
    assert app.exchange_principal is not None
    assert app.principal.object_id == app.exchange_principal.object_id
    assert [look.state.value for look in (basic.user, app.principal)] == ["answered", "answered"]


def row(client: str) -> dict[str, object]:
    """Return a row of the sign-in log for a sign-in that a Conditional Access policy blocked."""
    return {
        "createdDateTime": f"{STARTED:%Y-%m-%dT%H:%M:%S}Z",
        "clientAppUsed": client,
        "appDisplayName": "Alarm browser",
        "ipAddress": "192.0.2.7",
        "status": {"errorCode": 53003, "failureReason": f"User '{USER_ID}' of alerts@contoso.example was blocked"},
        "appliedConditionalAccessPolicies": [{"displayName": "Contoso Berlin", "result": "failure"}],
    }


class Unmarked(Record):
    """A record whose fields have no identity mark, such as a later version might add."""

    display_name: str
    aliases: tuple[str, ...] = ()
    by_site: dict[str, str]
    comment: str | None = None


@given(st.text(alphabet=st.characters(categories=("L", "N", "Zs")), min_size=1, max_size=40).filter(str.strip))
def test_an_unmarked_field_is_masked_as_a_whole(name: str) -> None:
    """The whole text of an unmarked field is masked, whether the field is a string, a list or a table."""
    record = Unmarked(display_name=name, aliases=(name,), by_site={"site": name}, comment=name)

    after = Masking([samples.basic_settings()]).record(record)

    assert isinstance(after, Unmarked)
    for shown in (after.display_name, after.aliases[0], after.by_site["site"], after.comment or ""):
        assert re.fullmatch(r"Name \d+", shown)


def text_fields(model: type[BaseModel]) -> Iterator[tuple[str, bool]]:
    """Yield each text field of this model and its nested models, and whether the field has an identity mark."""
    for name, hint in get_type_hints(model, include_extras=True).items():
        for part in parts(hint):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from text_fields(part)
            elif part is str and not name.startswith(("_", "model_")):
                yield f"{model.__name__}.{name}", any(isinstance(one, Identity) for one in parts(hint))


def parts(hint: object) -> Iterator[object]:
    """Yield an annotation and all its parts, except the members of a Literal and the keys of a dict."""
    yield hint
    if get_origin(hint) is not Literal:
        for part in get_args(hint)[1:] if get_origin(hint) is dict else get_args(hint):  # the keys are our own names
            yield from parts(part)


@pytest.mark.parametrize("model", [SenderEvidence, SenderSettings])
def test_every_text_field_has_a_mark(model: type[BaseModel]) -> None:
    """Every text field of the evidence and the settings has an identity mark."""
    fields = dict(text_fields(model))

    assert len(fields) > 10
    assert [name for name, marked in fields.items() if not marked] == []
