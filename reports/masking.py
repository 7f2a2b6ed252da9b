"""`--mask-identities`: masks everything in evidence and settings that identifies people, tenants or machines.

One pure pass masks the frozen records before anything is checked or written, so findings, page, JSON, JUnit and calendar are all
based on masked values. A mark at each field's declaration states its kind (`settings.identity`); `masked_text` masks inside texts.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from enum import Enum
from functools import cache
from pathlib import PurePath
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from evidence.wire import Certificate, SenderEvidence
from reports.masked_text import Texts
from reports.masks import GUID, WELL_KNOWN_ACCOUNTS, reading_words
from settings.address import address_of
from settings.clouds import cloud_of_smtp_host
from settings.identity import Identity
from settings.model import SenderSettings

_HOST: Final = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_PART: Final = re.compile(r"(?<==)[^,=]+")  # a value in a distinguished name
# Claims of an access token (Microsoft, "Access token claims reference"); a claim that is not listed is masked as a whole.
_CLAIMS: Final[dict[str, Identity]] = {
    **dict.fromkeys(("upn", "unique_name", "preferred_username", "email", "smtp"), Identity.MAILBOX),
    **dict.fromkeys(("name", "given_name", "family_name", "nickname", "app_displayname"), Identity.PERSON),
    **dict.fromkeys(("aud", "iss", "tid", "appid", "azp", "oid", "ipaddr"), Identity.TEXT),
    **dict.fromkeys(
        (
            "ver",
            "idtyp",
            "roles",
            "scp",
            "appidacr",
            "azpacr",
            "acr",
            "amr",
            "typ",
            "alg",
            "xms_tcdt",
            "tenant_region_scope",
        ),
        Identity.PUBLIC,
    ),
}


class Masking:
    """The masks of one run. Settings are masked first, so that the same settings get the same masks in every run."""

    def __init__(self, settings: Iterable[SenderSettings]) -> None:
        """Collect the identities in the settings of all senders."""
        self._texts = Texts()
        self._masks = self._texts.masks
        self._settings = {one.sender.name: one for one in settings}
        for one in self._settings.values():
            self._collect(one)
        self._names = {name: self._texts.free(name) for name in self._settings}
        self._by_mark: dict[Identity | None, Callable[[str], str]] = {
            Identity.PUBLIC: str,
            Identity.TEXT: self._texts.free,
            Identity.SPOKEN: self._texts.entra_text,
            Identity.MAILBOX: self._masks.mailbox,
            Identity.PERSON: self._masks.person,
            Identity.TITLE: self._texts.title,
            Identity.HOST: self._masks.domain,
            Identity.OPAQUE: self._id,
            Identity.PROXY_ADDRESS: self._proxy_address,
            Identity.ACCOUNT: self._masks.account,
            Identity.LABEL: self.name,
            Identity.FILE: lambda path: f"ca-file{PurePath(path).suffix}",
            Identity.DISTINGUISHED_NAME: self._distinguished_name,
        }

    def name(self, sender: str) -> str:
        """Return a sender's label, which is masked only if it contains something that is masked elsewhere."""
        return self._names.get(sender, sender)

    def settings(self, settings: SenderSettings) -> SenderSettings:
        """Mask the settings of one sender. Keys, dates, ports and everything else that decides a check are kept or keep their form."""
        return SenderSettings.model_validate(
            self.record(settings).model_dump(mode="python", by_alias=True), strict=False
        )

    def evidence(self, evidence: SenderEvidence) -> SenderEvidence:
        """Mask the evidence of one sender, whose settings must already have been collected."""
        settings = self._settings[evidence.sender]
        if evidence.name is not None and cloud_of_smtp_host(settings.sender.smtp_server) is not None:
            published = {address for answer in evidence.name.answers for address in answer.addresses}
            known = (*published, *evidence.name.addresses, *(evidence.name.system or ()))
            self._masks.kept |= {one for one in known if _is_global(one)}
        self._collect_from_evidence(evidence)
        return SenderEvidence.model_validate(self.record(evidence).model_dump(mode="python"))

    def results(self, data: dict[str, Any], records: Iterable[tuple[SenderEvidence, SenderSettings]]) -> dict[str, Any]:
        """Mask the results of an earlier run for a comparison. Results that are already masked are returned unchanged."""
        if data.get("masked"):
            return data
        senders = []
        for sender, (evidence, settings) in zip(data["senders"], records, strict=True):
            if evidence.sender not in self._settings:
                self._collect(settings)
                self._settings[evidence.sender], self._names[evidence.sender] = (
                    settings,
                    self._texts.free(evidence.sender),
                )
            masked_evidence = self.evidence(evidence).model_dump(mode="json")
            masked_settings = self.settings(settings).model_dump(mode="json", by_alias=True)
            senders.append(
                {**sender, "name": self.name(evidence.sender), "evidence": masked_evidence, "settings": masked_settings}
            )
        host = senders[0]["evidence"]["machine"]["host"] if senders else ""
        return {**data, "host": host, "senders": senders}

    def text(self, text: str) -> str:
        """Mask any other text of this run, such as a file name or a host."""
        return self._texts.free(text)

    # -- collecting ----------------------------------------------------------------------------------------------------------------

    def _collect(self, settings: SenderSettings) -> None:
        sender = settings.sender
        for value in (sender.username, sender.mail_from, sender.mail_to):
            if value:
                self._masks.mailbox(value)
                domain = value.rpartition("@")[2] if "@" in value else ""
                self._texts.hosts |= set(re.findall(r"[^\s,;<>\"']+", domain))
                self._texts.bare |= set() if "@" in value else {value}
        declared = settings.custom.smtp_server if settings.custom is not None else ""
        url = address_of(sender.openid_endpoint_configuration)
        tenant = url.first
        self._texts.hosts |= {sender.smtp_server, declared, url.place.partition(":")[0]}
        for value in (settings.custom.issuer, settings.custom.audience) if settings.custom is not None else ():
            self._texts.hosts.add(address_of(value).place.partition(":")[0])
        self._texts.hosts |= {tenant} if re.fullmatch(r"[\w-]+(\.[\w-]+)+", tenant) else set()
        self._texts.hosts |= (
            {settings.network.ehlo_name} if settings.network.ehlo_name and "." in settings.network.ehlo_name else set()
        )
        for host in sorted(self._texts.hosts):
            self._masks.domain(host)
        for attested in sender.attested.values():
            self._masks.person(attested.who)

    def _collect_from_evidence(self, evidence: SenderEvidence) -> None:
        """Collect the names of this machine, of proxies and of foreign servers."""
        machine, name = evidence.machine, evidence.name
        (self._texts.hosts if "." in machine.host else self._texts.bare).add(machine.host)
        self._texts.bare |= {machine.account} - {one for one in {machine.account} if one.lower() in WELL_KNOWN_ACCOUNTS}
        for proxy in machine.proxies.values():
            self._texts.hosts |= set(_HOST.findall(proxy))
        for hello in (evidence.greeting, evidence.auth_offered):
            for reply in () if hello is None else (hello.greeting, hello.ehlo):
                first = _HOST.match(reply.lines[0]) if reply is not None and reply.lines else None
                self._texts.hosts |= {first.group()} if first is not None else set()
        for answer in () if name is None else (*name.answers, *name.comparison):
            self._texts.hosts |= set(answer.chain)
        tenant = evidence.tenant
        for look in () if tenant is None else (tenant.application, tenant.auth_policy):
            self._texts.title(look.name if look is not None else "")
        if tenant is not None and tenant.conditional_access is not None:
            for policy in tenant.conditional_access.policies:
                self._texts.title(policy.name)

    # -- masking -------------------------------------------------------------------------------------------------------------------

    def record(self, record: BaseModel) -> BaseModel:
        """Return a record with each field masked according to the mark at its declaration. Certificates of Microsoft and DigiCert stay."""
        if isinstance(record, Certificate) and _is_of_a_public_authority(record):
            return record
        hints = _hints(type(record))
        changes = {name: self._value(getattr(record, name), hints[name]) for name in type(record).model_fields}
        return record.model_copy(update=changes)

    def _value(self, value: object, hint: object, mark: Identity | None = None) -> Any:  # noqa: ANN401 - any field's value
        """Mask a field's value according to the mark in its annotation. Text without a mark is masked as a whole."""
        mark = _mark(hint) or mark
        match value:
            case BaseModel():
                return self.record(value)
            case dict() if mark is Identity.CLAIMS:
                return {name: self._claim(name, item) for name, item in value.items()}
            case dict():
                return {name: self._value(item, hint, mark) for name, item in value.items()}
            case tuple() | list():
                return type(value)(self._value(item, hint, mark) for item in value)
            case str() if value and not isinstance(value, Enum) and not _is_closed(hint):
                return self._masked(value, mark)
        return value

    def _claim(self, name: str, value: object) -> object:
        mark = _CLAIMS.get(name)
        if isinstance(value, list):
            return [self._masked(item, mark) if isinstance(item, str) and item else item for item in value]
        return self._masked(value, mark) if isinstance(value, str) and value else value

    def _masked(self, value: str, mark: Identity | None) -> str:
        return self._by_mark.get(mark, self._masks.person)(
            value
        )  # without a mark: as a person's name, so nothing remains readable

    def _id(self, value: str) -> str:
        """Mask an id. A GUID keeps its form, with or without angle brackets."""
        return self._texts.free(value) if GUID.search(value) or not value.strip("<>{} ") else self._opaque(value)

    def _opaque(self, value: str) -> str:
        return value if value.lower() in reading_words() else self._masks.opaque(value)

    def _distinguished_name(self, value: str) -> str:
        return _PART.sub(lambda part: self._named(part.group()), value)

    def _proxy_address(self, value: str) -> str:
        """Mask the mailbox address in a value such as `SMTP:user@example.com`. Proxy addresses of other kinds are masked as a whole."""
        kind, colon, address = value.rpartition(":") if "@" in value else value.partition(":")
        return f"{kind}{colon}{self._masks.mailbox(address) if '@' in value else self._masks.opaque(address)}"

    def _named(self, value: str) -> str:
        """Mask one value in a distinguished name."""
        if len(value) == 2:
            return value  # a country
        return self._masks.domain(value) if re.fullmatch(r"[\w*-]+(\.[\w-]+)+", value) else self._masks.person(value)


@cache
def _hints(record: type[BaseModel]) -> dict[str, object]:
    return get_type_hints(record, include_extras=True)


def _mark(hint: object) -> Identity | None:
    """Return the mark in an annotation such as `tuple[MailboxName, ...] | None`, or None if it has no mark."""
    for part in get_args(hint):
        if isinstance(part, Identity):
            return part
        if (found := _mark(part)) is not None:
            return found
    return None


def _is_closed(hint: object) -> bool:
    """Return whether a type hint admits only strings from a fixed set (`Literal`), which identify no one."""
    return get_origin(hint) is Literal or any(_is_closed(part) for part in get_args(hint))


def _is_of_a_public_authority(certificate: Certificate) -> bool:
    return any(own in f"{certificate.issuer} {certificate.subject}".lower() for own in ("microsoft", "digicert"))


def _is_global(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False
