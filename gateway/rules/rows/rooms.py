"""What runs in a workspace: notebooks and desktops that are opened and closed, jobs stopped, logs read."""

from gateway.rules import guards as g
from gateway.rules import room_guards as r
from gateway.rules.steps import Step, step
from gateway.vocabulary import Command, Event, JobState, Role, WorkspaceState

_W = WorkspaceState
_J = JobState
_C = Command
_E = Event
_SYSTEM = {Role.SYSTEM}
_MEMBERS = {Role.MEMBER}
_WHO_STOPS = {Role.MEMBER, Role.IG_OFFICER}

ROWS: tuple[Step, ...] = (
    step(
        _W.OPEN,
        _C.START_ROOM,
        by=_MEMBERS,
        when=[g.grant_in_force, r.has_room, g.opt_outs_fresh, g.snapshot_cleared, r.room_closed],
        records=_E.ROOM_STARTED,
    ),
    step(_W.OPEN, _C.ENTER_ROOM, by=_MEMBERS, when=r.ENTERING, records=_E.ROOM_ENTERED),
    step(_W.OPEN, _C.STOP_ROOM, by=_WHO_STOPS, when=[r.room_open], records=_E.ROOM_STOPPED),
    *(
        step(state, _C.END_ROOM, by=_SYSTEM, when=[r.room_open], records=_E.ROOM_ENDED)
        for state in (_W.OPEN, _W.FROZEN)
    ),
    step(
        _W.OPEN, _C.VIEW_LOGS, by=_MEMBERS, when=[g.grant_in_force, r.sees_rows, r.logs_leave], records=_E.LOGS_VIEWED
    ),
    step(_J.QUEUED, _C.STOP_JOB, to=_J.ENDED, by=_WHO_STOPS, when=[r.end_not_shown], records=_E.JOB_STOPPED),
    step(_J.RUNNING, _C.STOP_JOB, by=_WHO_STOPS, when=[r.end_not_shown], records=_E.JOB_STOPPED),
    step(_J.ENDED, _C.STOP_JOB, by=_WHO_STOPS, when=[r.end_not_shown], records=_E.JOB_STOPPED),
)
