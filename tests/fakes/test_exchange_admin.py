"""Tests of the fake Exchange administration API with msal and requests.

They cover the cmdlets, the required permission and role, and the state that the API shares with SMTP.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes import Running, World, healthy
from fakes.faults import change
from fakes.faults.entra import rbac
from fakes.world.tenant import AuthPolicy
from fakes.world.world import ALERTS, CLIENT_ID, NOTICES, PRINCIPAL_OBJECT_ID, REGISTRATION_OBJECT_ID, TENANT_ID
from tests.fakes.admin_api import EXCHANGE, GRAPH, AdminApiClient, auditor
from tests.fakes.clients import by_password, by_token, mapped_address, submission, tenant, token

EXCEPTION = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"
PARAMETERS: dict[str, dict[str, str]] = {
    "Get-TransportConfig": {},
    "Get-CASMailbox": {"Identity": ALERTS},
    "Get-User": {"Identity": ALERTS},
    "Get-OrganizationConfig": {},
    "Get-ServicePrincipal": {"Identity": CLIENT_ID},
    "Get-MailboxPermission": {"Identity": NOTICES, "User": PRINCIPAL_OBJECT_ID},
    "Get-RecipientPermission": {"Identity": NOTICES, "Trustee": PRINCIPAL_OBJECT_ID},
    "Test-ServicePrincipalAuthorization": {"Identity": CLIENT_ID, "Resource": NOTICES},
}


def rows(api: AdminApiClient, cmdlet: str, **parameters: str) -> list[dict[str, Any]]:
    """Run a cmdlet, assert that it succeeds, and return its rows."""
    answer = api.exchange(cmdlet, **(parameters or PARAMETERS.get(cmdlet, {})))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["value"]
    return found


def test_every_cmdlet_is_answered(tmp_path: Path) -> None:
    """Every cmdlet returns the state of the healthy tenant."""
    with auditor(tmp_path) as api:
        found = {cmdlet: rows(api, cmdlet) for cmdlet in PARAMETERS}

    assert found["Get-TransportConfig"][0]["SmtpClientAuthenticationDisabled"] is False
    assert found["Get-CASMailbox"][0]["SmtpClientAuthenticationDisabled"] is None
    assert found["Get-User"][0]["AuthenticationPolicy"] is None
    assert found["Get-OrganizationConfig"][0]["DefaultAuthenticationPolicy"] is None
    assert found["Get-ServicePrincipal"][0]["ObjectId"] == PRINCIPAL_OBJECT_ID
    assert found["Get-MailboxPermission"][0]["AccessRights"] == ["FullAccess"]
    assert (found["Get-RecipientPermission"], found["Test-ServicePrincipalAuthorization"]) == ([], [])


@pytest.mark.parametrize(
    ("fault_id", "cmdlet", "shows"),
    [
        pytest.param(
            "smtp_auth_off_tenant", "Get-TransportConfig", {"SmtpClientAuthenticationDisabled": True}, id="tenant"
        ),
        pytest.param(
            "smtp_auth_off_mailbox", "Get-CASMailbox", {"SmtpClientAuthenticationDisabled": True}, id="mailbox"
        ),
        pytest.param(
            "auth_policy", "Get-OrganizationConfig", {"DefaultAuthenticationPolicy": "Block Basic Auth"}, id="policy"
        ),
        pytest.param(
            "sp_wrong_object_id", "Get-ServicePrincipal", {"ObjectId": REGISTRATION_OBJECT_ID}, id="wrong object id"
        ),
    ],
)
def test_cmdlets_show_the_switches_that_smtp_uses(
    tmp_path: Path, fault_id: str, cmdlet: str, shows: dict[str, Any]
) -> None:
    """A cmdlet returns the same setting that makes SMTP refuse a sign-in."""
    with auditor(tmp_path, fault_id) as api:
        with submission(api.running) as client:
            reply = _signed_in(client, api.running, oauth=fault_id.startswith("sp_"))
        (row,) = rows(api, cmdlet)

    assert reply.startswith("535")
    assert {name: row[name] for name in shows} == shows


def _signed_in(client: Any, running: Running, *, oauth: bool) -> str:  # noqa: ANN401 - a subclass of smtplib's client
    return by_token(client, running, token(running)) if oauth else by_password(client, running)


def test_authentication_policy_of_a_user(tmp_path: Path) -> None:
    """Get-User returns the name of the user's own authentication policy, and Get-AuthenticationPolicy returns what it allows."""
    world = change.user(ALERTS, auth_policy="Printers")(
        healthy().with_tenant(auth_policies=(AuthPolicy(name="Printers", allow_basic_smtp=True),))
    )
    with auditor(tmp_path, world=world) as api:
        (user,) = rows(api, "Get-User")
        (policy,) = rows(api, "Get-AuthenticationPolicy", Identity=user["AuthenticationPolicy"])

    assert (policy["Name"], policy["AllowBasicAuthSmtp"]) == ("Printers", True)


