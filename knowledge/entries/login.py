"""Causes on the way to the login host and in its document, before a token is asked for."""

from typing import Final

from knowledge.cause import Cause
from knowledge.entries.sources import CLIENT_CREDENTIALS, ENDPOINTS, ENTRA_CODES, FAQ
from knowledge.step import Step

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="token_endpoint_unreachable",
        title="the login host cannot be reached",
        meaning=(
            "Before it can sign in with OAuth the application must fetch a token over HTTPS, and it cannot reach "
            "the token service. The mail server itself may be reachable all the while."
        ),
        shows="Timeouts, name or certificate errors that name login.microsoftonline.com, port 443.",
        who="network",
        steps=(
            Step(
                "If a proxy is configured, ask through it, from the application's machine and account: `Invoke-WebRequest -Uri "
                "{issuer_document} -Proxy {proxy}` (Linux: `$ curl -sv -x {proxy} {issuer_document}`).",
                when="through_proxy",
            ),
            Step(
                "From the application's machine and account: `Test-NetConnection -ComputerName {login_host} -Port 443` "
                "(Linux: `$ curl -sv {issuer_document}`).",
                answered_by=("TOKEN-01",),
                when="without_proxy",
            ),
            (
                "Allow outbound HTTPS to {login_host} for this machine, or set the proxy for the service account: "
                "`netsh winhttp show proxy` shows the machine's (Linux: https_proxy in the service's environment)."
            ),
            "If the certificate is a proxy's, exclude {login_host} from inspection or add that root to this runtime.",
        ),
        verify="Check TOKEN-01 passes: the OpenID document is read.",
        propagation="Immediately.",
        risk="Allow Microsoft's published login hosts only.",
        source=(ENDPOINTS,),
        decide=(
            Step(
                "Check TOKEN-01, or `Invoke-RestMethod {issuer_document}` on the application's machine.",
                answered_by=("TOKEN-01",),
            ),
        ),
    ),
    Cause(
        id="login_blocked_by_proxy",
        title="a proxy or filter answers instead of the login host",
        headline="instead of the login host a proxy or filter answers with {answer}",
        meaning=(
            "The application asks {login_host} for its sign-in document or a token, and something else answers: a web proxy, a "
            "filter or a portal, with a page or a redirection of its own. What came back: {answer}."
        ),
        shows="HTTP 403, 407 or 200 with a web page, or a redirection, where a JSON document should come.",
        who="network",
        steps=(
            Step(
                "If a proxy is configured, ask for that address through it, as the application's account: `Invoke-WebRequest "
                "-Uri {issuer_document} -Proxy {proxy}` (Linux: `$ curl -sv -x {proxy} {issuer_document}`). The same page comes "
                "back; its words name the rule.",
                when="through_proxy",
            ),
            Step(
                "If no proxy is configured for this account, one on the way answers unasked (a transparent proxy or filter). "
                "Ask for that address as the application's account: `Invoke-WebRequest -Uri {issuer_document}` (Linux: `$ curl "
                "-sv {issuer_document}`), and once more from another network.",
                when="without_proxy",
            ),
            (
                "Have {login_host} allowed in the proxy or filter for this machine and account, without a sign-in to the proxy "
                "(407): a service cannot answer that."
            ),
            "Exclude {login_host} from TLS inspection and from block pages.",
            Step(
                "If the page answered the request for the token, it has seen the client secret: create a new one and delete "
                "the old one.",
                when="secret_sent",
            ),
        ),
        verify="Checks TOKEN-01 and TOKEN-02 pass: the document is read and a token is issued.",
        propagation="Immediately when the rule is active.",
        risk="Allow the published login hosts only.",
        source=(ENDPOINTS,),
        decide=(
            (
                "What the page says, asked for from the application's machine and account: `Invoke-WebRequest -Uri "
                "{issuer_document}`."
            ),
        ),
    ),
    Cause(
        id="issuer_document_altered",
        title="something on the way changes the login host's document",
        meaning=(
            "The address in the settings is right, and the document that came back from it names another place for sign-in: "
            "token endpoint {token_endpoint}. The login host does not publish that. Whoever changes the document can collect "
            "client secrets."
        ),
        shows="The token endpoint or the issuer in the document is on a foreign host, or belongs to another tenant than the URL.",
        who="network",
        steps=(
            (
                "Fetch the document from this machine and from another network, and compare what it names: "
                "`Invoke-RestMethod {issuer_document} | Select-Object issuer, token_endpoint`. This run was given "
                "{token_endpoint}."
            ),
            (
                "Where the two differ, have the network and security team find what changes it: a proxy, a filter, a hosts-file "
                "entry, a root certificate in this machine's store that does not belong there."
            ),
            "Send no secret from this machine until the document is right.",
            Step(
                "The client secret was sent in this run: create a new one and delete the old one.",
                when="secret_sent",
            ),
        ),
        verify="The document names a token endpoint on {login_host} from this machine too; check TOKEN-01 passes.",
        propagation="Immediately when the device or program is gone.",
        risk="Treat it as a security incident until it is explained: other applications on this machine are concerned as well.",
        source=("https://openid.net/specs/openid-connect-discovery-1_0.html", ENDPOINTS),
        decide=("The same document from another network: does it name another token endpoint?",),
    ),
    Cause(
        id="wrong_tenant_or_authority",
        title="the tenant or login address in the settings is wrong",
        meaning=(
            "The token is asked of a directory that does not exist, is not yours, or cannot be used for this kind "
            "of application. A placeholder left in the address, 'common', or another cloud's host do the same."
        ),
        shows=(
            "AADSTS90002, 900023, 50194, 50059; 'Tenant … not found'; 'not configured as a multi-tenant application'."
        ),
        who="sender",
        steps=(
            (
                "Read the Directory (tenant) ID at Entra admin center > Identity > Overview, or: "
                "`(Get-MgOrganization).Id`."
            ),
            (
                "Set OpenID Endpoint Configuration to https://login.microsoftonline.com/<tenant "
                "id>/v2.0/.well-known/openid-configuration with that id in it; not common, organizations or consumers, "
                "and no braces left."
            ),
            "In another cloud use its own login host (login.microsoftonline.us, login.partner.microsoftonline.cn).",
        ),
        verify=(
            "`Invoke-RestMethod {issuer_document}` answers, and its issuer contains your tenant id; check OAUTH-10 passes."
        ),
        propagation="Immediately.",
        risk="Do not make the application multi-tenant just to use 'common': it opens it to every directory.",
        source=(FAQ + ", OAuth Step 5", ENTRA_CODES, CLIENT_CREDENTIALS),
        decide=(
            Step(
                "Check OAUTH-10: tenant in the URL, in the issuer and in the token must agree.",
                answered_by=("OAUTH-10",),
            ),
        ),
    ),
)
