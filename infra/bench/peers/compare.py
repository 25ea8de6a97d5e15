"""Ours and a peer on the same question: seconds and mean absolute errors; what did not answer is said with reasons."""

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from time import perf_counter

from disclosure.engines.plan import SnapshotFiles
from disclosure.release import draw
from disclosure.terms import Terms
from infra.bench.peers.questions import QUESTIONS, Question, ours, truth
from infra.bench.report import Measure, measure
from workspaces.catalogue.tables import TABLES

PATIENCE_S, REPETITIONS, RESOLUTION = 20, 40, 1e-4
ROOT = Path(__file__).parents[3]
NOT_OFFERED = {("opendp", "deviation"), ("smartnoise", "quantiles")}


@dataclass(frozen=True)
class Peer:
    """A library, how many people it can bear within the limit, and whose environment it runs in if not its own."""

    name: str
    title: str
    people: int
    home: str = ""
    limit_s: int = 120  # for one question; more where starting alone takes most of it

    def offers(self, question: Question) -> bool:
        """Whether it is asked: bare mechanisms only for what its interface takes too long to be asked often."""
        if self.home:
            return bool(question.quantiles and question.people)
        return (self.name, question.statistic) not in NOT_OFFERED


@dataclass(frozen=True)
class Unanswered:
    """A question that a peer has no answer to, and why."""

    peer: str
    what: str
    why: str


@dataclass(frozen=True)
class Found:
    """Seconds and answers of each repetition; the first warms up and does not count unless it is the only one."""

    seconds: Sequence[float]
    answers: Sequence[dict[str, float]]

    @property
    def typical(self) -> float:
        """The median seconds."""
        return median(self.seconds[1:] or self.seconds)

    def error(self, exact: dict[str, float]) -> float:
        """The mean absolute error over all cells with people; a count that is not answered is taken for 0."""
        return fmean(abs(each.get(name, 0.0) - number) for each in self.answers for name, number in exact.items())


PEERS = (
    Peer("opendp", "OpenDP Polars", 860_000),
    Peer("bare", "OpenDP, bare", 8_600, home="opendp"),
    Peer("smartnoise", "smartnoise-sql", 860_000),
    Peer("diffprivlib", "diffprivlib", 860_000),
    Peer("tumult", "Tumult Analytics", 86_000, limit_s=600),
)


def compare(peer: Peer, files_of: Callable[[int], SnapshotFiles]) -> Iterator[Measure | Unanswered]:
    """Every question to one peer and to us, one after the other, on files of so many people."""
    for question in QUESTIONS:
        files = files_of(question.people or peer.people)
        theirs = ask(peer, question, files)
        if isinstance(theirs, str):
            yield Unanswered(peer.title, question.what, theirs)
        else:
            yield from compared(peer, question, ask_us(peer, question, files), theirs, exact_of(question, files))


def compared(
    peer: Peer, question: Question, mine: Found, theirs: Found, exact: dict[str, float]
) -> tuple[Measure, Measure]:
    """Their seconds and errors beside ours; errors are not told apart below the last decimal printed."""
    errors = mine.error(exact), max(theirs.error(exact), RESOLUTION)
    return (
        measure("peer", f"{question.what}: seconds", mine.typical, peer.title, theirs.typical),
        measure("peer", f"{question.what}: mean error", max(errors[0], RESOLUTION), peer.title, errors[1]),
    )


def exact_of(question: Question, files: SnapshotFiles) -> dict[str, float]:
    """The truth about these files."""
    return truth(question, files.room / "person.parquet")


def ask_us(peer: Peer, question: Question, files: SnapshotFiles) -> Found:
    """Ours: pure ε without a noise floor."""
    tables = {name: tuple(column.name for column in table.columns) for name, table in TABLES.items()}
    terms = Terms(tables=tables, delta_e15=0, floor_half_width=0, public_population=question.people or peer.people)
    seconds, answers = [], []
    for _ in range(REPETITIONS + 1):
        start = perf_counter()
        cells = draw(question.request(), terms, files).cells
        seconds.append(perf_counter() - start)
        answers.append(ours(question, list(cells)))
    return Found(seconds, answers)


def ask(peer: Peer, question: Question, files: SnapshotFiles) -> Found | str:
    """The peer's answers, or the reason why there are none."""
    if not peer.offers(question):
        return "not offered by this interface"
    python = ROOT / ".peers" / (peer.home or peer.name) / "bin" / "python"
    if not (python.parent / "installed").exists():
        return "could not be installed"
    asked = {
        "file": str(files.room / "person.parquet"),
        "statistic": question.statistic,
        "epsilon": question.epsilon,
        "repetitions": REPETITIONS + 1,
        "patience": PATIENCE_S,
        "keys": question.keys,
        "quantiles": question.quantiles,
    }
    return _run([str(python), "-m", f"infra.bench.peers.{peer.name}", json.dumps(asked)], peer.limit_s)


def _run(command: list[str], limit_s: int) -> Found | str:
    try:
        done = subprocess.run(  # noqa: S603 an interpreter of our own
            command, capture_output=True, text=True, timeout=limit_s, cwd=ROOT, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no answer in {limit_s} s"
    return read(done.returncode, done.stdout, done.stderr)


def read(code: int, out: str, err: str) -> Found | str:
    """What a peer printed: the last line is its answer; of a failure, the last line of what it complained of."""
    if code or not out.strip():
        return f"failed: {(err.strip().splitlines() or ['no message'])[-1][:160]}"
    said = json.loads(out.strip().splitlines()[-1])
    return Found(said["seconds"], said["answers"])
