"""How this gateway stands against SATRE 2.0.1: its 80 mandatory statements that do not speak of federations.

The statements are SATRE's (CC BY 4.0), their words here are ours and short. Each rests on a test that runs with every
change, on a record that is looked for at the moment of asking, or on nothing: then the gap is named. What an
organisation does on paper software cannot do for it: those are gaps here, and stay so until a record of it is kept.
SATRE is no accreditation, and neither is this.
"""

from dataclasses import dataclass
from enum import StrEnum


class Rests(StrEnum):
    """What the answer to a statement rests on."""

    TEST = "TEST"
    RECORD = "RECORD"
    GAP = "GAP"


@dataclass(frozen=True)
class Statement:
    """One statement: SATRE's number, what it asks in short, and what the answer rests on.

    `on` is the test (`file::name` in tests/), the name of a record, or the sentence that names the gap.
    """

    number: str
    asks: str
    rests: Rests
    on: str


def _t(number: str, asks: str, on: str) -> Statement:
    return Statement(number, asks, Rests.TEST, on)


def _r(number: str, asks: str, on: str) -> Statement:
    return Statement(number, asks, Rests.RECORD, on)


def _g(number: str, asks: str, on: str) -> Statement:
    return Statement(number, asks, Rests.GAP, on)


_PAPER = "On paper alone: no record of it is kept here."
_HOST = "Up to whoever runs the machines: no record of it is kept here."

