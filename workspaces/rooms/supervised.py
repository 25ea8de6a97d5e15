"""Rooms started by the supervisor: the driver of a gateway that is not root."""

import json
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from workspaces.catalogue.errors import Invalid
from workspaces.rooms.base import Ended, Promise, RoomPlan, RoomResult, Sitting, plan_to_wire


class SupervisedRooms:
    """Asks the supervisor at a Unix socket; one connection a request, so it may be shared by threads."""

    def __init__(self, socket_path: Path) -> None:
        self._path = socket_path

    def run(self, plan: RoomPlan) -> RoomResult:
        """See RoomDriver. A supervisor that ends takes its rooms with it: then the run counts as KILLED."""
        began = time.monotonic()
        answer = self._ask({"do": "run", "plan": plan_to_wire(plan)})
        if answer is None:
            return RoomResult(exit_code=None, ended=Ended.KILLED, seconds=time.monotonic() - began)
        return _result(answer["result"])

    def start(self, name: str, plan: RoomPlan) -> None:
        """See RoomDriver."""
        if self._ask({"do": "start", "name": name, "plan": plan_to_wire(plan)}) is None:
            raise Invalid("room:unavailable", "The room supervisor ended.", "Ask the operator to start it.")

    def status(self, name: str) -> Sitting | None:
        """See RoomDriver."""
        answer = self._ask({"do": "status", "name": name})
        told = answer and answer["sitting"]
        if not told:
            return None
        refused = Invalid(**told["refused"]) if told["refused"] else None
        return Sitting(result=_result(told["result"]) if told["result"] else None, refused=refused)

    def at_work(self) -> tuple[str, ...]:
        """See RoomDriver."""
        answer = self._ask({"do": "at work"})
        return tuple(answer["names"]) if answer else ()

    def wait(self, name: str) -> RoomResult:
        """See RoomDriver. A supervisor that ends takes its rooms with it: then the run counts as KILLED."""
        began = time.monotonic()
        answer = self._ask({"do": "wait", "name": name})
        if answer is None:
            return RoomResult(exit_code=None, ended=Ended.KILLED, seconds=time.monotonic() - began)
        return _result(answer["result"])

    def stop(self, room_key: str) -> bool:
        """See RoomDriver."""
        answer = self._ask({"do": "stop", "room_key": room_key})
        return bool(answer and answer["stopped"])

    def promises(self) -> tuple[Promise, ...]:
        """See RoomDriver."""
        answer = self._ask({"do": "promises"})
        return tuple(Promise(*each) for each in answer["promises"]) if answer else ()

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer, or None if the connection ended without one. Raises what the supervisor refuses."""
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(str(self._path))
            except OSError:
                raise Invalid(
                    "room:unavailable", "The room supervisor does not answer.", "Ask the operator to start it."
                ) from None
            received = _exchange(connection, json.dumps(request).encode() + b"\n")
        if not received.endswith(b"\n"):
            return None
        answer: dict[str, Any] = json.loads(received)
        if "invalid" in answer:
            raise Invalid(**answer["invalid"])
        return answer


def _result(told: Mapping[str, Any]) -> RoomResult:
    return RoomResult(**{**told, "ended": Ended(told["ended"])})


def _exchange(connection: socket.socket, request: bytes) -> bytes:
    """Send, then read to the end. A connection that breaks gives what had come until then.

    A refusal may come, and the connection close, before the request was sent: it is read all the same.
    """
    received = b""
    with suppress(OSError):
        connection.sendall(request)
    with suppress(OSError):
        while part := connection.recv(1 << 16):
            received += part
    return received
