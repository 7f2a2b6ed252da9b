"""Tests that msal and PyJWT accept the fake Entra as an identity provider, and that its refusals have the form of Microsoft's."""

import base64
import json
from pathlib import Path

import jwt
import pytest

from fakes import FAULTS
from fakes.world.world import CLIENT_ID, TENANT_ID
from tests.fakes.clients import LOGIN_HOST, acquire_with_msal, https, request_token, tenant, token

DISCOVERY_MEMBERS = [
    "token_endpoint", "token_endpoint_auth_methods_supported", "jwks_uri", "response_modes_supported",
    "subject_types_supported", "id_token_signing_alg_values_supported", "response_types_supported", "scopes_supported",
    "issuer", "request_uri_parameter_supported", "userinfo_endpoint", "authorization_endpoint",
    "device_authorization_endpoint", "http_logout_supported", "frontchannel_logout_supported", "end_session_endpoint",
    "claims_supported", "kerberos_endpoint", "tenant_region_scope", "cloud_instance_name", "cloud_graph_host_name",
    "msgraph_host", "rbac_url",
]  # fmt: skip
ERROR_MEMBERS = ["error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id"]

REFUSED = {
    "app_unknown": (400, "unauthorized_client", 700016),
    "client_unknown": (400, "unauthorized_client", 700016),
    "client_is_object_id": (400, "unauthorized_client", 700016),
    "app_sp_missing": (401, "invalid_client", 7000229),
    "app_disabled": (400, "unauthorized_client", 7000112),
    "secret_wrong": (401, "invalid_client", 7000215),
    "secret_id_pasted": (401, "invalid_client", 7000215),
    "secret_revoked": (401, "invalid_client", 7000215),
    "secret_expired": (401, "invalid_client", 7000222),
    "public_client": (401, "invalid_client", 700025),
    "resource_missing": (400, "invalid_resource", 500011),
    "scope_misspelt": (400, "invalid_resource", 500011),
    "delegated_scope": (400, "invalid_scope", 1002012),
    "scope_missing": (400, "invalid_request", 900144),
    "tenant_not_permitted": (400, "invalid_request", 500021),
    "workload_blocked": (400, "invalid_grant", 53003),
    "place_not_named_oauth": (400, "invalid_grant", 53003),
    "token_throttled": (429, "invalid_request", 90055),
    "tenant_gone": (400, "invalid_request", 90002),
    "tenant_unknown": (400, "invalid_request", 90002),
    "tenant_malformed": (400, "invalid_request", 900023),
    "common_authority": (400, "invalid_request", 9001023),
}


def test_discovery_document_has_the_members_in_order(tmp_path: Path) -> None:
    """The v2.0 document has the same members as Microsoft's, in the same order, and contains the tenant's own URLs."""
    with tenant(tmp_path) as running:
        status, headers, text = https(running, f"/{TENANT_ID}/v2.0/.well-known/openid-configuration")

    document = json.loads(text)
    assert (status, headers["cache-control"]) == (200, "max-age=86400, private")
    assert list(document) == DISCOVERY_MEMBERS
    assert document["issuer"] == f"https://{LOGIN_HOST}/{TENANT_ID}/v2.0"
    assert document["token_endpoint"] == f"https://{LOGIN_HOST}/{TENANT_ID}/oauth2/v2.0/token"


def test_v1_document_and_instance_discovery(tmp_path: Path) -> None:
    """The v1 document contains the old issuer. Instance discovery lists the aliases of the login hosts."""
    with tenant(tmp_path) as running:
        old = json.loads(https(running, f"/{TENANT_ID}/.well-known/openid-configuration")[2])
        path = (
            "/common/discovery/instance?api-version=1.1&authorization_endpoint=https://login.microsoftonline.com/common"
        )
        instances = json.loads(https(running, path)[2])

    assert old["issuer"] == f"https://sts.windows.net/{TENANT_ID}/"
    assert "login.windows.net" in instances["metadata"][0]["aliases"]


def test_msal_gets_a_token_that_pyjwt_verifies(tmp_path: Path) -> None:
    """The msal library accepts the issuer and the response. PyJWT verifies the token with the published keys and finds the v1 claims."""
    with tenant(tmp_path) as running:
        answer = acquire_with_msal(running)
        published = json.loads(https(running, f"/{TENANT_ID}/discovery/v2.0/keys")[2])
        (request,) = running.token_requests
    key = jwt.PyJWKSet.from_dict(published)[jwt.get_unverified_header(answer["access_token"])["kid"]]
    claims = jwt.decode(answer["access_token"], key, algorithms=["RS256"], audience="https://outlook.office365.com")

    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3599)
    assert claims["iss"] == f"https://sts.windows.net/{TENANT_ID}/"
    assert (claims["ver"], claims["roles"], claims["appid"], claims["tid"]) == (
        "1.0",
        ["SMTP.SendAsApp"],
        CLIENT_ID,
        TENANT_ID,
    )
    assert not {"upn", "scp"} & claims.keys()
    assert (request.by, request.code) == ("client_secret_post", 0)


@pytest.mark.parametrize("fault_id", REFUSED)
def test_refusal(tmp_path: Path, fault_id: str) -> None:
    """Each fault in the tenant, the application or the secret gets its AADSTS code in a response with Entra's members."""
    with tenant(tmp_path, fault_id) as running:
        status, document = request_token(running)

    assert (status, document["error"], document["error_codes"]) == (
        REFUSED[fault_id][0],
        REFUSED[fault_id][1],
        [REFUSED[fault_id][2]],
    )
    assert list(document)[:6] == ERROR_MEMBERS
    assert document["error_description"].startswith(f"AADSTS{document['error_codes'][0]}: ")
    assert f" Trace ID: {document['trace_id']} Correlation ID: " in document["error_description"]
    assert set(document) - set(ERROR_MEMBERS) <= {"error_uri", "suberror", "claims"}


