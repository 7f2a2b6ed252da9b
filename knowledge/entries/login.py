"""Causes that prevent a token request: failures on the path to the login host, and a wrong OpenID document."""

from typing import Final

from knowledge.cause import Cause
from knowledge.entries.sources import CLIENT_CREDENTIALS, ENDPOINTS, ENTRA_CODES, FAQ
from knowledge.step import Step

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="token_endpoint_unreachable",
        title="the login host cannot be reached",
        meaning=(
            "To sign in with OAuth, the application first requests a token over HTTPS, but it cannot reach the "
            "token service. The mail server may still be reachable."
        ),
        shows="Timeouts, name errors or certificate errors for login.microsoftonline.com, port 443.",
        who="network",
        steps=(
            Step(
                (
                    "If a proxy is configured, test the connection through it, on the application's machine and under "
                    "its service account: `Invoke-WebRequest -Uri {issuer_document} -Proxy {proxy}` (Linux: `$ curl -sv "
                    "-x {proxy} {issuer_document}`)."
                ),
                when="through_proxy",
            ),
            Step(
                (
                    "Test the connection on the application's machine and under its service account: `Test-NetConnection "
                    "-ComputerName {login_host} -Port 443` (Linux: `$ curl -sv {issuer_document}`)."
                ),
                answered_by=("TOKEN-01",),
                when="without_proxy",
            ),
            (
                "Allow outbound HTTPS to {login_host} for this machine, or set the proxy for the service account. "
                "`netsh winhttp show proxy` shows the machine's proxy (Linux: https_proxy in the service's "
                "environment)."
            ),
            (
                "If the certificate comes from a proxy, exclude {login_host} from TLS inspection, or add the proxy's root "
                "certificate to the application's runtime."
            ),
        ),
        verify="The check TOKEN-01 passes: the OpenID document can be read.",
        propagation="Immediately.",
        risk="Allow Microsoft's published login hosts only.",
        source=(ENDPOINTS,),
        decide=(
            Step(
                "Run check TOKEN-01, or `Invoke-RestMethod {issuer_document}` on the application's machine.",
                answered_by=("TOKEN-01",),
            ),
        ),
    ),
    Cause(
        id="login_blocked_by_proxy",
        title="a proxy or filter answers instead of the login host",
        headline="a proxy or filter answers instead of the login host: {answer}",
        meaning=(
            "The application requests the OpenID document or a token from {login_host}. A web proxy, a filter or "
            "a captive portal replies instead, with its own page or a redirect: {answer}."
        ),
        shows="HTTP 403, 407 or 200 with a web page, or a redirect, instead of a JSON document.",
        who="network",
        steps=(
            Step(
                (
                    "If a proxy is configured, request the document through it under the application's service account: "
                    "`Invoke-WebRequest -Uri {issuer_document} -Proxy {proxy}` (Linux: `$ curl -sv -x {proxy} "
                    "{issuer_document}`). The text of the page shows which rule applies."
                ),
                when="through_proxy",
            ),
            Step(
                (
                    "If no proxy is configured for this account, a transparent proxy or filter replies. Request the "
                    "document under the application's service account: `Invoke-WebRequest -Uri {issuer_document}` "
                    "(Linux: `$ curl -sv {issuer_document}`). Repeat the request from a different network."
                ),
                when="without_proxy",
            ),
            (
                "In the proxy or filter, allow {login_host} for this machine and account without proxy "
                "authentication (407): a service cannot enter a proxy password."
            ),
            "Exclude {login_host} from TLS inspection and from content filtering.",
            Step(
                (
                    "If the proxy or filter replied to the token request, it has received the client secret: create a "
                    "new secret, and delete the old one."
                ),
                when="secret_sent",
            ),
        ),
        verify="The checks TOKEN-01 and TOKEN-02 pass: the document can be read, and a token is issued.",
        propagation="As soon as the rule is active.",
        risk="Allow Microsoft's published login hosts only.",
        source=(ENDPOINTS,),
        decide=(
            (
                "Request the document on the application's machine under its service account, and read the text of "
                "the page: `Invoke-WebRequest -Uri {issuer_document}`."
            ),
        ),
    ),
    Cause(
        id="issuer_document_altered",
        title="a device or program on the network path changes the OpenID document",
        meaning=(
            "The address in the settings is right, but the document that arrives contains the token endpoint "
            "{token_endpoint}, which the login host does not publish. Anyone who can change the document can "
            "collect client secrets."
        ),
        shows=(
            "The token endpoint or the issuer in the document is on a host that is not Microsoft's, or belongs "
            "to a different tenant from the URL."
        ),
        who="network",
        steps=(
            (
                "Fetch the document from this machine and from a different network, and compare the results: "
                "`Invoke-RestMethod {issuer_document} | Select-Object issuer, token_endpoint`. In this run the "
                "document contained {token_endpoint}."
            ),
            (
                "If the two documents differ, work with the security team to find what changes this machine's copy: "
                "a proxy, a filter, an entry in the hosts file, or a root certificate in this machine's store that "
                "does not belong there."
            ),
            "Do not send a secret from this machine until the document is right.",
            Step(
                "This run sent the client secret: create a new secret, and delete the old one.",
                when="secret_sent",
            ),
        ),
        verify=(
            "The document that this machine receives contains a token endpoint on {login_host}, and check "
            "TOKEN-01 passes."
        ),
        propagation="As soon as the device or program no longer changes the document.",
        risk=(
            "Treat this as a security incident until you have found the cause: other applications on this "
            "machine are affected too."
        ),
        source=("https://openid.net/specs/openid-connect-discovery-1_0.html", ENDPOINTS),
        decide=("Request the same document from a different network: does it contain a different token endpoint?",),
    ),
    Cause(
        id="wrong_tenant_or_authority",
        title="the tenant or login address in the settings is wrong",
        meaning=(
            "The application requests the token from a directory that does not exist, is not yours, or cannot be "
            "used for this type of application. The address may contain a placeholder, 'common', or the host of "
            "a different cloud."
        ),
        shows=(
            "AADSTS90002, 900023, 50194, 50059; 'Tenant … not found'; 'not configured as a multi-tenant application'."
        ),
        who="sender",
        steps=(
            (
                "Copy the Directory (tenant) ID from Entra admin center > Entra ID > Overview, or with PowerShell: "
                "`(Get-MgOrganization).Id`."
            ),
            (
                "Set OpenID Endpoint Configuration to https://login.microsoftonline.com/<tenant "
                "id>/v2.0/.well-known/openid-configuration with that id. Do not use common, organizations or "
                "consumers, and leave no angle brackets or braces in the address."
            ),
            (
                "In another cloud, use that cloud's login host (login.microsoftonline.us or "
                "login.partner.microsoftonline.cn)."
            ),
        ),
        verify=(
            "`Invoke-RestMethod {issuer_document}` returns a document whose issuer contains your tenant id, and "
            "check OAUTH-10 passes."
        ),
        propagation="Immediately.",
        risk="Do not make the application multi-tenant only to use 'common': this opens it to every directory.",
        source=(FAQ + ", OAuth Step 5", ENTRA_CODES, CLIENT_CREDENTIALS),
        decide=(
            Step(
                "Run check OAUTH-10: is the tenant the same in the URL, the issuer and the token?",
                answered_by=("OAUTH-10",),
            ),
        ),
    ),
    Cause(
        id="tenant_blocked_by_proxy",
        title="the network's own proxy does not allow this tenant",
        meaning=(
            "A web proxy on the network path adds a list of permitted tenants to requests for the login host (tenant "
            "restrictions). This tenant is not on the list, so Entra refuses the sign-in. No policy in the tenant itself "
            "is involved."
        ),
        shows="AADSTS500021, 500022 or 50002: access to the tenant is denied.",
        who="network",
        steps=(
            (
                "Find the proxy that inspects the traffic to {login_host}, and its rule that adds the headers "
                "Restrict-Access-To-Tenants (or sec-Restrict-Tenant-Access-Policy) and Restrict-Access-Context."
            ),
            "Add the tenant {tenant} to the list in Restrict-Access-To-Tenants, as a domain or as a directory id.",
            (
                "If the organisation uses tenant restrictions v2, add the tenant to the organisation's policy instead: Entra "
                "ID > External Identities > Cross-tenant access settings."
            ),
            "Or exempt this machine from the rule: a server that sends mail uses one tenant only.",
        ),
        verify="The check TOKEN-02 passes on the application's machine.",
        propagation="As soon as the proxy uses the new rule; with tenant restrictions v2, within an hour.",
        risk="Add only this tenant: the rule keeps data of the organisation out of other tenants.",
        source=(
            "https://learn.microsoft.com/en-us/entra/identity/enterprise-apps/tenant-restrictions",
            "https://learn.microsoft.com/en-us/entra/external-id/tenant-restrictions-v2",
            ENTRA_CODES,
        ),
        decide=(
            "Request a token from a network without that proxy: if it succeeds there, the proxy's list is the cause.",
        ),
    ),
)
