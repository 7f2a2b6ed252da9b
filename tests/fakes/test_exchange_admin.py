"""The fake of Exchange's administration, asked by msal and requests: cmdlets, permission and role, one state with SMTP."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes import Running, World, healthy
from fakes.faults import change
from fakes.faults.entra import rbac
from fakes.tenant import AuthPolicy
from fakes.world import ALERTS, CLIENT_ID, NOTICES, PRINCIPAL_OBJECT_ID, REGISTRATION_OBJECT_ID, TENANT_ID
from tests.fakes.asking import EXCHANGE, GRAPH, Desk, auditor
from tests.fakes.dialling import by_password, by_token, led, submission, tenant, token

EXCEPTION = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"
ASKED: dict[str, dict[str, str]] = {
    "Get-TransportConfig": {},
    "Get-CASMailbox": {"Identity": ALERTS},
    "Get-User": {"Identity": ALERTS},
    "Get-OrganizationConfig": {},
    "Get-ServicePrincipal": {"Identity": CLIENT_ID},
    "Get-MailboxPermission": {"Identity": NOTICES, "User": PRINCIPAL_OBJECT_ID},
    "Get-RecipientPermission": {"Identity": NOTICES, "Trustee": PRINCIPAL_OBJECT_ID},
    "Test-ServicePrincipalAuthorization": {"Identity": CLIENT_ID, "Resource": NOTICES},
}


def rows(desk: Desk, cmdlet: str, **parameters: str) -> list[dict[str, Any]]:
    """What a cmdlet brings, which must be an answer."""
    answer = desk.exchange(cmdlet, **(parameters or ASKED.get(cmdlet, {})))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["value"]
    return found


def test_every_cmdlet_is_answered(tmp_path: Path) -> None:
    """The healthy tenant, as its cmdlets show it."""
    with auditor(tmp_path) as desk:
        found = {cmdlet: rows(desk, cmdlet) for cmdlet in ASKED}

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
def test_switches_are_those_that_smtp_obeys(tmp_path: Path, fault_id: str, cmdlet: str, shows: dict[str, Any]) -> None:
    """A switch that refuses a sign-in is the one that the cmdlet shows."""
    with auditor(tmp_path, fault_id) as desk:
        with submission(desk.running) as client:
            reply = _signed_in(client, desk.running, oauth=fault_id.startswith("sp_"))
        (row,) = rows(desk, cmdlet)

    assert reply.startswith("535")
    assert {name: row[name] for name in shows} == shows


def _signed_in(client: Any, running: Running, *, oauth: bool) -> str:  # noqa: ANN401 - smtplib's
    return by_token(client, running, token(running)) if oauth else by_password(client, running)


def test_authentication_policy_of_a_user(tmp_path: Path) -> None:
    """The user's own policy, and what it allows."""
    world = change.user(ALERTS, auth_policy="Printers")(
        healthy().with_tenant(auth_policies=(AuthPolicy(name="Printers", allow_basic_smtp=True),))
    )
    with auditor(tmp_path, world=world) as desk:
        (user,) = rows(desk, "Get-User")
        (policy,) = rows(desk, "Get-AuthenticationPolicy", Identity=user["AuthenticationPolicy"])

    assert (policy["Name"], policy["AllowBasicAuthSmtp"]) == ("Printers", True)


def test_rights_of_the_application(tmp_path: Path) -> None:
    """Send As, no right at all, and the newer way of a role assignment with its scope."""
    own = frozenset({PRINCIPAL_OBJECT_ID})
    worlds: list[World] = [
        change.mailbox(NOTICES, send_as=own)(healthy()),
        change.mailbox(NOTICES, full_access=frozenset())(healthy()),
        rbac(healthy()),
    ]
    found = []
    for number, world in enumerate(worlds):
        with auditor(tmp_path / str(number), world=world) as desk:
            found.append(
                (
                    [row["AccessRights"] for row in rows(desk, "Get-MailboxPermission")],
                    [row["AccessRights"] for row in rows(desk, "Get-RecipientPermission")],
                    [(row["RoleName"], row["InScope"]) for row in rows(desk, "Test-ServicePrincipalAuthorization")],
                )
            )
            elsewhere = rows(desk, "Test-ServicePrincipalAuthorization", Identity=CLIENT_ID, Resource=ALERTS)

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
        pytest.param("Get-RecipientPermission", {"Identity": "n@x.example", "Trustee": ALERTS}, "n@x.example", id="of"),
        pytest.param(
            "Test-ServicePrincipalAuthorization", {"Identity": CLIENT_ID, "Resource": "n@x"}, "n@x", id="resource"
        ),
    ],
)
def test_what_is_not_there(tmp_path: Path, cmdlet: str, parameters: dict[str, str], missing: str) -> None:
    """Exchange answers 404 and names the exception and the object."""
    with auditor(tmp_path) as desk:
        answer = desk.exchange(cmdlet, **parameters)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (404, "NotFound")
    assert f"object '{missing}' couldn't be found" in error["message"]
    assert error["details"][0]["message"].split("|")[1] == EXCEPTION


