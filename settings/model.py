"""The types of the settings file: the senders with the mail plugin's fields, the network, and attestations.

The description of a field is the advice in the error message. `load` reads the file; `secret` reads the secrets.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from settings import clouds
from settings.identity import FilePath, Identity, MailboxName, OpaqueId, PersonName, SenderLabel
from settings.microsoft import GUID
from settings.printable import is_invisible
from settings.strict_values import port_number

Method = Literal["basic", "oauth"]
_VARIABLE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")
_TENANT = re.compile(rf"{GUID.pattern}|[\w-]+(\.[\w-]+)+", re.IGNORECASE)


def _no_control_characters(value: str) -> str:
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in value):
        msg = "contains a control character or a line break"
        raise ValueError(msg)
    return value


def _visible(value: str) -> str:
    if is_invisible(value):
        msg = "contains a control character, an invisible character or a line break"
        raise ValueError(msg)
    return value


def _endpoint(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or port_number(port) is None:
        msg = "is not host:port"
        raise ValueError(msg)
    return value


def _resolver(value: str) -> str:
    address, separator, port = value.rpartition(":")
    try:
        if separator and ("[" in value or value.count(":") == 1):
            ipaddress.ip_address(address.strip("[]"))
            if port_number(port) is not None:
                return value
        else:
            ipaddress.ip_address(value.strip("[]"))
            return value
    except ValueError:
        pass
    msg = "is not an IP address"
    raise ValueError(msg)


def _secret_source(value: str) -> str:
    if value in {"keyring", "prompt"} or _VARIABLE.fullmatch(value):
        return value
    msg = "does not name a variable" if value.startswith("env:") else "is not a source for a secret"
    raise ValueError(msg)


def _host_name(value: str) -> str:
    if not value or "://" in value or "/" in value or any(character.isspace() for character in value):
        msg = "is not a host name"
        raise ValueError(msg)
    return value


def _client_id(value: str) -> str:
    if not GUID.fullmatch(value):
        msg = "is not an Application (client) ID"
        raise ValueError(msg)
    return value.lower()


def _tenant(value: str) -> str:
    if not _TENANT.fullmatch(value):  # the value becomes part of URLs
        msg = "is neither a tenant id nor a domain"
        raise ValueError(msg)
    return value.lower()


_Checked = AfterValidator(_no_control_characters)
Text = Annotated[str, _Checked, Identity.TEXT]
Mailbox = Annotated[MailboxName, _Checked]
ClientId = Annotated[OpaqueId, _Checked, AfterValidator(_client_id)]
HostName = Annotated[str, _Checked, AfterValidator(_host_name), Identity.HOST]
Endpoint = Annotated[Text, AfterValidator(_endpoint)]
Resolver = Annotated[Text, AfterValidator(_resolver)]
Source = Annotated[Text, AfterValidator(_secret_source)]
Seconds = Annotated[float, Field(gt=0, le=3600, strict=False)]
SOURCE_ADVICE = 'one of "env:NAME_OF_A_VARIABLE", "keyring", "prompt"'


class Table(BaseModel):
    """A table of the settings file. It is frozen and rejects unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class Attestation(Table):
    """A person's statement about an item that cannot be observed: who looked, when, and what was seen."""

    who: Annotated[PersonName, _Checked] = Field(
        min_length=1, description='the name of the person who attests it, e.g. who = "Ada Example"'
    )
    when: date = Field(description="the date of the attestation, e.g. when = 2026-11-01 (no quotes)")
    what: Text = Field(
        min_length=1, description='what the person saw, e.g. what = "password never expires, seen in the admin center"'
    )


