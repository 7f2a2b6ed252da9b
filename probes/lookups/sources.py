"""Creates the source for lookups from the settings: an auditor application, an administrator or an export."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from evidence.tenant import SourceKind
from probes.lookups import administrator, export
from probes.lookups.administrator import Say
from probes.lookups.authority import Authority
from probes.lookups.caching import CachingSource
from probes.lookups.http_source import HttpSource
from probes.lookups.pending import Lookups, tenant_of
from probes.lookups.questions import BASIC_FACTS, OAUTH_FACTS, permissions
from probes.lookups.tokens import ApplicationTokens, Tokens
from probes.redaction import Redactor
from probes.sender_run import RunContext
from settings.clouds import Cloud
from settings.model import Directory, Sender, Settings
from settings.secret import Found


def ready(
    settings: Settings, senders: Iterable[Sender], context: RunContext, found: Found | None, say: Say | None
) -> Lookups | None:
    """Return the lookups with the source that the settings and options select, or None if they select none.

    A service that the user declared has no lookups. If `say` is given and the settings have an `admin_client_id`, an administrator signs
    in instead of the auditor application.
    """
    if not context.cloud.microsoft:
        return None
    if say is not None and settings.admin_client_id is not None:
        return by_administrator(settings.admin_client_id, settings.directory, senders, context, say)
    if settings.directory is not None and found is not None:
        return by_application(settings.directory, found, context)
    return None


def by_application(directory: Directory, found: Found, context: RunContext) -> Lookups:
    """Return lookups that use the application in `[directory]`, which signs in unattended with a client secret or a certificate."""
    redactor = context.redactor(context.secrets)
    if found.secret is not None:
        redactor.learn(found.secret.reveal())
    authority = Authority(directory.tenant, context.cloud, context.https_client, redactor)
    tokens = ApplicationTokens(directory, found, authority, context.cloud)
    return _over_https(SourceKind.APPLICATION, tokens, authority, context, redactor)


def by_administrator(
    client_id: str, directory: Directory | None, senders: Iterable[Sender], context: RunContext, say: Say
) -> Lookups:
    """Return lookups for `--admin-sign-in`. The administrator signs in now, before any mail server is contacted."""
    redactor = context.redactor(context.secrets)
    known = list(senders)
    authority = Authority(_home(directory, known), context.cloud, context.https_client, redactor)
    needed = {"basic": (*BASIC_FACTS, "sign_in_log", "trace"), "oauth": (*OAUTH_FACTS, "sign_in_log", "trace")}
    scopes = permissions(tuple(fact for method in {one.method: 0 for one in known} for fact in needed[method]))
    tokens = administrator.sign_in(client_id, scopes, authority, context.cloud, say)
    return _over_https(SourceKind.ADMINISTRATOR, tokens, authority, context, redactor)


def by_export(path: Path, cloud: Cloud) -> Lookups:
    """Return lookups for `--tenant-export`, which contact no host. Raises SettingsError if the file is not an export."""
    return Lookups(export.read(path), cloud, Redactor(), lambda: None)


def _over_https(
    way: SourceKind, tokens: Tokens, authority: Authority, context: RunContext, redactor: Redactor
) -> Lookups:
    source = HttpSource(way, tokens, authority, context.cloud, context.https_client, redactor)
    return Lookups(CachingSource(source), context.cloud, redactor, source.close)


def _home(directory: Directory | None, senders: list[Sender]) -> str:
    """Return the administrator's tenant: from `[directory]`, a sender's endpoint or the domain in a user name, else `organizations`."""
    if directory is not None:
        return directory.tenant
    named = [tenant_of(one.openid_endpoint_configuration) for one in senders if one.method == "oauth"]
    domains = [one.sign_in_user.rpartition("@")[2] for one in senders]
    return next((tenant for tenant in (*named, *domains) if tenant), "organizations")
