"""Whoever has signed in: seats, tokens, sessions, certificates; and the agreement that they accept."""

from gateway.rules import certificate_guards as c
from gateway.rules import guards as g
from gateway.rules.steps import Step, step
from gateway.vocabulary import CertificateState, Command, Event, PersonState, PoolState, Role

_PERSON = PersonState.ACTIVE
_CRT = CertificateState
_C = Command
_E = Event
_OWNER = {Role.OWNER}
_IG = {Role.IG_OFFICER}

ROWS: tuple[Step, ...] = (
    step(
        _PERSON, _C.APPOINT_PERSON, by={Role.SYSTEM, Role.OPERATOR}, when=[g.not_oneself], records=_E.PERSON_APPOINTED
    ),
    step(_PERSON, _C.SIGN_IN, by=_OWNER, records=_E.PERSON_SIGNED_IN),
    step(_PERSON, _C.SIGN_OUT, by=_OWNER, records=_E.PERSON_SIGNED_OUT),
    step(_PERSON, _C.CREATE_TOKEN, by=_OWNER, records=_E.TOKEN_CREATED),
    step(_PERSON, _C.REVOKE_TOKEN, by=_OWNER, records=_E.TOKEN_REVOKED),
    step(_PERSON, _C.REVOKE_SESSION, by=_OWNER, records=_E.SESSION_REVOKED),
    # what a seat demands, and the agreement
    step(PoolState.OPEN, _C.REQUIRE_CERTIFICATE, by=_IG, records=_E.CERTIFICATE_REQUIRED),
    step(PoolState.OPEN, _C.WAIVE_CERTIFICATE, by=_IG, records=_E.CERTIFICATE_WAIVED),
    step(PoolState.OPEN, _C.PUBLISH_TERMS, by=_IG, records=_E.TERMS_PUBLISHED),
    step(_PERSON, _C.ACCEPT_TERMS, by=_OWNER, records=_E.TERMS_ACCEPTED),
    step(_PERSON, _C.SIGN_TERMS, by={Role.SIGNATORY}, records=_E.TERMS_SIGNED),
    # certificates
    step(_PERSON, _C.PRESENT_CERTIFICATE, by=_OWNER, records=_E.CERTIFICATE_PRESENTED),
    step(
        _CRT.PRESENTED,
        _C.ACCEPT_CERTIFICATE,
        to=_CRT.ACCEPTED,
        by=_IG,
        when=[c.not_own_certificate],
        records=_E.CERTIFICATE_ACCEPTED,
    ),
    step(
        _CRT.PRESENTED,
        _C.REFUSE_CERTIFICATE,
        to=_CRT.REFUSED,
        by=_IG,
        when=[c.not_own_certificate],
        records=_E.CERTIFICATE_REFUSED,
    ),
    step(_CRT.ACCEPTED, _C.REVOKE_CERTIFICATE, to=_CRT.REVOKED, by=_IG, records=_E.CERTIFICATE_REVOKED),
    step(_CRT.ACCEPTED, _C.WARN_HOLDER, by={Role.SYSTEM}, when=[c.warning_is_due], records=_E.CERTIFICATE_WARNED),
)
