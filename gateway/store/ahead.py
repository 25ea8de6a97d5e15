"""Questions about many subjects, asked once for all of them instead of once for each."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from gateway.store.unit_of_work import Relation, Row, Work

Answer = TypeVar("Answer")


class Ahead(Work):
    """A reading transaction that remembers its answers; nothing may be changed in it."""

    def __init__(self, work: Work) -> None:
        super().__init__(work.session)
        self._rows: dict[Relation[Any], dict[str, list[Any]]] = {}
        self._answers: dict[tuple[Any, ...], Any] = {}

    def load(self, relation: Relation[Row], owners: Iterable[str]) -> None:
        """The rows of all these owners, by one question."""
        known = self._rows.setdefault(relation, {})
        new: dict[str, list[Any]] = {owner: [] for owner in owners if owner not in known}
        if new:
            for row in self.all(relation.table, relation.owner.in_(new), order=relation.order):
                new[getattr(row, relation.owner.key)].append(row)
            known |= new

    def of(self, relation: Relation[Row], owner: str) -> Sequence[Row]:
        """The rows of one owner, loaded before or now."""
        self.load(relation, [owner])
        return self._rows[relation][owner]

    def once(self, ask: Callable[..., Answer], *given: Any) -> Answer:
        """The answer, asked for the first time or remembered."""
        key = (ask, *given)
        if key not in self._answers:
            self._answers[key] = ask(self, *given)
        answer: Answer = self._answers[key]
        return answer
