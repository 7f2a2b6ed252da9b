"""The lookups for one sender: which questions it needs, in which order they are asked, and the record of the answers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any

from evidence.tenant import LookupResult, LookupState, PrincipalLookup, TenantEvidence, UserLookup
from probes.deadline import Deadline, utc_now
from probes.lookups import exchange_lookups, graph_lookups, log_lookups, policies
from probes.lookups.answers import LookupSource
from probes.lookups.client import LookupClient
from probes.lookups.questions import BASIC_FACTS, OAUTH_FACTS
from probes.redaction import Redactor
from probes.scrubbing import scrubbed_tenant
from settings.address import address_of
from settings.clouds import Cloud
from settings.microsoft import SHARED_TENANTS
from settings.model import Sender

SECONDS = 60.0
_AT_ONCE = 6
_NO_TENANT = {"", *SHARED_TENANTS}


class Lookups:
    """The lookups in one run, all from the same source."""

    def __init__(self, source: LookupSource, cloud: Cloud, redactor: Redactor, close: Callable[[], None]) -> None:
        """Store the source. `redactor` removes tokens from text; `close` cancels waiting requests and closes connections."""
        self._source = source
        self._cloud = cloud
        self._redactor = redactor
        self.close = close

    def begin(self, sender: Sender, deadline: Deadline | None = None) -> PendingLookups:
        """Start the lookups for this sender in the background. They end with `deadline`, and after a minute at the latest."""
        bound = Deadline(SECONDS) if deadline is None else deadline.within(SECONDS)
        return PendingLookups(self._source, self._cloud, self._redactor, sender, bound)


class PendingLookups:
    """The lookups for one sender, which run in their own threads."""

    def __init__(
        self, source: LookupSource, cloud: Cloud, redactor: Redactor, sender: Sender, deadline: Deadline
    ) -> None:
        self._source = source
        self._cloud = cloud
        self._redactor = redactor
        self._sender = sender
        self._begun = utc_now()
        self._client = LookupClient(source, deadline)
        self._pool = ThreadPoolExecutor(max_workers=_AT_ONCE + 1, thread_name_prefix="lookup")
        self._tenant = ""
        self._foreign = False
        self._settings: Future[dict[str, LookupResult]] = self._pool.submit(self._ask_settings)

    def finish(self, started: datetime, message_id: str) -> TenantEvidence:
        """Wait for all lookups and add the log rows since `started`. An empty `message_id` means that no message was accepted."""
        facts = self._settings.result()
        if not self._foreign:
            facts |= self._ask_rows(started, message_id)
        self._pool.shutdown(wait=False)
        return self._record(facts)

    def _record(self, facts: dict[str, LookupResult]) -> TenantEvidence:
        client = self._client
        failed = [result for result in facts.values() if result.state in {LookupState.FAILED, LookupState.REFUSED}]
        nothing = bool(facts) and not any(result.seen for result in facts.values())
        evidence = TenantEvidence.model_validate(
            {
                "way": self._source.way,
                "tenant": self._tenant,
                "looked_at": self._begun,
                "signed_in_as": self._source.signed_in_as(),
                "failure": (failed or list(facts.values()))[0].detail if nothing else "",
                "requests": client.requests,
                "seconds": round(client.deadline.elapsed(), 4),
                **facts,
            }
        )
        return scrubbed_tenant(evidence, self._redactor)

    # -- during the run ----------------------------------------------------------------------------------------------------

    def _ask_settings(self) -> dict[str, LookupResult]:
        self._tenant = self._source.tenant(self._client.deadline)
        names = BASIC_FACTS if self._sender.method == "basic" else OAUTH_FACTS
        other = tenant_of(self._sender.openid_endpoint_configuration) if self._sender.method == "oauth" else ""
        self._foreign = _is_foreign(other, self._tenant)
        if self._foreign:
            return self._not_asked(names, other)
        return self._basic() if self._sender.method == "basic" else self._oauth()

    def _not_asked(self, names: tuple[str, ...], other: str) -> dict[str, LookupResult]:
        detail = f"this sender's endpoint names the tenant {other}, but the lookups are for {self._tenant}"
        kinds = {name: TenantEvidence.model_fields[name].annotation for name in (*names, "sign_in_log")}
        return {
            name: _kind(annotation)(state=LookupState.NOT_ASKED, question=name, detail=detail)
            for name, annotation in kinds.items()
        }

    def _basic(self) -> dict[str, LookupResult]:
        ask, user = self._client, self._sender.sign_in_user
        found: Future[UserLookup] = self._pool.submit(graph_lookups.user, ask, user)
        pending: dict[str, Future[Any]] = {
            "user": found,
            "domain": self._pool.submit(graph_lookups.domain, ask, user),
            "mfa": self._pool.submit(graph_lookups.mfa, ask, user),
            "methods": self._pool.submit(graph_lookups.methods, ask, user),
            "security_defaults": self._pool.submit(graph_lookups.security_defaults, ask),
            "transport": self._pool.submit(exchange_lookups.transport, ask),
            "mailbox": self._pool.submit(exchange_lookups.mailbox, ask, user),
            "auth_policy": self._pool.submit(exchange_lookups.auth_policy, ask, user),
            "conditional_access": self._pool.submit(self._policies, "user", found),
        }
        return {name: future.result() for name, future in pending.items()}

    def _oauth(self) -> dict[str, LookupResult]:
        ask, user, client_id = self._client, self._sender.sign_in_user, self._sender.client_id
        principal: Future[PrincipalLookup] = self._pool.submit(graph_lookups.principal, ask, client_id)
        registered = self._pool.submit(exchange_lookups.exchange_principal, ask, client_id)
        pending: dict[str, Future[Any]] = {
            "principal": principal,
            "exchange_principal": registered,
            "user": self._pool.submit(graph_lookups.user, ask, user),
            "application": self._pool.submit(graph_lookups.application, ask, client_id),
            "transport": self._pool.submit(exchange_lookups.transport, ask),
            "mailbox": self._pool.submit(exchange_lookups.mailbox, ask, user),
            "rbac": self._pool.submit(exchange_lookups.rbac, ask, client_id, user),
            # Each of the following waits for one that was started before it and so has a thread already.
            "roles": self._pool.submit(lambda: graph_lookups.roles(ask, principal.result())),
            "mailbox_right": self._pool.submit(
                lambda: exchange_lookups.mailbox_right(ask, user, principal.result(), registered.result())
            ),
            "conditional_access": self._pool.submit(self._policies, "application", principal),
        }
        return {name: future.result() for name, future in pending.items()}

    def _policies(self, aims_at: str, of: Future[Any]) -> LookupResult:
        return policies.conditional_access(self._client, aims_at=aims_at, object_id=of.result().object_id)

    # -- after the run ------------------------------------------------------------------------------------------------------

    def _ask_rows(self, started: datetime, message_id: str) -> dict[str, LookupResult]:
        sender = self._sender
        client_id = sender.client_id if sender.method == "oauth" else ""
        log = self._pool.submit(
            log_lookups.sign_in_log,
            self._client,
            user=sender.sign_in_user,
            client_id=client_id,
            started=started,
        )
        facts: dict[str, LookupResult] = {}
        if message_id:
            facts["trace"] = log_lookups.trace(
                self._client,
                self._cloud,
                mail_from=sender.envelope_from,
                message_id=message_id,
                started=started,
                now=utc_now(),
            )
        return {"sign_in_log": log.result(), **facts}


def tenant_of(url: str) -> str:
    """Return the tenant in an endpoint URL: an id or a domain in lower case, or an empty string if the URL names no single tenant."""
    first = address_of(url).first.lower()
    return "" if first in _NO_TENANT else first


def _is_foreign(named: str, asked: str) -> bool:
    """Return whether both tenants are known and differ. A domain and an id cannot be compared and do not count as different."""
    return bool(named and asked) and (named.count("-") == 4 and asked.count("-") == 4) and named != asked


def _kind(annotation: Any) -> type[LookupResult]:  # noqa: ANN401 - `UserLookup | None` as pydantic stores it
    found: type[LookupResult] = next(one for one in annotation.__args__ if one is not type(None))
    return found
