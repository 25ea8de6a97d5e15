"""Projects, their snapshots and workspaces, scripts on their way in, and jobs."""

from gateway.rules import committee_guards as c
from gateway.rules import guards as g
from gateway.rules import room_guards as r
from gateway.rules.steps import Step, step
from gateway.vocabulary import (
    Command,
    Event,
    JobState,
    PoolState,
    ProjectState,
    Role,
    SnapshotState,
    TaskKind,
    TransferState,
    WorkspaceState,
)

_P = ProjectState
_S = SnapshotState
_W = WorkspaceState
_T = TransferState
_J = JobState
_C = Command
_E = Event
_SYSTEM = {Role.SYSTEM}
_LEAD = {Role.LEAD}
_MEMBERS = {Role.MEMBER}
_IG = {Role.IG_OFFICER}

ROWS: tuple[Step, ...] = (
    # projects
    step(_P.DRAFT, _C.EDIT_PROJECT, by=_LEAD, records=_E.PROJECT_EDITED),
    step(_P.RETURNED, _C.EDIT_PROJECT, by=_LEAD, records=_E.PROJECT_EDITED),
    step(_P.DRAFT, _C.SUBMIT_PROJECT, to=_P.SUBMITTED, by=_LEAD, records=_E.PROJECT_SUBMITTED),
    step(_P.RETURNED, _C.SUBMIT_PROJECT, to=_P.SUBMITTED, by=_LEAD, records=_E.PROJECT_SUBMITTED),
    step(PoolState.OPEN, _C.CHOOSE_COMMITTEE, by=_IG, records=_E.COMMITTEE_CHOSEN),
    step(
        _P.SUBMITTED,
        _C.DECLARE_INTEREST,
        by={Role.COMMITTEE_MEMBER},
        when=[c.has_not_declared],
        records=_E.INTEREST_DECLARED,
    ),
    step(
        _P.SUBMITTED,
        _C.CAST_VOTE,
        by={Role.COMMITTEE_MEMBER},
        when=[g.has_not_voted, c.has_declared, c.provider_has_a_vote],
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
        when=[g.grant_in_force, g.opt_outs_fresh, g.snapshot_cleared, r.room_closed, g.jobs_left_today],
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
)
