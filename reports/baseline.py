"""Compares the results of two runs: the verdicts of checks, and differences in the evidence. The page shows both in one section."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_BAD = frozenset({"fail"})
_OPEN = frozenset({"unknown", "blocked"})


@dataclass(frozen=True, slots=True)
class Change:
    """A check whose verdict differs between the runs, or that failed in both."""

    sender: str
    check: str
    title: str
    was: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The comparison with an earlier run. Each of the `facts` is a difference in the evidence: the sender, the fact, and its two values."""

    started: str
    host: str
    target: str
    fixed: tuple[Change, ...]
    broken: tuple[Change, ...]
    still: tuple[Change, ...]
    other: tuple[Change, ...]
    facts: tuple[tuple[str, str, str, str], ...]


def changes(before: dict[str, Any], now: dict[str, Any]) -> Changes:
    """Compare two results of this schema, by check and by fact. A sender that only one of them contains is reported as a fact."""
    old, new = _checks(before), _checks(now)
    by_kind: dict[str, list[Change]] = {"fixed": [], "broken": [], "still": [], "other": []}
    for key, check in new.items():
        if key in old:
            kind = _kind(old[key]["verdict"], check["verdict"])
            if kind:
                by_kind[kind].append(Change(*key, check["title"], old[key]["verdict"], check["verdict"]))
    return Changes(
        started=before["started"],
        host=before["host"],
        target=before["target"],
        facts=tuple(_facts(before, now)),
        fixed=tuple(by_kind["fixed"]),
        broken=tuple(by_kind["broken"]),
        still=tuple(by_kind["still"]),
        other=tuple(by_kind["other"]),
    )


def _kind(was: str, now: str) -> str:
    if was in _BAD:
        return "still" if now in _BAD else "other" if now in _OPEN else "fixed"
    if now in _BAD:
        return "broken"
    return "other" if was != now else ""


def _checks(data: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(sender["name"], check["id"]): check for sender in data["senders"] for check in sender["checks"]}


def _facts(before: dict[str, Any], now: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    old = {sender["name"]: sender for sender in before["senders"]}
    new = {sender["name"]: sender for sender in now["senders"]}
    found = [(name, "sender", "present", "not in this run") for name in old if name not in new]
    found += [(name, "sender", "not in the earlier run", "present") for name in new if name not in old]
    for name, sender in new.items():
        if name in old:
            then, now_facts = _facts_of(old[name]), _facts_of(sender)
            found += [(name, fact, then[fact], value) for fact, value in now_facts.items() if then[fact] != value]
    return found


def _facts_of(sender: dict[str, Any]) -> dict[str, str]:
    """Return the facts about a sender that are compared, as strings. A fact from a gate that was not reached is empty."""
    evidence = sender["evidence"]
    machine, tls, greeting = evidence["machine"], evidence["tls"] or {}, evidence["greeting"] or {}
    leaf = (tls.get("chain") or [{}])[0]
    port, token = evidence["port"] or {}, evidence["token"] or {}
    settings = sender["settings"]["sender"]
    facts = {
        "host": machine["host"],
        "account": machine["account"],
        "operating system": machine["system"],
        "Python and OpenSSL": f"{machine['python']}, {machine['openssl']}",
        "proxies": ", ".join(f"{scheme}: {address}" for scheme, address in machine["proxies"].items()),
        "resolvers": ", ".join(machine["resolvers"]),
        "server addresses": ", ".join(sorted((evidence["name"] or {}).get("addresses", []))),
        "address used": (port.get("used") or {}).get("address", ""),
        "greeting": _greeting(" ".join((greeting.get("greeting") or {}).get("lines", []))),
        "TLS version": tls.get("version") or "",
        "certificate": _certificate(leaf),
        "application in the token": str((token.get("claims") or {}).get("appid", "")),
    }
    names = (
        "smtp_server",
        "port",
        "use_ssl",
        "authentication_type",
        "username",
        "client_id",
        "openid_endpoint_configuration",
        "scope",
        "from",
        "to",
    )
    return facts | {f"setting {name}": str(settings.get(name, "")) for name in names}


def _greeting(text: str) -> str:
    """Return the greeting without the date and the front end's label, which differ from one connection to Microsoft to the next."""
    host, _, rest = text.partition(" ")
    label, _, domain = host.partition(".")
    host = f"….{domain}" if label and domain.lower().endswith("outlook.office365.com") else host
    return f"{host} {rest.partition(' ready at ')[0]}".strip()


def _certificate(leaf: dict[str, Any]) -> str:
    return (
        f"{leaf['subject']}, until {str(leaf['not_after'])[:10]}, SHA-256 {leaf['sha256'][:16]}…"
        if leaf.get("subject")
        else ""
    )
