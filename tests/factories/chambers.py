"""Stand-in chambers: a function over the rows of each block's file, in this process."""

import csv
from pathlib import Path

BLOCKS, MEAN_SBP = 20, {"name": "mean_sbp", "lower": "80", "upper": "200", "default": "80"}
PROGRAM = {
    "script": "print('{}')",
    "blocks": BLOCKS,
    "outputs": [MEAN_SBP, {"name": "people", "lower": "0", "upper": "50", "default": "0"}],
}
STATISTIC = {"name": "fitted", "kind": "program", "program": PROGRAM}


class Chambers:
    """`say(rows)` gives what a block prints last; every file that was written is kept in `seen`."""

    def __init__(self, folder: Path, say) -> None:
        self.folder, self.say, self.seen = folder, say, []

    def __call__(self, *, blocks, fill, **limits):
        self.limits = limits
        folders = [self.folder / f"{len(self.seen)}-{number}" for number in range(blocks)]
        for each in folders:
            each.mkdir(parents=True)
        fill(folders)
        texts = [(each / "people.csv").read_text() for each in folders]
        self.seen.append(texts)
        return [self.say(list(csv.DictReader(text.splitlines()))) for text in texts]
