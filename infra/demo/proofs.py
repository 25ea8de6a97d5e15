"""What the demonstration proves at its end from given files alone: who is in the snapshot, and that cells are near."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from gateway.jobs.house import House
from infra.demo import check
from infra.demo.journey import Journey
from infra.demo.recount import Recount, people
from infra.demo.summary import Built, artefact_of
from workspaces.snapshots import read_manifest

_VIEWS = {"form": check.blood_pressure, "sql": check.emergency, "models": check.follow_up}


@dataclass
class Proofs:
    """A finished journey beside the files that it came from."""

    journey: Journey
    house: House
    data: Path
    _counted: Recount | None = None

    def run(self) -> Built:
        """Every proof, as steps of the journey. Raises WrongOutcome."""
        diary = self.journey.diary
        built = diary.did(
            "reads the signed manifest", "auditor", self._built, lambda b: f"{b.manifest['people']} people"
        )
        cut = date.fromisoformat(built.manifest["plan"]["cut_date"])
        loaded = {(source["format"], source["organisation"]) for source in built.manifest["sources"]}
        self._counted = diary.did(
            "counts again from the files",
            "anybody",
            lambda: people(self.data, cut_date=cut, loaded=loaded),
            lambda r: f"{len(r.people)} people",
        )
        held = built.manifest["people"]
        diary.proved(
            "finds as many people", "auditor", lambda: (len(self.counted.people) == held, f"{held} in the snapshot")
        )
        self._nobody(set().union(*self.counted.removed.values()), "people who said no, or are withheld")
        self._nobody(check.everybody_named(self.data) - set(self.counted.people), "all other numbers in the files")
        self._everybody()
        diary.proved("holds every released cell to its bound", "anybody", self._cells)
        return built

    @property
    def counted(self) -> Recount:
        """The plain recount."""
        if self._counted is None:
            raise ValueError("not counted yet")
        return self._counted

    def _built(self) -> Built:
        snapshot_id = self.journey.snapshot
        manifest = json.loads(read_manifest(self.house.objects, snapshot_id, self.house.keys.public()))
        return Built(self.house.folder / "objects" / "snapshots" / snapshot_id, manifest)

    def _nobody(self, numbers: set[str], words: str) -> None:
        self.journey.diary.proved(
            f"looks for {words}", "ig-officer", lambda: self._look(numbers, lambda found, _: found == 0)
        )

    def _everybody(self) -> None:
        numbers = set(self.counted.people)
        self.journey.diary.proved(
            "looks for everybody else", "ig-officer", lambda: self._look(numbers, lambda found, asked: found == asked)
        )

    def _look(self, numbers: set[str], right: Callable[[int, int], bool]) -> tuple[bool, str]:
        asked = self.journey.out / "numbers.txt"
        asked.write_text("".join(f"{number}\n" for number in sorted(numbers)), encoding="ascii")
        try:
            command = ["snapshots", "contains", self.journey.snapshot, "--numbers", str(asked), "--json"]
            said: dict[str, Any] = json.loads(self.journey.command_line("ig-officer", command))
        finally:
            asked.unlink()
        return right(said["found"], said["asked"]), f"{said['found']} of {said['asked']} found"

    def _cells(self) -> tuple[bool, str]:
        everybody = list(self.counted.people.values())
        artefacts = [(artefact_of(path), _VIEWS[name]) for name, path in self.journey.packages.items()]
        outside = check.cells_outside(artefacts, everybody)
        total = sum(len(artefact["cells"]) for artefact, _ in artefacts)
        return not outside, f"{total - len(outside)} of {total} cells inside" + "".join(
            f"; outside: {o}" for o in outside
        )
