"""Known advisories about what the locks name, asked of osv.dev; whoever is offline is told that nothing was checked.

What is sent are names and versions of public packages. An advisory ends the run with 1; an answer that is missing or
makes no sense is no verdict and says so.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[1]
SERVICE = "https://api.osv.dev/v1/querybatch"
MOST = 1000  # of a question, as the service has it
SECONDS = 20
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
Pin = tuple[str, str]


class NotReached(Exception):
    """The service gave no answer that could be read."""


def pins(folder: Path = ROOT) -> list[Pin]:
    """Every name with its version that any lock pins, those of the benchmark's peers included."""
    locks = [*folder.glob("requirements*.txt"), *folder.glob("infra/bench/peers/*.txt")]
    return sorted(
        {(name.lower(), version) for lock in locks for name, version in _PIN.findall(lock.read_text("utf-8"))}
    )


def advisories(wanted: Sequence[Pin], service: str = SERVICE) -> dict[Pin, list[str]]:
    """The ids of what is known of each; packages of which nothing is known are left out. Raises NotReached."""
    found: dict[Pin, list[str]] = {}
    for first in range(0, len(wanted), MOST):
        some = wanted[first : first + MOST]
        for pin, ids in zip(some, _asked(some, service), strict=True):
            found |= {pin: ids} if ids else {}
    return found


def _asked(some: Sequence[Pin], service: str) -> list[list[str]]:
    queries = [{"package": {"ecosystem": "PyPI", "name": name}, "version": version} for name, version in some]
    try:
        answer = requests.post(service, json={"queries": queries}, timeout=SECONDS)
        answer.raise_for_status()
        told = [[str(each["id"]) for each in (result or {}).get("vulns", [])] for result in answer.json()["results"]]
    except (requests.RequestException, ValueError, KeyError, TypeError, AttributeError) as why:
        raise NotReached(type(why).__name__) from None
    if len(told) != len(some):
        raise NotReached("an answer of another length")
    return told


def main(service: str = SERVICE) -> int:
    """Say what is known; 1 when there is an advisory."""
    wanted = pins()
    try:
        known = advisories(wanted, service)
    except NotReached as why:
        print(f"advisories: NOT CHECKED, the service was not reached ({why}); {len(wanted)} pins")
        return 0
    for (name, version), ids in known.items():
        print(f"advisories: {name} {version}: {', '.join(ids)}")
    print(f"advisories: {len(known)} of {len(wanted)} pins have one")
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main())
