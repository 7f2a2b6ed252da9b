"""A malformed address never causes a traceback, whatever its source."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from checks.assessment import Assessment
from probes import gather
from reports.results import as_text, results
from tests.probe_run import gather_without_errors
from tests.probes.scripted import HOSTS, TENANT, ReceivedRequest, Reply, ScriptedTenant, oauth, scripted
from tests.reports import samples

ROOT = Path(__file__).parents[2]
MALFORMED = [
    "https://[x]/token",
    "https://[::1",
    f"https://{HOSTS[0]}:99999/token",
    f"https://{HOSTS[0]}]/token",
    "//[",
    "][",
]


def assess(page: ScriptedTenant, sender: str) -> Assessment:
    """Return the assessment of an OAuth sender that has a client secret and whose endpoints are on the scripted server."""
    settings = page.settings(sender)
    chosen = settings.sender["oauth"]
    found = gather.secrets_of([chosen], {"SMTP365_OAUTH_CLIENT_SECRET": "invented-secret-0815"})
    kept = gather_without_errors([chosen], gather.create_context(settings, state=None), found)
    return Assessment(kept["oauth"], settings.for_sender(chosen))


@pytest.mark.parametrize("address", MALFORMED)
@pytest.mark.parametrize("member", ["token_endpoint", "issuer"])
def test_a_malformed_address_in_the_openid_configuration(member: str, address: str, tmp_path: Path) -> None:
    """TOKEN-01 fails, no client secret is sent to a malformed token endpoint, and the results can be written."""

    def respond(request: ReceivedRequest) -> Reply | None:
        if request.path.endswith("/openid-configuration"):
            here = f"https://{HOSTS[0]}/{TENANT}"
            members = {"issuer": f"{here}/v2.0", "token_endpoint": f"{here}/oauth2/v2.0/token"}
            return 200, {**members, member: address}
        return None

    with scripted(respond, tmp_path) as page:
        judged = assess(page, oauth())
        posted = [request for request in page.requests if request.method == "POST"]

    assert judged.finding("TOKEN-01").verdict == "fail"
    assert member == "issuer" or posted == []
    assert "TOKEN-01" in as_text(results(samples.run(judged)))


@pytest.mark.parametrize("proxy", ["http://[", "http://user:secret@[x]:3128", "http://proxy:99999", "://"])
def test_a_malformed_proxy_in_the_environment(proxy: str) -> None:
    """The run completes, and the credentials in the proxy address are not printed."""
    environment = {**os.environ, "https_proxy": proxy, "HTTPS_PROXY": proxy}
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--sender=oauth"]
    done = subprocess.run(
        line, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=120, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "secret" not in done.stdout.replace("client secret", "")


@pytest.mark.parametrize("address", ["https://[x]/common", "https://[::1", "https://login.microsoftonline.com:99999/x"])
def test_a_malformed_endpoint_in_the_settings(address: str, tmp_path: Path) -> None:
    """OAUTH-10 fails, its finding says that the endpoint names no host, and no request is sent."""
    with scripted(lambda _: None, tmp_path) as page:
        text = oauth().replace(f"https://{HOSTS[0]}/{TENANT}/v2.0/.well-known/openid-configuration", address)
        judged = assess(page, text)

    assert judged.finding("OAUTH-10").verdict == "fail"
    assert "names no host" in str(judged.finding("OAUTH-10"))
    assert page.requests == []
