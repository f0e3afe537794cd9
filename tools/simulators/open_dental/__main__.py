"""`python -m tools.simulators.open_dental`: the simulator as a process of its own."""

import argparse
import sys
from collections.abc import Sequence

from tools.simulators.common.process import add_common_options, moment, run, switches_of
from tools.simulators.open_dental import OfficeSpec, Simulator, Switches, ThrottleSettings, serving
from tools.simulators.open_dental.simulator import CUSTOMER_KEY, DEVELOPER_KEY


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM, SIGINT or, if asked to, the parent's end."""
    return run(_parser(), arguments, lambda options: serving(_simulator(options), options.port))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.simulators.open_dental", description=__doc__)
    add_common_options(parser)
    parser.add_argument("--clinics", type=int, help="0 for an office that does not use clinics")
    parser.add_argument("--first-patient-id", type=int, help="where PatNums start")
    parser.add_argument("--dev-key", default=DEVELOPER_KEY)
    parser.add_argument("--cust-key", default=CUSTOMER_KEY)
    parser.add_argument(
        "--office", action="append", default=[], metavar="KEY:SEED:PATIENTS:ZONE", help="one office per use, instead"
    )
    parser.add_argument("--no-throttle", action="store_true")
    parser.add_argument("--throttle", choices=("delay", "refuse"), default="delay")
    parser.add_argument("--tier", choices=("standard", "read_only", "enterprise"), default="standard")
    parser.add_argument("--interval", type=float, help="seconds between requests instead of the tier's")
    return parser


def _simulator(options: argparse.Namespace) -> Simulator:
    specs = [_office(text, options) for text in options.office]
    if not specs:
        specs = [_spec(options, options.cust_key, options.seed, options.patients, options.timezone)]
    return Simulator(
        specs,
        developer_key=options.dev_key,
        throttle=ThrottleSettings(
            mode="off" if options.no_throttle else options.throttle, tier=options.tier, interval=options.interval
        ),
        switches=Switches().changed(dict(switches_of(options))),
        now=moment(options.now, specs[0].timezone) if options.now else None,
    )


def _spec(options: argparse.Namespace, key: str, seed: int, patients: int, timezone: str) -> OfficeSpec:
    return OfficeSpec(key, seed, patients, timezone, options.canary, options.clinics, options.first_patient_id)


def _office(text: str, options: argparse.Namespace) -> OfficeSpec:
    parts = text.split(":")
    if len(parts) != 4 or not parts[1].isdigit() or not parts[2].isdigit():
        raise ValueError("--office must be KEY:SEED:PATIENTS:ZONE")
    return _spec(options, parts[0], int(parts[1]), int(parts[2]), parts[3])


if __name__ == "__main__":
    sys.exit(main())
