"""A risk report as a build gives one."""

from typing import Any


def risk(unique: int = 12) -> dict[str, Any]:
    """Over two attributes and one table of events."""
    return {
        "people": 17_934,
        "quasi_identifiers": ["age_band", "ethnic_group"],
        "k": 1,
        "unique": unique,
        "in_classes_below": {"3": unique, "5": 41, "10": 230},
        "expected_hits": 96,
        "least_values_in_a_class": {"condition_occurrence.condition_concept_id": 2},
        "events": {
            "looked_at": 200,
            "ways": {
                "date": [[200, 0], [194, 23], [180, 139], [164, 160], [150, 150]],
                "month": [[200, 0], [194, 0], [180, 33], [164, 112], [150, 121]],
                "order": [[194, 1], [180, 22], [164, 101], [150, 120], [131, 129]],
            },
        },
    }
