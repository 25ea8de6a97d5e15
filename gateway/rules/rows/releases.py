"""Releases, from the draft to the recall, and what the register says."""

from gateway.rules import guards as g
from gateway.rules.steps import Step, step
from gateway.vocabulary import Command, Event, RegisterState, ReleaseState, Role, TaskKind

_R = ReleaseState
_C = Command
_E = Event
_SYSTEM = {Role.SYSTEM}
_MEMBERS = {Role.MEMBER}
_CHECKER = {Role.OUTPUT_CHECKER}
_IG = {Role.IG_OFFICER}
_DRAWABLE = (g.grant_in_force, g.opt_outs_fresh, g.snapshot_cleared, g.same_snapshot, g.draws_not_frozen)
_REVIEWING: tuple[tuple[ReleaseState, tuple[g.Guard, ...]], ...] = (
    (_R.SUBMITTED, ()),
    (_R.SEALED, (g.reviewer_is_new, g.reviews_wanted)),
    (_R.IN_REVIEW, (g.reviewer_is_new, g.reviews_wanted)),
    (_R.CONSOLIDATING, (g.reviewed_it, g.not_confirmed)),
    (_R.ADJUDICATING, (g.reviewer_is_new,)),
)

ROWS: tuple[Step, ...] = (
    # releases
    step(_R.DRAFT, _C.EDIT_RELEASE, by={Role.AUTHOR}, records=_E.RELEASE_EDITED),
    step(
        _R.DRAFT,
        _C.SUBMIT_RELEASE,
        to=_R.SUBMITTED,
        by={Role.AUTHOR},
        when=[g.grant_in_force, g.snapshot_cleared, g.draws_not_frozen],
        records=_E.RELEASE_SUBMITTED,
    ),
    step(_R.SUBMITTED, _C.WITHDRAW_RELEASE, to=_R.WITHDRAWN, by={Role.AUTHOR}, records=_E.RELEASE_WITHDRAWN),
    step(
        _R.SUBMITTED,
        _C.CLEAR_PLAN,
        to=_R.PLAN_CLEARED,
        by=_CHECKER,
        when=[g.grant_in_force, g.draws_not_frozen],
        records=_E.RELEASE_PLAN_CLEARED,
        queues=TaskKind.DRAW_RELEASE,
    ),
    *(
        step(state, _C.COPY_RELEASE, by=_MEMBERS, when=[g.grant_in_force], records=_E.RELEASE_COPIED)
        for state in ReleaseState
    ),
    *(step(state, _C.KEEP_REVIEW, by=_CHECKER, when=when, records=_E.REVIEW_KEPT) for state, when in _REVIEWING),
    step(_R.SUBMITTED, _C.RETURN_PLAN, to=_R.DRAFT, by=_CHECKER, records=_E.RELEASE_PLAN_RETURNED),
    step(
        _R.PLAN_CLEARED,
        _C.RESERVE_BUDGET,
        to=_R.RESERVED,
        by=_SYSTEM,
        when=[g.budget_covers, *_DRAWABLE],
        records=_E.RELEASE_RESERVED,
    ),
    step(_R.PLAN_CLEARED, _C.FAIL_DRAW, to=_R.FAILED, by=_SYSTEM, records=_E.RELEASE_FAILED),
    # asked again: between the two a worker may have died, and hours may have gone by
    step(_R.RESERVED, _C.BEGIN_DRAW, to=_R.DRAWING, by=_SYSTEM, when=_DRAWABLE, records=_E.RELEASE_BEGUN),
    step(_R.RESERVED, _C.FAIL_DRAW, to=_R.FAILED, by=_SYSTEM, records=_E.RELEASE_FAILED),
    step(_R.DRAWING, _C.FAIL_DRAW, to=_R.FAILED, by=_SYSTEM, records=_E.RELEASE_FAILED),
    step(_R.DRAWING, _C.SEAL_ARTEFACT, to=_R.SEALED, by=_SYSTEM, records=_E.RELEASE_SEALED),
    step(_R.SEALED, _C.VIEW_ARTEFACT, by=_CHECKER, records=_E.RELEASE_VIEWED),
    step(_R.IN_REVIEW, _C.VIEW_ARTEFACT, by=_CHECKER, records=_E.RELEASE_VIEWED),
    step(_R.CONSOLIDATING, _C.VIEW_ARTEFACT, by=_CHECKER, records=_E.RELEASE_VIEWED),
    step(_R.ADJUDICATING, _C.VIEW_ARTEFACT, by=_CHECKER, records=_E.RELEASE_VIEWED),
    step(
        _R.SEALED,
        _C.REVIEW_RELEASE,
        to=_R.IN_REVIEW,
        by=_CHECKER,
        when=[g.reviewer_is_new, g.reviews_wanted],
        records=_E.RELEASE_REVIEWED,
        then=_C.SETTLE_RELEASE,
    ),
    step(
        _R.IN_REVIEW,
        _C.REVIEW_RELEASE,
        by=_CHECKER,
        when=[g.reviewer_is_new, g.reviews_wanted],
        records=_E.RELEASE_REVIEWED,
        then=_C.SETTLE_RELEASE,
    ),
    step(
        _R.IN_REVIEW,
        _C.SETTLE_RELEASE,
        to=_R.APPROVED,
        by=_SYSTEM,
        when=[g.reviews_approve],
        records=_E.RELEASE_APPROVED,
        then=_C.PUBLISH_RELEASE,
    ),
    step(
        _R.IN_REVIEW, _C.SETTLE_RELEASE, to=_R.REFUSED, by=_SYSTEM, when=[g.reviews_refuse], records=_E.RELEASE_REFUSED
    ),
    step(
        _R.IN_REVIEW,
        _C.SETTLE_RELEASE,
        to=_R.RETURNED,
        by=_SYSTEM,
        when=[g.reviews_return],
        records=_E.RELEASE_RETURNED,
    ),
    step(
        _R.IN_REVIEW,
        _C.SETTLE_RELEASE,
        to=_R.CONSOLIDATING,
        by=_SYSTEM,
        when=[g.reviews_differ],
        records=_E.RELEASE_DISPUTED,
    ),
    # each reviewer sees the others' words, and then says once more what should happen
    step(
        _R.CONSOLIDATING,
        _C.CONFIRM_REVIEW,
        by=_CHECKER,
        when=[g.reviewed_it, g.not_confirmed],
        records=_E.RELEASE_CONFIRMED,
        then=_C.SETTLE_RELEASE,
    ),
    step(
        _R.CONSOLIDATING,
        _C.SETTLE_RELEASE,
        to=_R.APPROVED,
        by=_SYSTEM,
        when=[g.consolidated_approve],
        records=_E.RELEASE_APPROVED,
        then=_C.PUBLISH_RELEASE,
    ),
    step(
        _R.CONSOLIDATING,
        _C.SETTLE_RELEASE,
        to=_R.REFUSED,
        by=_SYSTEM,
        when=[g.consolidated_refuse],
        records=_E.RELEASE_REFUSED,
    ),
    step(
        _R.CONSOLIDATING,
        _C.SETTLE_RELEASE,
        to=_R.RETURNED,
        by=_SYSTEM,
        when=[g.consolidated_return],
        records=_E.RELEASE_RETURNED,
    ),
    step(
        _R.CONSOLIDATING,
        _C.SETTLE_RELEASE,
        to=_R.ADJUDICATING,
        by=_SYSTEM,
        when=[g.consolidated_differ],
        records=_E.RELEASE_UNSETTLED,
    ),
    step(
        _R.ADJUDICATING,
        _C.ADJUDICATE_RELEASE,
        by=_CHECKER,
        when=[g.reviewer_is_new],
        records=_E.RELEASE_ADJUDICATED,
        then=_C.SETTLE_RELEASE,
    ),
    step(
        _R.ADJUDICATING,
        _C.SETTLE_RELEASE,
        to=_R.APPROVED,
        by=_SYSTEM,
        when=[g.adjudicator_approves],
        records=_E.RELEASE_APPROVED,
        then=_C.PUBLISH_RELEASE,
    ),
    step(
        _R.ADJUDICATING,
        _C.SETTLE_RELEASE,
        to=_R.REFUSED,
        by=_SYSTEM,
        when=[g.adjudicator_refuses],
        records=_E.RELEASE_REFUSED,
    ),
    step(
        _R.ADJUDICATING,
        _C.SETTLE_RELEASE,
        to=_R.RETURNED,
        by=_SYSTEM,
        when=[g.adjudicator_returns],
        records=_E.RELEASE_RETURNED,
    ),
    step(
        _R.APPROVED,
        _C.PUBLISH_RELEASE,
        to=_R.RELEASED,
        by=_SYSTEM,
        records=_E.RELEASE_PUBLISHED,
        queues=TaskKind.SIGN_CHECKPOINT,
    ),
    step(_R.RELEASED, _C.DOWNLOAD_OUTPUT, by=_MEMBERS, when=[g.not_suspended], records=_E.RELEASE_DOWNLOADED),
    step(_R.RELEASED, _C.RECALL_RELEASE, to=_R.RECALLED, by=_IG, when=[g.not_the_twin], records=_E.RELEASE_RECALLED),
    # the register
    step(RegisterState.DRAFT, _C.PUBLISH_ENTRY, to=RegisterState.PUBLISHED, by=_IG, records=_E.REGISTER_PUBLISHED),
)
