"""Rules for what sockets and resolvers say, in the words of operating systems, runtimes and clients."""

from __future__ import annotations

from typing import Final

from knowledge import languages
from knowledge.rule import HINTS, NAMES, NARROWS, Rule, group, one, some

_TOKEN_LEG: Final = one("token_endpoint_unreachable", "login_only")

NETWORK: Final[tuple[Rule, ...]] = (
    Rule(gate="name", weight=NAMES,
         says=("getaddrinfo failed", "getaddrinfo ENOTFOUND", "getaddrinfo EAI_AGAIN", "ENOTFOUND", "EAI_AGAIN", "EAI_NONAME", "EAI_FAIL", "Name or service not known", "nodename nor servname", "no such host",
               "temporary failure in name resolution", "name resolution failure", "failure in name resolution", "UnknownHostException", "unknown host", "unknown mail server host", "could not be resolved", "could not resolve host", "couldn't resolve host", "can't resolve host",
               "cannot resolve host", "unable to resolve host", "failed to resolve host", "cannot find your computer on the network", "no address associated with", "no address associated to name", "NXDOMAIN", "SERVFAIL", "server misbehaving", "non-recoverable failure in name",
               "non-recoverable error occurred during a database lookup", "host not found", "host or domain name not found", "NameResolutionError", "NameResolutionFailure", "failed to lookup address", "cannot locate SMTP server", "cannot locate host", "valid name, no data record",
               "requested name is valid", "WSAHOST_NOT_FOUND", "dns lookup failed", "dns resolution failed", "dns error", "WSANO_DATA", "queryA ENOTFOUND", "queryA ETIMEOUT", "queryA ESERVFAIL", "gai_error", "Errno 11001", "errno -2", "errno -3", "errno -5", "socket error # 11001", "socket error 11001", "error 11001", "error 11004",
               "dns server returned", "no servers could be reached", "nodename or servname", "hostname lookup", "name lookup", "lookup failed", "socket.gaierror", "cannot look up", "hostname could not be resolved", "bad hostname", "unresolved address", "UnresolvedAddressException", "resolve the host name", "dial tcp: lookup", *languages.UNKNOWN_HOST),
         unless=("certificate",),
         outcomes=(
             _TOKEN_LEG,
             some("wrong_host_or_port", "dns_failure", needs=("scheme_in_host",)),
             some("wrong_host_or_port", "dns_failure", needs=("lookalike_name",)),
             one("dns_failure", "known_name"),
             one("dns_failure", "submission_host"),
             some("dns_failure", "wrong_host_or_port", needs=("other_name",)),
             one("dns_failure"),
         )),
    Rule(gate="port", weight=NARROWS,
         says=("network is unreachable", "ENETUNREACH", "EHOSTUNREACH", "no route to host", "NoRouteToHostException", "host is unreachable", "host unreachable", "unreachable network", "unreachable host", "10051", "10065", "network unreachable", "cannot assign requested address",
               "EADDRNOTAVAIL", "address family not supported", "EAFNOSUPPORT", "destination net unreachable", "WSAENETUNREACH", *languages.UNREACHABLE),
         unless=("recipient", "aadsts"), along=("unreach", "route", "assign", "family", "socket", "errno", "connect", "error", *languages.UNREACHABLE),
         outcomes=(_TOKEN_LEG, one("network_unreachable"))),
    Rule(gate="port", weight=NARROWS,
         says=("connection refused", "ECONNREFUSED", "actively refused", "actively refuses", "connect refused", "refused by the remote", "10061", "refused it", "ConnectException: connection refused", *languages.REFUSED),
         unless=("smtp_auth_disabled", "recipient refused"),
         outcomes=(
             _TOKEN_LEG,
             one("wrong_host_or_port", "local"),
             some("wrong_host_or_port", "port_blocked", needs=("port_465",)),
             some("wrong_host_or_port", "port_blocked", needs=("port_25",)),
             some("port_blocked", "wrong_host_or_port", needs=("submission_host",)),
             group("refused"),
         )),
    Rule(gate="port", weight=NARROWS,
         says=("access permissions", "10013", "connect EACCES", "permission denied", "operation not permitted", "EPERM"), along=("socket", "connect", "10013", "stream_socket", "dial tcp", "eacces"), unless=("recipient", "mailbox", "535"),
         outcomes=(one("port_blocked"),)),
    Rule(gate="port", weight=NARROWS,
         says=("connection timed out", "connect timed out", "ETIMEDOUT", "10060", "connected party did not properly respond", "connected host has failed to respond", "operation timed out", "connection timeout", "connection attempt timed out", "connect timeout", "connect ETIMEDOUT",
               "OpenTimeout", "dial tcp", "ConnectTimeoutError", "SocketTimeoutException: connect", "connection attempt failed", "timed out while connecting", "timeout while connecting", "timeout connecting", "could not connect to SMTP host", "couldn't connect to host", "failed to connect to",
               "unable to connect to", "TcpTestSucceeded: False", "connection to the server timed out", "connection time-out", "connection time out", "time out connecting", "errno 110", "errno 60", "WSAETIMEDOUT", "timeout was reached", "SYN_SENT", "connect() failed: timed out", "Could not connect to server", "connect to host timed out", "0x800ccc0e",
               "cannot connect to", "can't connect to", "could not connect to", "unable to connect", "server is not reachable", "smtp server not reachable", "server connection error", "could not open socket", "error opening connection", *languages.TIMED_OUT),
         along=("timed", "timeout", "time-out", "time out", "10060", "respond", "110", "60", "0x800ccc0e", "tcptest", "unable to connect", "could not connect", "cannot connect", "couldn't connect", "failed to connect", *languages.TIMED_OUT),
         unless=("connection refused", "econnrefused", "actively refused", "certificate", "getaddrinfo", "response: -1", "response: 421", "wrong version number", "handshake failure", "unknown state"),
         outcomes=(
             _TOKEN_LEG,
             some("wrong_host_or_port", "port_blocked", needs=("port_465",)),
             some("wrong_host_or_port", "port_blocked", needs=("port_443",)),
             some("wrong_host_or_port", "port_blocked", needs=("port_993",)),
             some("port_blocked", "wrong_host_or_port", needs=("port_25",)),
             one("port_blocked", "port_587"),
             one("port_blocked", "submission_host"),
             some("port_blocked", "network_unreachable"),
         )),
    Rule(gate="greeting", weight=NARROWS,
         says=("greeting never received", "never received the greeting", "timeout waiting for greeting", "timed out while receiving the initial server greeting", "receiving the initial server greeting", "no greeting", "did not receive greeting", "banner exchange", "waiting for banner", "no banner",
               "lost connection with", "initial greeting"),
         outcomes=(
             some("wrong_host_or_port", "starttls_missing_or_implicit_tls_on_587", needs=("port_443",)),
             some("wrong_host_or_port", "port_blocked", needs=("port_465",)),
             group("silence_after_connect"),
         )),
    Rule(gate="greeting", weight=HINTS,
         says=("read timed out", "ReadTimeout", "read timeout", "timed-out (", "the operation has timed out", "the operation timed out", "operation has timed out", "timeout waiting for data", "timed out waiting for", "i/o timeout", "handshake timed out", "read: operation timed out", "socket timed out",
               "socket timeout", "Connection unexpectedly closed: timed out", "timeout exceeded", "context deadline exceeded", "TimeoutError", "timed out", "ESOCKETTIMEDOUT", "execution expired", "request timed out", "timeoutexception", "0x800ccc19", *languages.READ_TIMED_OUT),
         unless=("TLS 1.0 and 1.1",),
         outcomes=(
             _TOKEN_LEG,
             some("wrong_host_or_port", "port_blocked", "client_timeout_hides_refusal", needs=("port_465",)),
             some("client_timeout_hides_refusal", "port_blocked", "starttls_missing_or_implicit_tls_on_587", "service_side_fault", needs=("microsoft_greeting",)),
             group("silence"),
         )),
    Rule(gate="greeting", weight=HINTS,
         says=("connection reset", "ECONNRESET", "10054", "forcibly closed", "connection unexpectedly closed", "SMTPServerDisconnected", "server closed the connection", "connection closed by", "broken pipe", "EPIPE", "unexpected EOF", "error=EOF", "net_io_connectionclosed", "closed unexpectedly",
               "connection was closed", "unexpected connection", "connection closed unexpectedly", "read ECONNRESET", "connection aborted", "10053", "premature EOF", "remote host closed", "server disconnected", "unable to read data from the transport connection", "connection lost", "unexpectedly disconnected",
               "unexpectedly dropped the connection", "socket closed", "connection has been closed", "underlying connection was closed", "underlying socket", "[EOF]", *languages.RESET),
         outcomes=(
             _TOKEN_LEG,
             some("wrong_host_or_port", "port_blocked", "starttls_missing_or_implicit_tls_on_587", needs=("port_465",)),
             group("cut_off"),
         )),
    Rule(gate="starttls", weight=NARROWS, says=("response: -1", "response -1"), along=("could not connect to smtp host", "smtp"),
         outcomes=(some("starttls_missing_or_implicit_tls_on_587", "smtp_intercepted", "wrong_host_or_port"),)),
    Rule(gate="greeting", weight=NARROWS, says=("response: 421", "response 421"), outcomes=(some("rate_limited", "service_side_fault", "smtp_intercepted"),)),
    Rule(gate="sender", weight=HINTS, says=languages.NOT_AUTHENTICATED, outcomes=(group("not_authenticated"),)),
)
