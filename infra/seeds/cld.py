"""Councils write Client Level Data: adult social care events by reporting period."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from infra.seeds.draws import Draws, Ints
from infra.seeds.files import Files
from infra.seeds.identity import known, local
from infra.seeds.organisations import Organisations
from infra.seeds.people import TODAY, People
from infra.seeds.rows import BROKEN_DATE, FUTURE_DATE
from infra.seeds.text import BROKEN_DAY, NO_DAY, Texts, csv_lines, dates, day, table
from workspaces.catalogue.places import BOROUGHS

HEADER = (
    "la_code",
    "reporting_period_start",
    "reporting_period_end",
    "la_person_id",
    "nhs_number",
    "gp_practice_code",
    "gender",
    "ethnicity",
    "date_of_birth",
    "client_type",
    "event_type",
    "event_start_date",
    "event_end_date",
    "service_type",
    "service_component",
)
# Two returns; a service still open in the second period is reported in both.
PERIODS = (
    ("2025-26.csv", date(2023, 4, 1), date(2026, 3, 31)),
    ("2026-27-q1.csv", date(2026, 4, 1), date(2026, 6, 30)),
)
_TYPES = table("Request", "Assessment", "Service", "Review", "Signposting")
_GENDER = table("Female", "Male", "Other", "Unknown")
_NUMERIC_GENDER = table("2", "1", "9", "0")
_SERVICES = table("Long Term Support: Community", "Long Term Support: Nursing Care", "Short Term Support")
_COMPONENTS = table("Home Support", "Nursing Care", "Reablement")
_STEPS = 4


@dataclass(frozen=True)
class Events:
    """Council events sorted by council, then person; `kind` 4 is an event type that nobody knows."""

    person: Ints
    council: Ints
    kind: Ints
    start: Ints
    end: Ints


def begin(files: Files, senders: Organisations) -> None:
    """The header of every council's two returns."""
    for council in senders.councils:
        for name, _, _ in PERIODS:
            files.begin(f"cld/{council.code}/{name}", ",".join(HEADER) + "\n")


def write(files: Files, senders: Organisations, draws: Draws, people: People) -> None:
    """Everything that councils send about one chunk of people."""
    events = _events(draws, people)
    for place, (name, first, last) in enumerate(PERIODS):
        opened = (events.start <= day(last)) | (events.start > TODAY) if place == 0 else events.start >= day(first)
        carried = (events.end == NO_DAY) & (events.start < day(first)) if place else np.zeros(len(opened), np.bool_)
        _return(files, senders, draws, people, events, np.flatnonzero(opened | carried), name, (first, last))


def _events(draws: Draws, people: People) -> Events:
    """Request, assessment, service and review, each a while after the one before; not everybody gets that far."""
    draw = draws.uniform("council events", 12)
    begun = day(date(2023, 4, 10)) + (draw[:, 0] * 1150).astype(np.int64)
    steps = np.stack([draw[:, 1] * 0, 5 + draw[:, 1] * 40, 20 + draw[:, 2] * 60, 200 + draw[:, 3] * 200], axis=1)
    start = begun[:, None] + steps.astype(np.int64)
    lasts = np.stack([draw[:, 4] * 5, draw[:, 5] * 20, 30 + draw[:, 6] * 500, draw[:, 7] * 3], axis=1)
    end = start + lasts.astype(np.int64)
    reached = np.cumprod(np.stack([draw[:, 8] < 2, draw[:, 8] < 0.8, draw[:, 9] < 0.75, draw[:, 10] < 0.7], 1), 1) > 0
    adult = start - people.birth[:, None] >= 18 * 365.25
    latest = np.minimum(people.death, TODAY)[:, None]
    person, step = np.nonzero(reached & adult & (start <= latest) & (people.council[:, None] >= 0))
    order = np.argsort(people.council[person], kind="stable")
    person, step = person[order], step[order]
    end = np.where(end > latest, NO_DAY, end)[person, step]
    return _messy(draws, Events(person, people.council[person], step, start[person, step], end))


def _messy(draws: Draws, events: Events) -> Events:
    draw = draws.uniform("council mess", _STEPS)[events.person, events.kind]
    kind = np.where(draw < 0.01, 4, events.kind)
    start = np.where(draw > 1 - FUTURE_DATE, TODAY + 400, events.start)
    start = np.where((draw > 0.5) & (draw < 0.5 + BROKEN_DATE), BROKEN_DAY, start)
    end = np.where(start == events.start, events.end, NO_DAY)
    return Events(events.person, events.council, kind, start, end)


def _return(
    files: Files,
    senders: Organisations,
    draws: Draws,
    people: People,
    events: Events,
    chosen: Ints,
    name: str,
    period: tuple[date, date],
) -> None:
    person, council, kind = events.person[chosen], events.council[chosen], events.kind[chosen]
    about = known(draws, "council", people, person, missing=0.05, unverified=0.0)
    birth, start, end = (dates(days) for days in (people.birth[person], events.start[chosen], events.end[chosen]))
    practices = table(*(practice.code for practice in senders.practices))
    service = np.where(kind == 2, 1 + people.index[person] % 3, 0)
    columns: dict[str, str | Texts] = {
        "la_code": table(*(BOROUGHS[sender.place].code for sender in senders.councils))[council],
        "reporting_period_start": period[0].isoformat(),
        "reporting_period_end": period[1].isoformat(),
        "la_person_id": local(people, person, council),
        "nhs_number": np.where(council % 4 == 1, _spaced(about.number), about.number),
        "gp_practice_code": practices[people.practice[person]],
        "gender": np.where(council % 2 == 0, _GENDER[about.sex], _NUMERIC_GENDER[about.sex]),
        "ethnicity": about.ethnic,
        "date_of_birth": np.where(council % 4 == 1, _days_first(birth), birth),
        "client_type": np.where(people.index[person] % 8 == 0, b"Carer", b"Service User"),
        "event_type": _TYPES[kind],
        "event_start_date": np.where(council % 4 == 1, _days_first(start), start),
        "event_end_date": np.where(council % 4 == 1, _days_first(end), end),
        "service_type": np.insert(_SERVICES, 0, b"")[service],
        "service_component": np.insert(_COMPONENTS, 0, b"")[service],
    }
    files.deal(senders.councils, council, name, csv_lines(HEADER, len(chosen), columns))


def _spaced(numbers: Texts) -> Texts:
    """NHS numbers as people write them, 3-3-4; every fourth council does."""
    return _pieces(numbers, ((0, 3), (3, 6), (6, 10)), b" ")


def _days_first(iso: Texts) -> Texts:
    """Dates as DD/MM/YYYY; every fourth council writes them so."""
    return _pieces(iso, ((8, 10), (5, 7), (0, 4)), b"/")


def _pieces(texts: Texts, spans: tuple[tuple[int, int], ...], between: bytes) -> Texts:
    """Parts of ten-letter texts put together anew; an empty text stays empty."""
    letters = np.ascontiguousarray(texts).view("S1").reshape(len(texts), 10)
    parts = [np.ascontiguousarray(letters[:, low:high]).view(f"S{high - low}")[:, 0] for low, high in spans]
    joined = parts[0]
    for part in parts[1:]:
        joined = np.char.add(np.char.add(joined, between), part)
    return np.where(texts == b"", b"", joined)
