"""Command line: serve the built-in tenant until interrupted, or list the faults.

Interrupting the server is the normal way to stop it, so the exit code is then 0.
"""

import argparse
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .world.clouds import CLOUDS

if TYPE_CHECKING:
    from .faults.fault import Expected
    from .serving.handle import Running

_USAGE, _INTERRUPTED = 4, 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fake", description="Serve the built-in tenant on 127.0.0.1 until interrupted."
    )
    parser.add_argument("--fault", action="append", default=[], metavar="ID", help="break one thing; may be repeated")
    parser.add_argument("--latency", type=int, default=0, metavar="MS", help="round trip in milliseconds")
    parser.add_argument("--pace", choices=("off", "real"), default="off", help="real: a refusal takes five seconds")
    parser.add_argument(
        "--json", action="store_true", help="the first line of standard output describes everything as JSON"
    )
    parser.add_argument("--cloud", default="worldwide", choices=tuple(CLOUDS), help="where the tenant lives")
    parser.add_argument(
        "--look-ups", action="store_true", help="settings for looking the tenant up, and its export; its faults as well"
    )
    parser.add_argument(
        "--approve-device-codes", action="store_true", help="the administrator approves every device code at once"
    )
    parser.add_argument("--folder", type=Path, help="where settings.toml and root.pem go; default: a temporary folder")
    parser.add_argument("--until-input-ends", action="store_true", help="also stop when standard input is closed")
    parser.add_argument("--faults", action="store_true", help="list the faults instead")
    for name in ("smtp", "https", "dns", "control"):
        parser.add_argument(f"--{name}-port", type=int, default=0, metavar="PORT", help="0 takes any free one")
    return parser


def listed(*, as_json: bool, look_ups: bool = False) -> str:
    """Return the fault catalogue as text or JSON. `look_ups` adds the faults that only lookups show."""
    from .faults import FAULTS, LOOK_UP_FAULTS

    faults = [*FAULTS.values(), *(LOOK_UP_FAULTS.values() if look_ups else ())]

    if as_json:
        rows = [
            {
                "id": fault.id,
                "changes": fault.changes,
                "gate": fault.gate,
                "expected": _rows(fault.expected),
                **({"expected_with_look_ups": _rows(fault.expected_with_look_ups)} if look_ups else {}),
            }
            for fault in faults
        ]
        return json.dumps(rows, indent=1)
    width = max(len(fault.id) for fault in faults)
    return "\n".join(f"{fault.id:{width}}  {fault.gate:12}  {fault.changes}" for fault in faults)


def _rows(expected: "tuple[Expected, ...] | None") -> list[dict[str, object]] | None:
    if expected is None:
        return None
    return [{"check": one.check, "verdict": one.verdict, "causes": list(one.causes)} for one in expected]


def _announced(running: "Running", *, as_json: bool) -> str:
    found = running.description
    if as_json:
        return json.dumps(found)
    lines = [f"{name:8} {found[name]['host']}:{found[name]['port']}" for name in ("smtp", "https", "dns")]
    lines += [f"control  {found['control']['url']}  bearer token {found['control']['token']}"]
    lines += [f"roots    {found['ca_file']}", f"settings {found['settings_file']}"]
    if Path(found["tenant_export"]).exists():
        lines += [f"tenant   {found['tenant_export']}"]
    lines += [f"export {name}='{value}'" for name, value in running.secrets.items()]
    return "\n".join([*lines, "Interrupt to stop."])


def _wait(*, until_input_ends: bool) -> None:
    if until_input_ends:
        sys.stdin.read()
    else:
        while True:  # one endless wait cannot be interrupted on Windows
            time.sleep(1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns the exit code: 0, also after an interrupt, or 4 for a usage error."""
    try:
        options = _arguments().parse_args(arguments)
    except SystemExit as ended:  # argparse's own code for a wrong option is 2, which means interrupted here
        return _USAGE if ended.code else 0
    if options.faults:
        print(listed(as_json=options.json, look_ups=options.look_ups))
        return 0
    from .faults.fault import UnknownFault
    from .network.listeners import CannotStage
    from .serving.serve import serve
    from .world.world import ADMINISTRATOR, healthy, in_cloud

    ports = {name: getattr(options, f"{name}_port") for name in ("smtp", "https", "dns", "control")}
    with tempfile.TemporaryDirectory(prefix="smtp365-fake-") as temporary:
        try:
            world = in_cloud(healthy(), options.cloud)
            if options.fault:  # the faults themselves are loaded only then
                from .faults.catalogue import apply

                world = apply(world, options.fault)
            if options.approve_device_codes:
                world = world.with_tenant(device_codes_approved_by=ADMINISTRATOR)
            with serve(
                world,
                folder=options.folder or Path(temporary),
                latency_ms=options.latency,
                pace=options.pace,
                ports=ports,
                look_ups=options.look_ups,
            ) as running:
                print(_announced(running, as_json=options.json), flush=True)
                gc.freeze()
                gc.enable()
                _wait(until_input_ends=options.until_input_ends)
        except (UnknownFault, CannotStage, OSError) as error:
            print(error, file=sys.stderr)
            return _USAGE
        except KeyboardInterrupt:
            return _INTERRUPTED
    return 0


if __name__ == "__main__":
    gc.disable()  # until it serves: what is loaded until then stays, and looking it through costs a fifth of the start
    ended = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(ended)  # all is closed and removed; taking hundreds of modules apart would only keep the caller waiting
