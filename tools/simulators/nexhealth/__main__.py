"""`python -m tools.simulators.nexhealth`: the simulator as a process of its own."""

import argparse
import sys
from collections.abc import Sequence

from tools.simulators.common.process import add_common_options, moment, run, switches_of
from tools.simulators.nexhealth import InstitutionSpec, RateSettings, Simulator, Switches, serving
from tools.simulators.nexhealth.institution import EMRS
from tools.simulators.nexhealth.simulator import API_KEY, SUBDOMAIN


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM, SIGINT or, if asked to, the parent's end."""
    return run(_parser(), arguments, lambda options: serving(_simulator(options), options.port))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.simulators.nexhealth", description=__doc__)
    add_common_options(parser)
    parser.add_argument("--subdomain", default=SUBDOMAIN)
    parser.add_argument("--api-key", default=API_KEY)
    parser.add_argument("--locations", type=int, default=1, help="locations that share the EHR's database")
    parser.add_argument("--ehr", default="opendental", choices=sorted(EMRS))
    parser.add_argument(
        "--institution",
        action="append",
        default=[],
        metavar="SUBDOMAIN:SEED:PATIENTS:ZONE[:EHR]",
        help="one institution per use, instead",
    )
    parser.add_argument("--no-rates", action="store_true", help="count requests, refuse none")
    parser.add_argument("--frozen", action="store_true", help="the clock stands until it is moved")
    return parser


def _simulator(options: argparse.Namespace) -> Simulator:
    specs = [_institution(text, options) for text in options.institution]
    if not specs:
        specs = [_spec(options, options.subdomain, options.seed, options.patients, options.timezone, options.ehr)]
    return Simulator(
        specs,
        rates=RateSettings(mode="off" if options.no_rates else "refuse"),
        switches=Switches().changed(dict(switches_of(options))),
        now=moment(options.now, specs[0].timezone) if options.now else None,
        frozen=options.frozen,
    )


def _spec(
    options: argparse.Namespace, subdomain: str, seed: int, patients: int, timezone: str, ehr: str
) -> InstitutionSpec:
    return InstitutionSpec(subdomain, seed, patients, timezone, options.canary, options.locations, ehr, options.api_key)


def _institution(text: str, options: argparse.Namespace) -> InstitutionSpec:
    parts = text.split(":")
    if len(parts) not in (4, 5) or not parts[1].isdigit() or not parts[2].isdigit():
        raise ValueError("--institution must be SUBDOMAIN:SEED:PATIENTS:ZONE[:EHR]")
    ehr = parts[4] if len(parts) == 5 else options.ehr
    return _spec(options, parts[0], int(parts[1]), int(parts[2]), parts[3], ehr)


if __name__ == "__main__":
    sys.exit(main())
