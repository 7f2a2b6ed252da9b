"""The names, accounts and credentials in the real servers' test zone."""

from __future__ import annotations

from typing import Final

DOMAIN: Final = "smtp365.test"
HOST: Final = f"mail.{DOMAIN}"  # the name on the certificate
OTHER_HOST: Final = f"other.{DOMAIN}"  # resolves to the same server but is not in its certificate
LOGIN_HOST: Final = f"login.{DOMAIN}"  # the token service

USER: Final = f"alerts@{DOMAIN}"
PASSWORD: Final = "Right-Horse-7"
WRONG_PASSWORD: Final = "Wrong-Horse-7"
COLLEAGUE: Final = f"ops@{DOMAIN}"  # an account that USER may not send as

CLIENT_ID: Final = "3f2c9a51-6a0e-4d1d-9d6f-0b7f5f1f2c11"
STALE_CLIENT_ID: Final = "7d5e2f40-93b1-4c57-8a3e-5f7d1b9a4c22"  # the tokens for this client have already expired
CLIENT_SECRET: Final = "Right.Client~Secret-91"
WRONG_CLIENT_SECRET: Final = "Wrong.Client~Secret-91"
AUDIENCE: Final = f"https://{HOST}"
ANOTHER_AUDIENCE: Final = f"https://another.{DOMAIN}"
SCOPE: Final = "mail"
