"""Exemptions from the national opt-out: which grounds there are for rows, when one is in force, what it may not do.

It cites the decision of whoever may take it outside; nobody here decides that people's choice does not count. No
project may hold one cut with and one without those who opted out: the difference would name them (privacy model P15).
So it comes before the project's first records, and when it ends, so does the use of what was built under it.
"""

from collections.abc import Iterable
from datetime import date

from gateway.models import Exemption
from gateway.rules.facts import Actor, Facts
from gateway.rules.refusals import Refusal
from gateway.vocabulary import ExemptionGround, ExemptionState, RegisterState, SnapshotState

LONGEST_DAYS = 366

GROUNDS: dict[ExemptionGround, str] = {
    ExemptionGround.COMMUNICABLE_DISEASE: "Communicable disease and other risks to public health (policy 6.2)",
    ExemptionGround.OVERRIDING_PUBLIC_INTEREST: "An overriding public interest, with its documented test (policy 6.3)",
    ExemptionGround.LEGAL_REQUIREMENT: "A statute or an order of a court demands it (policy 6)",
    ExemptionGround.ONS_OFFICIAL_STATISTICS: "Official statistics of the Office for National Statistics (policy 7)",
    ExemptionGround.CANCER_OR_CONGENITAL_REGISTRY: "The registers of cancer, and of congenital anomalies (policy 7)",
    ExemptionGround.SPECIFIC_EXEMPTION: "Granted for this use, as for some national audits (policy 5.1)",
}
"""What an exemption may rest on, with its place in the operational policy of the national opt-out."""

NOT_FOR_ROWS = {
    "EXPLICIT_CONSENT": "consent is each person's own, and no list of who gave it is taken in here yet",
    "ANONYMISED_ICO": "rows in a workspace stay pseudonymised personal data",
    "NO_NHS_NUMBER_DISPROPORTIONATE": "whoever has no verified number is in no snapshot",
    "PAYMENT_NON_CONTRACTED": "paying invoices is no research and no planning",
    "PRESCRIPTION_CHARGES": "paying for prescriptions is no research and no planning",
    "PATIENT_SURVEY_PRE_2019": "it ended in April 2019",
    "INDIVIDUAL_CARE": "care of one person never passes through here",
}
"""Grounds that the policy knows and that let nobody into rows, and why not."""

_NO_ROWS = frozenset({SnapshotState.REQUESTED, SnapshotState.FAILED})


def in_force(exemptions: Iterable[Exemption], today: date) -> Exemption | None:
    """The exemption that acts on that day; of several the one that acts longest."""
    acting = [each for each in exemptions if each.state is ExemptionState.IN_FORCE and today <= each.expires_on]
    return max(acting, key=lambda each: (each.expires_on, each.id), default=None)


def over(facts: Facts) -> Refusal | None:
    """Why the project's records may not be used although the list is fresh: they rest on an exemption that ended."""
    rests = any(each.exemption_id for each in facts.snapshots if each.state not in _NO_ROWS)
    if not rests or in_force(facts.exemptions, facts.now.date()) is not None:
        return None
    return Refusal(
        "exemption:ended",
        "The project's records hold people with a national opt-out, and the exemption for that has ended.",
        "An IG officer proposes it anew with a newer decision; without people who opted out it takes a new project.",
    )


def cut_stays(_: Actor, facts: Facts) -> Refusal | None:
    """The project has no records that an exemption would change: none yet, or none without one."""
    if all(each.exemption_id for each in facts.snapshots if each.state not in _NO_ROWS):
        return None
    return Refusal(
        "exemption:too_late",
        "The project has had records without people who opted out; records with them would show who they are.",
        "Let the researchers apply with a new project.",
    )


def by_another(actor: Actor, facts: Facts) -> Refusal | None:
    """Who proposed it and who seconded it do not approve it, by another of their accounts either."""
    subject = facts.exemption
    if subject is not None and not {subject.proposed_by, subject.seconded_by} & actor.accounts:
        return None
    return Refusal("exemption:by_you_already", "You proposed or seconded it.", "Another person decides.")


def not_expired(_: Actor, facts: Facts) -> Refusal | None:
    """Its last day is not over."""
    if facts.exemption is not None and facts.now.date() <= facts.exemption.expires_on:
        return None
    return Refusal("exemption:expired", "Its last day is over.", "Propose it anew with a newer decision.")


def in_register(_: Actor, facts: Facts) -> Refusal | None:
    """The project stands in the public register, so that from the first moment anybody can read of it."""
    if facts.register_entry is not None and facts.register_entry.state is RegisterState.PUBLISHED:
        return None
    return Refusal(
        "exemption:not_public", "The project is not in the public register yet.", "An IG officer publishes its entry."
    )
