"""Who has which illness since when, which medicines follow, and what is measured: plausible, not calibrated.

Rates by decade of age are rounded from what is generally known of English practice registers; dependence (age,
deprivation, ethnic category, other illnesses) has the known direction, so that analyses find something.
"""

from dataclasses import dataclass

import numpy as np

from infra.seeds.draws import Bools, Draws, Floats, Ints
from infra.seeds.people import ETHNIC_CODES, TODAY, WINDOW, People

HYPERTENSION, DIABETES, TYPE_1_DIABETES, ASTHMA, COPD = 320128, 201826, 201254, 317009, 255573
DEPRESSION, KIDNEY, FIBRILLATION, CORONARY, STROKE = 440383, 46271022, 313217, 317576, 381316
DEMENTIA, CANCER, HEART_FAILURE, OBESITY, COVID = 4182210, 443392, 316139, 433736, 37311061
AMLODIPINE, RAMIPRIL, ATORVASTATIN, METFORMIN = 1332418, 1334456, 1545958, 1503297
SALBUTAMOL, SERTRALINE, OMEPRAZOLE, WARFARIN = 1154343, 739138, 923645, 1310149
SYSTOLIC, DIASTOLIC, BMI, HBA1C, EGFR, CHOLESTEROL = 3004249, 3012888, 3038553, 3004410, 3049187, 3027114


@dataclass(frozen=True)
class Illness:
    """`rates`: percent by decade of age. `deprived`: rate ratio of decile 1 to decile 10. `after`: rate ratios."""

    concept: int
    rates: tuple[float, ...]
    deprived: float = 1.0
    women: float = 1.0
    groups: tuple[tuple[str, float], ...] = ()
    after: tuple[tuple[int, float], ...] = ()


# In an order in which each illness comes after those that it depends on.
ILLNESSES = (
    Illness(OBESITY, (4, 8, 15, 21, 25, 27, 26, 23, 15, 9), deprived=1.7),
    Illness(
        HYPERTENSION, (0, 0.1, 1, 4, 11, 24, 38, 50, 58, 58), 1.2, 0.95, (("MNP", 1.4), ("HJK", 1.1)), ((OBESITY, 1.5),)
    ),
    Illness(
        DIABETES,
        (0, 0.1, 0.5, 1.8, 4.5, 8.5, 12, 15, 14, 11),
        deprived=1.8,
        women=0.85,
        groups=(("HJK", 1.9), ("MNP", 1.5)),
        after=((OBESITY, 2.2),),
    ),
    Illness(TYPE_1_DIABETES, (0.1, 0.3, 0.4, 0.4, 0.5, 0.5, 0.5, 0.4, 0.3, 0.2)),
    Illness(ASTHMA, (5, 9, 8, 7, 7, 7, 8, 8, 7, 5), deprived=1.25, women=1.1),
    Illness(COPD, (0, 0, 0.1, 0.2, 0.8, 2.3, 5, 7.5, 8, 6), deprived=2.6),
    Illness(DEPRESSION, (0, 3, 9, 11, 12, 12, 9, 8, 8, 7), deprived=1.5, women=1.6),
    Illness(
        KIDNEY,
        (0, 0, 0.1, 0.3, 0.9, 2, 5, 11, 20, 27),
        deprived=1.2,
        groups=(("MNP", 1.2),),
        after=((HYPERTENSION, 1.6), (DIABETES, 1.7)),
    ),
    Illness(
        CORONARY,
        (0, 0, 0, 0.2, 0.9, 2.6, 6, 10, 14, 15),
        1.4,
        0.6,
        (("HJK", 1.4),),
        ((HYPERTENSION, 1.5), (DIABETES, 1.5)),
    ),
    Illness(FIBRILLATION, (0, 0, 0.1, 0.1, 0.3, 0.9, 2.8, 6.5, 13, 16), women=0.75, after=((HYPERTENSION, 1.4),)),
    Illness(STROKE, (0, 0, 0.1, 0.2, 0.5, 1.2, 2.6, 5, 9, 11), 1.4, after=((HYPERTENSION, 1.4), (FIBRILLATION, 2.0))),
    Illness(HEART_FAILURE, (0, 0, 0, 0.1, 0.2, 0.5, 1.3, 3, 7, 11), 1.3, after=((CORONARY, 2.5), (HYPERTENSION, 1.3))),
    Illness(DEMENTIA, (0, 0, 0, 0, 0, 0.1, 0.6, 3, 12, 25), 1.2, 1.15, after=((STROKE, 1.6),)),
    Illness(CANCER, (0.1, 0.1, 0.3, 0.9, 2, 4, 8, 12, 14, 14)),
    Illness(COVID, (6, 9, 14, 15, 15, 14, 12, 11, 13, 16), deprived=1.2),
)
CONDITION_CONCEPTS = tuple(illness.concept for illness in ILLNESSES)
_PLACE = {concept: place for place, concept in enumerate(CONDITION_CONCEPTS)}

