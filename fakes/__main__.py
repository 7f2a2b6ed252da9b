"""The command line, which serves the built-in tenant until interrupted or lists the faults or the hostile peers.

An interrupt is the normal way to stop the server, so the exit code is then 0.
"""

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from .serving.stopping import stop_on_signals
from .world.clouds import CLOUDS

if TYPE_CHECKING:
    from .faults.fault import Expected
    from .serving.handle import Running

_USAGE, _INTERRUPTED = 4, 0


class _Parser(argparse.ArgumentParser):
    """An argument parser that escapes control characters in its error messages."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def _arguments() -> argparse.ArgumentParser:
    parser = _Parser(prog="fake", description="Serve the built-in tenant on 127.0.0.1 until interrupted (Ctrl+C).")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="ID",
        help="apply the fault with this id; can be given several times",
    )
    parser.add_argument(
        "--latency", type=int, default=0, metavar="MS", help="simulated round-trip time in milliseconds"
    )
    parser.add_argument(
        "--pace",
        choices=("off", "real"),
        default="off",
        help="with `real`, a refusal takes five seconds, as it does at Microsoft (default: off)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the description of the tenant, the faults or the hostile peers as JSON",
    )
    parser.add_argument(
        "--cloud", default="worldwide", choices=tuple(CLOUDS), help="cloud of the tenant (default: worldwide)"
    )
    parser.add_argument(
        "--lookups",
        "--look-ups",
        action="store_true",
        help="configure lookups and write the tenant export; with --faults, also list the faults that only lookups reveal",
    )
    parser.add_argument(
        "--approve-device-codes",
        action="store_true",
        help="approve every device code automatically, as the administrator",
    )
    parser.add_argument(
        "--folder", type=Path, help="folder for settings.toml and root.pem (default: a temporary folder)"
    )
    parser.add_argument("--until-input-ends", action="store_true", help="stop when standard input is closed")
    parser.add_argument("--faults", action="store_true", help="list the faults and exit")
    parser.add_argument(
        "--hostile",
        metavar="NAME",
        help="put this hostile peer in the place of one of the servers; with `list`, list the hostile peers and exit",
    )
    for name in ("smtp", "https", "dns", "control"):
        parser.add_argument(
            f"--{name}-port", type=int, default=0, metavar="PORT", help="port to listen on (default: any free port)"
        )
    return parser


def listed(*, as_json: bool, lookups: bool = False) -> str:
    """Return the fault catalogue as text or JSON. With `lookups`, include the faults that only lookups reveal."""
    from .faults import FAULTS, LOOKUP_FAULTS

    faults = [*FAULTS.values(), *(LOOKUP_FAULTS.values() if lookups else ())]

    if as_json:
        rows = [
            {
                "id": fault.id,
                "changes": fault.changes,
                "gate": fault.gate,
                "expected": _rows(fault.expected),
                **({"expected_with_look_ups": _rows(fault.expected_with_lookups)} if lookups else {}),
            }
            for fault in faults
        ]
        return json.dumps(rows, indent=1)
    width = max(len(fault.id) for fault in faults)
    return "\n".join(f"{fault.id:{width}}  {fault.gate:12}  {fault.changes}" for fault in faults)


def listed_peers(*, as_json: bool) -> str:
    """Return the catalogue of hostile peers as text or JSON."""
    from .hostile.catalogue import PEERS

    if as_json:
        return json.dumps([peer.row for peer in PEERS.values()], indent=1)
    width = max(len(name) for name in PEERS)
    return "\n".join(f"{peer.name:{width}}  {peer.place.value:5}  {peer.does}" for peer in PEERS.values())


def _rows(expected: "tuple[Expected, ...] | None") -> list[dict[str, object]] | None:
    if expected is None:
        return None
    return [{"check": one.check, "verdict": one.verdict, "causes": list(one.causes)} for one in expected]


def _description(running: "Running", *, as_json: bool) -> str:
    described = running.description
    if as_json:
        return json.dumps(described)
    lines = [f"{name:8} {described[name]['host']}:{described[name]['port']}" for name in ("smtp", "https", "dns")]
    lines += [f"control  {described['control']['url']}  bearer token {described['control']['token']}"]
    lines += [f"roots    {described['ca_file']}", f"settings {described['settings_file']}"]
    if Path(described["tenant_export"]).exists():
        lines += [f"tenant   {described['tenant_export']}"]
    if "hostile" in described:
        lines += [f"hostile  {described['hostile']['name']}: {described['hostile']['does']}"]
    lines += [f"export {name}='{value}'" for name, value in running.environment.items()]
    return "\n".join(printable(line) for line in [*lines, "Press Ctrl+C to stop."])


def printable(text: str) -> str:
    """Return the text, which can quote an argument or a path, with control and invisible characters escaped."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def _wait(*, until_input_ends: bool) -> None:
    if until_input_ends:
        sys.stdin.read()
    else:
        while True:  # on Windows, an indefinite wait cannot be interrupted
            time.sleep(1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code, which is 0 (even after an interrupt), or 4 for a usage error or a failed start."""
    try:
        options = _arguments().parse_args(arguments)
    except SystemExit as stop:  # argparse exits with 2 for an unknown option; run.py uses 2 for an interrupt
        return _USAGE if stop.code else 0
    if options.faults:
        print(listed(as_json=options.json, lookups=options.lookups))
        return 0
    if options.hostile == "list":
        print(listed_peers(as_json=options.json))
        return 0
    from .faults.fault import UnknownFault
    from .hostile.peer import UnknownPeer
    from .network.listeners import CannotStage
    from .serving.folder import temporary_folder
    from .serving.serve import serve
    from .world.world import ADMINISTRATOR, healthy, in_cloud

    ports = {name: getattr(options, f"{name}_port") for name in ("smtp", "https", "dns", "control")}
    with ExitStack() as stack:
        try:
            folder = options.folder or stack.enter_context(temporary_folder())
            world = in_cloud(healthy(), options.cloud)
            if options.fault:  # the catalogue is slow to load, so it is loaded on demand
                from .faults.catalogue import apply

                world = apply(world, options.fault)
            if options.approve_device_codes:
                world = world.with_tenant(device_codes_approved_by=ADMINISTRATOR)
            with serve(
                world,
                folder=folder,
                latency_ms=options.latency,
                pace=options.pace,
                ports=ports,
                lookups=options.lookups,
                hostile=options.hostile,
            ) as running:
                print(_description(running, as_json=options.json), flush=True)
                gc.freeze()
                gc.enable()
                _wait(until_input_ends=options.until_input_ends)
        except (UnknownFault, UnknownPeer, CannotStage, OSError) as error:
            print(printable(str(error)), file=sys.stderr)
            return _USAGE
        except KeyboardInterrupt:
            return _INTERRUPTED
    return 0


if __name__ == "__main__":
    gc.disable()  # until serving starts: there is no garbage yet, and the collector would take a fifth of the start-up time
    stop_on_signals()
    try:
        status = main()
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:  # the reader of the output has closed the pipe, as `head` does
        status = 0
    except KeyboardInterrupt:
        status = _INTERRUPTED
    os._exit(status)  # everything is closed and removed, and unloading hundreds of modules would only delay the caller
