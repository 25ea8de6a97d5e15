"""The lead applies, the committee votes, the register entry is published."""

from datetime import date, timedelta

from infra.demo.journey import Journey, Json, id_of, state_of
from infra.demo.personas import CAST

COMMITTEE = ("committee-1", "committee-2", "committee-lay")


def application(journey: Journey) -> None:
    """Drafted and submitted by the lead; what cannot be asked for is refused."""
    diary, lead = journey.diary, journey.as_("lead")
    path, wanted = f"/pools/{journey.pool}/draft-project", applied()
    diary.refused(
        "asks for an epsilon of 0", "lead", "input:invalid", lambda: lead.post(path, wanted | {"epsilon": "0"})
    )
    diary.refused(
        "asks for an epsilon that is no number",
        "lead",
        "input:invalid",
        lambda: lead.post(path, wanted | {"epsilon": "NaN"}),
    )
    unknown = {**wanted, "data": [{"table": "person", "columns": ["nhs_number"], "reason": "To look."}]}
    diary.refused("asks for NHS numbers", "lead", "application:unknown_column", lambda: lead.post(path, unknown))
    diary.refused(
        "applies without a seat",
        "checker-1",
        "command:not_your_role",
        lambda: journey.as_("checker-1").post(path, wanted),
    )
    drafted = diary.did("drafts an application", "lead", lambda: lead.post(path, wanted), id_of)
    journey.project = drafted["created_id"]
    diary.did("submits it", "lead", lambda: lead.post(journey.verb("submit-project")), state_of)
    diary.refused(
        "wants a snapshot before approval",
        "lead",
        "command:wrong_state",
        lambda: lead.post(journey.verb("request-snapshot")),
    )


def applied() -> Json:
    """The application: five safes, tables and columns with a reason each, a budget, an end."""
    return {
        "title": "Blood pressure and emergency care in London",
        "lay_summary": "High blood pressure is common and often untreated. We want to see where, and for whom.",
        "public_benefit": "Clinics can be placed where blood pressure is least controlled.",
        "safe_people": "Both researchers hold current accreditation and have signed the access agreement.",
        "safe_project": "The analysis was reviewed by our ethics committee and by a patients' panel.",
        "safe_settings": "All work is done by jobs in the gateway's rooms; nobody sees a record.",
        "safe_outputs": "Only differentially private tables leave, each checked by two people.",
        "organisation": "London Heart Institute",
        "data": [
            {
                "table": "person",
                "columns": ["age_band", "sex", "ethnic_group", "stp", "imd_decile"],
                "reason": "To compare groups of people.",
            },
            {
                "table": "condition_occurrence",
                "columns": ["condition_concept_id", "condition_start_date"],
                "reason": "To find hypertension and diabetes.",
            },
            {
                "table": "measurement",
                "columns": ["measurement_concept_id", "measurement_date", "value_as_number"],
                "reason": "To read blood pressure.",
            },
            {
                "table": "visit_occurrence",
                "columns": ["visit_concept_id", "visit_start_date"],
                "reason": "To count emergency visits.",
            },
        ],
        "members": [CAST["researcher"].who.email],
        "epsilon": "2",
        "ends_on": (date.today() + timedelta(days=365)).isoformat(),
    }


def decision(journey: Journey) -> None:
    """Three votes, one of them lay; then the register entry is published."""
    diary, path = journey.diary, journey.verb("cast-vote")
    vote = {"verdict": "APPROVE", "reason": "The benefit is clear and nothing more is asked for than is needed."}
    diary.refused(
        "votes on the own project", "lead", "command:not_your_role", lambda: journey.as_("lead").post(path, vote)
    )
    for sub in COMMITTEE:
        _vote(journey, sub, path, vote)
    state = str(journey.as_("lead").get(f"/projects/{journey.project}")["state"]).lower()
    diary.proved("is approved by quorum", "system", lambda: (state == "approved", state))
    officer = journey.as_("ig-officer")
    journey.register_entry = officer.get(f"/projects/{journey.project}")["register_entry_id"]
    entry = f"/register-entries/{journey.register_entry}/publish-entry"
    diary.did("publishes the register entry", "ig-officer", lambda: officer.post(entry), state_of)


def _vote(journey: Journey, sub: str, path: str, vote: Json) -> None:
    member = journey.as_(sub)
    journey.diary.did("votes", sub, lambda: member.post(path, vote), state_of)
    if sub == COMMITTEE[0]:
        journey.diary.refused("votes twice", sub, "vote:already_cast", lambda: member.post(path, vote))
