"""A pasted transcript is read whole, and what it contains of a password, a token or a secret is not printed back."""

import base64

import pytest

from knowledge.explain import explain, render
from knowledge.explanation import answer
from knowledge.normalise import normalise
from knowledge.reading import read

PASSWORD = "Sommer-2026!"
ENCODED = base64.b64encode(PASSWORD.encode()).decode()
LOCKED = "535 5.7.139 Authentication unsuccessful, account locked."
PLAIN = base64.b64encode(f"\0a@b.example\0{PASSWORD}".encode()).decode()

DIALOGUES = [
    pytest.param(f"S: 334 UGFzc3dvcmQ6\nC: {ENCODED}\nS: {LOCKED}", id="MailKit"),
    pytest.param(f"CLIENT -> SERVER: AUTH PLAIN {PLAIN}\nSERVER -> CLIENT: {LOCKED}", id="PHPMailer"),
    pytest.param(f"334 UGFzc3dvcmQ6\r\n{ENCODED}\r\n{LOCKED}", id="telnet"),
    pytest.param(f" ~> AUTH LOGIN\n<~  334 VXNlcm5hbWU6\n ~> YUBi\n<~  334 UGFzc3dvcmQ6\n ~> {ENCODED}\n<~* {LOCKED}", id="swaks"),
    pytest.param(f"send: 'AUTH PLAIN {PLAIN}\\r\\n'\nreply: b'{LOCKED}'", id="smtplib"),
    pytest.param(f"password={PASSWORD} {LOCKED}", id="a setting"),
    pytest.param(f'{{"user": "a@b.example", "pass": "{PASSWORD}"}} {LOCKED}', id="JSON"),
    pytest.param(f"smtp://a%40b.example:{PASSWORD}@smtp.office365.com:587 {LOCKED}", id="a URL"),
]  # fmt: skip


@pytest.mark.parametrize("text", DIALOGUES)
def test_credentials_are_not_printed_back(text: str) -> None:
    """Neither the password nor its base64 is in what is printed or in the quotation, and the reply is still read."""
    shown = answer(text)
    printed = render(shown.explanation, shown.quoted, full=True) + str(explain(text)) + read(text).quoted

    assert read(text).causes == ("account_locked",)
    assert not [secret for secret in (PASSWORD, ENCODED, PLAIN) if secret in printed]


@pytest.mark.parametrize(
    "secret",
    [
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJvdXRsb29rIn0.c2lnbmF0dXJl",
        "aBc8Q~dEfGhIjKlMnOpQrStUvWxYz0123456789ab",
        "SG.abcdefghijklmnop.qrstuvwxyz0123456789",
        "AKIAIOSFODNN7EXAMPLE",
    ],
)
def test_secrets_of_a_known_form_are_masked(secret: str) -> None:
    """A token, a client secret or a key of a provider is masked wherever it is in the line."""
    assert secret not in answer(f"failed to send with {secret} as the key").quoted


def test_base64_is_not_quoted_printable() -> None:
    """Padding at the end of a line of base64 does not join the lines, so the reply stays a line of its own."""
    lines = normalise("334 UGFzc3dvcmQ6\nc2VjcmV0PTIw=\n535 5.7.3 Authentication unsuccessful").lines

    assert lines[-1] == "535 5.7.3 Authentication unsuccessful"