INFORMATION_GOVERNANCE = (
    _g("1.1.01", "Laws, regulations and ethics that apply are collected and watched", _PAPER),
    _t(
        "1.1.02",
        "Controls meet what stakeholders ask for",
        "structure/test_threat_model.py::test_every_threat_has_a_control_and_a_test_that_exists",
    ),
    _g("1.1.03", "There are people and money for governance", _PAPER),
    _t(
        "1.2.01", "Only trusted people change policies", "attacks/test_access.py::test_only_who_may_is_let_to_a_command"
    ),
    _r("1.2.02", "Policies have versions and a way to change them", "agreement"),
    _g("1.2.04", "The organisation is audited against its standards", _PAPER),
    _g("1.2.05", "What audits find is shared with who needs it", _PAPER),
    _g("1.2.06", "Suppliers with access meet the security that is asked", _PAPER),
    _g("1.2.07", "Suppliers are watched for keeping their contracts", _PAPER),
    _g("1.2.08", "Physical assets are tracked and maintained", _HOST),
    _t(
        "1.2.09",
        "Deviations and incidents are recorded and resolved",
        "unit/core/test_door.py::test_a_draw_that_fails_before_it_began_is_void_and_after_it_is_spent",
    ),
    _g("1.2.10", "What goes wrong changes process and risk", _PAPER),
    _t(
        "1.3.01",
        "Risk can be quantified",
        "unit/snapshots/test_risk.py::test_a_motivated_intruder_hits_no_more_than_classes_allow",
    ),
    _g(
        "1.3.02",
        "Every project has its data protection assessment",
        "An application names its legal ground, but no assessment is asked for yet.",
    ),
    _t(
        "1.3.03",
        "Mitigations are designed, applied and recorded",
        "unit/committee/test_committees.py::test_conditions_become_the_limits_of_the_grant",
    ),
    _g("1.3.04", "Risks have owners and ways to escalate", _PAPER),
    _r("1.3.05", "How much risk is accepted is known", "pool_budget"),
    _t(
        "1.4.01",
        "Projects are covered by law and ethics for all of their time",
        "unit/core/test_door.py::test_the_grants_end_stops_everything",
    ),
    _t(
        "1.4.02",
        "What holds for a time is seen to hold",
        "unit/people/test_accreditation.py::test_a_lapse_suspends_by_itself_and_a_renewal_restores",
    ),
    _g("1.4.03", "Changed regulations are followed", _PAPER),
    _t(
        "1.4.04",
        "Projects end by a standard process",
        "unit/refresh/test_certificates.py::test_no_certificate_while_a_file_is_left",
    ),
    _r("1.4.07", "Data about the public serve research of public benefit", "register"),
    _r("1.5.01", "Accredited people are identified before access", "demanded"),
    _g(
        "1.5.02",
        "There is an onboarding for every role",
        "Guides for every role, but no record of who was led through one.",
    ),
    _t(
        "1.5.03",
        "Access follows identity, and gives the least",
        "attacks/test_access.py::test_what_belongs_to_others_answers_like_what_is_not_there",
    ),
    _t(
        "1.5.04",
        "Nobody gets data without its controller's agreement",
        "unit/core/test_door.py::test_without_a_lay_vote_nothing_is_settled",
    ),
    _t("1.5.05", "Sign-in is robust", "attacks/test_id_tokens.py::test_a_forged_token_signs_nobody_in"),
    _t(
        "1.5.06",
        "One log-on for each person; records strictly controlled",
        "attacks/test_two_accounts.py::test_a_member_never_checks_their_own_output_by_another_account",
    ),
    _r("1.6.01", "What training each role needs is decided", "demanded"),
    _g("1.6.02", "Training is offered", _PAPER),
    _t(
        "1.6.03",
        "Training is renewed when needs change",
        "unit/people/test_accreditation.py::test_a_demand_may_be_announced",
    ),
    _t(
        "1.6.04",
        "Training records are accurate and tied to access",
        "unit/people/test_accreditation.py::test_a_project_proposes_members_and_accreditation_decides",
    ),
    _g("1.7.01", "Engagement with the public is inclusive and balanced", _PAPER),
    _r("1.7.02", "Operations, data and projects are public", "register"),
    _t(
        "1.7.03",
        "The public takes part in oversight",
        "unit/committee/test_committees.py::test_what_a_committee_comes_to",
    ),
)
COMPUTING = (
    _t(
        "2.1.01",
        "Nothing is copied out by the clipboard",
        "contract/test_room_isolation.py::test_no_attack_gets_through",
    ),
    _t(
        "2.1.05",
        "People are guided in tools and in work with data",
        "integration/test_guides.py::test_every_command_of_a_guide_runs",
    ),
    _t(
        "2.1.08",
        "Shared services never lead from project to project",
        "attacks/test_access.py::test_what_belongs_to_others_answers_like_what_is_not_there",
    ),
    _g(
        "2.1.09",
        "Software that speaks to the outside is known and curbed",
        "Rooms have no network; no list of such software is kept.",
    ),
    _t(
        "2.1.10",
        "Users have the software that they need",
        "integration/test_room_environment.py::test_the_room_reads_its_snapshot_with_its_own_python",
    ),
    _t(
        "2.1.14",
        "Projects are apart wherever they compute",
        "contract/test_room_isolation.py::test_no_attack_gets_through",
    ),
    _t(
        "2.2.01",
        "How it is deployed is written down",
        "structure/test_deployment.py::test_systemd_understands_the_unit",
    ),
    _g("2.2.03", "How it is changed is written down", _HOST),
    _t(
        "2.2.04",
        "Changes are tested before they are used",
        "integration/test_upgrade.py::test_what_goes_wrong_is_undone",
    ),
    _g("2.2.06", "How it is removed is written down", _HOST),
    _g("2.2.09", "All of the network is controlled", _HOST),
    _t(
        "2.2.10",
        "Users of different projects cannot connect",
        "contract/test_room_isolation.py::test_no_attack_gets_through",
    ),
    _t("2.2.11", "There is no way out to the internet", "contract/test_room_isolation.py::test_no_attack_gets_through"),
    _t("2.2.13", "Use is recorded", "unit/core/test_chain.py::test_a_whole_chain_holds"),
    _t(
        "2.3.01",
        "Members know resources and costs",
        "unit/rooms/test_jobs_outside.py::test_cost_is_measured_only_where_rows_may_be_seen",
    ),
    _g("2.3.03", "Resources are allocated by a procedure", _PAPER),
    _t(
        "2.3.04",
        "Needs do not overspend the environment",
        "faults/test_many_writers.py::test_64_writers_spend_what_fits_and_no_more",
    ),
    _t(
        "2.4.01",
        "How it is configured is written down",
        "structure/test_reference.py::test_the_committed_page_is_the_generated_one",
    ),
    _t(
        "2.4.05",
        "A gateway that does not comply can be replaced",
        "integration/test_restore.py::test_nothing_destroyed_comes_back",
    ),
    _g("2.5.01", "Rules for the kinds of data held are kept", _PAPER),
    _r("2.5.03", "Security logs are kept, cannot be changed, and are read", "checkpoint"),
    _g(
        "2.6.04",
        "Incidents are answered fast, by a procedure",
        "Incidents are recorded and draws frozen; nobody is on call here.",
    ),
    _t("2.7.02", "All software gets its security updates", "unit/core/test_advisories.py::test_every_lock_is_read"),
    _t(
        "2.8.01",
        "Data are encrypted at rest",
        "unit/intake/test_load_keys.py::test_an_erasure_destroys_the_key_under_which_the_person_lay",
    ),
    _g("2.8.02", "Data are encrypted on the way outside", _HOST),
)
DATA = (
    _g("3.1.01", "Law is assessed over the whole life of data", _PAPER),
    _t(
        "3.1.03",
        "Data are classified by one method",
        "structure/test_reference.py::test_the_committed_page_is_the_generated_one",
    ),
    _t(
        "3.1.04",
        "What comes in is governed",
        "unit/intake/test_bad_deliveries.py::test_a_manifest_reaches_nothing_outside_its_folder",
    ),
    _t(
        "3.1.05",
        "What goes out is governed",
        "unit/core/test_door.py::test_a_release_is_reserved_spent_reviewed_blind_and_published",
    ),
    _t(
        "3.1.06",
        "Only owners of data, or whom they name, let anything out",
        "spec/rules/test_roles.py::test_a_checker_knows_nothing_exact_and_never_checks_own_output",
    ),
    _r("3.1.08", "What data is held is recorded", "loads"),
    _t("3.1.09", "There is a policy of deletion", "unit/core/test_retention.py::test_each_class_ends_on_its_day_once"),
    _t(
        "3.1.12",
        "Nothing comes or goes without leave",
        "contract/test_room_isolation.py::test_attacks_get_through_where_their_protection_is_left_out",
    ),
    _t(
        "3.1.17",
        "Which kinds of data are supported is said",
        "structure/test_reference.py::test_the_committed_page_is_the_generated_one",
    ),
    _t(
        "3.2.01",
        "No account is shared",
        "attacks/test_two_accounts.py::test_a_member_never_checks_their_own_output_by_another_account",
    ),
    _g(
        "3.2.02",
        "Who somebody is is known with reason",
        "Up to the identity provider: no record of its proof is kept here.",
    ),
    _t(
        "3.2.03",
        "Access is to the data needed and no more",
        "integration/test_snapshot_is_the_recount.py::test_every_person_is_in_the_snapshot_as_recounted",
    ),
    _r("3.2.04", "Everybody signs in by more than one factor", "second_factor"),
    _t(
        "3.3.04",
        "Outputs pass a written disclosure control",
        "unit/checks/test_presets.py::test_the_four_presets_and_their_sources",
    ),
    _t(
        "3.3.05",
        "Who checks outputs is assigned",
        "unit/core/test_door.py::test_a_checker_of_the_project_or_its_author_never_checks",
    ),
    _t(
        "3.3.07",
        "There is a policy for outputs that nobody can read",
        "spec/person_view/test_refused_sql.py::test_refused",
    ),
)
SUPPORT = (
    _t(
        "4.3.01",
        "All that it does is written down",
        "integration/test_guides.py::test_every_role_has_a_guide_of_at_most_80_lines_that_says_what_goes_wrong",
    ),
    _g("4.4.01", "Projects know their costs and can pay", "Jobs show what they cost; money is not asked about."),
    _g("4.5.01", "There is a plan for procurement", _PAPER),
    _r("4.6.01", "A team of operators supports projects", "operators"),
)
STATEMENTS: tuple[Statement, ...] = (*INFORMATION_GOVERNANCE, *COMPUTING, *DATA, *SUPPORT)
PILLARS = (
    ("Information governance", INFORMATION_GOVERNANCE),
    ("Computing technology and information security", COMPUTING),
    ("Data management", DATA),
    ("Supporting capabilities", SUPPORT),
)
