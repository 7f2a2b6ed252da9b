"""Device codes, which are issued, polled, approved and declined as in Entra.

This module decides which client may use a device code and what the client receives; `service` handles HTTP. A call to the control
endpoint, or `Tenant.device_codes_approved_by`, takes the place of a user who enters the code. Sources: RFC 8628; Microsoft,
"Device authorization grant".
"""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..world.world import World
from . import delegated, errors
from .errors import EntraError

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
REFRESH = "refresh_token"
PAGE = "https://microsoft.com/devicelogin"
# A policy that blocks device codes takes effect only after the user has entered the code (azure-cli issues 32420 and 32809).
DEVICE_CODE_POLICY = "86e0b1d7-3f25-4c9a-91d8-0b6e5a72f4c3"
# Microsoft's own public clients, which exist in every tenant: the command lines of Graph and Azure, and Exchange Online PowerShell.
MICROSOFTS_CLIENTS = frozenset(
    {
        "14d82eec-204b-4c2f-b7e8-296a70dab67e",
        "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
        "fb78d390-0c51-40cd-8e17-fdbfab77341b",
    }
)
_LIFETIME = timedelta(minutes=15)
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


class NoSuchCode(LookupError):  # noqa: N818 - the name states the problem
    """Raised if there is no such code or no such user in the tenant; the message states which."""


@dataclass(slots=True, kw_only=True)
class DeviceCode:
    """A device code that has not been redeemed. `user` is the user who approved it, or None."""

    user_code: str
    device_code: str
    client_id: str
    scope: str
    expires: datetime
    polled: datetime | None = None
    user: str | None = None
    declined: bool = False

    def document(self, interval: int) -> dict[str, Any]:
        """Return the JSON response of the device authorization endpoint, with Entra's members in Entra's order."""
        return {
            "user_code": self.user_code,
            "device_code": self.device_code,
            "verification_uri": PAGE,
            "expires_in": int(_LIFETIME.total_seconds()),
            "interval": interval,
            "message": f"To sign in, use a web browser to open the page {PAGE} and enter the code {self.user_code} "
            "to authenticate.",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """The client and the user to whom a refresh token was issued. As in Entra, the token is valid for all resources."""

    client_id: str
    user: str


class DeviceCodes:
    """The device codes and refresh tokens of one built-in tenant. The server's event loop and the tests share this object."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._codes: dict[str, DeviceCode] = {}
        self._refresh: dict[str, _Kept] = {}

    def begin(self, world: World, form: Mapping[str, str]) -> DeviceCode | EntraError:
        """Issue a code to a client, or return the error. The caller has already validated the tenant."""
        missing = next((name for name in ("client_id", "scope") if not form.get(name)), None)
        if missing is not None:
            return errors.parameter_missing(missing)
        client_id = form["client_id"].lower()
        if client_id not in MICROSOFTS_CLIENTS and world.tenant.app(client_id) is None:
            return errors.app_unknown(client_id, world.tenant.display_name)
        code = DeviceCode(
            user_code="".join(secrets.choice(_LETTERS) for _ in range(9)),
            device_code=secrets.token_urlsafe(90),
            client_id=client_id,
            scope=form["scope"],
            expires=world.now() + _LIFETIME,
        )
        with self._lock:
            self._codes[code.device_code] = code
        return code

    def waiting(self) -> list[dict[str, str]]:
        """Return the codes that have been neither approved nor declined."""
        with self._lock:
            return [
                {"user_code": one.user_code, "client_id": one.client_id, "scope": one.scope}
                for one in self._codes.values()
                if one.user is None and not one.declined
            ]

    def decide(self, world: World, user_code: str, user: str | None) -> None:
        """Approve a code as this user, or decline it if `user` is None. Raises NoSuchCode if the code or the user is unknown."""
        if user is not None and world.tenant.user(user) is None:
            raise NoSuchCode(f"there is no user {user!r} in the tenant")
        with self._lock:
            code = next((one for one in self._codes.values() if one.user_code == user_code), None)
            if code is None:
                raise NoSuchCode(f"there is no pending device code {user_code!r}")
            code.user, code.declined = user, user is None

    def poll(self, world: World, form: Mapping[str, str]) -> dict[str, Any] | EntraError:
        """Return the token response for a client that polls, or the error that explains why there is no token."""
        missing = next((name for name in ("client_id", "device_code") if not form.get(name)), None)
        if missing is not None:
            return errors.parameter_missing(missing)
        with self._lock:
            code = self._codes.get(form["device_code"])
            if code is None or code.client_id != form["client_id"].lower():
                return errors.device_code_unknown()
            refusal = _not_yet(world, code)
            if refusal is None:
                del self._codes[code.device_code]  # a code can be redeemed only once
        if refusal is not None:
            return refusal
        return self._issue(world, code.client_id, code.user or "", code.scope, form)

    def refresh(self, world: World, form: Mapping[str, str]) -> dict[str, Any] | EntraError:
        """Redeem a refresh token for an access token for any resource (RFC 6749, section 6), or return the error."""
        missing = next((name for name in ("client_id", "refresh_token", "scope") if not form.get(name)), None)
        if missing is not None:
            return errors.parameter_missing(missing)
        with self._lock:
            kept = self._refresh.get(form["refresh_token"])
        if kept is None or kept.client_id != form["client_id"].lower():
            return errors.refresh_token_unknown()
        return self._issue(world, kept.client_id, kept.user, form["scope"], form)

    def _issue(
        self, world: World, client_id: str, name: str, scope: str, form: Mapping[str, str]
    ) -> dict[str, Any] | EntraError:
        user = world.tenant.user(name)
        if user is None:
            return errors.device_code_unknown()
        answer = delegated.issued(world, client_id, user, scope, wants_client_info=form.get("client_info") == "1")
        if isinstance(answer, dict) and "offline_access" in scope.split():
            answer["refresh_token"] = "1." + secrets.token_urlsafe(120)
            with self._lock:
                self._refresh[answer["refresh_token"]] = _Kept(client_id=client_id, user=user.upn)
        return answer


def _not_yet(world: World, code: DeviceCode) -> EntraError | None:
    app, now = world.tenant.app(code.client_id), world.now()
    if code.client_id not in MICROSOFTS_CLIENTS and (app is None or not app.public_client):
        return errors.secret_needed()
    before, code.polled = code.polled, now
    if now >= code.expires:
        return errors.device_code_expired()
    if code.declined:
        return errors.device_code_declined()
    code.user = code.user or world.tenant.device_codes_approved_by
    if code.user is not None:
        return errors.blocked_by_policy(DEVICE_CODE_POLICY) if world.tenant.device_codes_forbidden else None
    too_soon = before is not None and now - before < timedelta(seconds=world.tenant.device_code_interval)
    if too_soon and world.unverified.hasty_polls_are_slowed_down:
        return errors.slow_down()
    return errors.authorization_pending()
