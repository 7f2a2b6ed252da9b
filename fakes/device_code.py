"""Device codes: handed out, polled, approved or declined, as Entra does (RFC 8628; Microsoft, "Device authorization grant").

Which client may use them and what it then gets is decided here; HTTP is ``entra``'s. A person's part, at the page that the
code is typed into, is played by the control endpoint or by ``Tenant.device_codes_approved_by``.
"""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fakes import entra_errors, tokens
from fakes.entra_errors import EntraError
from fakes.tenant import GRAPH, User
from fakes.world import World

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
PAGE = "https://microsoft.com/devicelogin"
# Microsoft's own public clients, which every tenant knows: Graph's command line, Azure's, and Exchange Online PowerShell.
MICROSOFTS_CLIENTS = frozenset(
    {
        "14d82eec-204b-4c2f-b7e8-296a70dab67e",
        "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
        "fb78d390-0c51-40cd-8e17-fdbfab77341b",
    }
)
_LIFETIME = timedelta(minutes=15)
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_OPENID = frozenset({"openid", "profile", "email", "offline_access"})


class NoSuchCode(LookupError):  # noqa: N818 - reads as what happened
    """No such code is waiting, or no such user could approve it; the text says which."""


@dataclass(slots=True, kw_only=True)
class DeviceCode:
    """One code on its way; ``user`` is who approved it."""

    user_code: str
    device_code: str
    client_id: str
    scope: str
    expires: datetime
    polled: datetime | None = None
    user: str | None = None
    declined: bool = False

    def document(self, interval: int) -> dict[str, Any]:
        """The answer of the device authorization endpoint, with Entra's members in Entra's order."""
        return {
            "user_code": self.user_code,
            "device_code": self.device_code,
            "verification_uri": PAGE,
            "expires_in": int(_LIFETIME.total_seconds()),
            "interval": interval,
            "message": f"To sign in, use a web browser to open the page {PAGE} and enter the code {self.user_code} "
            "to authenticate.",
        }


class DeviceCodes:
    """All codes of one built-in tenant; used from its loop and from tests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._codes: dict[str, DeviceCode] = {}

    def begin(self, world: World, form: Mapping[str, str]) -> DeviceCode | EntraError:
        """A new code for a client, or why it gets none; the tenant was looked at already."""
        missing = next((name for name in ("client_id", "scope") if not form.get(name)), None)
        if missing is not None:
            return entra_errors.parameter_missing(missing)
        client_id = form["client_id"].lower()
        if client_id not in MICROSOFTS_CLIENTS and world.tenant.app(client_id) is None:
            return entra_errors.app_unknown(client_id, world.tenant.display_name)
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
        """The codes that nobody has approved or declined yet."""
        with self._lock:
            return [
                {"user_code": one.user_code, "client_id": one.client_id, "scope": one.scope}
                for one in self._codes.values()
                if one.user is None and not one.declined
            ]

    def decide(self, world: World, user_code: str, user: str | None) -> None:
        """Approve as this user, or decline when it is None. NoSuchCode when the code or the user is unknown."""
        if user is not None and world.tenant.user(user) is None:
            raise NoSuchCode(f"no user {user!r} in the tenant")
        with self._lock:
            code = next((one for one in self._codes.values() if one.user_code == user_code), None)
            if code is None:
                raise NoSuchCode(f"no code {user_code!r} is waiting")
            code.user, code.declined = user, user is None

    def poll(self, world: World, form: Mapping[str, str]) -> dict[str, Any] | EntraError:
        """What a client that asks for its token gets: the token response, or why not (yet)."""
        missing = next((name for name in ("client_id", "device_code") if not form.get(name)), None)
        if missing is not None:
            return entra_errors.parameter_missing(missing)
        with self._lock:
            code = self._codes.get(form["device_code"])
            if code is None or code.client_id != form["client_id"].lower():
                return entra_errors.device_code_unknown()
            refusal = _not_yet(world, code)
            if refusal is None:
                del self._codes[code.device_code]  # a code is good for one token
        user = world.tenant.user(code.user or "")
        return refusal or (entra_errors.device_code_unknown() if user is None else _issued(world, code, user))


def _not_yet(world: World, code: DeviceCode) -> EntraError | None:
    app, now = world.tenant.app(code.client_id), world.now()
    if code.client_id not in MICROSOFTS_CLIENTS and (app is None or not app.public_client):
        return entra_errors.secret_needed()
    before, code.polled = code.polled, now
    if now >= code.expires:
        return entra_errors.device_code_expired()
    if code.declined:
        return entra_errors.device_code_declined()
    code.user = code.user or world.tenant.device_codes_approved_by
    if code.user is not None:
        return None
    too_soon = before is not None and now - before < timedelta(seconds=world.tenant.device_code_interval)
    if too_soon and world.unverified.hasty_polls_are_slowed_down:
        return entra_errors.slow_down()
    return entra_errors.authorization_pending()


def _issued(world: World, code: DeviceCode, user: User) -> dict[str, Any]:
    """The token response for a user; every scope that was asked for counts as consented, and nothing can be refreshed."""
    asked = code.scope.split()
    permissions = [scope for scope in asked if scope not in _OPENID]
    resource, _, first = permissions[0].rpartition("/") if permissions else (GRAPH, "", "User.Read")
    names = [scope.rpartition("/")[2] for scope in permissions] or [first]
    names = ["User.Read" if name == ".default" else name for name in names]
    client_id, now = code.client_id, world.now()
    expires = int(world.tenant.issuing.lifetime.total_seconds())
    answer: dict[str, Any] = {
        "token_type": "Bearer",
        "scope": " ".join(asked),
        "expires_in": expires,
        "ext_expires_in": expires,
        "access_token": tokens.mint_for_user(
            world.tenant, user, client_id=client_id, audience=resource or GRAPH, scopes=names, now=now
        ),
    }
    if "openid" in asked:
        answer["id_token"] = tokens.mint_id_token(world.tenant, user, client_id=client_id, now=now)
    return answer
