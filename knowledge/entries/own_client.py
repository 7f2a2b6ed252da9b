"""Causes on the application's own side of a connection: its check of revocation, its connection pool and its timeouts."""

from typing import Final

from knowledge.cause import Cause
from knowledge.entries.sources import ENDPOINTS, LIMITS
from knowledge.step import Step, per_client

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="revocation_unreachable",
        title="this machine cannot check whether the server's certificate has been revoked",
        meaning=(
            "The certificate itself may be right. The client asks the certificate authority over HTTP whether the "
            "certificate has been revoked, and gets no answer, because a firewall or proxy blocks that request or the "
            "service account has no proxy."
        ),
        shows="CRYPT_E_REVOCATION_OFFLINE (0x80092013) or CRYPT_E_NO_REVOCATION_CHECK (0x80092012); .NET: RevocationStatusUnknown.",
        who="network",
        steps=(
            (
                "Allow HTTP (port 80) from this machine to the hosts of the certificate authorities: crl3.digicert.com, "
                "crl4.digicert.com, ocsp.digicert.com, oneocsp.microsoft.com and www.microsoft.com (path /pkiops)."
            ),
            (
                "If the machine reaches the internet only through a proxy, set that proxy for services too: `netsh winhttp "
                "show proxy` shows the current setting."
            ),
            (
                "Save the server's certificate as server.cer, and test it: `certutil -url server.cer` or `certutil -verify "
                "-urlfetch server.cer`."
            ),
        ),
        verify="`certutil -verify -urlfetch server.cer` ends without an error, and the application connects.",
        propagation="As soon as the rule is active; Windows caches an earlier failure for some minutes.",
        risk="Do not turn off the revocation check in the application: a stolen certificate would still be accepted.",
        source=(
            "https://learn.microsoft.com/en-us/purview/encryption-office-365-certificate-chains",
            ENDPOINTS,
        ),
        decide=("Run `certutil -verify -urlfetch server.cer` under the application's service account.",),
    ),
    Cause(
        id="client_pool_exhausted",
        title="the application's own connection pool or timeout ended the attempt",
        meaning=(
            "The failure happened inside the application's library, before the server replied: all connections in the "
            "library's pool were in use, the pool was closed, or the library's time limit was too short."
        ),
        shows="'Timeout waiting for connection from pool', 'connection pool was closed', 'HttpClient.Timeout of 100 seconds elapsing'.",
        who="sender",
        steps=(
            "Reuse one client object for all messages and token requests, and close each connection after use.",
            (
                "Use a pool of one or two connections for SMTP, and let the pool wait for a free connection instead of "
                "giving up."
            ),
            per_client(nodemailer="For nodemailer: maxConnections: 1."),
            "Set the client's own timeout to at least 60 seconds: Exchange delays the reply to a refused sign-in on purpose.",
            Step(
                "If checks NET-02 and AUTH-01 pass on the same machine, the network is not the cause.",
                answered_by=("NET-02", "AUTH-01"),
            ),
        ),
        verify="The log of the application shows no such error for a day under the usual load.",
        propagation="Immediately after a restart of the application.",
        risk="A larger pool does not help: Exchange accepts three messages at a time per mailbox.",
        source=(LIMITS, "https://learn.microsoft.com/en-us/dotnet/fundamentals/networking/http/httpclient-guidelines"),
        decide=("Run smtp365 on the same machine at the time of the failure: does it connect?",),
    ),
)
