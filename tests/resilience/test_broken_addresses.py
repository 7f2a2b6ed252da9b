"""Tests that a malformed URL causes no traceback, whatever its source, and that an unsupported proxy is not used."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from checks.assessment import Assessment
from fakes import healthy, serve
from probes import gather
from probes.machine import describe
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
    """Return the assessment of an OAuth sender whose endpoints are on the scripted server."""
    settings = page.settings(sender)
    chosen = settings.sender["oauth"]
    found = gather.secrets_of([chosen], {"SMTP365_OAUTH_CLIENT_SECRET": "invented-secret-0815"})
    kept = gather_without_errors([chosen], gather.create_context(settings, state=None), found)
    return Assessment(kept["oauth"], settings.for_sender(chosen))


@pytest.mark.parametrize("address", MALFORMED)
@pytest.mark.parametrize("member", ["token_endpoint", "issuer"])
def test_a_malformed_address_in_the_openid_configuration(member: str, address: str, tmp_path: Path) -> None:
    """With a malformed URL in the OpenID configuration, TOKEN-01 fails. If the token endpoint is malformed, no token request is sent."""

    def respond(request: ReceivedRequest) -> Reply | None:
        if request.path.endswith("/openid-configuration"):
            here = f"https://{HOSTS[0]}/{TENANT}"
            members = {"issuer": f"{here}/v2.0", "token_endpoint": f"{here}/oauth2/v2.0/token"}
            return 200, {**members, member: address}
        return None

    with scripted(respond, tmp_path) as page:
        assessment = assess(page, oauth())
        posted = [request for request in page.requests if request.method == "POST"]

    assert assessment.finding("TOKEN-01").verdict == "fail"
    assert member == "issuer" or posted == []
    assert "TOKEN-01" in as_text(results(samples.run(assessment)))


@pytest.mark.parametrize("proxy", ["http://[", "http://user:secret@[x]:3128", "http://proxy:99999", "://"])
def test_a_malformed_proxy_in_the_environment(proxy: str) -> None:
    """With a malformed proxy URL, the run completes and does not print the credentials in the URL."""
    environment = {**os.environ, "https_proxy": proxy, "HTTPS_PROXY": proxy}
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--sender=oauth"]
    done = subprocess.run(
        line, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=120, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "secret" not in done.stdout.replace("client secret", "")


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4", "socks4a", "socks", "SOCKS5", "ftp", "https"])
def test_nothing_is_sent_to_an_unsupported_proxy(scheme: str, variable: str, tmp_path: Path) -> None:
    """If the proxy is not a plain HTTP proxy, a line names it without credentials, the run fails, and the proxy gets no connection."""
    names = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY", "http_proxy", "HTTP_PROXY")
    clean = {name: value for name, value in os.environ.items() if name not in names}
    with serve(healthy(), folder=tmp_path) as running, socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0)
        text = running.settings_file.read_text(encoding="utf-8")
        settings = tmp_path / "proxied.toml"
        settings.write_text(
            "".join(line for line in text.splitlines(keepends=True) if ":443" not in line).replace(
                "only_mapped = true\n", ""
            ),
            encoding="utf-8",
        )
        place = f"127.0.0.1:{proxy.getsockname()[1]}"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--target=live", f"--settings={settings}", "--sender=oauth",
             f"--json={tmp_path / 'r.json'}", f"--html={tmp_path / 'r.html'}", "-p", "no:cacheprovider"],
            cwd=ROOT,
            env={**clean, **running.secrets, variable: f"{scheme}://user:Pr0xy-canary@{place}", "XDG_STATE_HOME": str(tmp_path)},
            capture_output=True, encoding="utf-8", timeout=120, check=False,
        )  # fmt: skip

        with pytest.raises(BlockingIOError):
            proxy.accept()
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{scheme.lower()}://{place}" in done.stdout
    assert "so nothing was sent" in done.stdout
    assert "canary" not in done.stdout + (tmp_path / "r.json").read_text(encoding="utf-8")


def test_the_hosts_that_need_no_proxy_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The evidence contains the number of entries in NO_PROXY, but not the entries, which can name internal hosts."""
    monkeypatch.setenv("no_proxy", "payroll.corp.example, .internal.example,10.1.2.3")

    found = describe(resolvers=(), connect_map=False)

    assert found.proxies["no"] == "3 entries (not shown)"
    assert not any(word in found.model_dump_json() for word in ("payroll", "internal", "10.1.2.3"))


@pytest.mark.parametrize("address", ["https://[x]/common", "https://[::1", "https://login.microsoftonline.com:99999/x"])
def test_a_malformed_endpoint_in_the_settings(address: str, tmp_path: Path) -> None:
    """With a malformed endpoint in the settings, OAUTH-10 fails, its finding says that there is no host, and no request is sent."""
    with scripted(lambda _: None, tmp_path) as page:
        text = oauth().replace(f"https://{HOSTS[0]}/{TENANT}/v2.0/.well-known/openid-configuration", address)
        assessment = assess(page, text)

    assert assessment.finding("OAUTH-10").verdict == "fail"
    assert "contains no host name" in str(assessment.finding("OAUTH-10"))
    assert page.requests == []
