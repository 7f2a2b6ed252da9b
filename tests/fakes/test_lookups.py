"""Tests of the fakes with lookups enabled: settings, secrets, description, tenant export and the catalogue of lookup faults."""

import json
import tomllib
from pathlib import Path
from typing import Any

import jwt
import pytest

from fakes import FAULTS, LOOKUP_FAULTS, apply, healthy, serve, serve_in_subprocess
from fakes.__main__ import listed
from fakes.admin import export
from fakes.faults.expected import EXPECTED_WITH_LOOKUPS
from fakes.world.records import Records
from fakes.world.world import (
    ADMIN_CLIENT_ID,
    ALERTS,
    AUDITOR_CLIENT_ID,
    AUDITOR_SECRET,
    CLIENT_ID,
    GRAPH_ROLES,
    PASSWORD,
    SECRET_VALUE,
    TENANT_ID,
)
from tests.fakes.admin_api import EXCHANGE, GRAPH, AdminApiClient, auditor
from tests.fakes.clients import by_password, submission, tenant
from tests.fakes.test_serving import control

SECRET = "SMTP365_DIRECTORY_CLIENT_SECRET"


def test_settings_name_the_auditor_with_lookups(tmp_path: Path) -> None:
    """With lookups, the settings contain the [directory] table and the public client's id, while the secret is only in the environment."""
    with serve(healthy(), folder=tmp_path, lookups=True) as running:
        text = running.settings_file.read_text(encoding="utf-8")
        found, secrets, description = tomllib.loads(text), running.secrets, running.description

    assert found["admin_client_id"] == ADMIN_CLIENT_ID
    assert found["directory"] == {
        "tenant": TENANT_ID,
        "client_id": AUDITOR_CLIENT_ID,
        "client_secret_from": f"env:{SECRET}",
    }
    assert secrets[SECRET] == description["directory"]["client_secret"] == description["environment"][SECRET]
    assert secrets[SECRET] not in text
    assert Path(description["tenant_export"]).is_file()


def test_settings_without_lookups(tmp_path: Path) -> None:
    """Without lookups, there is no [directory] table, no secret for the auditor and no export."""
    with tenant(tmp_path) as running:
        found = tomllib.loads(running.settings_file.read_text(encoding="utf-8"))

    assert not {"directory", "admin_client_id"} & found.keys()
    assert SECRET not in running.secrets
    assert not (tmp_path / "tenant-export.json").exists()


def test_command_supports_lookups(tmp_path: Path) -> None:
    """The command line has an option that enables lookups."""
    with serve_in_subprocess(folder=tmp_path, lookups=True, approve_device_codes=True) as process:
        found = process.description

    assert found["directory"]["client_id"] == AUDITOR_CLIENT_ID
    assert json.loads(Path(found["tenant_export"]).read_text(encoding="utf-8"))["tenant_id"] == TENANT_ID


def test_export_equals_the_answers_over_http(tmp_path: Path) -> None:
    """The exported answer to each query or cmdlet has the same status and content as the answer over HTTP."""
    with auditor(tmp_path, "sp_wrong_object_id") as api:
        exported = api.running.export()
        for address, recorded in exported["graph"].items():
            if address.startswith("/"):
                answer = api.graph(address)
                assert (answer.status_code, _plain(answer.json())) == (recorded["status"], _plain(recorded["body"])), (
                    address
                )
        for words, recorded in exported["exchange"].items():
            cmdlet, _, rest = words.partition(" ")
            answer = _run_cmdlet(api, cmdlet, rest)
            assert (answer.status_code, answer.json().get("value", [])) == (recorded["status"], recorded["value"]), (
                words
            )

    assert list(exported) == ["schema", "made", "tenant_id", "graph", "exchange"]
    assert exported["schema"] == "smtp365-tenant-export/1"
    assert {f"sign_in_log {ALERTS}", f"sign_in_log {CLIENT_ID}", f"trace {ALERTS}"} <= exported["graph"].keys()


