"""The standards and the steps that several entries share."""

from typing import Final

from knowledge.step import Step

_RFC: Final = "https://www.rfc-editor.org/rfc/rfc"

SMTP: Final = _RFC + "5321"
SUBMISSION: Final = _RFC + "6409"
AUTH: Final = _RFC + "4954"
STARTTLS: Final = _RFC + "3207"
STATUS: Final = _RFC + "3463"
TLS_USE: Final = _RFC + "8314"
TLS_OLD: Final = _RFC + "8996"
CERTIFICATE: Final = _RFC + "5280"
DNS_TCP: Final = _RFC + "7766"
TOKEN: Final = _RFC + "6749"
RESOURCE: Final = _RFC + "8707"
JWT: Final = _RFC + "7519"
OAUTH_SASL: Final = _RFC + "7628"
DISCOVERY: Final = "https://openid.net/specs/openid-connect-discovery-1_0.html"

NAME_LOOKUP: Final = Step(
    (
        "Look up the name on the application's own machine: `nslookup {smtp_server}` (Linux: `$ getent hosts "
        "{smtp_server}`)."
    ),
    answered_by=("NET-01",),
)
NAME_ELSEWHERE: Final = "Query another name server on the network for {smtp_server}."
PORT_TEST: Final = Step(
    (
        "Test the connection on the application's own machine: `Test-NetConnection -ComputerName {smtp_server} -Port "
        "{port}` (Linux: `$ nc -vz {smtp_server} {port}`)."
    ),
    answered_by=("NET-02",),
)
COMPARE_CLOCK: Final = Step("Make sure that this machine's clock is correct (check HOST-04).", answered_by=("HOST-04",))
SHOW_TLS: Final = (
    "Look at the TLS version and the certificate: `$ openssl s_client -starttls smtp -connect "
    "{smtp_server}:{port} -servername {smtp_server}`."
)
SHOW_LOGIN_TLS: Final = (
    "Look at the certificate: `$ openssl s_client -connect {login_host}:443 -servername {login_host}` (if the "
    "address in the settings contains a port, use that port)."
)
ASK_SERVER: Final = (
    "Send the administrator of {smtp_server} the reply, the time of the attempt and the IP address that it came "
    "from. The mail log shows the reason."
)
ASK_LOGIN: Final = (
    "Send the administrator of {login_host} the reply, the time of the request and the client id. The log of the "
    "token service shows the reason."
)
SERVER_LOG: Final = "The entry for this attempt in the mail log of {smtp_server} shows the reason."
LOGIN_LOG: Final = "The entry for this request in the log of the token service at {login_host} shows the reason."
FIND_IN_SERVER_LOG: Final = (
    "Find the entry for this attempt in the mail log of {smtp_server}, and correct what it reports."
)
FIND_IN_LOGIN_LOG: Final = (
    "Find the entry for this request in the log of the token service at {login_host}, and correct what it reports."
)
