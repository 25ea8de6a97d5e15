"""Runs that go on without whoever asked for them, known by name until they have been forgotten."""

import threading
from collections.abc import Callable
from contextlib import suppress

from workspaces.catalogue.errors import Invalid
from workspaces.rooms.base import RUN_NAME, RoomPlan, RoomResult, Sitting

REMEMBERED = 1000  # ended runs whose end is still known


class Sittings:
    """The part of a driver that runs plans in threads of its own. The kernel ends a room with its thread."""

    def __init__(self) -> None:
        self._sittings: dict[str, Sitting] = {}
        self._changed = threading.Condition()

    def run(self, plan: RoomPlan) -> RoomResult:
        """See RoomDriver."""
        raise NotImplementedError

    def start(self, name: str, plan: RoomPlan) -> None:
        """See RoomDriver."""
        if not RUN_NAME.fullmatch(name):
            raise Invalid("room:name", "A run's name is not 1 to 80 of a-z, 0-9, . and -.", "Use the job's own id.")
        with self._changed:
            if name in self._sittings:
                return
            self._sittings[name] = Sitting()
        threading.Thread(target=self._sit, args=(name, plan), name=f"room {name}", daemon=True).start()

    def status(self, name: str) -> Sitting | None:
        """See RoomDriver."""
        with self._changed:
            return self._sittings.get(name)

    def at_work(self) -> tuple[str, ...]:
        """See RoomDriver."""
        with self._changed:
            return tuple(name for name, sitting in self._sittings.items() if sitting.at_work)

    def wait(self, name: str) -> RoomResult:
        """See RoomDriver."""
        with self._changed:
            if name not in self._sittings:
                raise Invalid("room:unknown", "No run of that name is known.", "Start it.")
            self._changed.wait_for(lambda: not self._sittings[name].at_work)
            ended = self._sittings[name]
        if ended.refused is not None:
            raise ended.refused
        assert ended.result is not None  # noqa: S101 - neither at work nor refused
        return ended.result

    def _sit(self, name: str, plan: RoomPlan) -> None:
        ended = Sitting(refused=Invalid("room:failed", "The room failed; the log says why.", "Tell the operator."))
        try:
            ended = _sat(self.run, plan)
        finally:
            with self._changed:
                self._sittings[name] = ended
                self._forget()
                self._changed.notify_all()

    def _forget(self) -> None:
        """The oldest ends, beyond what is remembered."""
        over = [name for name, sitting in self._sittings.items() if not sitting.at_work][:-REMEMBERED]
        for name in over:
            with suppress(KeyError):
                del self._sittings[name]


def _sat(run: Callable[[RoomPlan], RoomResult], plan: RoomPlan) -> Sitting:
    try:
        return Sitting(result=run(plan))
    except Invalid as refusal:
        return Sitting(refused=refusal)
