"""Conditions on the subject. Each returns why not, or None; none looks at records (privacy model P5)."""

from collections.abc import Callable
from datetime import timedelta

from gateway.models import Review
from gateway.rules import budgets, committees, exemptions, quorum
from gateway.rules.facts import Actor, Facts
from gateway.rules.refusals import Refusal
from gateway.vocabulary import ProjectState, SnapshotState, Verdict
from workspaces.twin.marginals import TITLE

Guard = Callable[[Actor, Facts], Refusal | None]

LIST_AGE_CEILING_DAYS = 21
JOBS_A_DAY = 20


def unless(met: bool, code: str, sentence: str, next_step: str) -> Refusal | None:
    """Why not, where a condition is not met."""
    return None if met else Refusal(code, sentence, next_step)


def grant_in_force(_: Actor, facts: Facts) -> Refusal | None:
    """The project's grant has not ended, and the project is neither suspended nor closed."""
    approved = facts.project is not None and facts.project.state is ProjectState.APPROVED
    met = approved and facts.grant is not None and facts.now.date() <= facts.grant.ends_on
    return unless(met, "grant:ended", "The project's grant is not in force.", "Ask the committee for a renewal.")


def not_suspended(_: Actor, facts: Facts) -> Refusal | None:
    """The project is not suspended: its members' access stops at once, also to what was released to them."""
    met = facts.project is None or facts.project.state is not ProjectState.SUSPENDED
    return unless(met, "project:suspended", "The project is suspended.", "An IG officer lets it go on.")


def opt_outs_fresh(_: Actor, facts: Facts) -> Refusal | None:
    """There is an active opt-out list, not older than policy, never older than the ceiling; records built under an
    exemption from it rest on one still in force."""
    days = min(facts.max_list_age_days, LIST_AGE_CEILING_DAYS)
    newest = facts.active_list
    met = newest is not None and timedelta(0) <= facts.now - newest.list_date <= timedelta(days=days)
    return exemptions.over(facts) or unless(
        met,
        "opt_outs:not_fresh",
        f"There is no active opt-out list of the last {days} days.",
        "An operator exchanges with the national service; an IG officer activates the answer.",
    )


def has_not_voted(actor: Actor, facts: Facts) -> Refusal | None:
    """One vote a person a round, whichever of their accounts it comes from."""
    met = all(vote.person_id not in actor.accounts for vote in facts.votes)
    return unless(met, "vote:already_cast", "You have voted in this round.", "Wait for the other members.")


def committee_approves(_: Actor, facts: Facts) -> Refusal | None:
    """The quorum is there and approves."""
    return _outcome(facts, Verdict.APPROVE)


def committee_refuses(_: Actor, facts: Facts) -> Refusal | None:
    """The quorum is there and refuses."""
    return _outcome(facts, Verdict.REFUSE)


def committee_returns(_: Actor, facts: Facts) -> Refusal | None:
    """The quorum is there and sends the application back."""
    return _outcome(facts, Verdict.RETURN)


def _outcome(facts: Facts, verdict: Verdict) -> Refusal | None:
    kept = facts.project.committee if facts.project else None
    met = committees.outcome(facts.votes, committees.read(kept)) is verdict
    return unless(met, "committee:not_settled", "The committee has not come to this outcome.", "Wait for more votes.")


def snapshot_cleared(_: Actor, facts: Facts) -> Refusal | None:
    """The project has a snapshot that an IG officer cleared."""
    met = facts.snapshot is not None and facts.snapshot.state is SnapshotState.CLEARED
    return unless(
        met, "snapshot:not_cleared", "The project has no cleared snapshot.", "An IG officer clears it after its build."
    )


def same_snapshot(_: Actor, facts: Facts) -> Refusal | None:
    """The snapshot that the release was submitted for is still the cleared one: a retired one is read no more."""
    met = facts.release is not None and facts.snapshot is not None and facts.release.snapshot_id == facts.snapshot.id
    return unless(
        met, "snapshot:replaced", "Another snapshot was cleared since this was submitted.", "Submit a new request."
    )


