"""`--mask-identities`: evidence and settings with masks in the place of what identifies people, tenants and machines.

One pure pass over frozen records, before anything is judged or written: findings, page, JSON, JUnit and calendar all follow from it.
Which key holds what is told here; how a text is masked, in `masked_text`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from probes.evidence import Certificate, SenderEvidence, TlsEvidence
from reports.masked_text import Texts
from reports.masks import GUID, WELL_KNOWN_ACCOUNTS, words_that_are_read
from settings.address import address_of
from settings.clouds import cloud_of_smtp_host
from settings.model import Judged

_HOST: Final = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_PART: Final = re.compile(r"(?<==)[^,=]+")  # a value in a distinguished name
_MAILBOXES: Final = frozenset(
    {
        "user",
        "mail_from",
        "recipient",
        "username",
        "from",
        "to",
        "upn",
        "unique_name",
        "preferred_username",
        "email",
        "smtp",
        "signed_in_as",
    }
)
_PEOPLE: Final = frozenset({"who", "app_displayname", "name_of_person", "given_name", "family_name", "nickname"})
_OPAQUE: Final = frozenset(
    {"sub", "rh", "uti", "puid", "onprem_sid", "altsecid", "client_id", "object_id", "policy_id", "key_id"}
)
# What the tenant's people named, by the record that has it as `name`, and lists of such names.
_NAMED: Final = frozenset({"application", "auth_policy", "policies"})
_TITLES: Final = frozenset({"title", "blocked_by", "other_apps"})
_KEPT: Final = frozenset(
    {
        "kind",
        "verdict",
        "transport",
        "record",
        "family",
        "speaker",
        "system",
        "python",
        "openssl",
        "tool_version",
        "cipher",
        "version",
        "way",
        "state",
        "needs",
        "aims_at",
        "per_user",
        "methods",
        "roles",
        "sign_in_audience",
        "client_app",
    }
)


class Masking:
    """The masks of one run; settings are masked first, so that the same settings give the same masks in every run."""

    def __init__(self, settings: Iterable[Judged]) -> None:
        """Meet what the settings of all senders hold."""
        self._texts = Texts()
        self._masks = self._texts.masks
        self._settings = {one.sender.name: one for one in settings}
        for one in self._settings.values():
            self._meet(one)
        self._names = {name: self._texts.free(name) for name in self._settings}

    def name(self, sender: str) -> str:
        """The label of a sender: masked only where it holds something that is masked elsewhere."""
        return self._names.get(sender, sender)

    def settings(self, judged: Judged) -> Judged:
        """The settings of one sender; keys, dates, ports and whatever decides a check keep their form."""
        data = self._walked(judged.model_dump(mode="python", by_alias=True))
        data["sender"]["name"] = self.name(judged.sender.name)
        if judged.network.ca_file:
            data["network"]["ca_file"] = f"ca-file{Path(judged.network.ca_file).suffix}"
        return Judged.model_validate(data, strict=False)

    def evidence(self, seen: SenderEvidence) -> SenderEvidence:
        """The evidence of one sender whose settings were met."""
        judged = self._settings[seen.sender]
        if seen.name is not None and cloud_of_smtp_host(judged.sender.smtp_server) is not None:
            told = {address for answer in seen.name.answers for address in answer.addresses}
            self._masks.kept |= {one for one in (*told, *seen.name.addresses) if _is_global(one)}
        self._meet_evidence(seen)
        data = self._walked(seen.model_dump(mode="python"))
        data["sender"] = self.name(seen.sender)
        data["machine"]["account"] = self._masks.account(seen.machine.account)
        self._certificates(seen.tls, data["tls"])
        if seen.issuer is not None:
            self._certificates(seen.issuer.tls, data["issuer"]["tls"])
        return SenderEvidence.model_validate(data)

    def results(self, data: dict[str, Any], visits: Iterable[tuple[SenderEvidence, Judged]]) -> dict[str, Any]:
        """An earlier run's results, to compare with; those that are masked already stay as they are."""
        if data.get("masked"):
            return data
        senders = []
        for sender, (seen, judged) in zip(data["senders"], visits, strict=True):
            if seen.sender not in self._settings:
                self._meet(judged)
                self._settings[seen.sender], self._names[seen.sender] = judged, self._texts.free(seen.sender)
            evidence = self.evidence(seen).model_dump(mode="json")
            settings = self.settings(judged).model_dump(mode="json", by_alias=True)
            senders.append({**sender, "name": self.name(seen.sender), "evidence": evidence, "settings": settings})
        host = senders[0]["evidence"]["machine"]["host"] if senders else ""
        return {**data, "host": host, "senders": senders}

    def text(self, text: str) -> str:
        """Any other text of this run: a file's name, a host."""
        return self._texts.free(text)

    # -- what is met ----------------------------------------------------------------------------------------------------------------

    def _meet(self, judged: Judged) -> None:
        sender = judged.sender
        for value in (sender.username, sender.mail_from, sender.mail_to):
            if value:
                self._masks.mailbox(value)
                domain = value.rpartition("@")[2] if "@" in value else ""
                self._texts.hosts |= set(re.findall(r"[^\s,;<>\"']+", domain))
                self._texts.bare |= set() if "@" in value else {value}
        declared = judged.custom.smtp_server if judged.custom is not None else ""
        url = address_of(sender.openid_endpoint_configuration)
        tenant = url.first
        self._texts.hosts |= {sender.smtp_server, declared, url.place.partition(":")[0]}
        for value in (judged.custom.issuer, judged.custom.audience) if judged.custom is not None else ():
            self._texts.hosts.add(address_of(value).place.partition(":")[0])
        self._texts.hosts |= {tenant} if re.fullmatch(r"[\w-]+(\.[\w-]+)+", tenant) else set()
        self._texts.hosts |= (
            {judged.network.ehlo_name} if judged.network.ehlo_name and "." in judged.network.ehlo_name else set()
        )
        for host in sorted(self._texts.hosts):
            self._masks.domain(host)
        for attested in sender.attested.values():
            self._masks.person(attested.who)

    def _meet_evidence(self, seen: SenderEvidence) -> None:
        """Names of this machine, of what stands in between, and of foreign servers."""
        machine, name = seen.machine, seen.name
        (self._texts.hosts if "." in machine.host else self._texts.bare).add(machine.host)
        self._texts.bare |= {machine.account} - {one for one in {machine.account} if one.lower() in WELL_KNOWN_ACCOUNTS}
        for proxy in machine.proxies.values():
            self._texts.hosts |= set(_HOST.findall(proxy))
        for hello in (seen.greeting, seen.auth_offered):
            for reply in () if hello is None else (hello.greeting, hello.ehlo):
                first = _HOST.match(reply.lines[0]) if reply is not None and reply.lines else None
                self._texts.hosts |= {first.group()} if first is not None else set()
        for answer in () if name is None else (*name.answers, *name.comparison):
            self._texts.hosts |= set(answer.chain)
        tenant = seen.tenant
        for look in () if tenant is None else (tenant.application, tenant.auth_policy):
            self._texts.title(look.name if look is not None else "")
        if tenant is not None and tenant.conditional_access is not None:
            for policy in tenant.conditional_access.policies:
                self._texts.title(policy.name)

    # -- the walk -------------------------------------------------------------------------------------------------------------------

    def _walked(self, value: Any, key: str = "") -> Any:  # noqa: ANN401 - any part of a dumped record
        match value:
            case dict():
                return {name: self._walked(item, self._kind(name, key)) for name, item in value.items()}
            case list() | tuple():
                return (
                    tuple(self._walked(item, key) for item in value)
                    if isinstance(value, tuple)
                    else [self._walked(item, key) for item in value]
                )
            case str() if value and key not in _KEPT:
                return self._masked(value, key)
        return value

    @staticmethod
    def _kind(name: str, above: str) -> str:
        if above == "claims":
            return {"name": "given_name"}.get(name, name)
        if name == "name" and above in _NAMED:
            return "title"
        return "" if above in {"proxies", "members"} else name

    def _masked(self, value: str, key: str) -> str:
        if key in _MAILBOXES:
            return self._masks.mailbox(value)
        if key in _PEOPLE:
            return self._masks.person(value)
        if key in _TITLES:
            return self._texts.title(value)
        if key == "proxy_addresses":
            return self._proxy_address(value)
        if key in {"smtp_server", "host", "server_name"}:
            return self._masks.domain(value)
        if key in _OPAQUE and not GUID.search(value) and value.strip("<>{} "):
            return self._masks.opaque(value) if value.lower() not in words_that_are_read() else value
        if key in {"error_description", "text", "detail", "reason", "failure", "question"}:
            return self._texts.said(value)
        return self._texts.free(value)

    def _proxy_address(self, value: str) -> str:
        """An address of a mailbox with its kind in front; those of another form hold names in a form of their own."""
        kind, colon, address = value.rpartition(":") if "@" in value else value.partition(":")
        return f"{kind}{colon}{self._masks.mailbox(address) if '@' in value else self._masks.opaque(address)}"

    def _certificates(self, tls: TlsEvidence | None, record: Any) -> None:  # noqa: ANN401 - the same, dumped
        if tls is not None:
            record["chain"] = tuple(self._certificate(one) for one in tls.chain)

    def _certificate(self, certificate: Certificate) -> Certificate:
        """What a certificate says of itself, unless a public authority signed it for Microsoft."""
        if any(own in f"{certificate.issuer} {certificate.subject}".lower() for own in ("microsoft", "digicert")):
            return certificate
        people, ids = ("organisation", "issuer_organisation", "issuer_name"), ("sha256", "serial")
        changes: dict[str, Any] = {key: self._masks.person(getattr(certificate, key)) for key in people}
        changes |= {key: self._masks.opaque(getattr(certificate, key)) for key in ids}
        for key in ("subject", "issuer"):
            changes[key] = _PART.sub(lambda match: self._value(match.group()), getattr(certificate, key))
        changes["names"] = tuple(self._masks.domain(name) for name in certificate.names)
        return certificate.model_copy(update=changes)

    def _value(self, value: str) -> str:
        if len(value) == 2:
            return value  # a country
        return self._masks.domain(value) if re.fullmatch(r"[\w*-]+(\.[\w-]+)+", value) else self._masks.person(value)


def _is_global(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False
