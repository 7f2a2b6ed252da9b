"""Rules for socket and resolver errors, as worded by operating systems, runtimes and clients."""

from __future__ import annotations

from typing import Final

from evidence.gates import Gate
from knowledge import languages
from knowledge.normalise import any_of
from knowledge.rule import Rule, Weight, group, one, some

_TOKEN_LEG: Final = one("token_endpoint_unreachable", "login_only")
_HTTP_LEG: Final = some("token_endpoint_unreachable", needs=("http_leg",))

NETWORK: Final[tuple[Rule, ...]] = (
    Rule(
        gate=Gate.NAME,
        weight=Weight.NAMES,
        says=any_of(
            "name does not resolve | [Errno -3] Try again | "
            "getaddrinfo failed | getaddrinfo ENOTFOUND | getaddrinfo EAI_AGAIN | ENOTFOUND | EAI_AGAIN | "
            "EAI_NONAME | EAI_FAIL | Name or service not known | nodename nor servname | no such host | "
            "temporary failure in name resolution | name resolution failure | failure in name resolution | "
            "UnknownHostException | unknown host | unknown mail server host | could not be resolved | "
            "could not resolve host | couldn't resolve host | can't resolve host | cannot resolve host | "
            "unable to resolve host | failed to resolve host | cannot find your computer on the network | "
            "no address associated with | no address associated to name | NXDOMAIN | SERVFAIL | "
            "server misbehaving | non-recoverable failure in name | "
            "non-recoverable error occurred during a database lookup | host not found | "
            "host or domain name not found | NameResolutionError | NameResolutionFailure | "
            "failed to lookup address | cannot locate SMTP server | cannot locate host | "
            "valid name, no data record | requested name is valid | WSAHOST_NOT_FOUND | dns lookup failed | "
            "dns resolution failed | dns error | WSANO_DATA | queryA ENOTFOUND | queryA ETIMEOUT | "
            "queryA ESERVFAIL | gai_error | Errno 11001 | "
            "socket error # 11001 | socket error 11001 | error 11001 | error 11004 | dns server returned | "
            "queryA | queryAaaa | EDNS | 53: read udp | 53: dial udp | 53: read tcp | 53: dial tcp | "
            "SMTP server not found | mail server not found | unable to find SMTP server | cannot find SMTP server | "
            "could not find SMTP server | server could not be found | 0x800ccc0d | "
            "no servers could be reached | nodename or servname | hostname lookup | name lookup | "
            "lookup failed | socket.gaierror | cannot look up | hostname could not be resolved | "
            "bad hostname | unresolved address | UnresolvedAddressException | resolve the host name | "
            "dial tcp: lookup"
        )
        + languages.UNKNOWN_HOST,
        unless=("certificate",),
        outcomes=(
            _TOKEN_LEG,
            _HTTP_LEG,
            some("wrong_host_or_port", "dns_failure", needs=("scheme_in_host",)),
            some("wrong_host_or_port", "dns_failure", needs=("lookalike_name",)),
            one("dns_failure", "known_name"),
            one("dns_failure", "submission_host"),
            some("dns_failure", "wrong_host_or_port", needs=("other_name",)),
            some("dns_failure", "wrong_host_or_port"),
        ),
    ),
    Rule(  # .NET on Linux writes the resolver's EAI_AGAIN as the system's EAGAIN, which no other call of a socket returns there
        gate=Gate.NAME,
        weight=Weight.NAMES,
        says=any_of("SocketException (11): Resource temporarily | 00000001, 11): Resource temporarily"),
        outcomes=(
            _TOKEN_LEG,
            some("token_endpoint_unreachable", "dns_failure", needs=("http_leg",)),
            one("dns_failure"),
        ),
    ),
    Rule(
        gate=Gate.NAME,
        weight=Weight.NAMES,
        says=("resource temporarily unavailable",),
        outcomes=(
            some("token_endpoint_unreachable", "dns_failure", needs=("at_name", "http_leg")),
            one("dns_failure", "at_name"),
        ),
    ),
    Rule(
        gate=Gate.NAME,
        weight=Weight.NAMES,
        says=any_of(
            "hostname could not be parsed | host name could not be parsed | invalid hostname | invalid host name"
        ),
        outcomes=(one("wrong_host_or_port"),),
    ),
    Rule(  # an address that no packet can be sent to, such as port 0 or 0.0.0.0
        gate=Gate.PORT,
        weight=Weight.NARROWS,
        says=any_of("10049 | requested address is not valid in its context | WSAEADDRNOTAVAIL")
        + languages.NOT_VALID_HERE,
        outcomes=(some("wrong_host_or_port", "network_unreachable"),),
    ),
    Rule(
        gate=Gate.PORT,
        weight=Weight.NARROWS,
        says=any_of(
            "network is unreachable | ENETUNREACH | EHOSTUNREACH | no route to host | "
            "NoRouteToHostException | host is unreachable | host unreachable | unreachable network | "
            "unreachable host | 10051 | 10065 | network unreachable | cannot assign requested address | "
            "EADDRNOTAVAIL | address family not supported | EAFNOSUPPORT | destination net unreachable | "
            "WSAENETUNREACH"
        )
        + languages.UNREACHABLE,
        unless=any_of("recipient | aadsts"),
        along=any_of("unreach | route | assign | family | socket | errno | connect | error") + languages.UNREACHABLE,
        outcomes=(
            _TOKEN_LEG,
            _HTTP_LEG,
            some("network_unreachable", "wrong_host_or_port", needs=("port_465",)),
            some("network_unreachable", needs=("one_address",)),
            one("network_unreachable"),
        ),
    ),
    Rule(
        gate=Gate.PORT,
        weight=Weight.NARROWS,
        says=any_of(
            "connection refused | ECONNREFUSED | errno: -4078 | errno: -111 | errno: -61 | "
            "actively refused | actively refuses | connect refused | refused by the remote | 10061 | "
            "refused it | ConnectException: connection refused | active rejection"
        )
        + languages.REFUSED,
        unless=any_of("smtp_auth_disabled | recipient refused"),
        outcomes=(
            _TOKEN_LEG,
            _HTTP_LEG,
            one("wrong_host_or_port", "local"),
            one("wrong_host_or_port", "mx_host", "port_587"),
            some("wrong_host_or_port", "port_blocked", needs=("private_address",)),
            some("wrong_host_or_port", "port_blocked", needs=("port_465",)),
            some("port_blocked", "wrong_host_or_port", needs=("submission_host",)),
            some("port_blocked", "wrong_host_or_port", needs=("port_25",)),
            some("port_blocked", "wrong_host_or_port", needs=("port_587",)),
            group("refused"),
        ),
    ),
    Rule(
        gate=Gate.PORT,
        weight=Weight.NARROWS,
        says=any_of(
            "access permissions | 10013 | connect EACCES | permission denied | operation not permitted | EPERM"
        ),
        along=any_of("socket | connect | 10013 | stream_socket | dial tcp | eacces"),
        unless=any_of("recipient | mailbox | 535"),
        outcomes=(one("port_blocked"),),
    ),
    Rule(
        gate=Gate.PORT,
        weight=Weight.NARROWS,
        says=any_of(
            "connection timed out | connect timed out | ETIMEDOUT | 10060 | "
            "connected party did not properly respond | connected host has failed to respond | "
            "operation timed out | connection timeout | connection attempt timed out | connect timeout | "
            "connect ETIMEDOUT | OpenTimeout | dial tcp | ConnectTimeoutError | "
            "SocketTimeoutException: connect | connection attempt failed | timed out while connecting | "
            "timeout while connecting | timeout connecting | TcpTestSucceeded: False | "
            "connection to the server timed out | connection time-out | connection time out | "
            "time out connecting | errno 110 | errno 60 | WSAETIMEDOUT | timeout was reached | SYN_SENT | "
            "connect() failed: timed out | connect to host timed out | 0x800ccc0e"
        )
        + languages.TIMED_OUT,
        along=any_of("timed | timeout | time-out | time out | 10060 | respond | 110 | 60 | 0x800ccc0e | tcptest")
        + languages.TIMED_OUT,
        unless=any_of(
            "connection refused | econnrefused | actively refused | certificate | getaddrinfo | "
            "greeting never received | response: -1 | response: 421 | wrong version number | "
            "handshake failure | unknown state | with 0 bytes received | network read error | server ready message | "
            "read operation failed | httpclient.timeout"
        ),
        outcomes=(
            _TOKEN_LEG,
            _HTTP_LEG,
            one("wrong_host_or_port", "mx_host", "port_587"),  # an MX host takes mail on port 25 only
            some("wrong_host_or_port", "port_blocked", needs=("port_465",)),
            some("wrong_host_or_port", "port_blocked", needs=("reading_port",)),
            some("port_blocked", "wrong_host_or_port", needs=("port_25",)),
            one("port_blocked", "port_587"),
            one("port_blocked", "submission_host"),
            some("port_blocked", "network_unreachable"),
        ),
    ),
    Rule(
        gate=Gate.PORT,
        weight=Weight.ECHOES,
        says=any_of(
            "could not connect | couldn't connect | cannot connect | can't connect | failed to connect | "
            "unable to connect | cannot open smtp | connection with the smtp server has failed | "
            " cannot open mailhub | connect() failed | connection could not be established | "
            "server is not reachable | server not reachable | server connection error | "
            "could not open socket | error opening connection | mail server connection failed | "
            "connection failed | connection error | failed to establish a new connection | 0x800ccc0f | "
            "syscall: \"connect\" | syscall: 'connect'"
        ),
        along=any_of("smtp | mail | 587 | 465 | office365 | outlook | login.microsoft"),
        outcomes=(
            _TOKEN_LEG,
            _HTTP_LEG,
            some("wrong_host_or_port", "port_blocked", needs=("port_465",)),
            some("port_blocked", "wrong_host_or_port", "starttls_missing_or_implicit_tls_on_587", "dns_failure"),
        ),
    ),
    Rule(
        gate=Gate.PORT,
        weight=Weight.NAMES,
        says=any_of("cannot connect to proxy | ProxyError | tunnel connection failed | proxy authentication required"),
        outcomes=(
            _TOKEN_LEG,
            _HTTP_LEG,
            some("token_endpoint_unreachable", "port_blocked", needs=("login_host",)),
            one("port_blocked", "mail_leg"),
            some("token_endpoint_unreachable", "port_blocked"),
        ),
    ),
    Rule(
        gate=Gate.PORT,
        weight=Weight.NARROWS,
        says=any_of("errno: -4039 | errno -4039 | errno: -110 | errno: -60"),
        outcomes=(_TOKEN_LEG, some("port_blocked", "wrong_host_or_port")),
    ),
    Rule(
        gate=Gate.GREETING,
        weight=Weight.NARROWS,
        says=any_of(
            "greeting never received | never received the greeting | timeout waiting for greeting | "
            "timed out while receiving the initial server greeting | receiving the initial server greeting | "
            "no greeting | did not receive greeting | banner exchange | waiting for banner | "
            "no banner received | lost connection with | initial greeting | with 0 bytes received | "
            "network read error: the operation timed out | connection unexpectedly closed: timed out | "
            "waiting for server response | waiting for server ready message"
        ),
        outcomes=(
            _TOKEN_LEG,
            _HTTP_LEG,
            some("wrong_host_or_port", "starttls_missing_or_implicit_tls_on_587", needs=("reading_port",)),
            some("wrong_host_or_port", "port_blocked", needs=("port_465",)),
            group("silence_after_connect"),
        ),
    ),
    Rule(  # .NET: the time limit of HttpClient, and a read that did not end in time
        gate=Gate.ISSUER,
        weight=Weight.NARROWS,
        says=any_of("HttpClient.Timeout | HTTP request failed or it was canceled | request_timeout"),
        outcomes=(_TOKEN_LEG, some("token_endpoint_unreachable", "login_blocked_by_proxy")),
    ),
    Rule(
        gate=Gate.GREETING,
        weight=Weight.NARROWS,
        says=any_of("read operation failed"),
        along=any_of("timed out | timeout"),
        outcomes=(
            _TOKEN_LEG,
            _HTTP_LEG,
            some("client_timeout_hides_refusal", "smtp_intercepted", "service_side_fault", "port_blocked"),
        ),
    ),
    Rule(  # .NET, MailKit and Mono: what came back has no reply code
        gate=Gate.GREETING,
        weight=Weight.NARROWS,
        says=any_of(
            "Smtp server returned an invalid response | Unable to parse status code returned by the server | "
            "Response format is wrong | Got bad greeting from SMTP host | short response: | got an invalid greeting"
        ),
        outcomes=(group("not_smtp"),),
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NARROWS,
        says=("invalid response in the authentication handshake",),
        outcomes=(some("smtp_intercepted", "connection_cut", "client_timeout_hides_refusal", "service_side_fault"),),
    ),
    Rule(
        gate=Gate.GREETING,
        weight=Weight.HINTS,
        says=any_of(
            "read timed out | resource temporarily unavailable | WouldBlock | ReadTimeout | read timeout | "
            "timed-out ( | the operation has timed out | "
            "the operation timed out | operation has timed out | timeout waiting for data | "
            "timed out waiting for | i/o timeout | handshake timed out | read: operation timed out | "
            "socket timed out | socket timeout | Connection unexpectedly closed: timed out | "
            "timeout exceeded | context deadline exceeded | TimeoutError | timed out | ESOCKETTIMEDOUT | "
            "execution expired | request timed out | timeoutexception | 0x800ccc19"
        )
        + languages.READ_TIMED_OUT,
        unless=("TLS 1.0 and 1.1",),
        outcomes=(
            _TOKEN_LEG,
            _HTTP_LEG,
            some("wrong_host_or_port", "port_blocked", "client_timeout_hides_refusal", needs=("port_465",)),
            some(
                "client_timeout_hides_refusal",
                "port_blocked",
                "starttls_missing_or_implicit_tls_on_587",
                "service_side_fault",
                needs=("microsoft_greeting",),
            ),
            some("wrong_host_or_port", "port_blocked", "client_timeout_hides_refusal", needs=("reading_port",)),
            group("silence"),
        ),
    ),
    Rule(
        gate=Gate.GREETING,
        weight=Weight.HINTS,
        says=any_of(
            "connection reset | ECONNRESET | errno: -4077 | errno: -104 | errno: -54 | 0x800ccc0f | 10054 | "
            "forcibly closed | connection unexpectedly closed | SMTPServerDisconnected | "
            "server closed the connection | connection closed by | broken pipe | EPIPE | unexpected EOF | "
            "net_io_connectionclosed | closed unexpectedly | connection was closed | unexpected connection | "
            "connection closed unexpectedly | read ECONNRESET | connection aborted | 10053 | premature EOF | "
            "remote host closed | server disconnected | unable to read data from the transport connection | "
            "connection lost | unexpectedly disconnected | unexpectedly dropped the connection | "
            "socket closed | connection has been closed | underlying connection was closed | "
            "underlying socket | EOF | EOFError | end of file reached | got empty code | "
            'but got code "", with message | '
            " response reading failed | sent an empty reply"
        )
        + languages.RESET,
        outcomes=(
            _TOKEN_LEG,
            _HTTP_LEG,
            some("wrong_host_or_port", "port_blocked", "starttls_missing_or_implicit_tls_on_587", needs=("port_465",)),
            some("wrong_host_or_port", "starttls_missing_or_implicit_tls_on_587", needs=("reading_port",)),
            some(
                "smtp_intercepted",
                "connection_cut",
                "port_blocked",
                "tls_version",
                needs=("at_greeting", "closed_by_peer"),
            ),
            *(
                some("connection_cut", "smtp_intercepted", "service_side_fault", "port_blocked", needs=(f"at_{gate}",))
                for gate in (Gate.SIGN_IN, Gate.SENDER, Gate.RECIPIENT, Gate.ACCEPTED)
            ),
            group("cut_off"),
        ),
    ),
    Rule(
        gate=Gate.STARTTLS,
        weight=Weight.NARROWS,
        says=any_of("response: -1 | response -1"),
        along=any_of("could not connect to smtp host | smtp"),
        outcomes=(some("starttls_missing_or_implicit_tls_on_587", "smtp_intercepted", "wrong_host_or_port"),),
    ),
    Rule(
        gate=Gate.GREETING,
        weight=Weight.NARROWS,
        says=any_of("response: 421 | response 421 | response=421"),
        unless=any_of("service not active | service not available"),
        outcomes=(some("rate_limited", "service_side_fault", "smtp_intercepted"),),
    ),
    Rule(
        gate=Gate.GREETING,
        weight=Weight.NARROWS,
        says=any_of(
            "SMTPConnectError: (-1 | malformed SMTP response | "
            "invalid greeting. response=HTTP | response: HTTP | 220 HTTP/1 | greeting HTTP/1"
        ),
        outcomes=(group("not_smtp"),),
    ),
    Rule(  # msmtp writes this for a reply to any command, AUTH included
        gate=Gate.GREETING,
        weight=Weight.NARROWS,
        says=("sent an invalid reply",),
        outcomes=(
            some(
                "smtp_intercepted",
                "auth_mechanism_unsupported",
                "wrong_host_or_port",
                "starttls_missing_or_implicit_tls_on_587",
            ),
        ),
    ),
    Rule(
        gate=Gate.GREETING,
        weight=Weight.NARROWS,
        says=any_of("HTTP/1.1 400 | HTTP/1.0 400 | HTTP/1.1 403 | HTTP/1.1 408 | HTTP/1.1 501 | HTTP/1.1 503"),
        along=any_of("smtp.office365.com | smtp-mail.outlook.com | smtp.partner.outlook.cn"),
        unless=any_of("login.microsoftonline | graph.microsoft"),
        outcomes=(group("not_smtp"),),
    ),
    Rule(
        gate=Gate.SENDER, weight=Weight.HINTS, says=languages.NOT_AUTHENTICATED, outcomes=(group("not_authenticated"),)
    ),
)
