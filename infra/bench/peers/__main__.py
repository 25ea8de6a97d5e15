"""`./run peers [--json] [NAME ...]`: prints each comparison, and each question that a peer did not answer."""

import json
import sys
from dataclasses import asdict

from infra.bench import data
from infra.bench.peers.compare import PEERS, Unanswered, compare
from infra.bench.releases import folder
from infra.bench.report import Measure, as_json, as_table


def main(arguments: list[str]) -> None:
    """All peers, or those named."""
    names = [each for each in arguments if each != "--json"]
    measures: list[Measure] = []
    unanswered: list[Unanswered] = []
    for peer in (each for each in PEERS if not names or each.name in names):
        for each in compare(peer, lambda people: data.snapshot_of(folder(), people, 10 * people)):
            if isinstance(each, Unanswered) and peer.home:
                continue
            if isinstance(each, Unanswered):
                unanswered.append(each)
            else:
                measures.append(each)
            if "--json" not in arguments:
                print(line(each), flush=True)
    if "--json" in arguments:
        about = json.loads(as_json("peers", {peer.name: peer.people for peer in PEERS}, measures))
        print(json.dumps({**about, "unanswered": [asdict(each) for each in unanswered]}, indent=1))


def line(each: Measure | Unanswered) -> str:
    """One line of the table."""
    if isinstance(each, Measure):
        return as_table([each])
    return f"{'peer':5} {each.what[:52]:52} {each.peer}: {each.why}"


if __name__ == "__main__":
    main(sys.argv[1:])