def test_permissions_of_the_application(tmp_path: Path) -> None:
    """The cmdlets return the application's permissions on the mailbox and the scope of its role assignment (RBAC for Applications)."""
    own = frozenset({PRINCIPAL_OBJECT_ID})
    worlds: list[World] = [
        change.mailbox(NOTICES, send_as=own)(healthy()),
        change.mailbox(NOTICES, full_access=frozenset())(healthy()),
        rbac(healthy()),
    ]
    found = []
    for number, world in enumerate(worlds):
        with auditor(tmp_path / str(number), world=world) as api:
            found.append(
                (
                    [row["AccessRights"] for row in rows(api, "Get-MailboxPermission")],
                    [row["AccessRights"] for row in rows(api, "Get-RecipientPermission")],
                    [(row["RoleName"], row["InScope"]) for row in rows(api, "Test-ServicePrincipalAuthorization")],
                )
            )
            elsewhere = rows(api, "Test-ServicePrincipalAuthorization", Identity=CLIENT_ID, Resource=ALERTS)

    assert found == [
        ([["FullAccess"]], [["SendAs"]], []),
        ([], [], []),
        ([], [], [("Application SMTP.SendAsApp", True)]),
    ]
    assert [row["InScope"] for row in elsewhere] == [False]


@pytest.mark.parametrize(
    ("cmdlet", "parameters", "missing"),
    [
        pytest.param("Get-CASMailbox", {"Identity": "nobody@x.example"}, "nobody@x.example", id="mailbox"),
        pytest.param("Get-User", {"Identity": "nobody@x.example"}, "nobody@x.example", id="user"),
        pytest.param("Get-AuthenticationPolicy", {"Identity": "Nothing"}, "Nothing", id="policy"),
        pytest.param("Get-ServicePrincipal", {"Identity": TENANT_ID}, TENANT_ID, id="application"),
        pytest.param("Get-MailboxPermission", {"Identity": NOTICES, "User": TENANT_ID}, TENANT_ID, id="trustee"),
        pytest.param(
            "Get-RecipientPermission",
            {"Identity": "n@x.example", "Trustee": ALERTS},
            "n@x.example",
            id="mailbox of the trustee",
        ),
        pytest.param(
            "Test-ServicePrincipalAuthorization", {"Identity": CLIENT_ID, "Resource": "n@x"}, "n@x", id="resource"
        ),
    ],
)
def test_missing_object(tmp_path: Path, cmdlet: str, parameters: dict[str, str], missing: str) -> None:
    """For a missing object, Exchange returns 404 with the names of the exception and the object."""
    with auditor(tmp_path) as api:
        answer = api.exchange(cmdlet, **parameters)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (404, "NotFound")
    assert f"object '{missing}' couldn't be found" in error["message"]
    assert error["details"][0]["message"].split("|")[1] == EXCEPTION


