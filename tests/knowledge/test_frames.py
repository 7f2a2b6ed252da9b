"""The frames of stack traces show where a program failed; their words are no error text."""

import pytest

from evidence.gates import Gate
from knowledge.reading import read

PLACES = [
    pytest.param("   at System.Net.Dns.GetHostAddresses(String hostName, Boolean addresses)", Gate.NAME, id=".NET, name"),
    pytest.param("   at System.Net.Sockets.Socket.DoConnect(EndPoint endPointSnapshot)", Gate.PORT, id=".NET, port"),
    pytest.param("   à System.Net.Security.SslStream.ForceAuthenticationAsync(Boolean receiveFirst)", Gate.TLS, id=".NET in French, TLS"),
    pytest.param("   在 System.Net.Mail.RecipientCommand.Send(SmtpConnection conn, String& response)", Gate.RECIPIENT, id="Chinese"),
    pytest.param("\tat com.sun.mail.smtp.SMTPTransport.mailFrom(SMTPTransport.java:1873)", Gate.SENDER, id="Java, sender"),
    pytest.param("\tat org.eclipse.angus.mail.smtp.SMTPTransport.authenticate(SMTPTransport.java:901)", Gate.SIGN_IN, id="Angus"),
    pytest.param('  File "/usr/lib/python3.11/smtplib.py", line 750, in login\n    raise e', Gate.SIGN_IN, id="Python, sign-in"),
    pytest.param("    at SMTPConnection._actionMAIL (/app/node_modules/x/smtp-connection/index.js:1:2)", Gate.SENDER, id="N"),
    pytest.param("net/smtp.(*Client).Rcpt(0xc000)\n\t/usr/lib/go/src/net/smtp/smtp.go:265 +0x1d", Gate.RECIPIENT, id="Go, recipient"),
    pytest.param("#0 /app/PHPMailer/SMTP.php(455): PHPMailer\\PHPMailer\\SMTP->connect()", Gate.PORT, id="PHP, port"),
    pytest.param("/usr/lib/ruby/3.1.0/net/smtp.rb:871:in `rcptto'", Gate.RECIPIENT, id="Ruby, recipient"),
]  # fmt: skip


@pytest.mark.parametrize(("frame", "gate"), PLACES)
def test_frame_shows_the_gate(frame: str, gate: Gate) -> None:
    """The frames of each language show the gate, in whatever language Windows writes them."""
    reading = read(f"Something failed in the mail module.\n{frame}")

    assert reading.gate == gate
    assert reading.causes == ("unrecognised",)


def test_words_of_a_frame_are_no_error() -> None:
    """A parameter or a method whose name is a phrase of a rule leads to no cause."""
    frames = (
        "   at Contoso.Web.Handler.ConnectionRefused(HttpRequest request, CertificateExpired mailboxFull) in C:\\smtp\\a.cs:line 3\n"
        "\tat com.contoso.mail.UnknownHost.connectionTimedOut(UnknownHost.java:5)\n"
        "    at ECONNREFUSED (/srv/smtp/authentication_unsuccessful.js:1:2)\n"
    )

    assert read(f"The mail job ended.\n{frames}").causes == ("unrecognised",)


def test_type_and_message_of_an_exception_count() -> None:
    """The type and the message of an exception are read, and a .NET type that contains HttpRequest is no reply to TLS."""
    text = (
        "System.Net.Http.HttpRequestException: The SSL connection could not be established, see inner exception.\n"
        " ---> System.Security.Authentication.AuthenticationException: The remote certificate is invalid because of errors in the "
        "certificate chain: UntrustedRoot"
    )

    assert read(text).causes[0] == "cert_untrusted"
    assert "starttls_missing_or_implicit_tls_on_587" not in read(text).causes


def test_frame_tells_a_failed_lookup_from_a_busy_socket() -> None:
    """.NET on Linux writes a lookup without an answer as a busy resource; the frame of the lookup shows what failed."""
    text = (
        "SmtpException: Failure sending mail.\n ---> SocketException: Resource temporarily unavailable\n"
        "   at System.Net.Dns.GetHostAddresses(String hostNameOrAddress, AddressFamily family)"
    )

    assert read(text).causes == ("dns_failure",)


def test_message_that_resembles_a_frame_is_read() -> None:
    """A message with the word "at" and an address in parentheses is no frame."""
    assert read("error at smtp.office365.com (connection refused) port 587").causes[0] == "port_blocked"
