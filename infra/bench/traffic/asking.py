"""Sending requests as a crowd does: those of an open run come when they come, whether or not others were answered."""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

PATIENCE_SECONDS = 60.0
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """`seconds` since the request was due; status 0 where there was no answer."""

    kind: str
    status: int
    seconds: float
    body: bytes = b""


def _nothing(_: Answer) -> None:
    return None


@dataclass(frozen=True)
class Ask:
    """One request of one kind of visitor; `then` is told its answer."""

    kind: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    then: Callable[[Answer], None] = _nothing

    def words(self, port: int) -> bytes:
        """The request as it goes over the line."""
        lines = [f"{'GET' if self.body is None else 'POST'} {self.path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode("ascii") + (self.body or b"")


Source = Callable[[], Ask]


async def ask(port: int, asked: Ask, due: float) -> Answer:
    """The answer, and how long it was waited for since `due` (of time.perf_counter)."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            status, body = await _said(port, asked)
    except (OSError, TimeoutError, ValueError, IndexError, asyncio.IncompleteReadError):
        status, body = 0, b""
    answer = Answer(asked.kind, status, time.perf_counter() - due, body)
    asked.then(answer)
    return answer


async def _said(port: int, asked: Ask) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(asked.words(port))
        head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
        return int(head.split(b" ", 2)[1]), body
    finally:
        writer.close()


async def open_arrivals(port: int, source: Source, *, rate: float, seconds: float, rng: random.Random) -> list[Answer]:
    """A Poisson process of `rate` requests a second; nobody waits for anybody else's answer."""
    due, waiting = time.perf_counter(), []
    ends = due + seconds
    while (due := due + rng.expovariate(rate)) < ends:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        waiting.append(asyncio.create_task(ask(port, source(), due)))
    return await asyncio.gather(*waiting)


async def closed_loop(port: int, source: Source, *, clients: int, seconds: float) -> list[Answer]:
    """So many clients, each asking again as soon as it is answered: what the servers bear at most."""
    ends = time.perf_counter() + seconds

    async def one() -> list[Answer]:
        found = []
        while (now := time.perf_counter()) < ends:
            found.append(await ask(port, source(), now))
        return found

    return [each for some in await asyncio.gather(*(one() for _ in range(clients))) for each in some]


def awaited(crowd: Coroutine[Any, Any, T]) -> T:
    """What the crowd brought, from a thread of its own: the caller's may have a loop running (a browser's driver)."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, crowd).result()
