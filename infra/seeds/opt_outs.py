"""How often people opt out: published national rates by age, sex and partnership, and the GP code's share.

Rates of March and April 2022 (NHS Digital, National Data Opt-out dashboard; written evidence DDA0067 to the
UK Parliament for women by age). The partnership sets the level, age and sex the shape.
"""

import numpy as np

from infra.seeds.draws import Bools, Floats, Ints
from workspaces.catalogue.places import STPS

ALL_BY_DECADE: Floats = np.array([1.70, 3.08, 5.90, 6.92, 6.69, 6.40, 6.30, 5.90, 4.50, 2.98])
WOMEN_BY_DECADE: Floats = np.array([1.67, 3.12, 7.03, 8.06, 7.52, 7.19, 6.94, 6.13, 4.47, 2.98])
BY_STP = {"QMJ": 7.94, "QKK": 7.81, "QMF": 6.99, "QWE": 6.82, "QRV": 6.02}

_TYPE_1 = 0.0325
_TYPE_1_MORE = 0.04  # added for people with a national opt-out; 7 % of them make the total about 3.5 %
WITHDRAWN = 0.08  # of those who ever had the code


def shape() -> Floats:
    """Percent by decade of age and sex (women, others); men's rate from both published rows."""
    return np.stack([WOMEN_BY_DECADE, 2.0 * ALL_BY_DECADE - WOMEN_BY_DECADE], axis=1).astype(np.float64)


def national_rate(*, decade: Ints, female: Bools, stp: Ints, decade_shares: Floats, women: float) -> Floats:
    """Chance of a national opt-out per person: shape scaled so that each partnership has its published rate."""
    average = float((decade_shares[:, None] * shape() * np.array([women, 1 - women])).sum())
    level: Floats = np.array([BY_STP[str(code)] for code in STPS.values]) / average
    rate: Floats = shape()[decade, np.where(female, 0, 1)] * level[stp] / 100.0
    return rate


def type_1_rate(national: Bools) -> Floats:
    """Chance of ever having the GP code, so that about 3.5 % have it in force."""
    return np.where(national, _TYPE_1 + _TYPE_1_MORE, _TYPE_1) / (1 - WITHDRAWN)
