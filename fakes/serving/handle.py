"""The handle through which a caller reads the records of the running fakes and changes their state."""

import json
import secrets as randomness
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..entra.device_code import DeviceCodes
from ..network import listeners
from ..network.listeners import Listeners
from ..world import certificates
from ..world.network import Certificate
from ..world.records import Load, Message, Session, SignIn, State, TokenAnswer
from ..world.world import World
from . import settings_file
from .settings_file import Places

if TYPE_CHECKING:
    from ..hostile.placing import Placed


class Running:
    """The running fakes. Records are returned as snapshots."""

    def __init__(
        self,
        state: State,
        opened: Listeners,
        folder: Path,
        *,
        lookups: bool = False,
        hostile: "Placed | None" = None,
    ) -> None:
        self._state = state
        self.listeners = opened
        self._lookups = lookups
        self._hostile = hostile
        self.tenant_export = folder / "tenant-export.json"
        self._ca_file = folder / "root.pem"
        self._lock = threading.Lock()
        self.settings_file = folder / "settings.toml"
        self.control_token = randomness.token_urlsafe(24)
        self.failures: list[dict[str, Any]] = []
        self.change(state.world)

    @property
    def world(self) -> World:
        """The current state of the world."""
        return self._state.world

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages accepted so far."""
        return self._state.records.messages

    @property
    def sign_ins(self) -> tuple[SignIn, ...]:
        """The SMTP sign-in attempts so far."""
        return self._state.records.sign_ins

    @property
    def token_requests(self) -> tuple[TokenAnswer, ...]:
        """The requests to the token endpoint so far."""
        return self._state.records.token_requests

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The SMTP connections so far."""
        return self._state.records.sessions

    @property
    def requests(self) -> dict[str, int]:
        """The number of requests by kind, such as discovery documents, keys and DNS queries."""
        return self._state.records.requests

    @property
    def device_codes(self) -> DeviceCodes:
        """The device codes, of which pending ones can be approved or declined."""
        return self._state.device_codes

    @property
    def secrets(self) -> dict[str, str]:
        """Environment variables with the invented secrets of the senders and, with lookups, of the auditor."""
        return settings_file.secrets(self.world, lookups=self._lookups)

    @property
    def environment(self) -> dict[str, str]:
        """The secrets as environment variables and, with a hostile proxy, the variables that lead a client to that proxy."""
        return self.secrets | (self._hostile.environment if self._hostile is not None else {})

    @property
    def description(self) -> dict[str, Any]:
        """The description for other programs, in the form that `python -m fakes --json` prints."""
        found = settings_file.description(self.world, self._places(), self._addresses(), self.settings_file)
        if self._hostile is None:
            return found
        return found | {"hostile": self._hostile.peer.row, "environment": self.environment}

    @property
    def load(self) -> Load:
        """The current load. It returns to its initial value once all clients have disconnected."""
        return self._state.load()

    def change(self, world: World) -> None:
        """Replace the world and rewrite the settings file, the CA file and, with lookups, the export.

        Raises CannotStage, and keeps the previous world, if this platform cannot simulate the new one.
        """
        with self._lock:
            connect = listeners.connect_map(world.network, self.listeners)
            if self._hostile is not None:
                connect |= self._hostile.connect(world)
            roots = certificates.trusted_roots()
            if world.network.smtp_tls.certificate is Certificate.TRUSTED_MAIL_SHIELD:
                roots += certificates.trusted_shield()
            self._ca_file.write_bytes(roots)
            self._state.world = world
            self._connect = connect
            self.settings_file.write_text(settings_file.toml(world, self._places()), encoding="utf-8")
            if self._lookups:
                self.export()

    def export(self) -> dict[str, Any]:
        """Write the current tenant export, including the sign-in log and the message trace, and return it."""
        from ..admin import export  # loaded on demand, because only lookups use it

        found = export.document(self.world, self._state.records)
        self.tenant_export.write_text(json.dumps(found, indent=1), encoding="utf-8")
        return found

    def forget(self) -> None:
        """Delete all messages and other records."""
        self._state.records.forget()

    def _places(self) -> Places:
        return Places(
            connect=self._connect,
            written=listeners.without_https_names(self.world.network, self._connect),
            resolver=listeners.address(self._public()["dns"]),
            ca_file=self._ca_file,
            tenant_export=self.tenant_export,
            patient=self._state.real_pace,
            lookups=self._lookups,
            only_mapped="proxy" not in self._public(),
        )

    def _addresses(self) -> dict[str, dict[str, Any]]:
        addresses: dict[str, dict[str, Any]] = {
            name: {"host": listeners.LOOPBACK, "port": bound.getsockname()[1]} for name, bound in self._public().items()
        }
        return addresses | {
            "control": {"url": f"http://{listeners.address(self.listeners.control)}", "token": self.control_token}
        }

    def _public(self) -> dict[str, socket.socket]:
        """Return the sockets that clients connect to, by name."""
        opened = self.listeners
        found = {"smtp": opened.submission, "https": opened.https, "dns": opened.dns_tcp}
        return found | ({self._hostile.peer.place.value: self._hostile.stream} if self._hostile is not None else {})
