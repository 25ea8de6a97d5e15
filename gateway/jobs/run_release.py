"""A draw: reserved, spent, then read; drawn once; handed over at the deadline that the plan fixed.

The first visit reserves, begins and draws, and seals the bytes in the store. A later visit, at a fixed tick (the
deadline, or whole deadlines later), tells what came of it. After a crash nothing is drawn again: only what lies in the
store may be attached (privacy model P6).
"""

import json
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import chain, repeat
from typing import Any

from disclosure.artefact import Artefact
from disclosure.checks.on_releases import check_release
from disclosure.checks.presets import preset
from disclosure.engines.plan import SnapshotFiles
from disclosure.release import DrawFailed, draw
from disclosure.requests import parse_request
from gateway.commands.draws import Sealed
from gateway.commands.perform import perform
from gateway.commands.terms import object_name, package_name, role_id, terms_of
from gateway.evidence.crate import PROFILE
from gateway.evidence.package import make_package, to_sign
from gateway.jobs.built_with import built_with
from gateway.jobs.house import House
from gateway.models import Grant, OptOutList, Pool, Project, RegisterEntry, Release, Review, Snapshot
from gateway.rules.facts import SYSTEM
from gateway.rules.refusals import Refusal, Why
from gateway.store.sealed_notes import is_spent, note_spend
from gateway.store.unit_of_work import Work
from gateway.vocabulary import Command, ReleaseState
from workspaces.catalogue.errors import Invalid
from workspaces.snapshots import open_snapshot
from workspaces.snapshots.objects import StoreUnavailable

FIRST_PAUSES, LAST_PAUSE = (0.2, 0.5, 1.0, 2.0, 5.0), 10.0
log = logging.getLogger("tre.release")
_WAITING = {ReleaseState.PLAN_CLEARED, ReleaseState.RESERVED}


def run_release(house: House, release_id: str) -> datetime | None:
    """One visit; the moment of the next one, or None when there is nothing left to do."""
    release = _load(house, release_id)
    begins = release.state in _WAITING
    if begins:
        if (free := _others_until(house, release)) is not None:
            return free
        _begin_and_draw(house, release)
        release = _load(house, release_id)
    if release.state is not ReleaseState.DRAWING or release.deadline_at is None:
        return None
    if begins or house.gateway.now() < release.deadline_at:
        return _tick(house, release, release.deadline_at)
    try:
        _hand_over(house, release)
    except Refusal as why:
        if not _is_taken(why):
            raise
    return None


def _others_until(house: House, release: Release) -> datetime | None:
    """The deadline of a draw that is on its way: the next one begins then, however soon a worker is free.

    Else the moment at which a draw begins, which its author sees, would tell how long the one before it took.
    """
    with house.gateway.unit.reading() as work:
        drawing = work.all(Release, Release.state == ReleaseState.DRAWING, Release.id != release.id)
        ends = [other.deadline_at for other in drawing if other.deadline_at is not None]
    return max((each for each in ends if each > house.gateway.now()), default=None)


