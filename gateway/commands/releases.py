"""Releases: published in the register, handed out, recalled."""

from collections.abc import Callable
from typing import Any

from gateway.commands.act import Act, Because, Given, verb
from gateway.commands.terms import role_id
from gateway.models import RegisterEntry, Release
from gateway.vocabulary import Command

Rows = list[dict[str, Any]]


@verb(Command.PUBLISH_RELEASE)
def publish(*, act: Act, subject: Release, given: Given) -> None:
    """Named in the register, with what anybody may know of it."""
    subject.released_at = act.now
    _in_register(act, subject, lambda rows: [*rows, _public(subject, act)])


def _in_register(act: Act, release: Release, change: Callable[[Rows], Rows]) -> None:
    """The project's entry with its list of releases changed: a new version of it."""
    entry = act.work.find(RegisterEntry, RegisterEntry.project_id == release.project_id)
    if entry is not None:
        entry.fields = {**entry.fields, "releases": change(entry.fields["releases"])}
        entry.version += 1


def _public(release: Release, act: Act) -> dict[str, Any]:
    reviews = [each for each in act.facts.reviews if each.turn == release.turn]
    return {
        "id": release.id,
        "title": release.title,
        "mark": release.mark.value,
        "released_on": act.now.date().isoformat(),
        "epsilon_this_release_alone": release.price["epsilon_this_release_alone"],
        "micro_rho": release.micro_rho,
        "artefact_digest": release.artefact_digest,
        "package_digest": release.package_digest,
        "checkers": sorted({role_id(release.id, each.person_id) for each in reviews}),
    }


@verb(Command.DOWNLOAD_OUTPUT)
def download(*, act: Act, subject: Release, given: Given) -> None:
    """Recorded; whoever serves the package checks its digest again."""


@verb(Command.RECALL_RELEASE, Because)
def recall(*, act: Act, subject: Release, given: Because) -> None:
    """Marked for everybody, in the register too; copies that left cannot be fetched back, their holders are told."""
    subject.recall_reason = given.reason
    act.reason = given.reason
    told = {"recalled_on": act.now.date().isoformat()}
    _in_register(act, subject, lambda rows: [{**row, **told} if row["id"] == subject.id else row for row in rows])
