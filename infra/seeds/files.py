"""Where the rows of each sender go: files that grow chunk by chunk, with a count of their lines."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise, starmap
from pathlib import Path

import numpy as np

from infra.seeds.draws import Ints
from infra.seeds.organisations import Organisation
from infra.seeds.text import Lines


@dataclass(frozen=True)
class Files:
    """The files of a population. Only line counts are kept in memory, one per file."""

    folder: Path
    counts: Counter[str] = field(default_factory=Counter)

    def begin(self, name: str, text: str) -> None:
        """Make the file with its first lines."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def append(self, name: str, text: bytes, count: int) -> None:
        """Add lines to the end of the file."""
        if text:
            self.counts[name] += count
            with (self.folder / name).open("ab") as file:
                file.write(text)

    def deal(self, senders: tuple[Organisation, ...], place: Ints, name: str, made: Lines) -> None:
        """Give each sender its own lines; `place` is the sender of each line, in ascending order."""
        edges = np.searchsorted(place, np.arange(len(senders) + 1)).tolist()
        for sender, span in zip(senders, starmap(slice, pairwise(edges)), strict=True):
            self.append(f"{sender.format}/{sender.code}/{name}", made.of(span), span.stop - span.start)
