"""Faults in the resolver, on the ports, in a middlebox and in Microsoft's greeting."""

from ..world.network import Answer, Port, SubmissionServer, Transport
from . import change
from .fault import Fault

OAUTH = ("oauth",)
_ONLY_LINUX = (
    ("win", "Windows refuses connections when the backlog is full, so no port on loopback silently drops packets"),
    ("darwin", "macOS resets connections when the backlog is full, so no port on loopback silently drops packets"),
)

NAME = (
    Fault(
        id="dns_no_such_name",
        changes="the resolver reports that smtp.office365.com does not exist",
        gate="name",
        cause="dns_failure",
        change=change.resolver(answer=Answer.NO_SUCH_NAME),
    ),
    Fault(
        id="dns_server_failure",
        changes="the resolver answers SERVFAIL for smtp.office365.com",
        gate="name",
        cause="dns_failure",
        change=change.resolver(answer=Answer.SERVER_FAILURE),
    ),
    Fault(
        id="dns_no_addresses",
        changes="the resolver returns no address for smtp.office365.com",
        gate="name",
        cause="dns_failure",
        change=change.resolver(answer=Answer.NO_ADDRESSES),
    ),
    Fault(
        id="dns_silent",
        changes="the resolver does not answer",
        gate="name",
        cause="name_server_silent",
        change=change.resolver(udp=Transport.SILENT, tcp=Transport.SILENT),
    ),
    Fault(
        id="dns_udp_blocked",
        changes="the resolver answers over TCP only",
        gate="name",
        cause="dns_udp_blocked",
        change=change.resolver(udp=Transport.SILENT),
    ),
    Fault(
        id="dns_tcp_blocked",
        changes="the resolver answers over UDP only",
        gate="name",
        cause="dns_tcp_blocked",
        change=change.resolver(tcp=Transport.SILENT),
    ),
    Fault(
        id="dns_hijacked",
        changes="the resolver answers with a private address that refuses connections",
        gate="name",
        cause="dns_hijacked",
        change=change.resolver(answer=Answer.HIJACKED),
    ),
    Fault(
        id="dns_private_address",
        changes="the resolver answers with a private address, which leads to Microsoft's server (split DNS)",
        gate="name",
        cause="dns_hijacked",
        change=change.resolver(answer=Answer.PRIVATE),
    ),
    Fault(
        id="dns_flapping",
        changes="the resolver fails on the first query and on some later ones",
        gate="name",
        cause="dns_failure",
        change=change.resolver(answer=Answer.FLAPPING),
    ),
    Fault(
        id="dns_login_no_such_name",
        changes="the resolver reports that login.microsoftonline.com does not exist",
        gate="issuer",
        cause="token_endpoint_unreachable",
        senders=OAUTH,
        change=change.resolver(login_answer=Answer.NO_SUCH_NAME),
    ),
)

PORT = (
    Fault(
        id="port_refused",
        changes="connections to port 587 are refused",
        gate="port",
        cause="port_blocked",
        change=change.network(submission_port=Port.REFUSED),
    ),
    Fault(
        id="port_dropped",
        changes="a firewall silently drops packets to port 587",
        gate="port",
        cause="port_blocked",
        change=change.network(submission_port=Port.DROPPED),
        skip_on=_ONLY_LINUX,
    ),
    Fault(
        id="port_reset",
        changes="connections to port 587 are reset",
        gate="greeting",
        cause="port_blocked",
        change=change.network(submission_port=Port.RESET),
    ),
    Fault(
        id="ipv6_refused",
        changes="connections to port 587 are refused over IPv6 only",
        gate="port",
        cause="network_unreachable",
        change=change.network(submission_over_ipv6=Port.REFUSED),
    ),
    Fault(
        id="ipv6_dropped",
        changes="a firewall silently drops packets to port 587 over IPv6 only",
        gate="port",
        cause="network_unreachable",
        change=change.network(submission_over_ipv6=Port.DROPPED),
        skip_on=_ONLY_LINUX,
    ),
    Fault(
        id="login_refused",
        changes="connections to port 443 of the login host are refused",
        gate="issuer",
        cause="token_endpoint_unreachable",
        senders=OAUTH,
        change=change.network(login_port=Port.REFUSED),
    ),
    Fault(
        id="login_dropped",
        changes="a firewall silently drops packets to port 443 of the login host",
        gate="issuer",
        cause="token_endpoint_unreachable",
        senders=OAUTH,
        change=change.network(login_port=Port.DROPPED),
        skip_on=_ONLY_LINUX,
    ),
    Fault(
        id="login_reset",
        changes="connections to the login host are reset",
        gate="issuer",
        cause="token_endpoint_unreachable",
        senders=OAUTH,
        change=change.network(login_port=Port.RESET),
    ),
)

GREETING = (
    Fault(
        id="silence_after_connect",
        changes="the server on port 587 accepts connections but sends no greeting",
        gate="greeting",
        cause="smtp_intercepted",
        change=change.network(submission_server=SubmissionServer.SILENCE),
    ),
    Fault(
        id="http_answer",
        changes="an HTTP server answers on port 587",
        gate="greeting",
        cause="smtp_intercepted",
        change=change.network(submission_server=SubmissionServer.HTTP),
    ),
    Fault(
        id="tls_at_once",
        changes="a TLS server answers on port 587",
        gate="greeting",
        cause="smtp_intercepted",
        change=change.network(submission_server=SubmissionServer.TLS_AT_ONCE),
    ),
    Fault(
        id="hosting_provider",
        changes="the hosting provider's mail server answers instead of Microsoft's",
        gate="greeting",
        cause="smtp_intercepted",
        change=change.network(submission_server=SubmissionServer.HOSTING_PROVIDER),
    ),
    Fault(
        id="greeting_masked",
        changes="ESMTP inspection overwrites the greeting with asterisks",
        gate="greeting",
        cause="smtp_rewritten",
        change=change.middlebox(masks_greeting=True),
    ),
    Fault(
        id="service_not_ready",
        changes="Microsoft's server sends 421 instead of a greeting",
        gate="greeting",
        cause="service_side_fault",
        change=change.service(greeting="421 4.3.2 Service not active"),
    ),
)

STARTTLS = (
    Fault(
        id="starttls_masked",
        changes="ESMTP inspection overwrites STARTTLS with XXXXXXXA",
        gate="starttls",
        cause="smtp_rewritten",
        change=change.middlebox(masks_starttls=True),
    ),
    Fault(
        id="starttls_stripped",
        changes="STARTTLS is missing from the EHLO reply, and the command is refused",
        gate="starttls",
        cause="smtp_rewritten",
        change=change.middlebox(strips_starttls=True),
    ),
    Fault(
        id="starttls_hidden",
        changes="STARTTLS is missing from the EHLO reply, but the command works",
        gate="starttls",
        cause="smtp_rewritten",
        change=change.middlebox(hides_starttls=True),
    ),
    Fault(
        id="starttls_refused",
        changes="STARTTLS is offered but refused with 500, as happens behind the proxy of an antivirus product",
        gate="starttls",
        cause="smtp_rewritten",
        change=change.middlebox(refuses_starttls=True),
    ),
    Fault(
        id="auth_stripped",
        changes="AUTH is missing from the EHLO reply after STARTTLS",
        gate="auth_offered",
        cause="service_side_fault",
        change=change.middlebox(strips_auth=True),
    ),
)