def _tick(house: House, release: Release, deadline: datetime) -> datetime:
    """When a draw that has just ended, or waits, is handed over: at its deadline, or whole deadlines later.

    A draw that took longer than the plan allowed tells by its moment at most how many deadlines it took.
    """
    span = timedelta(seconds=float(release.price["deadline_seconds"]) * house.gateway.settings.draw_pace)
    late = max(timedelta(0), house.gateway.now() - deadline)
    return deadline + -(-late // span) * span


def _load(house: House, release_id: str) -> Release:
    with house.gateway.unit.reading() as work:
        return work.need(Release, release_id)


def _begin_and_draw(house: House, release: Release) -> None:
    house.objects.check()  # what could not be kept must not be drawn: nothing is spent yet
    if is_spent(house.objects, release.id):  # by a draw that this database forgot
        log.error("release %s was drawn before: the database was put back by hand; run tre restore", release.id)
        return _give_up(house, release)
    try:
        if release.state is ReleaseState.PLAN_CLEARED:
            _system(house, Command.RESERVE_BUDGET, release)
        _system(house, Command.BEGIN_DRAW, release)
    except (Refusal, Invalid) as why:
        if not _is_taken(why):
            _give_up(house, release)
        return
    _draw(house, release)


def _is_taken(why: Refusal | Invalid) -> bool:
    """Another worker has moved it on since we looked: the draw is theirs, and theirs to end."""
    return isinstance(why, Refusal) and why.why is Why.STATE


def _give_up(house: House, release: Release) -> None:
    if _load(house, release.id).state in _WAITING:
        with suppress(Refusal):  # another worker was refused as well and said so first
            _system(house, Command.FAIL_DRAW, release)


def _draw(house: House, release: Release) -> None:
    """From here on the loss is spent, whatever happens; a failure shows only at the deadline."""
    with house.gateway.unit.reading() as work:
        row = work.need(Snapshot, release.snapshot_id)
        grant = work.find(Grant, Grant.project_id == release.project_id)
        pool = work.find(Pool)
        if grant is None or pool is None:
            return
        about = _about(work, release, row, pool, house.gateway.now())
        rules, floor = grant.preset, grant.floor_half_width
    try:
        _note(house, release, pool.id)
        opened = open_snapshot(house.objects, row.id, house.folder / "snapshots", house.keys.public())
        files = SnapshotFiles(room=opened.drawn, sampling=opened.sampling)
        terms = terms_of(grant, pool, release.mark)
        spent = {"charged_micro_rho": release.micro_rho, "charged_delta0_e15": release.delta_e15}
        how: dict[str, Any] = {"engine": house.gateway.settings.engine, "chambers": house.chambers(), **spent}
        artefact = draw(parse_request(release.request), terms, files, **how)
    except (DrawFailed, Invalid, StoreUnavailable, OSError):
        return
    content = artefact.to_bytes()
    about |= {"artefact_digest": sha256(content).hexdigest(), "checks": _checks(artefact, rules, floor)}
    about |= {"signed_by": house.keys.public().hex()}
    about["signature"] = house.keys.sign(to_sign(about)).hex()
    package = make_package(json.loads(content), about)
    _seal(house, package_name(release), package)
    _seal(house, object_name(release), content)  # last: what is attached after a crash is whole


def _note(house: House, release: Release, pool_id: str) -> None:
    """What no restore may take back; where it cannot be kept, nothing is read."""
    told: dict[str, Any] = {"project": release.project_id, "pool": pool_id, "request_digest": release.request_digest}
    told |= {"micro_rho": release.micro_rho, "delta_e15": release.delta_e15}
    _patiently(house, lambda: note_spend(house.objects, release_id=release.id, at=house.gateway.now(), **told))


def _checks(artefact: Artefact, rules: str, floor: int) -> dict[str, Any] | None:
    """The verdict of the grant's output rules on the released values. What was spent is kept, come of it what may."""
    try:
        return check_release(json.loads(artefact.to_bytes()), preset(rules), floor_half_width=floor).shown()
    except (Invalid, LookupError, TypeError, ValueError, ArithmeticError):
        log.error("release: its values could not be checked")
        return None


def _seal(house: House, name: str, content: bytes) -> None:
    """Keep what was drawn. It exists nowhere else and cannot be drawn again, so a failing store is waited for."""
    _patiently(house, lambda: house.objects.seal(name, content))


def _patiently(house: House, seal: Callable[[], None]) -> None:
    end = time.monotonic() + house.gateway.settings.seal_patience_seconds
    for pause in chain(FIRST_PAUSES, repeat(LAST_PAUSE)):
        try:
            return seal()
        except StoreUnavailable:
            if time.monotonic() + pause > end:
                raise
            time.sleep(pause)


def _about(work: Work, release: Release, snapshot: Snapshot, pool: Pool, now: datetime) -> dict[str, Any]:
    """What the package says beside the figures; nothing of it is computed from records."""
    project = work.need(Project, release.project_id)
    answer = work.get(OptOutList, snapshot.opt_out_list_id) if snapshot.opt_out_list_id else None
    entry = work.find(RegisterEntry, RegisterEntry.project_id == project.id)
    commitments = {"snapshot": snapshot.commitment, "opt-out list": answer.commitment if answer else ""}
    return {
        "release_id": release.id,
        "title": release.title,
        "mark": release.mark.value,
        "project": project.id,
        "project_title": project.title,
        "drawn_on": now.date().isoformat(),
        "register_entry": entry.id if entry else "",
        "pool": f"The pool of people is {pool.name}; what it has spent in all stands in the public register.",
        "request": release.request,
        "request_digest": release.request_digest,
        "commitments": commitments,
        "profile": PROFILE,
        "code": built_with(),
        "request_checks": release.price.get("checks"),
        "decisions": [_decision(each) for each in work.all(Review, Review.release_id == release.id)],
    }


def _decision(review: Review) -> dict[str, str]:
    """Who cleared the plan, by an id of this release alone; the reviews of its figures come after it is sealed."""
    who = role_id(review.release_id, review.person_id)
    return {"by": who, "stage": review.stage, "verdict": review.verdict.value, "on": review.at.date().isoformat()}


def _hand_over(house: House, release: Release) -> None:
    if not house.objects.exists(object_name(release)):
        house.objects.delete(package_name(release))  # of a draw that was cut off between the two
        _system(house, Command.FAIL_DRAW, release)
        return
    artefact = sha256(house.objects.get_bytes(object_name(release))).hexdigest()
    package = sha256(house.objects.get_bytes(package_name(release))).hexdigest()
    _system(house, Command.SEAL_ARTEFACT, release, Sealed(artefact_digest=artefact, package_digest=package))


def _system(house: House, command: Command, release: Release, given: Sealed | None = None) -> None:
    perform(house.gateway, actor=SYSTEM, command=command, subject_id=release.id, given=given)