def no_workspace_yet(_: Actor, facts: Facts) -> Refusal | None:
    """One workspace a project."""
    return unless(
        facts.workspace is None, "workspace:open_already", "The project has its workspace.", "Use the one that is open."
    )


def jobs_left_today(_: Actor, facts: Facts) -> Refusal | None:
    """At most twenty runs a day: each says one bit (privacy model P13)."""
    met = facts.jobs_today < JOBS_A_DAY
    return unless(met, "job:too_many", f"The project has run {JOBS_A_DAY} jobs today.", "Run the next one tomorrow.")


def not_the_twin(_: Actor, facts: Facts) -> Refusal | None:
    """Not the public twin: everybody may have a copy of it (privacy model P18)."""
    met = facts.release is None or facts.release.title != TITLE
    return unless(met, "twin:public", "The public twin cannot be recalled.", "Say in the register what is wrong.")


def draws_not_frozen(_: Actor, facts: Facts) -> Refusal | None:
    """No draw of the project failed without having been looked at (privacy model P6)."""
    met = facts.project is not None and not facts.project.draws_frozen
    return unless(met, "release:draws_frozen", "An incident froze the project's draws.", "An IG officer closes it.")


def budget_covers(_: Actor, facts: Facts) -> Refusal | None:
    """The project's and the pool's budgets cover the priced loss."""
    release = facts.release
    met = release is not None and budgets.covers(facts.budget, budgets.Loss(release.micro_rho, release.delta_e15))
    return unless(
        met,
        "budget:not_covered",
        "The project's remaining budget does not cover this request.",
        "Ask for a smaller epsilon.",
    )


def budget_short(actor: Actor, facts: Facts) -> Refusal | None:
    """The opposite of `budget_covers`, for the row that leads to failure before anything was begun."""
    short = budget_covers(actor, facts) is not None
    return unless(short, "budget:covered", "The budget covers this request.", "Reserve it.")


def reviewer_is_new(actor: Actor, facts: Facts) -> Refusal | None:
    """Nobody reviews the same artefact twice, and who cleared the plan may still review it."""
    seen = {review.person_id for review in _artefact_reviews(facts)}
    met = not actor.accounts & seen
    return unless(met, "review:already_given", "You have reviewed this release.", "Wait for the other reviewer.")


def reviews_wanted(_: Actor, facts: Facts) -> Refusal | None:
    """The number of reviews that the grant asks for is not reached."""
    met = facts.grant is not None and len(_artefact_reviews(facts)) < facts.grant.reviews
    return unless(met, "review:enough", "All reviews are in.", "Nothing is left to review.")


def reviews_approve(_: Actor, facts: Facts) -> Refusal | None:
    """All reviews are in and approve."""
    return _agreed(facts, Verdict.APPROVE)


def reviews_refuse(_: Actor, facts: Facts) -> Refusal | None:
    """All reviews are in and refuse."""
    return _agreed(facts, Verdict.REFUSE)


def reviews_return(_: Actor, facts: Facts) -> Refusal | None:
    """All reviews are in and return."""
    return _agreed(facts, Verdict.RETURN)


def reviews_differ(_: Actor, facts: Facts) -> Refusal | None:
    """All reviews are in and do not agree."""
    met = facts.grant is not None and quorum.differ(_artefact_reviews(facts), facts.grant.reviews)
    return unless(met, "review:not_disputed", "The reviews do not differ.", "Wait for the reviews.")


def reviewed_it(actor: Actor, facts: Facts) -> Refusal | None:
    """The actor is one of those who reviewed this, and may look at their verdict again."""
    met = bool(actor.accounts & {review.person_id for review in _artefact_reviews(facts)})
    return unless(met, "review:not_yours", "Only its reviewers settle a difference first.", "Wait for them.")


def not_confirmed(actor: Actor, facts: Facts) -> Refusal | None:
    """Each reviewer confirms or changes their verdict once."""
    met = not actor.accounts & {review.person_id for review in quorum.confirmed(facts.reviews, _turn(facts))}
    return unless(met, "review:confirmed", "You have confirmed your review.", "Wait for the other reviewers.")


