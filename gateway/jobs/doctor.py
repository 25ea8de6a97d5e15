"""Looks at every part of the gateway as it is now; each finding says what, how it stands, and what to do.

Nothing is repaired and nothing about people is told. `ready` is the short look of a load balancer.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from sqlmodel import col

from gateway.evidence.checkpoints import is_signed, read
from gateway.evidence.restorations import EVENT as RESTORED
from gateway.evidence.restorations import excused
from gateway.jobs.house import House
from gateway.jobs.rotate_key import believed_keys
from gateway.jobs.sign_checkpoint import sealed_checkpoints
from gateway.models import AuditEvent, Incident, OptOutList, Pool, Task
from gateway.store import audit_chain
from gateway.store.away import AWAY
from gateway.store.migrate import at_head
from gateway.store.s3 import S3Objects
from gateway.store.standing import RESTORING, ROTATING, UPGRADING, standing
from gateway.vocabulary import OptOutListState

OTHER_KEY = "Set the TRE_SECRET_KEY that they were made under."
_REOPENS = {
    RESTORING: "Finish it: tre restore --help.",
    UPGRADING: "Finish it: tre upgrade --help.",
    ROTATING: "Finish it: tre keys rotate.",
}
LEAST_FREE_MIB = 1_024
WAITING_LONG = timedelta(hours=1)
CHECKPOINT_OLD = timedelta(days=2)


class Stand(StrEnum):
    """How a part stands: `BAD` means that people cannot work as they should."""

    GOOD = "good"
    WEAK = "weak"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """One part: its stand, a sentence, and the next step (empty when there is none)."""

    part: str
    stand: Stand
    sentence: str
    next_step: str = ""


def examine(house: House) -> list[Finding]:
    """Every part in the order in which one leans on another; the rest waits for a database that answers."""
    found = [*_standing(house), *_database(house)]
    if all(finding.stand is Stand.GOOD for finding in found):
        for look in (_pool, _keys, _objects, _disk, _log, _history, _opt_outs, _work, _incidents, _rooms):
            found += _careful(look, house)
    return found


def ready(house: House) -> dict[str, bool]:
    """Whether database, tables and store answer; for whoever sends people here or elsewhere."""
    parts: dict[str, Callable[[], object]] = {
        "open": lambda: standing(house.gateway.settings.folder) is None,
        "database": lambda: list(_database(house)),
        "tables": lambda: at_head(house.gateway.unit.engine),
        "store": lambda: house.objects.exists("trial/object"),
    }
    return {name: _answers(name, look) for name, look in parts.items()}


def _answers(name: str, look: Callable[[], object]) -> bool:
    try:
        told = look()
    except AWAY:
        return False
    if name == "store":
        return True  # whether it is there does not matter: the store said so
    return all(one.stand is Stand.GOOD for one in told) if isinstance(told, list) else bool(told)


def _careful(look: Callable[[House], Iterator[Finding]], house: House) -> list[Finding]:
    part = look.__name__.strip("_").replace("_", " ")
    try:
        return list(look(house))
    except AWAY as trouble:
        return [Finding(part, Stand.BAD, f"It does not answer ({type(trouble).__name__}).", "Look at its own log.")]
    except InvalidTag:
        return [Finding(part, Stand.BAD, "A key does not open under this secret.", OTHER_KEY)]


def _standing(house: House) -> Iterator[Finding]:
    found = standing(house.folder)
    if found is not None:
        yield Finding("standing", Stand.BAD, f"It is closed: {found.why}, since {found.since}.", _REOPENS[found.why])


def _database(house: House) -> Iterator[Finding]:
    try:
        newest = at_head(house.gateway.unit.engine)
    except AWAY:
        yield Finding("database", Stand.BAD, "It does not answer.", "Start it, or see TRE_DATABASE_URL.")
        return
    if newest:
        yield Finding("database", Stand.GOOD, "It answers, with the newest tables.")
    else:
        yield Finding("database", Stand.BAD, "Its tables are not the newest.", "Run: tre migrate.")


def _pool(house: House) -> Iterator[Finding]:
    with house.gateway.unit.reading() as work:
        pool = work.find(Pool)
    if pool is None:
        yield Finding("pool", Stand.BAD, "There is no pool of people yet.", "Open it: tre pools open --help.")
    else:
        yield Finding("pool", Stand.GOOD, f"{pool.name} is open.")


def _keys(house: House) -> Iterator[Finding]:
    yield Finding("keys", Stand.GOOD, f"{house.keys.open_all()} keys open under this secret.")


def _objects(house: House) -> Iterator[Finding]:
    house.objects.check()
    yield Finding("store", Stand.GOOD, "It keeps what is put into it.")
    records = getattr(house.objects, "records", house.objects)
    if isinstance(records, S3Objects) and records.keeps_versions():
        yield Finding(
            "store",
            Stand.BAD,
            "The bucket of records keeps versions: what is destroyed stays readable.",
            "Use a bucket without versions for TRE_BUCKET, another for TRE_SEALED_BUCKET.",
        )


def _disk(house: House) -> Iterator[Finding]:
    free = shutil.disk_usage(house.folder).free // 2**20
    if free < LEAST_FREE_MIB:
        yield Finding("disk", Stand.BAD, f"{free:,} MiB are free in its folder.", "Make room, or use a larger disk.")
    else:
        yield Finding("disk", Stand.GOOD, f"{free:,} MiB are free in its folder.")


def _log(house: House) -> Iterator[Finding]:
    with house.gateway.unit.reading() as work:
        newest, rows = audit_chain.newest_checkpoint(work), audit_chain.last(work)
    if newest is None:
        stand = Stand.WEAK if rows is not None else Stand.GOOD
        yield Finding("audit log", stand, "No checkpoint is signed yet.", "Run: tre work.")
        return
    if not is_signed(read(audit_chain.published(newest)), house.keys.public().hex()):
        yield Finding("audit log", Stand.BAD, "Its newest checkpoint does not bear our key.", "Restore the keys.")
    elif house.gateway.now() - newest.at > CHECKPOINT_OLD:
        yield Finding("audit log", Stand.WEAK, f"Its newest checkpoint is of {newest.at:%d %B}.", "Run: tre work.")
    else:
        yield Finding("audit log", Stand.GOOD, f"Signed up to row {newest.size:,}.")


def _history(house: House) -> Iterator[Finding]:
    """Whether the store has seen a longer log than this, which no restore of ours accounts for."""
    with house.gateway.unit.reading() as work:
        newest = audit_chain.last(work)
        restored = [audit_chain.exported(row) for row in work.all(AuditEvent, AuditEvent.event == RESTORED)]
    rows, given_up = newest.seq if newest else 0, excused(restored, believed_keys(house))
    ahead = [each for each in sealed_checkpoints(house) if each.size > rows and (each.size, each.root) not in given_up]
    if ahead:
        sentence = f"The store holds a checkpoint over {max(each.size for each in ahead):,} rows, the log has {rows:,}."
        yield Finding(
            "history", Stand.BAD, f"An older database is in place: {sentence}", "Stop; see tre restore --help."
        )


def _opt_outs(house: House) -> Iterator[Finding]:
    oldest = timedelta(days=house.gateway.settings.list_max_age_days)
    with house.gateway.unit.reading() as work:
        active = work.all(OptOutList, OptOutList.state == OptOutListState.ACTIVE)
    if not active:
        yield Finding("opt-outs", Stand.BAD, "No list is in force: nothing is built or drawn.", "Exchange one.")
        return
    age = house.gateway.now() - max(row.list_date for row in active)
    if age > oldest:
        yield Finding("opt-outs", Stand.BAD, f"The list in force is {age.days} days old.", "Exchange a new one.")
    elif age > oldest * 0.7:
        yield Finding("opt-outs", Stand.WEAK, f"The list in force is {age.days} days old.", "Exchange a new one soon.")
    else:
        yield Finding("opt-outs", Stand.GOOD, f"The list in force is {age.days} days old.")


def _work(house: House) -> Iterator[Finding]:
    now = house.gateway.now()
    with house.gateway.unit.reading() as work:
        waiting = work.all(Task, col(Task.done_at).is_(None), col(Task.due_at) < now - WAITING_LONG)
        broken = work.all(Task, col(Task.done_at).is_(None), col(Task.defects) > 2)
    if waiting:
        yield Finding("work", Stand.BAD, f"{len(waiting)} tasks have waited for an hour.", "Start a worker: tre work.")
    elif broken:
        yield Finding("work", Stand.WEAK, f"{len(broken)} tasks fail again and again.", "Look at the worker's log.")
    else:
        yield Finding("work", Stand.GOOD, "Nothing waits for long.")


def _incidents(house: House) -> Iterator[Finding]:
    with house.gateway.unit.reading() as work:
        opened = len(work.all(Incident, col(Incident.closed_at).is_(None)))
    if opened:
        yield Finding("incidents", Stand.WEAK, f"{opened} are open.", "They are for the IG officer.")


def _rooms(house: House) -> Iterator[Finding]:
    weak = [promise for promise in house.rooms().promises() if not promise.kept]
    if weak:
        told = "; ".join(f"{promise.name} ({promise.how})" for promise in weak)
        yield Finding("rooms", Stand.WEAK, f"Weaker here: {told}.", "See the status page.")
    else:
        yield Finding("rooms", Stand.GOOD, "Every promise is kept.")
