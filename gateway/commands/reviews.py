"""Reviews: of the plan before anything is spent, of the sealed artefact blind to each other, of a difference."""

from typing import Annotated, Any

from pydantic import Field

from gateway.commands.act import Act, Because, Given, verb
from gateway.commands.texts import Note, Text
from gateway.models import Release, Review, ReviewDraft
from gateway.rules import quorum
from gateway.rules.desk import looked_at
from gateway.rules.refusals import Refusal, Why
from gateway.vocabulary import Command, Verdict
from workspaces.catalogue.errors import Invalid

Seen = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
Verdicts = Annotated[dict[str, Verdict], Field(max_length=100)]


class PlanWord(Because):
    """A message to the author, a note among checkers, and the digest of the request that was looked at."""

    note: Note = ""
    seen: Seen = ""


@verb(Command.CLEAR_PLAN, PlanWord)
def clear_plan(*, act: Act, subject: Release, given: PlanWord) -> None:
    """One checker, before any noise; a plan that is turned back costs nothing."""
    _need_unchanged(subject, given.seen)
    _add(act, subject, quorum.PLAN, Judge(verdict=Verdict.APPROVE, reason=given.reason, note=given.note))


@verb(Command.RETURN_PLAN, PlanWord)
def return_plan(*, act: Act, subject: Release, given: PlanWord) -> None:
    """Back to its author, with the reason; what was submitted and said in this turn stays."""
    _need_unchanged(subject, given.seen)
    _add(act, subject, quorum.PLAN, Judge(verdict=Verdict.RETURN, reason=given.reason, note=given.note))
    subject.turn += 1


class Judge(Given):
    """A verdict with its reason for the author; beside it a note among checkers, and a verdict on each statistic."""

    verdict: Verdict
    reason: Text
    note: Note = ""
    verdicts: Verdicts = Field(default_factory=dict)
    seen: Seen = ""


class Unfinished(Given):
    """What a checker has written so far; anything of it may be missing."""

    verdict: Verdict | None = None
    reason: Note = ""
    note: Note = ""
    verdicts: Verdicts = Field(default_factory=dict)


@verb(Command.KEEP_REVIEW, Unfinished)
def keep_review(*, act: Act, subject: Release, given: Unfinished) -> None:
    """Kept for this checker alone, with what it was written about."""
    _need_statistics(subject, given.verdicts)
    body: dict[str, Any] = given.model_dump(mode="json")
    kept = _draft(act, subject)
    if kept is None:
        who, seen = act.actor.person_id, looked_at(subject)
        act.work.add(ReviewDraft(release_id=subject.id, person_id=who, body=body, seen=seen, kept_at=act.now))
        return
    kept.body, kept.seen, kept.kept_at = body, looked_at(subject), act.now


@verb(Command.VIEW_ARTEFACT)
def view_artefact(*, act: Act, subject: Release, given: Given) -> None:
    """Recorded; the bytes are served by whoever asked, after this."""


@verb(Command.REVIEW_RELEASE, Judge)
def review(*, act: Act, subject: Release, given: Judge) -> None:
    """Blind to the other review."""
    _judge(act, subject, quorum.ARTEFACT, given)


@verb(Command.CONFIRM_REVIEW, Judge)
def confirm(*, act: Act, subject: Release, given: Judge) -> None:
    """The same verdict or another, now that the reviewers have seen each other's; the first one stays as it was."""
    _judge(act, subject, quorum.CONSOLIDATION, given)


@verb(Command.ADJUDICATE_RELEASE, Judge)
def adjudicate(*, act: Act, subject: Release, given: Judge) -> None:
    """A third checker settles a difference."""
    _judge(act, subject, quorum.ADJUDICATION, given)


@verb(Command.SETTLE_RELEASE)
def settle(*, act: Act, subject: Release, given: Given) -> None:
    """The outcome is the row that was chosen."""


def _judge(act: Act, release: Release, stage: str, given: Judge) -> None:
    _need_unchanged(release, given.seen)
    _need_statistics(release, given.verdicts)
    if given.verdict is Verdict.APPROVE and set(given.verdicts.values()) - {Verdict.APPROVE}:
        raise Invalid(
            "review:statistics_differ",
            "The release is approved as a whole, but one of its statistics is not.",
            "It leaves as one package: return or refuse it, or approve each statistic.",
        )
    _add(act, release, stage, given)


def _need_unchanged(release: Release, seen: str) -> None:
    if seen and seen != looked_at(release):
        raise Refusal(
            "review:stale",
            "This changed after you opened it; your words were about what it was before.",
            "Open it anew, look at what changed, and decide then.",
            Why.STATE,
        )


def _need_statistics(release: Release, verdicts: dict[str, Verdict]) -> None:
    names = {str(each["name"]) for each in release.request["statistics"]}
    if verdicts.keys() - names:
        raise Invalid(
            "review:unknown_statistic",
            "A verdict is on a statistic that this request does not have.",
            "Name its statistics as the request does.",
        )


def _add(act: Act, release: Release, stage: str, given: Judge) -> None:
    act.work.add(
        Review(
            release_id=release.id,
            turn=release.turn,
            stage=stage,
            person_id=act.actor.person_id,
            verdict=given.verdict,
            reason=given.reason,
            note=given.note,
            verdicts={name: verdict.value for name, verdict in given.verdicts.items()},
            at=act.now,
        )
    )
    kept = _draft(act, release)
    if kept is not None:
        act.work.session.delete(kept)


def _draft(act: Act, release: Release) -> ReviewDraft | None:
    return act.work.get(ReviewDraft, (release.id, act.actor.person_id))