class Sender(Table):
    """One configured instance of the mail plugin. The fields are named after the plugin's labels (FAQ, "Configure Email Alarm Plugin")."""

    name: Annotated[SenderLabel, AfterValidator(_visible)] = Field(description="a name of visible characters")
    smtp_server: HostName = Field(
        "smtp.office365.com", description='the host in the plugin\'s field "SMTP Server", e.g. "smtp.office365.com"'
    )
    port: int = Field(587, ge=1, le=65535, description="a number from 1 to 65535 without quotes, e.g. port = 587")
    use_ssl: bool = Field(default=True, description="true or false (true if Use SSL is ticked in the plugin)")
    enable_authentication: bool = Field(
        default=True, description="true or false (true if Enable Authentication is ticked in the plugin)"
    )
    authentication_type: Literal["Basic", "OpenID"] = Field(description='"Basic" or "OpenID", as chosen in the plugin')
    username: Mailbox = Field("", description='the full sign-in address, e.g. "noreply@yourdomain.com"')
    password_from: Source | None = Field(None, description=SOURCE_ADVICE)
    client_id: Annotated[OpaqueId, _Checked] = Field(
        "", description="the Application (client) ID of the app registration"
    )
    client_secret_from: Source | None = Field(None, description=SOURCE_ADVICE)
    openid_endpoint_configuration: Text = Field(
        "",
        description='the URL in the plugin\'s field "OpenID Endpoint Configuration", e.g. '
        '"https://login.microsoftonline.com/<tenant id>/v2.0/.well-known/openid-configuration"',
    )
    scope: Text = Field(
        "", description='the scope in the plugin\'s field "Scope", e.g. "https://outlook.office365.com/.default"'
    )
    mail_from: Mailbox = Field(
        "", alias="from", description='the address in the plugin\'s field "From", e.g. from = "noreply@yourdomain.com"'
    )
    mail_to: Mailbox = Field(
        "",
        alias="to",
        description='the recipient of the test message, e.g. to = "ops@yourdomain.com"; if empty, the sender itself',
    )
    client_secret_expires: date | None = Field(None, description="a date such as 2027-03-01 (no quotes)")
    password_expires: date | Literal["never"] | None = Field(
        None, description='a date such as 2027-03-01 (no quotes), or "never"'
    )
    attested: dict[str, Attestation] = Field(
        {}, description='a table such as "BASIC-04" = { who = "…", when = 2026-11-01, what = "…" }'
    )
    tags: tuple[Text, ...] = Field((), strict=False, description='a list of words, e.g. tags = ["nightly"]')

    @property
    def method(self) -> Method:
        """The checklist that applies, `oauth` or `basic`.

        It is that of the authentication type, or OAuth's if OAuth fields are filled in and `password_from` is not.
        """
        if self.authentication_type == "OpenID":
            return "oauth"
        meant_for_oauth = bool(self.client_id or self.openid_endpoint_configuration) and self.password_from is None
        return "oauth" if meant_for_oauth else "basic"

    @property
    def type_matches(self) -> bool:
        """Whether the authentication type fits the fields that are filled in."""
        return (self.authentication_type == "OpenID") == (self.method == "oauth")

    @property
    def sign_in_user(self) -> str:
        """The user name for the sign-in: Username or, for OAuth, From if Username is empty."""
        return self.username or (self.mail_from if self.method == "oauth" else "")

    @property
    def envelope_from(self) -> str:
        """The address in MAIL FROM and in the From field."""
        return self.mail_from or self.username

    @property
    def envelope_to(self) -> str:
        """The recipient, which is the sender's own address by default."""
        return self.mail_to or self.envelope_from


class Network(Table):
    """How this machine reaches the network: resolvers, trusted roots, the name sent in EHLO, and timeouts in seconds."""

    resolvers: tuple[Resolver, ...] = Field(
        (), strict=False, description='a list of addresses, e.g. resolvers = ["192.0.2.53"]'
    )
    comparison_resolver: Resolver | None = Field(None, description='one address, e.g. comparison_resolver = "8.8.8.8"')
    ca_file: Annotated[FilePath, _Checked] | None = Field(
        None, description='the path of a PEM file, e.g. ca_file = "corporate-root.pem"'
    )
    ehlo_name: Text | None = Field(
        None, description='a host name or an address literal, e.g. ehlo_name = "[192.0.2.10]"'
    )
    connect_timeout: Seconds = Field(10.0, description="seconds, e.g. connect_timeout = 10")
    dns_timeout: Seconds = Field(5.0, description="seconds, e.g. dns_timeout = 5")
    reply_timeout: Seconds = Field(60.0, description="seconds, e.g. reply_timeout = 60 (refusals are slow)")
    sender_timeout: Seconds = Field(120.0, description="seconds, e.g. sender_timeout = 120")
    only_mapped: bool = Field(
        default=False, description="true or false; if true, only addresses in [connect] are contacted"
    )
    test_network: Text = Field(
        "",
        description='a name for a test network, whose accounts are not real, e.g. test_network = "lab" (only with only_mapped = true)',
    )