def test_mailbox_taken_away(tmp_path: Path) -> None:
    """An account without mailbox is a user of Exchange's and no mailbox."""
    with auditor(tmp_path, "mailbox_missing") as desk:
        mailbox = desk.exchange("Get-CASMailbox", Identity=ALERTS)
        (user,) = rows(desk, "Get-User")

    assert (mailbox.status_code, user["RecipientType"]) == (404, "User")


@pytest.mark.parametrize("fault_id", ["lookup_without_exchange_manage_as_app", "lookup_without_global_reader"])
def test_permission_and_role_are_both_needed(tmp_path: Path, fault_id: str) -> None:
    """Without the permission, or without the Entra role, every cmdlet is refused; Graph still answers."""
    with auditor(tmp_path, fault_id) as desk:
        answers = {desk.exchange(cmdlet, **parameters).status_code for cmdlet, parameters in ASKED.items()}
        graph = desk.graph("/v1.0/policies/identitySecurityDefaultsEnforcementPolicy")

    assert answers == {403}
    assert graph.status_code == 200


def test_requests_that_exchange_refuses(tmp_path: Path) -> None:
    """Writing cmdlets, strange bodies, wrong tokens, another tenant, a parameter that is missing."""
    with auditor(tmp_path) as desk:
        bearer = {"Authorization": f"Bearer {desk.token(EXCHANGE)}"}
        address = f"{EXCHANGE}/adminapi/beta/{TENANT_ID}/InvokeCommand"
        elsewhere = address.replace(TENANT_ID, PRINCIPAL_OBJECT_ID)
        config = {"CmdletInput": {"CmdletName": "Get-TransportConfig"}}
        codes = {
            "writes": desk.exchange("Set-CASMailbox", Identity=ALERTS).status_code,
            "strange": desk.session.post(address, json=["x"], headers=bearer, timeout=5).status_code,
            "graph token": desk.exchange("Get-TransportConfig", token=desk.token(GRAPH)).status_code,
            "no token": desk.session.post(address, json=config, timeout=5).status_code,
            "other tenant": desk.session.post(elsewhere, json=config, headers=bearer, timeout=5).status_code,
            "sender's token": desk.exchange("Get-TransportConfig", token=token(desk.running)).status_code,
            "no identity": desk.exchange("Get-CASMailbox").status_code,
            "other cloud": desk.session.post(
                address.replace("office365.com", "office365.us"), json=config, headers=bearer, timeout=5
            ).status_code,
        }
        selected = desk.session.post(f"{address}?$select=Identity", json=config, headers=bearer, timeout=5).json()

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


def test_administration_hosts_are_led_to_the_https_door(tmp_path: Path) -> None:
    """By name and by every address, in every cloud; submission stays where it was."""
    hosts = ("outlook.office365.com", "outlook.office365.us", "outlook-dod.office365.us", "partner.outlook.cn")
    with tenant(tmp_path) as running:
        door = led(running, "login.microsoftonline.com:443")
        for host in hosts:
            zone = running.world.network.zone(host)
            assert zone is not None
            assert {led(running, f"{place}:443") for place in (host, *zone.ipv4)} == {door}
            assert led(running, f"{host}:587") != door


def test_sender_of_another_name_is_found_by_its_alias(tmp_path: Path) -> None:
    """A mailbox answers to each of its addresses, whatever their case."""
    world = change.mailbox(ALERTS, aliases=frozenset({"alarm@fabrikam.example"}))(healthy())
    with auditor(tmp_path, world=replace(world)) as desk:
        (row,) = rows(desk, "Get-CASMailbox", Identity="ALARM@fabrikam.example")

    assert row["PrimarySmtpAddress"] == ALERTS
