"""What a load says of itself."""

from datetime import date

from workspaces.intake.quality import judge


def figures():
    """Figures of a load with people, a few visits and broken lines; one expectation is not met."""
    person = {"rows": 54_321, "complete": {"sex": 50_123}, "first": None, "last": None}
    person["complete"] |= {"birth_date": 54_321, "ethnic_group": 54_321, "borough": 54_321}
    person["quarantined"] = {"invalid_nhs_number": 1_234}
    visit = {"rows": 77, "complete": {"visit_end_date": 70}, "first": "2021-03", "last": "2026-06", "quarantined": {}}
    measured = {"tables": {"person": person, "visit_occurrence": visit}, "elsewhere": {"broken_line": 5}}
    return judge(measured, None, date(2026, 6, 30))