def test_msal_reports_the_refusal(tmp_path: Path) -> None:
    """For an expired secret, msal returns Entra's error."""
    with tenant(tmp_path, "secret_expired") as running:
        answer = acquire_with_msal(running)

    assert answer["error_codes"] == [7000222]


def test_refusal_has_the_headers_of_the_service(tmp_path: Path) -> None:
    """The request id in the headers equals the trace id in the body, and the response repeats the client's correlation id."""
    with tenant(tmp_path) as running:
        status, headers, text = https(
            running,
            f"/{TENANT_ID}/oauth2/v2.0/token",
            form={},
            headers={"client-request-id": "11111111-2222-4333-8444-555555555555"},
        )

    document = json.loads(text)
    assert status == 400
    assert headers["x-ms-request-id"] == document["trace_id"]
    assert document["correlation_id"] == "11111111-2222-4333-8444-555555555555"
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert {"x-ms-ests-server", "p3p", "strict-transport-security", "cache-control", "date"} <= headers.keys()


def test_unknown_tenant_has_no_discovery_document(tmp_path: Path) -> None:
    """For an unknown tenant, the discovery endpoint returns 400 with the error `invalid_tenant`."""
    with tenant(tmp_path) as running:
        status, _, text = https(running, "/7d2f8e61-05a4-4cb3-9e17-c83b60d5f429/v2.0/.well-known/openid-configuration")

    assert (status, json.loads(text)["error"]) == (400, "invalid_tenant")


def test_secret_in_the_header_is_accepted(tmp_path: Path) -> None:
    """The token endpoint accepts client_secret_basic as well as client_secret_post."""
    with tenant(tmp_path) as running:
        sender = running.world.oauth
        pair = base64.b64encode(f"{sender.client_id}:{sender.client_secret}".encode()).decode()
        status, _, _ = https(
            running,
            f"/{TENANT_ID}/oauth2/v2.0/token",
            form={"grant_type": "client_credentials", "scope": sender.scope},
            headers={"Authorization": f"Basic {pair}"},
        )
        (request,) = running.token_requests

    assert (status, request.by) == (200, "client_secret_basic")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"grant_type": ""}, 900144, id="no grant type"),
        pytest.param({"grant_type": "password"}, 70003, id="other grant"),
        pytest.param({"client_secret": ""}, 7000216, id="no secret"),
        pytest.param({"scope": "nonsense"}, 70011, id="invalid scope"),
        pytest.param({"client_assertion": "x.y.z", "client_secret": ""}, 50027, id="malformed assertion"),
    ],
)
def test_invalid_requests(tmp_path: Path, changes: dict[str, str], code: int) -> None:
    """Each invalid request gets the error code for its defect."""
    with tenant(tmp_path) as running:
        _, document = request_token(running, **changes)

    assert document["error_codes"] == [code]


@pytest.mark.parametrize(
    ("fault_id", "status", "shows"),
    [
        pytest.param("login_proxy_page", 403, "This site is blocked", id="proxy page"),
        pytest.param("login_wrong_content", 200, "not JSON", id="wrong content"),
        pytest.param("login_server_error", 503, "Service Unavailable", id="server error"),
        pytest.param("login_redirect_loop", 302, "", id="redirect to itself"),
        pytest.param("token_endpoint_foreign", 200, "login.token-thief.example", id="foreign token endpoint"),
        pytest.param("issuer_foreign", 200, "/99999999-9999-4999-8999-999999999999/v2.0", id="foreign issuer"),
    ],
)
def test_interception_of_the_discovery_document(tmp_path: Path, fault_id: str, status: int, shows: str) -> None:
    """An intercepted request to the login host returns an error or a changed discovery document."""
    with tenant(tmp_path, fault_id) as running:
        answered, headers, text = https(running, f"/{TENANT_ID}/v2.0/.well-known/openid-configuration")

    assert answered == status
    assert shows in text
    assert fault_id != "login_redirect_loop" or headers["location"].endswith("/.well-known/openid-configuration")


@pytest.mark.parametrize(
    ("fault_id", "status"),
    [pytest.param("token_proxy_page", 200, id="proxy page"), pytest.param("token_redirect", 307, id="redirect")],
)
def test_interception_of_the_token_request(tmp_path: Path, fault_id: str, status: int) -> None:
    """An intercepted token request returns no token and is not recorded by the fake Entra."""
    with tenant(tmp_path, fault_id) as running:
        answered, _, text = https(running, f"/{TENANT_ID}/oauth2/v2.0/token", form={"grant_type": "client_credentials"})
        counted = running.token_requests

    assert (answered, counted) == (status, ())
    assert "access_token" not in text


def test_other_resource_gets_no_exchange_role(tmp_path: Path) -> None:
    """A token requested for Graph has Graph as its audience and does not contain Exchange's role."""
    with tenant(tmp_path, "graph_scope") as running:
        claims = jwt.decode(token(running), options={"verify_signature": False})

    assert claims["aud"] == "https://graph.microsoft.com"
    assert "roles" not in claims


def test_every_fault_of_the_token_gate_is_tested() -> None:
    """Every fault of the token gate is in the table of refusals or is tested elsewhere."""
    elsewhere = {"token_proxy_page", "token_redirect", "secret_expiring", "clock_behind", "clock_ahead"}

    assert {fault.id for fault in FAULTS.values() if fault.gate == "token"} - REFUSED.keys() <= elsewhere
