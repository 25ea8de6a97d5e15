"""The pool of people, its opt-out lists, erasures and refreshes."""

from gateway.rules import guards as g
from gateway.rules.steps import Step, step
from gateway.vocabulary import (
    Command,
    ErasureState,
    Event,
    OptOutListState,
    PoolState,
    RefreshState,
    Role,
    TaskKind,
)

_POOL = PoolState.OPEN
_LIST = OptOutListState
_ERS = ErasureState
_RFR = RefreshState
_C = Command
_E = Event
_SYSTEM = {Role.SYSTEM}
_IG = {Role.IG_OFFICER}

ROWS: tuple[Step, ...] = (
    # the pool
    step(_POOL, _C.OPEN_POOL, by=_SYSTEM, records=_E.POOL_OPENED),
    step(_POOL, _C.WELCOME_PERSON, by=_SYSTEM, records=_E.PERSON_WELCOMED),
    step(_POOL, _C.LOAD_RECORDS, by={Role.OPERATOR}, records=_E.RECORDS_LOADED),
    step(_POOL, _C.REQUEST_OPT_OUTS, by={Role.OPERATOR}, records=_E.OPT_OUTS_REQUESTED),
    step(_POOL, _C.RECEIVE_OPT_OUTS, by={Role.OPERATOR}, records=_E.OPT_OUTS_RECEIVED),
    step(_POOL, _C.VIEW_QUALITY, by={Role.IG_OFFICER, Role.AUDITOR}, records=_E.QUALITY_VIEWED),
    step(_POOL, _C.IMPORT_CODE_LIST, by=_IG, records=_E.CODE_LIST_IMPORTED),
    step(_POOL, _C.EXPORT_AUDIT, by={Role.AUDITOR}, records=_E.AUDIT_EXPORTED),
    step(_POOL, _C.SIGN_CHECKPOINT, by=_SYSTEM, records=_E.CHECKPOINT_SIGNED),
    step(_POOL, _C.TAKE_BACKUP, by=_SYSTEM, records=_E.BACKUP_TAKEN),
    step(_POOL, _C.ROTATE_KEY, by=_SYSTEM, records=_E.KEY_ROTATED),
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
)