def test_account_without_mailbox(tmp_path: Path) -> None:
    """Get-User finds an account without a mailbox, but Get-CASMailbox does not."""
    with auditor(tmp_path, "mailbox_missing") as api:
        mailbox = api.exchange("Get-CASMailbox", Identity=ALERTS)
        (user,) = rows(api, "Get-User")

    assert (mailbox.status_code, user["RecipientType"]) == (404, "User")


@pytest.mark.parametrize("fault_id", ["lookup_without_exchange_manage_as_app", "lookup_without_global_reader"])
def test_permission_and_role_are_both_needed(tmp_path: Path, fault_id: str) -> None:
    """Without the permission or the Entra role, every cmdlet is refused, while Graph still works."""
    with auditor(tmp_path, fault_id) as api:
        answers = {api.exchange(cmdlet, **parameters).status_code for cmdlet, parameters in PARAMETERS.items()}
        graph = api.graph("/v1.0/policies/identitySecurityDefaultsEnforcementPolicy")

    assert answers == {403}
    assert graph.status_code == 200


def test_invalid_requests(tmp_path: Path) -> None:
    """The API refuses cmdlets that write, invalid bodies, unsuitable tokens, a different tenant and a missing parameter."""
    with auditor(tmp_path) as api:
        bearer = {"Authorization": f"Bearer {api.token(EXCHANGE)}"}
        address = f"{EXCHANGE}/adminapi/beta/{TENANT_ID}/InvokeCommand"
        elsewhere = address.replace(TENANT_ID, PRINCIPAL_OBJECT_ID)
        config = {"CmdletInput": {"CmdletName": "Get-TransportConfig"}}
        codes = {
            "writes": api.exchange("Set-CASMailbox", Identity=ALERTS).status_code,
            "strange": api.session.post(address, json=["x"], headers=bearer, timeout=5).status_code,
            "graph token": api.exchange("Get-TransportConfig", token=api.token(GRAPH)).status_code,
            "no token": api.session.post(address, json=config, timeout=5).status_code,
            "other tenant": api.session.post(elsewhere, json=config, headers=bearer, timeout=5).status_code,
            "sender's token": api.exchange("Get-TransportConfig", token=token(api.running)).status_code,
            "no identity": api.exchange("Get-CASMailbox").status_code,
            "other cloud": api.session.post(
                address.replace("office365.com", "office365.us"), json=config, headers=bearer, timeout=5
            ).status_code,
        }
        selected = api.session.post(f"{address}?$select=Identity", json=config, headers=bearer, timeout=5).json()

    assert codes == {
        "writes": 403,
        "strange": 400,
        "graph token": 401,
        "no token": 401,
        "other tenant": 403,
        "sender's token": 403,
        "no identity": 400,
        "other cloud": 401,
    }
    assert selected["value"] == [{"Identity": "Transport Settings"}]


def test_administration_hosts_map_to_the_https_port(tmp_path: Path) -> None:
    """Port 443 of every cloud's administration host maps to the HTTPS port, by name and by address, but port 587 does not."""
    hosts = ("outlook.office365.com", "outlook.office365.us", "outlook-dod.office365.us", "partner.outlook.cn")
    with tenant(tmp_path) as running:
        https_port = mapped_address(running, "login.microsoftonline.com:443")
        for host in hosts:
            zone = running.world.network.zone(host)
            assert zone is not None
            assert {mapped_address(running, f"{place}:443") for place in (host, *zone.ipv4)} == {https_port}
            assert mapped_address(running, f"{host}:587") != https_port


def test_mailbox_is_found_by_its_alias(tmp_path: Path) -> None:
    """A mailbox is found by its alias, even in different letter case."""
    world = change.mailbox(ALERTS, aliases=frozenset({"alarm@fabrikam.example"}))(healthy())
    with auditor(tmp_path, world=replace(world)) as api:
        (row,) = rows(api, "Get-CASMailbox", Identity="ALARM@fabrikam.example")

    assert row["PrimarySmtpAddress"] == ALERTS
