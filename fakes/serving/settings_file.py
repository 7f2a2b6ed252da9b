"""The settings file of the built-in tenant, and the description of the tenant for other programs.

Secrets are not in the file: they are environment variables, whose names are defined here.
"""

import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ..world.clouds import CLOUDS
from ..world.world import TENANT_ID, Sender, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The addresses and files of the running fakes: connect map, the part of the map in the settings file, resolver and files.

    With `lookups`, the settings name the auditor and the administrator's client.
    """

    connect: dict[str, str]
    written: dict[str, str]
    resolver: str
    ca_file: Path
    tenant_export: Path
    patient: bool
    lookups: bool = False


def variable(sender: str, what: str) -> str:
    """Return the name of the environment variable that holds a sender's secret."""
    return f"SMTP365_{re.sub(r'[^A-Z0-9]', '_', sender.upper())}_{what}"


def secrets(world: World, *, lookups: bool = False) -> dict[str, str]:
    """Return environment variables with the invented secrets of both senders and, with `lookups`, of the auditor."""
    found = {
        variable(world.basic.name, "PASSWORD"): world.basic.password,
        variable(world.oauth.name, "CLIENT_SECRET"): world.oauth.client_secret,
    }
    if lookups and world.tenant.auditing is not None:
        found[variable("directory", "CLIENT_SECRET")] = world.directory_secret
    return found


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case date():
            return value.isoformat()
        case int() | float():
            return str(value)
        case list():
            return "[" + ", ".join(_value(one) for one in value) + "]"
        case dict():
            return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
        case _:
            return json.dumps(str(value)).replace("\x7f", "\\u007f")


def _bare(key: str) -> str:
    """Return a TOML key, quoted if necessary."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def _table(name: str, rows: dict[str, object], *, quoted: bool = False) -> list[str]:
    lines = [f"{_value(key) if quoted else key} = {_value(value)}" for key, value in rows.items()]
    return ["", f"[{name}]", *lines]


def _sender(sender: Sender) -> list[str]:
    rows: dict[str, object] = {
        "smtp_server": sender.smtp_server,
        "port": sender.port,
        "use_ssl": sender.use_ssl,
        "enable_authentication": sender.enable_authentication,
        "authentication_type": sender.authentication_type,
        "username": sender.username,
        "from": sender.mail_from,
        "to": sender.mail_to,
        "client_id": sender.client_id,
        "openid_endpoint_configuration": sender.openid_endpoint_configuration,
        "scope": sender.scope,
    }
    written = {key: value for key, value in rows.items() if value != ""}
    dates = {"client_secret_expires": sender.client_secret_expires, "password_expires": sender.password_expires}
    written |= {key: value for key, value in dates.items() if value is not None}
    table = f"sender.{_bare(sender.name)}"
    lines = _table(table, written)
    if sender.attested:
        attested: dict[str, object] = {
            one.item: {"who": one.who, "when": one.when, "what": one.what} for one in sender.attested
        }
        lines += _table(f"{table}.attested", attested, quoted=True)
    return lines


def _declared() -> dict[str, object]:
    """Return the table that declares a service outside Microsoft's clouds."""
    cloud = CLOUDS["custom"]
    return {
        "smtp_server": cloud.smtp_host,
        "port": 587,
        "issuer": f"https://{cloud.login_hosts[0]}/{TENANT_ID}/v2.0",
        "audience": cloud.exchange[0],
    }


def toml(world: World, places: Places) -> str:
    """Return the text of the settings file. Timeouts are short because loopback is fast, unless the pace is real."""
    network: dict[str, object] = {
        "resolvers": [places.resolver],
        "ca_file": str(places.ca_file),
        "only_mapped": True,
    }
    if not places.patient:
        network |= {"connect_timeout": 1.0, "dns_timeout": 2.0, "reply_timeout": 5.0, "sender_timeout": 20.0}
    if world.ehlo_name is not None:
        network["ehlo_name"] = world.ehlo_name
    connect: dict[str, object] = dict(places.written)
    lines = [
        "# Written by the built-in tenant. Its invented passwords and secrets are in environment variables.",
        "",
    ]
    auditing = world.tenant.auditing if places.lookups else None
    lines += [f"cloud = {_value(world.cloud)}"]
    if auditing is not None:
        lines += [f"admin_client_id = {_value(auditing.client.client_id)}"]
        directory = {"tenant": world.tenant.tenant_id, "client_id": auditing.app.client_id}
        source = f"env:{variable('directory', 'CLIENT_SECRET')}"
        lines += _table("directory", {**directory, "client_secret_from": source})
    if world.cloud == "custom":
        lines += _table("custom", _declared())
    lines += [*_table("network", network), *_table("connect", connect, quoted=True)]
    for sender in world.senders:
        lines += _sender(sender)
    return "\n".join(lines) + "\n"


def description(
    world: World, places: Places, addresses: dict[str, dict[str, Any]], settings_file: Path
) -> dict[str, Any]:
    """Return the description for other programs, in the documented format."""
    return {
        **addresses,
        "ca_file": str(places.ca_file),
        "connect": places.connect,
        "tenant_id": world.tenant.tenant_id,
        "issuer_document": world.oauth.openid_endpoint_configuration,
        "senders": {
            "basic": {"username": world.basic.username, "password": world.basic.password},
            "oauth": {
                "username": world.oauth.username,
                "client_id": world.oauth.client_id,
                "client_secret": world.oauth.client_secret,
                "scope": world.oauth.scope,
            },
        },
        "settings_file": str(settings_file),
        "directory": _directory(world),
        "tenant_export": str(places.tenant_export),
        "environment": secrets(world, lookups=places.lookups),
    }


def _directory(world: World) -> dict[str, str]:
    """Return the auditor, the public client and the administrator, for the description; an empty dictionary if there is no auditor."""
    auditing = world.tenant.auditing
    if auditing is None:
        return {}
    return {
        "tenant": world.tenant.tenant_id,
        "client_id": auditing.app.client_id,
        "client_secret": world.directory_secret,
        "admin_client_id": auditing.client.client_id,
        "administrator": auditing.administrator.upn,
    }
