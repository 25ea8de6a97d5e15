"""Every state machine: a row says from which state which command, by whom, under which conditions, leads where.

Buttons, permission pages, state diagrams, audit names and the test matrix are derived from these rows. Where
one command has several rows from a state, the first row whose conditions hold is taken.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.rules import guards as g
from gateway.rules.facts import Actor, Facts
from gateway.rules.guards import Guard
from gateway.rules.refusals import Refusal, not_your_role, unknown, wrong_state
from gateway.rules.roles import roles_on
from gateway.rules.visibility import may_see
from gateway.vocabulary import (
    Command,
    ErasureState,
    Event,
    JobState,
    OptOutListState,
    PersonState,
    PoolState,
    ProjectState,
    RefreshState,
    RegisterState,
    ReleaseState,
    Role,
    SnapshotState,
    State,
    TaskKind,
    TransferState,
    WorkspaceState,
)


@dataclass(frozen=True)
class Step:
    """One row. `then` is tried by the system after the commit; `queues` is work without a person."""

    state: State
    command: Command
    to: State
    by: frozenset[Role]
    when: tuple[Guard, ...]
    records: Event
    then: Command | None = None
    queues: TaskKind | None = None


def step(
    state: State,
    command: Command,
    *,
    by: Iterable[Role],
    records: Event,
    to: State | None = None,
    when: Iterable[Guard] = (),
    then: Command | None = None,
    queues: TaskKind | None = None,
) -> Step:
    """A row; without `to` it leads from the state to itself."""
    return Step(state, command, state if to is None else to, frozenset(by), tuple(when), records, then, queues)


_POOL, _LIST, _PERSON = PoolState.OPEN, OptOutListState, PersonState.ACTIVE
_P, _S, _W, _T, _J, _R = ProjectState, SnapshotState, WorkspaceState, TransferState, JobState, ReleaseState
_ERS, _RFR = ErasureState, RefreshState
_C, _E = Command, Event
_SYSTEM = {Role.SYSTEM}
_LEAD = {Role.LEAD}
_MEMBERS = {Role.MEMBER}
_CHECKER = {Role.OUTPUT_CHECKER}
_IG = {Role.IG_OFFICER}
_DRAWABLE = (g.grant_in_force, g.opt_outs_fresh, g.snapshot_cleared, g.same_snapshot, g.draws_not_frozen)

STEPS: tuple[Step, ...] = (
    # the pool
    step(_POOL, _C.OPEN_POOL, by=_SYSTEM, records=_E.POOL_OPENED),
    step(_POOL, _C.WELCOME_PERSON, by=_SYSTEM, records=_E.PERSON_WELCOMED),
    step(_POOL, _C.LOAD_RECORDS, by={Role.OPERATOR}, records=_E.RECORDS_LOADED),
    step(_POOL, _C.REQUEST_OPT_OUTS, by={Role.OPERATOR}, records=_E.OPT_OUTS_REQUESTED),
    step(_POOL, _C.RECEIVE_OPT_OUTS, by={Role.OPERATOR}, records=_E.OPT_OUTS_RECEIVED),
    step(_POOL, _C.VIEW_QUALITY, by={Role.IG_OFFICER, Role.AUDITOR}, records=_E.QUALITY_VIEWED),
    step(_POOL, _C.EXPORT_AUDIT, by={Role.AUDITOR}, records=_E.AUDIT_EXPORTED),
    step(_POOL, _C.SIGN_CHECKPOINT, by=_SYSTEM, records=_E.CHECKPOINT_SIGNED),
    step(_POOL, _C.TAKE_BACKUP, by=_SYSTEM, records=_E.BACKUP_TAKEN),
    step(_POOL, _C.RESTORE_POOL, by=_SYSTEM, records=_E.POOL_RESTORED),
    step(_POOL, _C.APPLY_RETENTION, by=_SYSTEM, records=_E.RETENTION_APPLIED),
    step(_POOL, _C.REPORT_PERSON, by=_IG, records=_E.PERSON_REPORTED),
    step(_POOL, _C.PROPOSE_ERASURE, by=_IG, records=_E.ERASURE_PROPOSED),
    step(
        _POOL,
        _C.BEGIN_REFRESH,
        by={Role.SYSTEM, Role.OPERATOR, Role.IG_OFFICER},
        when=[g.no_refresh_running, g.opt_outs_fresh],
        records=_E.REFRESH_BEGUN,
        queues=TaskKind.REFRESH,
    ),
    step(_POOL, _C.DRAFT_PROJECT, by={Role.RESEARCHER}, records=_E.PROJECT_DRAFTED),
    # opt-out lists
    step(_LIST.RECEIVED, _C.ACTIVATE_OPT_OUTS, to=_LIST.ACTIVE, by=_IG, records=_E.OPT_OUTS_ACTIVATED),
    # erasures, and the refresh that carries them out
    step(
        _ERS.PROPOSED,
        _C.APPROVE_ERASURE,
        to=_ERS.APPROVED,
        by=_IG,
        when=[g.by_another],
        records=_E.ERASURE_APPROVED,
    ),
    step(_ERS.PROPOSED, _C.REFUSE_ERASURE, to=_ERS.REFUSED, by=_IG, when=[g.by_another], records=_E.ERASURE_REFUSED),
    step(_ERS.APPROVED, _C.COMPLETE_ERASURE, to=_ERS.DONE, by=_SYSTEM, records=_E.ERASURE_DONE),
    step(_RFR.RUNNING, _C.END_REFRESH, to=_RFR.DONE, by=_SYSTEM, records=_E.REFRESH_ENDED),
    # people
    step(
        _PERSON, _C.APPOINT_PERSON, by={Role.SYSTEM, Role.OPERATOR}, when=[g.not_oneself], records=_E.PERSON_APPOINTED
    ),
    step(_PERSON, _C.SIGN_IN, by={Role.OWNER}, records=_E.PERSON_SIGNED_IN),
    step(_PERSON, _C.SIGN_OUT, by={Role.OWNER}, records=_E.PERSON_SIGNED_OUT),
    step(_PERSON, _C.CREATE_TOKEN, by={Role.OWNER}, records=_E.TOKEN_CREATED),
    step(_PERSON, _C.REVOKE_SESSION, by={Role.OWNER}, records=_E.SESSION_REVOKED),
    # projects
    step(_P.DRAFT, _C.EDIT_PROJECT, by=_LEAD, records=_E.PROJECT_EDITED),
    step(_P.RETURNED, _C.EDIT_PROJECT, by=_LEAD, records=_E.PROJECT_EDITED),
    step(_P.DRAFT, _C.SUBMIT_PROJECT, to=_P.SUBMITTED, by=_LEAD, records=_E.PROJECT_SUBMITTED),
    step(_P.RETURNED, _C.SUBMIT_PROJECT, to=_P.SUBMITTED, by=_LEAD, records=_E.PROJECT_SUBMITTED),
    step(
        _P.SUBMITTED,
        _C.CAST_VOTE,
        by={Role.COMMITTEE_MEMBER},
        when=[g.has_not_voted],
        records=_E.PROJECT_VOTED,
        then=_C.SETTLE_PROJECT,
    ),
    step(
        _P.SUBMITTED,
        _C.SETTLE_PROJECT,
        to=_P.APPROVED,
        by=_SYSTEM,
        when=[g.committee_approves],
        records=_E.PROJECT_APPROVED,
    ),
    step(
        _P.SUBMITTED,
        _C.SETTLE_PROJECT,
        to=_P.REFUSED,
        by=_SYSTEM,
        when=[g.committee_refuses],
        records=_E.PROJECT_REFUSED,
    ),
    step(
        _P.SUBMITTED,
        _C.SETTLE_PROJECT,
        to=_P.RETURNED,
        by=_SYSTEM,
        when=[g.committee_returns],
        records=_E.PROJECT_RETURNED,
    ),
    step(_P.APPROVED, _C.SUSPEND_PROJECT, to=_P.SUSPENDED, by=_IG, records=_E.PROJECT_SUSPENDED),
    step(_P.SUSPENDED, _C.RESUME_PROJECT, to=_P.APPROVED, by=_IG, records=_E.PROJECT_RESUMED),
    step(_P.APPROVED, _C.CLOSE_PROJECT, to=_P.CLOSED, by={Role.LEAD, Role.IG_OFFICER}, records=_E.PROJECT_CLOSED),
    step(
        _P.APPROVED,
        _C.REQUEST_SNAPSHOT,
        by=_LEAD,
        when=[g.grant_in_force, g.opt_outs_fresh],
        records=_E.SNAPSHOT_REQUESTED,
        queues=TaskKind.BUILD_SNAPSHOT,
    ),
    step(
        _P.APPROVED,
        _C.OPEN_WORKSPACE,
        by=_MEMBERS,
        when=[g.grant_in_force, g.snapshot_cleared, g.no_workspace_yet],
        records=_E.WORKSPACE_OPENED,
    ),
    step(
        _P.APPROVED,
        _C.DRAFT_RELEASE,
        by=_MEMBERS,
        when=[g.grant_in_force, g.snapshot_cleared],
        records=_E.RELEASE_DRAFTED,
    ),
    # snapshots
    step(
        _S.REQUESTED,
        _C.BEGIN_SNAPSHOT,
        to=_S.BUILDING,
        by=_SYSTEM,
        when=[g.grant_in_force, g.opt_outs_fresh],
        records=_E.SNAPSHOT_BEGUN,
    ),
    step(_S.BUILDING, _C.COMPLETE_SNAPSHOT, to=_S.BUILT, by=_SYSTEM, records=_E.SNAPSHOT_BUILT),
    step(_S.REQUESTED, _C.FAIL_SNAPSHOT, to=_S.FAILED, by=_SYSTEM, records=_E.SNAPSHOT_FAILED),
    step(_S.BUILDING, _C.FAIL_SNAPSHOT, to=_S.FAILED, by=_SYSTEM, records=_E.SNAPSHOT_FAILED),
    step(_S.BUILT, _C.CLEAR_SNAPSHOT, to=_S.CLEARED, by=_IG, records=_E.SNAPSHOT_CLEARED),
    step(
        _S.BUILT,
        _C.CLEAR_SNAPSHOT,
        to=_S.CLEARED,
        by=_SYSTEM,
        when=[g.renews_cleared, g.grant_in_force, g.opt_outs_fresh],
        records=_E.SNAPSHOT_CLEARED,
    ),
    step(_S.BUILT, _C.RETIRE_SNAPSHOT, to=_S.RETIRED, by=_IG | _SYSTEM, records=_E.SNAPSHOT_RETIRED),
    step(_S.CLEARED, _C.RETIRE_SNAPSHOT, to=_S.RETIRED, by=_IG | _SYSTEM, records=_E.SNAPSHOT_RETIRED),
    *(
        step(
            state,
            _C.RENEW_SNAPSHOT,
            by=_SYSTEM,
            when=[g.grant_in_force, g.opt_outs_fresh],
            records=_E.SNAPSHOT_RENEWED,
            queues=TaskKind.BUILD_SNAPSHOT,
        )
        for state in (_S.BUILT, _S.CLEARED)
    ),
    step(_S.RETIRED, _C.DESTROY_SNAPSHOT, to=_S.DESTROYED, by=_SYSTEM, records=_E.SNAPSHOT_DESTROYED),
    step(_S.BUILT, _C.LOOK_FOR_PEOPLE, by={Role.IG_OFFICER, Role.AUDITOR}, records=_E.SNAPSHOT_SEARCHED),
    step(_S.CLEARED, _C.LOOK_FOR_PEOPLE, by={Role.IG_OFFICER, Role.AUDITOR}, records=_E.SNAPSHOT_SEARCHED),
    # workspaces
    step(
        _W.OPEN,
        _C.BRING_IN,
        by=_MEMBERS,
        when=[g.grant_in_force],
        records=_E.TRANSFER_SUBMITTED,
        queues=TaskKind.SCAN_TRANSFER,
    ),
    step(_W.OPEN, _C.FREEZE_WORKSPACE, to=_W.FROZEN, by=_IG, records=_E.WORKSPACE_FROZEN),
    step(_W.OPEN, _C.PURGE_WORKSPACE, by=_SYSTEM, records=_E.WORKSPACE_PURGED),
    step(_W.FROZEN, _C.PURGE_WORKSPACE, by=_SYSTEM, records=_E.WORKSPACE_PURGED),
    step(_T.SCANNING, _C.ADMIT_TRANSFER, to=_T.ADMITTED, by=_SYSTEM, records=_E.TRANSFER_ADMITTED),
    step(_T.SCANNING, _C.REFUSE_TRANSFER, to=_T.REFUSED, by=_SYSTEM, records=_E.TRANSFER_REFUSED),
    step(
        _T.ADMITTED,
        _C.RUN_JOB,
        by=_MEMBERS,
        when=[g.grant_in_force, g.opt_outs_fresh, g.snapshot_cleared, g.jobs_left_today],
        records=_E.JOB_QUEUED,
        queues=TaskKind.RUN_JOB,
    ),
    step(
        _T.ADMITTED,
        _C.RERUN_JOB,
        by=_SYSTEM,
        when=[g.grant_in_force, g.opt_outs_fresh, g.snapshot_cleared, g.jobs_left_today],
        records=_E.JOB_QUEUED_AGAIN,
        queues=TaskKind.RUN_JOB,
    ),
    step(
        _J.QUEUED,
        _C.START_JOB,
        to=_J.RUNNING,
        by=_SYSTEM,
        when=[g.grant_in_force, g.opt_outs_fresh, g.snapshot_cleared],
        records=_E.JOB_STARTED,
    ),
    step(_J.QUEUED, _C.END_JOB, to=_J.ENDED, by=_SYSTEM, records=_E.JOB_ENDED),
    step(_J.RUNNING, _C.END_JOB, to=_J.ENDED, by=_SYSTEM, records=_E.JOB_ENDED),
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
        to=_R.ADJUDICATING,
        by=_SYSTEM,
        when=[g.reviews_differ],
        records=_E.RELEASE_DISPUTED,
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
    step(_R.RELEASED, _C.DOWNLOAD_OUTPUT, by=_MEMBERS, records=_E.RELEASE_DOWNLOADED),
    step(_R.RELEASED, _C.RECALL_RELEASE, to=_R.RECALLED, by=_IG, records=_E.RELEASE_RECALLED),
    # the register
    step(RegisterState.DRAFT, _C.PUBLISH_ENTRY, to=RegisterState.PUBLISHED, by=_IG, records=_E.REGISTER_PUBLISHED),
)


def rows(state: State, command: Command) -> list[Step]:
    """The rows of a command from a state; state classes keep equal names of different nouns apart."""
    return [row for row in STEPS if row.command is command and row.state is state]


def speaks_of(command: Command, state: State) -> bool:
    """True when the command is about that noun at all; an id of another noun names nothing here."""
    return any(row.command is command and type(row.state) is type(state) for row in STEPS)


def choose(actor: Actor, command: Command, facts: Facts) -> Step | Refusal:
    """The row to take, or why not. Asked by the door and by every page, so that both say the same."""
    roles = roles_on(actor, facts)
    if not may_see(roles, facts) or not speaks_of(command, facts.state):
        return unknown()
    allowed = frozenset(role for row in STEPS if row.command is command for role in row.by)
    if not roles & allowed:
        return not_your_role(command, _names(allowed))
    candidates = rows(facts.state, command)
    if not candidates:
        return wrong_state(command, facts.state)
    answers = [_judge(row, roles, actor, facts) for row in candidates]
    return next((answer for answer in answers if isinstance(answer, Step)), answers[0])


def refusal(actor: Actor, command: Command, facts: Facts) -> Refusal | None:
    """Why not, or None."""
    answer = choose(actor, command, facts)
    return answer if isinstance(answer, Refusal) else None


def _judge(row: Step, roles: frozenset[Role], actor: Actor, facts: Facts) -> Step | Refusal:
    if not roles & row.by:
        return not_your_role(row.command, _names(row.by))
    return next((why for guard in row.when if (why := guard(actor, facts)) is not None), row)


def _names(roles: Iterable[Role]) -> str:
    return ", ".join(sorted(role.value.replace("_", " ").lower() for role in roles))