def consolidated_approve(_: Actor, facts: Facts) -> Refusal | None:
    """Having seen each other's reviews, as many as the grant asks for approve."""
    return _consolidated(facts, Verdict.APPROVE)


def consolidated_refuse(_: Actor, facts: Facts) -> Refusal | None:
    """Having seen each other's reviews, as many as the grant asks for refuse."""
    return _consolidated(facts, Verdict.REFUSE)


def consolidated_return(_: Actor, facts: Facts) -> Refusal | None:
    """Having seen each other's reviews, as many as the grant asks for return."""
    return _consolidated(facts, Verdict.RETURN)


def consolidated_differ(_: Actor, facts: Facts) -> Refusal | None:
    """All have confirmed, and too few agree."""
    met = _all_confirmed(facts) and _together(facts) is None
    return unless(met, "review:not_unsettled", "Not all reviewers have confirmed.", "Wait for the reviewers.")


def _consolidated(facts: Facts, verdict: Verdict) -> Refusal | None:
    met = _all_confirmed(facts) and _together(facts) is verdict
    return unless(met, "review:not_consolidated", "The reviewers have not come to this outcome.", "Wait for them.")


def _all_confirmed(facts: Facts) -> bool:
    return len(quorum.confirmed(facts.reviews, _turn(facts))) >= len(_artefact_reviews(facts)) > 0


def _together(facts: Facts) -> Verdict | None:
    agreeing = facts.grant.agreeing if facts.grant else 0
    return quorum.prevailing(quorum.confirmed(facts.reviews, _turn(facts)), agreeing)


def adjudicator_approves(_: Actor, facts: Facts) -> Refusal | None:
    """The third checker approves."""
    return _adjudicated(facts, Verdict.APPROVE)


def adjudicator_refuses(_: Actor, facts: Facts) -> Refusal | None:
    """The third checker refuses."""
    return _adjudicated(facts, Verdict.REFUSE)


def adjudicator_returns(_: Actor, facts: Facts) -> Refusal | None:
    """The third checker returns."""
    return _adjudicated(facts, Verdict.RETURN)


def _artefact_reviews(facts: Facts) -> list[Review]:
    return quorum.reviews_at(facts.reviews, quorum.ARTEFACT, _turn(facts)) if facts.release else []


def _turn(facts: Facts) -> int:
    return facts.release.turn if facts.release else 0


def _agreed(facts: Facts, verdict: Verdict) -> Refusal | None:
    met = facts.grant is not None and quorum.agreed(_artefact_reviews(facts), facts.grant.reviews) is verdict
    return unless(met, "review:not_settled", "The reviews have not come to this outcome.", "Wait for the reviews.")


def _adjudicated(facts: Facts, verdict: Verdict) -> Refusal | None:
    met = quorum.agreed(quorum.reviews_at(facts.reviews, quorum.ADJUDICATION, _turn(facts)), 1) is verdict
    return unless(met, "review:not_adjudicated", "The third checker has not come to this outcome.", "Wait for it.")


def not_oneself(actor: Actor, facts: Facts) -> Refusal | None:
    """Nobody appoints themselves, by another of their accounts either."""
    met = facts.owner_id not in actor.accounts
    return unless(met, "person:yourself", "You cannot appoint yourself.", "Ask another operator.")


def by_another(actor: Actor, facts: Facts) -> Refusal | None:
    """Two people decide about an erasure: who proposed it does not decide."""
    met = facts.erasure is not None and facts.erasure.proposed_by not in actor.accounts
    return unless(met, "erasure:proposed_by_you", "You proposed this erasure.", "Another IG officer decides.")


def no_refresh_running(_: Actor, facts: Facts) -> Refusal | None:
    """One refresh at a time."""
    return unless(not facts.refreshing, "refresh:running", "A refresh is running.", "Wait until it has ended.")


def renews_cleared(_: Actor, facts: Facts) -> Refusal | None:
    """Another snapshot of the project, built from the same grant, is cleared: this one takes its place."""
    met = facts.snapshot is not None and facts.snapshot.state is SnapshotState.CLEARED
    return unless(
        met, "snapshot:nothing_to_renew", "The project has no cleared snapshot.", "An IG officer clears the first one."
    )
