"""Tests with msal of device codes that are pending, polled too fast, approved, declined, expired or used twice."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import msal
import pytest

from fakes import Running, World, healthy
from fakes.entra.device_code import GRANT
from fakes.world.world import ALERTS, CLIENT_ID, TENANT_ID
from tests.fakes.clients import https, session_to, tenant
from tests.fakes.test_serving import control

GRAPH_TOOLS = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
SCOPES = ["https://graph.microsoft.com/Application.Read.All"]


@dataclass
class Device:
    """An msal client on a device without a browser."""

    running: Running
    application: Any

    def begin(self) -> dict[str, Any]:
        """Request a device code."""
        flow: dict[str, Any] = self.application.initiate_device_flow(SCOPES)
        return flow

    def poll(self, flow: dict[str, Any]) -> dict[str, Any]:
        """Make one request for the token and return the response."""
        flow["latest_attempt_at"] = 0  # otherwise msal warns, because it measures from its last attempt
        found: dict[str, Any] = self.application.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)
        return found


def advance_clock(running: Running, seconds: float) -> None:
    """Advance the fakes' clock by the given number of seconds."""
    world = running.world
    running.change(replace(world, clock_offset=world.clock_offset + timedelta(seconds=seconds)))


def start_device(stack: ExitStack, folder: Path, *, client_id: str = GRAPH_TOOLS, world: World | None = None) -> Device:
    """Start a tenant and return an msal client for it."""
    running = stack.enter_context(tenant(folder, world=world))
    application = msal.PublicClientApplication(
        client_id,
        oidc_authority=f"https://login.microsoftonline.com/{TENANT_ID}/v2.0",
        http_client=stack.enter_context(session_to(running)),
    )
    return Device(running, application)


def test_device_code_response_has_the_members_in_order(tmp_path: Path) -> None:
    """The response has Entra's members in Entra's order, and its message contains the user code."""
    form = {"client_id": GRAPH_TOOLS, "scope": "openid"}
    with tenant(tmp_path) as running:
        status, _, text = https(running, f"/{TENANT_ID}/oauth2/v2.0/devicecode", form=form)

    document = json.loads(text)
    assert status == 200
    assert list(document) == ["user_code", "device_code", "verification_uri", "expires_in", "interval", "message"]
    assert (document["expires_in"], document["interval"], len(document["user_code"])) == (900, 5, 9)
    assert document["user_code"] in document["message"]


def test_pending_then_approved_through_the_control_endpoint(tmp_path: Path) -> None:
    """The client gets `authorization_pending` until a user approves the code, and then gets that user's tokens, but only once."""
    with ExitStack() as stack:
        one = start_device(stack, tmp_path)
        flow = one.begin()
        pending = one.poll(flow)
        waiting = control(one.running, "GET", "/device-codes")[1]
        approved = control(one.running, "PUT", f"/device-codes/{flow['user_code']}", {"user": ALERTS})
        answer = one.poll(flow)
        again = one.poll(flow)

    assert (pending["error"], pending["error_codes"]) == ("authorization_pending", [70016])
    assert [row["user_code"] for row in waiting] == [flow["user_code"]]
    assert approved == (200, {"user": ALERTS})
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert (claims["upn"], claims["aud"], claims["scp"]) == (
        ALERTS,
        "https://graph.microsoft.com",
        "Application.Read.All",
    )
    assert "roles" not in claims
    assert answer["id_token_claims"]["preferred_username"] == ALERTS
    assert again["error"] == "bad_verification_code"


def _poll_again_at_once(one: Device, flow: dict[str, Any]) -> dict[str, Any]:
    one.poll(flow)
    return one.poll(flow)


def _poll_after_the_interval(one: Device, flow: dict[str, Any]) -> dict[str, Any]:
    one.poll(flow)
    advance_clock(one.running, 6)
    return one.poll(flow)


def _poll_after_expiry(one: Device, flow: dict[str, Any]) -> dict[str, Any]:
    advance_clock(one.running, 901)
    return one.poll(flow)


def _poll_after_decline(one: Device, flow: dict[str, Any]) -> dict[str, Any]:
    control(one.running, "PUT", f"/device-codes/{flow['user_code']}", {"user": None})
    return one.poll(flow)


@pytest.mark.parametrize(
    ("polling", "error"),
    [
        pytest.param(_poll_again_at_once, "slow_down", id="polled again at once"),
        pytest.param(_poll_after_the_interval, "authorization_pending", id="polled again after the interval"),
        pytest.param(_poll_after_expiry, "expired_token", id="after fifteen minutes"),
        pytest.param(_poll_after_decline, "authorization_declined", id="declined"),
    ],
)
def test_polling_errors(
    tmp_path: Path, polling: Callable[[Device, dict[str, Any]], dict[str, Any]], error: str
) -> None:
    """Each reason for not issuing a token has its own error code."""
    with ExitStack() as stack:
        one = start_device(stack, tmp_path)
        answer = polling(one, one.begin())

    assert answer["error"] == error


def test_automatic_approval(tmp_path: Path) -> None:
    """A tenant can be set up to approve every code automatically as a given user."""
    with ExitStack() as stack:
        one = start_device(stack, tmp_path, world=healthy().with_tenant(device_codes_approved_by=ALERTS))
        answer = one.poll(one.begin())

    assert answer["id_token_claims"]["preferred_username"] == ALERTS


def test_confidential_client_needs_its_secret(tmp_path: Path) -> None:
    """An application that is not registered as a public client gets a device code but no token."""
    with ExitStack() as stack:
        one = start_device(stack, tmp_path, client_id=CLIENT_ID)
        answer = one.poll(one.begin())

    assert answer["error_codes"] == [7000218]


@pytest.mark.parametrize(
    ("path", "form", "code"),
    [
        pytest.param("devicecode", {"client_id": CLIENT_ID[:-1] + "0", "scope": "openid"}, 700016, id="unknown client"),
        pytest.param("devicecode", {"scope": "openid"}, 900144, id="no client"),
        pytest.param("token", {"grant_type": GRANT, "client_id": GRAPH_TOOLS}, 900144, id="no code"),
        pytest.param(
            "token", {"grant_type": GRANT, "client_id": GRAPH_TOOLS, "device_code": "x"}, 70018, id="unknown code"
        ),
    ],
)
def test_invalid_requests(tmp_path: Path, path: str, form: dict[str, str], code: int) -> None:
    """Each invalid request gets the error code for its defect."""
    with tenant(tmp_path) as running:
        _, _, text = https(running, f"/{TENANT_ID}/oauth2/v2.0/{path}", form=form)

    assert json.loads(text)["error_codes"] == [code]


def test_invalid_approvals(tmp_path: Path) -> None:
    """The control endpoint refuses an unknown code, an unknown user and an invalid body."""
    with ExitStack() as stack:
        one = start_device(stack, tmp_path)
        code = one.begin()["user_code"]
        answers = [
            control(one.running, "PUT", "/device-codes/NOBODYS", {"user": ALERTS})[0],
            control(one.running, "PUT", f"/device-codes/{code}", {"user": "nobody@fabrikam.example"})[0],
            control(one.running, "PUT", f"/device-codes/{code}", [])[0],
        ]

    assert answers == [409, 409, 400]
