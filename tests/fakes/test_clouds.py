"""Tests of the same tenant in each of Microsoft's clouds, on the hosts of that cloud and of no other."""

import json
import tomllib
from pathlib import Path

import jwt
import pytest

from fakes import healthy
from fakes.world.clouds import CLOUDS
from fakes.world.world import AUDITOR_CLIENT_ID, TENANT_ID, in_cloud
from tests.fakes.clients import by_password, by_token, https, submission, tenant

TRACES = "/v1.0/admin/exchange/tracing/messageTraces"
DEFAULTS = "/v1.0/policies/identitySecurityDefaultsEnforcementPolicy"


@pytest.mark.parametrize("name", [name for name, cloud in CLOUDS.items() if cloud.graph_host])
def test_tenant_is_served_in_its_cloud(tmp_path: Path, name: str) -> None:
    """The cloud's hosts serve discovery, tokens, both sign-ins and Graph. A login host of a different cloud does not serve the tenant."""
    cloud = CLOUDS[name]
    login = cloud.login_hosts[0]
    with tenant(tmp_path, world=in_cloud(healthy(), name)) as running:

        def token(client_id: str, secret: str, resource: str) -> str:
            form = {
                "grant_type": "client_credentials",
                "client_id": client_id,
                "client_secret": secret,
                "scope": f"{resource}/.default",
            }
            body = json.loads(https(running, f"/{TENANT_ID}/oauth2/v2.0/token", host=login, form=form)[2])
            return str(body["access_token"])

        document = json.loads(https(running, f"/{TENANT_ID}/v2.0/.well-known/openid-configuration", host=login)[2])
        sender, auditor = running.world.oauth, running.world.directory_secret
        mail = token(sender.client_id, sender.client_secret, cloud.exchange[0])
        replies = []
        for sign_in in (by_password, lambda client, running: by_token(client, running, mail)):
            with submission(running, server=cloud.smtp_host) as client:
                replies.append(sign_in(client, running)[:3])
        bearer = {"Authorization": f"Bearer {token(AUDITOR_CLIENT_ID, auditor, cloud.graph)}"}
        found = [https(running, path, host=cloud.graph_host, headers=bearer)[0] for path in (DEFAULTS, TRACES)]
        elsewhere = "login.microsoftonline.com" if name != "worldwide" else "login.microsoftonline.us"
        other_cloud_status = https(running, f"/{TENANT_ID}/v2.0/.well-known/openid-configuration", host=elsewhere)[0]

    assert document["issuer"] == f"https://{login}/{TENANT_ID}/v2.0"
    assert document["msgraph_host"] == cloud.graph_host
    assert jwt.decode(mail, options={"verify_signature": False})["roles"] == ["SMTP.SendAsApp"]
    assert replies == ["235", "235"]
    assert found == [200, 200 if cloud.traces else 400]
    assert other_cloud_status == 400


def test_declared_service_is_served_under_its_own_names(tmp_path: Path) -> None:
    """A declared service is served under the organisation's own names, with certificates for those names, and the settings declare it."""
    with tenant(tmp_path, world=in_cloud(healthy(), "custom")) as running:
        path = f"/{TENANT_ID}/v2.0/.well-known/openid-configuration"
        document = json.loads(https(running, path, host="login.corp.example")[2])
        with submission(running, server="mail.corp.example") as client:
            reply = by_password(client, running)[:3]
        declared = tomllib.loads(running.settings_file.read_text(encoding="utf-8"))

    assert document["issuer"] == declared["custom"]["issuer"] == f"https://login.corp.example/{TENANT_ID}/v2.0"
    assert reply == "235"
    assert declared["cloud"] == "custom"
    assert {sender["smtp_server"] for sender in declared["sender"].values()} == {"mail.corp.example"}