def _run_cmdlet(api: AdminApiClient, cmdlet: str, rest: str) -> Any:  # noqa: ANN401 - a response of requests
    parameters = dict(word.split("=", 1) for word in rest.split(" ")) if rest else {}
    return api.exchange(cmdlet, **parameters)


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in {"@odata.context", "error"}}


def test_export_follows_the_state(tmp_path: Path) -> None:
    """The export is rewritten after each change. An export fetched later also contains the rows logged since then."""
    with serve(healthy(), folder=tmp_path, lookups=True) as running:
        running.change(apply(healthy(), ["smtp_auth_off_tenant"]))
        changed = json.loads(running.tenant_export.read_text(encoding="utf-8"))
        running.change(apply(healthy(), ["wrong_password"]))
        with submission(running) as client:
            by_password(client, running)
        status, fetched = control(running, "GET", "/tenant-export")

    assert changed["exchange"]["Get-TransportConfig"]["value"][0]["SmtpClientAuthenticationDisabled"] is True
    (row,) = fetched["graph"][f"sign_in_log {ALERTS}"]["body"]["value"]
    assert (status, row["status"]["errorCode"]) == (200, 50126)


@pytest.mark.parametrize("fault_id", [*FAULTS, *LOOKUP_FAULTS])
def test_every_state_can_be_exported(fault_id: str) -> None:
    """With any fault, every answer in the export has the status 200, 403 or 404, and the export contains no secret.

    Without its service principal, the message trace is answered with 401 (Microsoft, "Message trace through Microsoft Graph").
    """
    found = export.document(apply(healthy(), [fault_id]), Records())

    text = json.dumps(found)
    assert not any(secret in text for secret in (PASSWORD, SECRET_VALUE, AUDITOR_SECRET))
    statuses = {recorded["status"] for view in ("graph", "exchange") for recorded in found[view].values()}
    assert statuses <= {200, 403, 404} | ({401} if fault_id == "lookup_trace_not_provisioned" else set())


def test_catalogue_of_lookup_faults() -> None:
    """Each permission has a fault that removes it, no two faults make the same world, and no fault is in both catalogues."""
    worlds = {repr(fault.change(healthy())) for fault in LOOKUP_FAULTS.values()}
    named = " ".join(fault.changes for fault in LOOKUP_FAULTS.values())

    assert len(worlds) == len(LOOKUP_FAULTS)
    assert all(permission in named for permission in (*GRAPH_ROLES, "Exchange.ManageAsApp", "Global Reader"))
    assert not FAULTS.keys() & LOOKUP_FAULTS.keys()
    assert all(fault.senders == ("basic", "oauth") and fault.expected == () for fault in LOOKUP_FAULTS.values())
    assert EXPECTED_WITH_LOOKUPS.keys() <= FAULTS.keys() | LOOKUP_FAULTS.keys()


def test_lookup_faults_are_listed_on_request() -> None:
    """The list of faults includes the lookup faults only on request."""
    plain, complete = (json.loads(listed(as_json=True, lookups=wanted)) for wanted in (False, True))

    assert [row["id"] for row in plain] == list(FAULTS)
    assert [row["id"] for row in complete] == [*FAULTS, *LOOKUP_FAULTS]
    assert "expected_with_look_ups" in complete[0]


def test_auditor_tokens_contain_no_permission_to_send(tmp_path: Path) -> None:
    """The auditor's token for each resource contains exactly the auditor's roles and no permission to send."""
    with auditor(tmp_path) as api:
        roles = {
            resource: jwt.decode(api.token(resource), options={"verify_signature": False})["roles"]
            for resource in (GRAPH, EXCHANGE)
        }

    assert roles == {GRAPH: sorted(GRAPH_ROLES), EXCHANGE: ["Exchange.ManageAsApp"]}
