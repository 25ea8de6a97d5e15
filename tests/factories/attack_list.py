"""The list of attacks on rooms for people to read, out of the attacks themselves.

`python -m tests.factories.attack_list` writes it.
"""

import re
from pathlib import Path

from tests.contract.test_room_isolation import ABLATIONS, IPV6

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "room-attacks.md"
ATTACKS = ROOT / "tests" / "contract" / "attacks_in_room.py"
INTRODUCTION = """# Attacks on rooms

Each is tried from inside a room by a program like a researcher's, on every driver, with every test run. Where a
protection is named, a test leaves it out and the attack gets through: so it is that protection which stops it. The
others are stopped by more than one thing at once, or by something that cannot be left out here.

| attack | gets through without |
|---|---|
"""
BESIDE = """
Beside these, in `tests/contract`: memory, processes, files, disk (also of files without a name, and mapped ones), logs
and time worn out, each with its limit left out; what a room leaves behind (links, pipes, sockets, odd names and modes)
followed or executed; a link in place of a service's socket; what outlives its run, its starter and its supervisor. In
`tests/functional/test_notebook.py`: a notebook entered without a cookie, with a forged one, with another's, with a
ticket used twice, by another host name, by a websocket, after a revocation; its downloads and terminals.
"""


def names() -> list[str]:
    """Every attack in the order in which it is tried."""
    return re.findall(r'^@?attack\(\s*"([^"]+)"', ATTACKS.read_text(encoding="utf-8"), re.MULTILINE)


def page() -> str:
    """The whole page."""
    without = ABLATIONS | {"network": ABLATIONS["network"] | IPV6}
    rows = (f"| {name} | {'; '.join(wall for wall, let in without.items() if name in let)} |" for name in names())
    return INTRODUCTION + "\n".join(rows) + "\n" + BESIDE


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
