"""Which certificates there are, how long each lasts, and how somebody stands: pure, worked out anew for each moment.

A seat that demands a certificate is not held on a day on which the certificate does not count. So a lapse suspends
and a renewal restores by themselves, whether or not anything of ours was running.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from gateway.models import AccessTerms, Certificate, Requirement
from gateway.vocabulary import CertificateState, Seat

YEAR_DAYS = 365
WARN_DAYS = (60, 30, 7, 0)


@dataclass(frozen=True)
class Kind:
    """One row. `lasts_years` None: it ends on the day it says itself, or with the next version of its terms."""

    name: str
    title: str
    lasts_years: int | None
    of_organisation: bool = False
    by_terms: bool = False
    hint: str = ""


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "ONS_ACCREDITED", "Accredited researcher (Digital Economy Act)", 5, hint="The number on your certificate."
        ),
        Kind("ONS_PROVISIONAL", "Provisional accreditation, under a supervisor", 3, hint="Number, and who supervises."),
        Kind("SAFE_RESEARCHER", "Safe researcher training", 5, hint="Who held it, and the number."),
        Kind("IG_TRAINING", "Information governance training", 1, hint="Who held it, and the number."),
        Kind("CONTRACT", "Contract with your organisation, or honorary contract", None, hint="Its reference."),
        Kind("DSPT", "Data Security and Protection Toolkit: standards met", 1, True, hint="The organisation's code."),
        Kind("AGREEMENT", "Data access agreement, accepted", None, by_terms=True),
        Kind("ORGANISATION_AGREEMENT", "Data access agreement, signed by the organisation", None, True, True),
    )
}
PRESENTED_BY_HAND = tuple(kind.name for kind in KINDS.values() if not kind.by_terms)
# Whoever keeps the gate is warned but never locked out by it: nobody would be left to open it.
DEMANDED_OF = (Seat.RESEARCHER, Seat.COMMITTEE_MEMBER, Seat.LAY_MEMBER, Seat.OUTPUT_CHECKER)


class Stand(StrEnum):
    """How somebody stands with one kind of certificate."""

    HELD = "HELD"
    ENDS_SOON = "ENDS_SOON"
    CHECKING = "CHECKING"
    LAPSED = "LAPSED"
    MISSING = "MISSING"


COUNTS = frozenset({Stand.HELD, Stand.ENDS_SOON})


@dataclass(frozen=True)
class Standing:
    """One kind of certificate of one person: how it stands, until when, and which seats demand it now."""

    kind: str
    stand: Stand
    ends_on: date | None = None
    demanded_by: frozenset[Seat] = frozenset()

    @property
    def title(self) -> str:
        """In words."""
        return KINDS[self.kind].title


def last_day(kind: Kind, issued_on: date, ends_on: date | None) -> date | None:
    """The last day of a certificate: what it says, but never longer than its kind lasts."""
    if kind.lasts_years is None:
        return ends_on
    latest = _years_later(issued_on, kind.lasts_years)
    return min(ends_on, latest) if ends_on else latest


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year + years, day=28)


def version_in_force(terms: Iterable[AccessTerms], now: datetime) -> int | None:
    """The version of the agreement that counts now, or None where none was published."""
    return max((each.version for each in terms if each.in_force_from <= now), default=None)


def demanded(requirements: Iterable[Requirement], now: datetime) -> dict[str, frozenset[Seat]]:
    """For each kind the seats that demand it now."""
    found: dict[str, frozenset[Seat]] = {}
    for each in requirements:
        if each.since <= now and (each.until is None or each.until > now):
            found[each.kind] = found.get(each.kind, frozenset()) | {Seat(each.seat)}
    return found


def standing(
    kind: str, held: Sequence[Certificate], version: int | None, now: datetime, seats: frozenset[Seat] = frozenset()
) -> Standing:
    """How somebody with these certificates (theirs and their organisation's) stands with one kind."""
    ours = [each for each in held if each.kind == kind]
    counting = [each for each in ours if counts(each, version, now)]
    if counting:
        ends_on = max((each.ends_on or date.max for each in counting), default=date.max)
        soon = (ends_on - now.date()).days <= WARN_DAYS[0]
        shown = None if ends_on == date.max else ends_on
        return Standing(kind, Stand.ENDS_SOON if soon else Stand.HELD, shown, seats)
    if any(each.state is CertificateState.PRESENTED for each in ours):
        return Standing(kind, Stand.CHECKING, None, seats)
    ended = [each.ends_on for each in ours if each.state is CertificateState.ACCEPTED and each.ends_on]
    lapsed = any(each.state is CertificateState.ACCEPTED for each in ours)
    return Standing(kind, Stand.LAPSED if lapsed else Stand.MISSING, max(ended, default=None), seats)


def counts(certificate: Certificate, version: int | None, now: datetime) -> bool:
    """True when a certificate was accepted, has begun, has not ended, and is of the terms in force."""
    if certificate.state is not CertificateState.ACCEPTED or certificate.issued_on > now.date():
        return False
    if KINDS[certificate.kind].by_terms:
        return version is not None and int(certificate.reference) >= version
    return certificate.ends_on is None or now.date() <= certificate.ends_on


def suspended(standings: Iterable[Standing]) -> frozenset[Seat]:
    """The seats that are not held until what is missing is there."""
    return frozenset(seat for each in standings if each.stand not in COUNTS for seat in each.demanded_by)


def warning_due(certificate: Certificate, today: date) -> int | None:
    """The mark of `WARN_DAYS` that has been reached and of which the holder was not told yet; None for none."""
    if certificate.state is not CertificateState.ACCEPTED or certificate.ends_on is None:
        return None
    left = (certificate.ends_on - today).days
    reached = min((mark for mark in WARN_DAYS if left <= mark), default=None)
    told = certificate.warned_days
    return reached if reached is not None and (told is None or reached < told) else None