# Medicine: share of people with each of these illnesses who take it; 0 stands for anybody of 40 and over.
MEDICINES: tuple[tuple[int, tuple[tuple[int, float], ...]], ...] = (
    (AMLODIPINE, ((HYPERTENSION, 0.45),)),
    (RAMIPRIL, ((HYPERTENSION, 0.40), (HEART_FAILURE, 0.6))),
    (ATORVASTATIN, ((CORONARY, 0.75), (STROKE, 0.7), (DIABETES, 0.55))),
    (METFORMIN, ((DIABETES, 0.75),)),
    (SALBUTAMOL, ((ASTHMA, 0.7), (COPD, 0.8))),
    (SERTRALINE, ((DEPRESSION, 0.5),)),
    (OMEPRAZOLE, ((0, 0.12),)),
    (WARFARIN, ((FIBRILLATION, 0.35),)),
)
DRUG_CONCEPTS = tuple(concept for concept, _ in MEDICINES)


@dataclass(frozen=True)
class Health:
    """`ill` and `onset` by (person, illness), `takes` and `since` by (person, medicine); days count from 1970."""

    ill: Bools
    onset: Ints
    takes: Bools
    since: Ints

    def has(self, concept: int) -> Bools:
        """Who has this illness."""
        return self.ill[:, _PLACE[concept]]

    def had(self, concept: int, person: Ints, days: Ints) -> Bools:
        """True where the person had the illness by that day."""
        place = _PLACE[concept]
        had: Bools = self.ill[person, place] & (self.onset[person, place] <= days)
        return had

    def on(self, concept: int, person: Ints, days: Ints) -> Bools:
        """True where the person took the medicine by that day."""
        place = DRUG_CONCEPTS.index(concept)
        on: Bools = self.takes[person, place] & (self.since[person, place] <= days)
        return on


def make_health(draws: Draws, people: People) -> Health:
    """Illnesses and medicines of one chunk."""
    ill, onset = _illnesses(draws, people)
    takes, since = _medicines(draws, people, ill, onset)
    return Health(ill, onset, takes, since)


def _illnesses(draws: Draws, people: People) -> tuple[Bools, Ints]:
    draw, when = draws.uniform("illness", len(ILLNESSES)), draws.uniform("onset", len(ILLNESSES))
    span = np.where(np.array(CONDITION_CONCEPTS) == COVID, 2300, TODAY - WINDOW)
    onset = np.maximum(TODAY - (when * span).astype(np.int64), people.birth[:, None])
    living = onset <= people.death[:, None]
    ill = np.zeros(draw.shape, dtype=np.bool_)
    for place, illness in enumerate(ILLNESSES):
        ill[:, place] = (draw[:, place] < _chance(illness, people, ill)) & living[:, place]
    return ill, onset


def _chance(illness: Illness, people: People, ill: Bools) -> Floats:
    chance = np.array(illness.rates, dtype=np.float64)[people.decade] / 100
    # A straight line from decile 1 to decile 10 whose middle is 1 and whose ends have the stated ratio.
    slope = (illness.deprived - 1) / (illness.deprived + 1)
    chance *= 1 + slope * (5.5 - people.decile) / 4.5
    chance *= np.where(people.sex == 0, illness.women, 1.0)
    for letters, ratio in illness.groups:
        chance *= np.where(np.isin(people.ethnic, [ETHNIC_CODES.index(letter) for letter in letters]), ratio, 1.0)
    for concept, ratio in illness.after:
        chance *= np.where(ill[:, _PLACE[concept]], ratio, 1.0)
    return np.minimum(chance, 0.95)


def _medicines(draws: Draws, people: People, ill: Bools, onset: Ints) -> tuple[Bools, Ints]:
    draw, when = draws.uniform("medicine", len(MEDICINES)), draws.uniform("medicine since", len(MEDICINES))
    takes, since = np.zeros(draw.shape, dtype=np.bool_), np.full(draw.shape, TODAY, dtype=np.int64)
    for place, (_, reasons) in enumerate(MEDICINES):
        for concept, share in reasons:
            reason = ill[:, _PLACE[concept]] if concept else people.decade >= 4
            begin = onset[:, _PLACE[concept]] if concept else WINDOW
            takes[:, place] |= reason & (draw[:, place] < share)
            begin = np.where(reason, begin + (when[:, place] * 200).astype(np.int64), TODAY)
            since[:, place] = np.minimum(since[:, place], begin)
    return takes, since