class Custom(Table):
    """A mail service that the user declares. With `cloud = "custom"`, credentials may be sent to it."""

    smtp_server: HostName = Field(description='the exact host name, e.g. smtp_server = "mail.example.com"')
    port: int = Field(587, ge=1, le=65535, description="a number from 1 to 65535 without quotes, e.g. port = 587")
    issuer: Text = Field("", description='the issuer for OAuth, e.g. issuer = "https://login.example.com/tenant"')
    audience: Text = Field("", description='the audience for OAuth, e.g. audience = "https://mail.example.com"')


class Directory(Table):
    """The auditor application, which looks up settings in the tenant with its own client secret or certificate."""

    tenant: Annotated[Text, AfterValidator(_tenant)] = Field(
        description='the Directory (tenant) ID or a domain of the tenant, e.g. tenant = "yourdomain.com"'
    )
    client_id: ClientId = Field(
        description="the Application (client) ID of the auditor application, 32 hex digits in five groups"
    )
    client_secret_from: Source | None = Field(None, description=SOURCE_ADVICE)
    certificate: Text | None = Field(
        None,
        description='the path of a PEM file with the private key and the certificate, e.g. certificate = "auditor.pem"',
    )


class Settings(Table):
    """The contents of the settings file."""

    cloud: Literal["worldwide", "gcc_high", "dod", "china", "custom"] = Field(
        "worldwide", description='one of "worldwide", "gcc_high", "dod", "china", "custom"'
    )
    network: Network = Field(Network(), description="a [network] table")
    connect: dict[Text, Endpoint] = Field({}, description='lines such as "smtp.office365.com:587" = "127.0.0.1:2525"')
    custom: Custom | None = Field(None, description='a [custom] table, only with cloud = "custom"')
    admin_client_id: ClientId | None = Field(
        None, description="the Application (client) ID of a public client application registered for --admin-sign-in"
    )
    directory: Directory | None = Field(None, description="a [directory] table with tenant and client_id")
    sender: dict[str, Sender] = Field(min_length=1, description="at least one [sender.NAME] table")

    @model_validator(mode="before")
    @classmethod
    def _senders_know_their_names(cls, data: object, _info: ValidationInfo) -> object:
        if not isinstance(data, dict) or not isinstance(data.get("sender"), dict):
            return data
        named = {
            name: {**table, "name": name} if isinstance(table, dict) else table
            for name, table in data["sender"].items()
        }
        return {**data, "sender": named}

    @property
    def service(self) -> clouds.Cloud:
        """The row of the cloud table that applies, or the row for the declared service."""
        return cloud_of(self.cloud, self.custom)

    def for_sender(self, sender: Sender, *, strict: bool = False) -> SenderSettings:
        """Return the settings of one sender for the checks."""
        return SenderSettings(sender=sender, cloud=self.cloud, custom=self.custom, network=self.network, strict=strict)


def cloud_of(name: str, declared: Custom | None) -> clouds.Cloud:
    """Return the row of the cloud table with this name or, for `custom`, the row for the declared service.

    If no service is declared, `custom` returns the row for `worldwide`.
    """
    if name != "custom" or declared is None:
        return clouds.CLOUDS.get(name, clouds.WORLDWIDE)
    return clouds.custom(
        smtp_server=declared.smtp_server,
        port=declared.port,
        issuer=declared.issuer,
        audience=declared.audience,
    )


class SenderSettings(Table):
    """The settings that a check sees: one sender, the cloud and the network. They contain no secret."""

    sender: Sender
    cloud: Literal["worldwide", "gcc_high", "dod", "china", "custom"]
    custom: Custom | None = None
    network: Network = Network()
    strict: bool = False

    @property
    def service(self) -> clouds.Cloud:
        """The row of the cloud table that applies, or the row for the declared service."""
        return cloud_of(self.cloud, self.custom)


__all__ = ["Attestation", "Custom", "Directory", "Method", "Network", "Sender", "SenderSettings", "Settings"]
