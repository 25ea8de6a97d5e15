"""Words on pages: what states, commands and events are called, and how dates and losses are written.

No rule lives here: which button is shown is asked of the transition table, this only says what it is called.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from markupsafe import Markup

from disclosure.checks.presets import preset
from gateway.rules.exemptions import GROUNDS
from gateway.rules.tiers import TIERS
from gateway.vocabulary import Command, Role
from workspaces.catalogue.places import BOROUGHS

_C = Command


@dataclass(frozen=True)
class Wording:
    """A command on its button, what it means before it is pressed, and what is said afterwards."""

    button: str
    done: str
    meaning: str = ""
    asks_why: bool = False
    variant: str = ""


COMMANDS: dict[Command, Wording] = {
    _C.EDIT_PROJECT: Wording("Change the application", "The application is saved.", variant="secondary"),
    _C.SUBMIT_PROJECT: Wording(
        "Submit to the committee", "The application is with the committee.", "You cannot change it while they decide."
    ),
    _C.DECLARE_INTEREST: Wording(
        "Declare your interests", "Your declaration is recorded.", "Whoever has an interest is locked out."
    ),
    _C.CHOOSE_COMMITTEE: Wording("Choose how the committee decides", "It holds for what is submitted from now on."),
    _C.CAST_VOTE: Wording("Read and vote", "Your vote is recorded."),
    _C.SUSPEND_PROJECT: Wording(
        "Suspend the project",
        "The project is suspended.",
        "Jobs, releases and downloads of this project stop at once. An IG officer can let it go on.",
        asks_why=True,
        variant="warning",
    ),
    _C.RESUME_PROJECT: Wording(
        "Let the project go on",
        "The project goes on.",
        "Access comes back. If an incident froze its draws, they may go on too.",
        asks_why=True,
    ),
    _C.CLOSE_PROJECT: Wording(
        "Close the project",
        "The project is closed.",
        "This cannot be undone. What the project did not spend of its privacy budget goes back to the pool.",
        asks_why=True,
        variant="warning",
    ),
    _C.REQUEST_SNAPSHOT: Wording(
        "Ask for a snapshot",
        "The snapshot is asked for; it is built now.",
        "Builds the project's records from the granted tables and columns, without anybody who opted out.",
    ),
    _C.CLEAR_SNAPSHOT: Wording(
        "Clear the snapshot", "The snapshot is cleared.", "From then on jobs and releases of the project may read it."
    ),
    _C.RETIRE_SNAPSHOT: Wording(
        "Retire the snapshot",
        "The snapshot is retired.",
        "No job and no release reads it any more.",
        asks_why=True,
        variant="warning",
    ),
    _C.OPEN_WORKSPACE: Wording("Open the workspace", "The workspace is open."),
    _C.FREEZE_WORKSPACE: Wording(
        "Freeze the workspace",
        "The workspace is frozen.",
        "Nothing runs in it and nothing comes in any more.",
        asks_why=True,
        variant="warning",
    ),
    _C.BRING_IN: Wording("Bring in a script", "The script is being scanned."),
    _C.RUN_JOB: Wording("Run", "The job is queued.", variant="secondary"),
    _C.STOP_JOB: Wording("Stop", "The job is being stopped; its end shows on the next tick.", variant="secondary"),
    _C.VIEW_LOGS: Wording("Show what the last job printed", "", "That you looked is recorded.", variant="secondary"),
    _C.START_ROOM: Wording("Open the notebook", "The notebook is being opened."),
    _C.STOP_ROOM: Wording(
        "Close the notebook",
        "The notebook is being closed.",
        "Files are kept; what is only in memory is lost.",
        variant="secondary",
    ),
    _C.DRAFT_RELEASE: Wording("Ask for a release", "The draft is saved."),
    _C.COPY_RELEASE: Wording(
        "Copy the request", "This is a copy of your own. Change what should be different.", variant="secondary"
    ),
    _C.EDIT_RELEASE: Wording("Change the request", "The draft is saved.", variant="secondary"),
    _C.SUBMIT_RELEASE: Wording(
        "Submit the request", "The request is submitted. A checker looks at its plan before anything is drawn."
    ),
    _C.WITHDRAW_RELEASE: Wording(
        "Withdraw the request", "The request is withdrawn; it cost nothing.", variant="secondary"
    ),
    _C.CLEAR_PLAN: Wording("Clear the plan", "The plan is cleared. The budget is reserved and the draw begins."),
    _C.RETURN_PLAN: Wording("Return the plan", "The plan is back with its author; it cost nothing."),
    _C.REVIEW_RELEASE: Wording("Review the release", "Your review is recorded."),
    _C.KEEP_REVIEW: Wording("Keep as a draft", "The draft is kept; only you see it."),
    _C.CONFIRM_REVIEW: Wording("Look at your review again", "Your decision is recorded."),
    _C.ADJUDICATE_RELEASE: Wording("Settle the difference", "Your decision is recorded."),
    _C.DOWNLOAD_OUTPUT: Wording("Download the package", "", "A zip file. Each download is recorded."),
    _C.RECALL_RELEASE: Wording(
        "Recall the release",
        "The release is recalled.",
        "It is marked as recalled for everybody. Copies that were downloaded cannot be fetched back.",
        asks_why=True,
        variant="warning",
    ),
    _C.PUBLISH_ENTRY: Wording("Publish in the register", "Anybody can read the entry now."),
    _C.ACTIVATE_OPT_OUTS: Wording(
        "Activate the list", "The list is in force; the one before is superseded.", "Builds, jobs and draws use it."
    ),
    _C.PROPOSE_EXEMPTION: Wording(
        "Propose an exemption",
        "The exemption is proposed; another IG officer seconds it.",
        "People with a national opt-out would be in this project's records. It takes somebody else's decision that says"
        " so, and is possible only before the project has any records.",
        variant="secondary",
    ),
    _C.SECOND_EXEMPTION: Wording(
        "Second the exemption",
        "The exemption is seconded; a member of the committee approves it.",
        "Say that you have read the decision and that it covers this project.",
        asks_why=True,
    ),
    _C.APPROVE_EXEMPTION: Wording(
        "Approve the exemption",
        "The exemption is in force, and in the public register.",
        "From now on people with a national opt-out are in this project's records, and everybody can read why.",
        asks_why=True,
        variant="warning",
    ),
    _C.REFUSE_EXEMPTION: Wording(
        "Refuse the exemption",
        "The exemption is refused; the opt-out goes on to apply.",
        "The national opt-out goes on to apply to this project.",
        asks_why=True,
        variant="secondary",
    ),
    _C.END_EXEMPTION: Wording(
        "End the exemption",
        "The exemption has ended; what was built under it is used no more.",
        "Jobs and releases on records built under it stop at once, and the next refresh destroys them."
        " This cannot be undone.",
        asks_why=True,
        variant="warning",
    ),
    _C.APPROVE_ERASURE: Wording(
        "Approve the erasure",
        "The erasure is approved; the next refresh carries it out.",
        "The person leaves every load, every list and every project's records, and is never loaded again."
        " This cannot be undone.",
        asks_why=True,
        variant="warning",
    ),
    _C.REFUSE_ERASURE: Wording(
        "Refuse the erasure",
        "The refusal is recorded.",
        "Say which exemption of article 17(3) applies, and why. Tell the person, and that they may complain to the"
        " Information Commissioner.",
        asks_why=True,
        variant="secondary",
    ),
    _C.BEGIN_REFRESH: Wording(
        "Refresh now",
        "The refresh has begun; workers carry it out.",
        "Every project's records are built anew under the opt-out list in force. Running jobs are stopped, the old"
        " records are destroyed, and files with rows of people in workspaces are removed.",
        variant="secondary",
    ),
    _C.VIEW_QUALITY: Wording("Show exact figures", "", "That you looked is recorded.", variant="secondary"),
    _C.IMPORT_CODE_LIST: Wording("Import a code list", "The list can be cited from now on."),
    _C.EXPORT_AUDIT: Wording("Verify the log", "", "That you looked is recorded."),
    _C.CREATE_TOKEN: Wording("Make a token", ""),
    _C.REVOKE_TOKEN: Wording("End this token", "The token is ended.", variant="secondary"),
    _C.PRESENT_CERTIFICATE: Wording("Present a certificate", "It is presented. An IG officer checks it."),
    _C.PUBLISH_TERMS: Wording("Publish the agreement", "It is in force."),
    _C.ACCEPT_CERTIFICATE: Wording("Accept", "It counts from now on."),
    _C.REFUSE_CERTIFICATE: Wording(
        "Refuse", "The refusal is recorded.", "Its holder reads why.", asks_why=True, variant="secondary"
    ),
    _C.REVOKE_CERTIFICATE: Wording(
        "Revoke",
        "It counts no more.",
        "Access that demands it ends at once, and comes back with another certificate.",
        asks_why=True,
        variant="secondary",
    ),
    _C.REVOKE_SESSION: Wording("End this session", "The session is ended.", variant="secondary"),
    _C.SIGN_OUT: Wording("Sign out", "You are signed out."),
}

_STATES: dict[str, tuple[str, str]] = {
    "DRAFT": ("Draft", "grey"),
    "SUBMITTED": ("Submitted", "blue"),
    "RETURNED": ("Returned", "orange"),
    "APPROVED": ("Approved", "green"),
    "REFUSED": ("Refused", "red"),
    "SUSPENDED": ("Suspended", "red"),
    "CLOSED": ("Closed", "grey"),
    "REQUESTED": ("Asked for", "blue"),
    "BUILDING": ("Being built", "blue"),
    "BUILT": ("Waits for clearance", "yellow"),
    "CLEARED": ("Cleared", "green"),
    "RETIRED": ("Retired", "grey"),
    "FAILED": ("Failed", "red"),
    "OPEN": ("Open", "green"),
    "FROZEN": ("Frozen", "red"),
    "DESTROYED": ("Destroyed", "grey"),
    "SCANNING": ("Being scanned", "blue"),
    "ADMITTED": ("Admitted", "green"),
    "QUEUED": ("Queued", "grey"),
    "RUNNING": ("Running", "blue"),
    "ENDED": ("Ended", "green"),
    "PLAN_CLEARED": ("Plan cleared", "aqua-green"),
    "RESERVED": ("Budget reserved", "aqua-green"),
    "DRAWING": ("Being drawn", "blue"),
    "SEALED": ("Waits for review", "yellow"),
    "IN_REVIEW": ("In review", "yellow"),
    "CONSOLIDATING": ("Reviewers talk", "orange"),
    "ADJUDICATING": ("Reviewers differ", "orange"),
    "RELEASED": ("Released", "green"),
    "RECALLED": ("Recalled", "red"),
    "WITHDRAWN": ("Withdrawn", "grey"),
    "PUBLISHED": ("Published", "green"),
    "RECEIVED": ("Waits for activation", "yellow"),
    "ACTIVE": ("In force", "green"),
    "SUPERSEDED": ("Superseded", "grey"),
    "PROPOSED": ("Waits for a second officer", "yellow"),
    "DONE": ("Carried out", "green"),
    "SECONDED": ("Waits for the committee", "yellow"),
    "IN_FORCE": ("In force", "orange"),
    "APPROVE": ("Approve", "green"),
    "RETURN": ("Return", "orange"),
    "REFUSE": ("Refuse", "red"),
    "BLIND": ("Blind", "purple"),
    "INFORMED": ("Informed", "orange"),
    "PRESENTED": ("Waits for a check", "yellow"),
    "ACCEPTED": ("Accepted", "green"),
    "REVOKED": ("Revoked", "red"),
    "HELD": ("Held", "green"),
    "ENDS_SOON": ("Ends soon", "orange"),
    "CHECKING": ("Being checked", "yellow"),
    "LAPSED": ("Lapsed", "red"),
    "MISSING": ("Not held", "grey"),
}

CONTROLS = {
    "EPSILON_AT_MOST": "Privacy budget at most",
    "ENDS_BY": "Ends by",
    "WITHOUT_COLUMN": "Not granted",
    "REVIEWS_AT_LEAST": "Output checkers, at least",
    "PROSE": "Condition",
}

MARKS = {
    "BLIND": "The author never had sight of rows of these records: only jobs and made-up data.",
    "INFORMED": "The author had sight of rows of these records, so the request itself may carry what they saw.",
}


def tag(state: str) -> dict[str, str]:
    """Parameters of the tag macro for a state, verdict or mark."""
    text, colour = _STATES.get(state, (state.replace("_", " ").capitalize(), "grey"))
    return {"text": text, "colour": colour}


FORMATS = {
    "fhir": ("FHIR bulk data", "from hospitals"),
    "omop": ("OMOP tables", "from practices"),
    "cld": ("Client Level Data", "from councils"),
}
RECORDS = {
    "person": "Facts about people, such as age band, sex and part of London",
    "visit_occurrence": "Visits to hospitals and practices",
    "condition_occurrence": "Diagnoses",
    "drug_exposure": "Prescriptions and vaccinations",
    "measurement": "Measured values, such as blood pressure",
    "procedure_occurrence": "Procedures",
    "observation": "Allergies",
    "death": "Deaths",
    "social_care_event": "Adult social care",
}
_REASONS = {
    "national_opt_out": "national data opt-out",
    "type_1_opt_out": "Type 1 opt-out",
    "no_nhs_number": "no NHS number",
    "invalid_nhs_number": "invalid NHS number",
    "unverified_nhs_number": "unverified NHS number",
}
_BOROUGH_NAMES = {borough.code: borough.name for borough in BOROUGHS}


EXEMPTION_GROUNDS = {ground.value: text for ground, text in GROUNDS.items()}
ERASURE_GROUNDS = {
    "NO_LONGER_NECESSARY": "The records are no longer necessary: article 17(1)(a)",
    "CONSENT_WITHDRAWN": "Consent was withdrawn: article 17(1)(b)",
    "OBJECTION": "The person objects: article 17(1)(c)",
    "UNLAWFUL_PROCESSING": "The records were used unlawfully: article 17(1)(d)",
    "LEGAL_OBLIGATION": "A law demands it: article 17(1)(e)",
    "CHILD_ONLINE_SERVICE": "Collected from a child by an online service: article 17(1)(f)",
}
ERASURE_REFUSALS = {
    "EXPRESSION": ("Freedom of expression and information", "Article 17(3)(a)"),
    "LEGAL_TASK": ("A legal obligation or a task in the public interest", "Article 17(3)(b)"),
    "PUBLIC_HEALTH": ("Public interest in public health", "Article 17(3)(c)"),
    "RESEARCH_IMPAIRED": (
        "Erasure would seriously impair the research",
        "Article 17(3)(d), with the safeguards of the law",
    ),
    "LEGAL_CLAIMS": ("Legal claims", "Article 17(3)(e)"),
    "NO_GROUND": ("No ground of article 17(1) applies", "Or it is not about this person"),
}


def reason(name: str) -> str:
    """Why something was left out, in words."""
    return _REASONS.get(name, name.replace("_", " "))


def organisation(code: str, name: str = "") -> str:
    """An organisation by the name it was declared with, else by that of its borough, with its code; else its code."""
    name = name or _BOROUGH_NAMES.get(code, "")
    return f"{name} ({code})" if name else code


def breakable(name: str) -> Markup:
    """Names with underscores, as HTML that may break a line after each of them."""
    return Markup("_<wbr>").join(name.split("_"))


def sentence(text: str) -> str:
    """With a capital first letter; the rest as it is."""
    return text[:1].upper() + text[1:]


def event(name: str) -> str:
    """An audit event as people read it: `project:submitted` is "Project submitted"."""
    return name.replace(":", " ").replace("_", " ").capitalize()


def people(roles: list[str]) -> str:
    """Roles in words, without those that everybody has."""
    shown = [role for role in roles if role not in (Role.SIGNED_IN, Role.RESEARCHER)]
    return ", ".join(role.replace("_", " ").lower().replace("ig ", "IG ") for role in shown)


def seats(held: list[str]) -> str:
    """Seats in words."""
    return ", ".join(seat.replace("_", " ").lower().replace("ig ", "IG ") for seat in held)


def day(value: str | date | datetime | None) -> str:
    """A date as in "3 December 2026"; empty for none."""
    if not value:
        return ""
    when = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{when.day} {when:%B %Y}"


def moment(value: str | datetime | None) -> str:
    """A moment in UTC as in "3 December 2026, 14:05"."""
    if not value:
        return ""
    when = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{day(when)}, {when:%H:%M}"


def rho(micro: int) -> str:
    """Micro-rho as rho, six places without trailing zeros."""
    return f"{micro / 1_000_000:.6f}".rstrip("0").rstrip(".")


def epsilon(micro: int) -> str:
    """Micro-epsilon as epsilon."""
    return rho(micro)


def delta(e15: int) -> str:
    """Delta in 1e-15 as in "1 in 2 million"."""
    rarely = 10**15 / e15 if e15 else 0
    names = ((1e12, " million million"), (1e9, " thousand million"), (1e6, " million"), (1, ""))
    unit, name = next(((unit, name) for unit, name in names if rarely >= unit), (1, ""))
    times = rarely / unit
    return f"1 in {times:.3g}{name}" if 0 < times < 1000 else f"1 in {times:,.0f}{name}" if times else "0"


def cost(told: dict[str, Any]) -> str:
    """What a job cost, as in "60 s, 120 CPU s, 0.0333 GiB h"."""
    return f"{told['seconds']:g} s, {told['cpu_seconds']:g} CPU s, {told['gib_hours']:g} GiB h"


def share(part: int, whole: int) -> str:
    """A share as in "4.2%"."""
    return f"{100 * part / whole:.1f}%" if whole else ""


FILTERS: dict[str, Callable[..., Any]] = {
    "tag": tag,
    "event": event,
    "reason": reason,
    "organisation": organisation,
    "sentence": sentence,
    "breakable": breakable,
    "people": people,
    "day": day,
    "moment": moment,
    "rho": rho,
    "epsilon": epsilon,
    "delta": delta,
    "preset": lambda name: preset(name).name,
    "share": share,
    "cost": cost,
    "tier": lambda name: TIERS[name].title if name in TIERS else str(name),
    "tier_in_full": lambda name: f"{TIERS[name].title}. {TIERS[name].meaning}" if name in TIERS else str(name),
}
