"""Exemptions from the national opt-out: proposed, seconded, in force until their day or an earlier end."""

from gateway.rules import exemptions as x
from gateway.rules import guards as g
from gateway.rules.steps import Step, step
from gateway.vocabulary import Command, Event, ExemptionState, ProjectState, Role

_X = ExemptionState
_C = Command
_E = Event
_IG = {Role.IG_OFFICER}
_COMMITTEE = {Role.COMMITTEE_MEMBER}

ROWS: tuple[Step, ...] = (
    step(
        ProjectState.APPROVED,
        _C.PROPOSE_EXEMPTION,
        by=_IG,
        when=[g.grant_in_force, x.cut_stays],
        records=_E.EXEMPTION_PROPOSED,
    ),
    step(
        _X.PROPOSED,
        _C.SECOND_EXEMPTION,
        to=_X.SECONDED,
        by=_IG,
        when=[x.by_another, x.not_expired, x.cut_stays],
        records=_E.EXEMPTION_SECONDED,
    ),
    step(
        _X.SECONDED,
        _C.APPROVE_EXEMPTION,
        to=_X.IN_FORCE,
        by=_COMMITTEE,
        when=[x.by_another, x.not_expired, x.cut_stays, x.in_register],
        records=_E.EXEMPTION_APPROVED,
    ),
    step(_X.PROPOSED, _C.REFUSE_EXEMPTION, to=_X.REFUSED, by=_IG | _COMMITTEE, records=_E.EXEMPTION_REFUSED),
    step(_X.SECONDED, _C.REFUSE_EXEMPTION, to=_X.REFUSED, by=_IG | _COMMITTEE, records=_E.EXEMPTION_REFUSED),
    step(_X.IN_FORCE, _C.END_EXEMPTION, to=_X.ENDED, by=_IG, records=_E.EXEMPTION_ENDED),
)
