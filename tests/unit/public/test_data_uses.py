"""The register as others read it: 31 columns in their order, refusals too, nothing that a record is behind."""

import csv
import io

import pytest

from gateway.evidence.data_uses import COLUMNS, as_csv, data_use
from gateway.models import RegisterEntry
from gateway.vocabulary import Command
from tests.factories.gateways import application, approved_project
from tests.factories.sites import open_site

NAMES = [
    "project_id_text",
    "organisation_name",
    "organisation_id",
    "organisation_sector",
    "non_gateway_applicants",
    "applicant_id",
    "funders_and_sponsors",
    "accredited_researcher_status",
    "sublicence_arrangements",
    "project_title",
    "lay_summary",
    "public_benefit_statement",
    "request_category_type",
    "technical_summary",
    "other_approval_committees",
    "project_start_date",
    "project_end_date",
    "latest_approval_date",
    "non_gateway_datasets",
    "data_sensitivity_level",
    "legal_basis_for_data_article6",
    "legal_basis_for_data_article9",
    "duty_of_confidentiality",
    "national_data_optout",
    "request_frequency",
    "dataset_linkage_description",
    "confidential_data_description",
    "access_date",
    "access_type",
    "privacy_enhancements",
    "non_gateway_outputs",
]


def test_there_are_31_columns_in_this_order():
    assert [name for _, name in COLUMNS] == NAMES
    assert len(NAMES) == 31
    needed = [name for title, name in COLUMNS if title.endswith("*")]
    assert needed == [
        "organisation_name",
        "project_title",
        "lay_summary",
        "public_benefit_statement",
        "latest_approval_date",
        "non_gateway_datasets",
        "access_type",
    ]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = open_site(tmp_path_factory.mktemp("public"))
    town = made.town
    approved_project(town, title="=1+1")
    refused = town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application(title="Too much")).created_id
    town.do("lead", Command.SUBMIT_PROJECT, refused)
    for name in ("member1", "member2", "lay"):
        town.do(name, Command.CAST_VOTE, refused, {"verdict": "REFUSE", "reason": "no benefit"})
    unpublished = approved_project(town, title="Not yet public")
    for entry in town.read(lambda work: work.all(RegisterEntry, RegisterEntry.project_id != unpublished)):
        town.do("ig", Command.PUBLISH_ENTRY, entry.id)
    yield made
    town.gateway.unit.dispose()


def rows_of(site, path):
    answer = site.client().get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return list(csv.reader(io.StringIO(answer.get_data(as_text=True), newline="")))


def test_approved_uses_and_refusals_are_tables_apart(site):
    head, approved = rows_of(site, "/register/data-uses.csv")
    assert head == [title for title, _ in COLUMNS]
    at = NAMES.index
    assert approved[at("project_title")] == "'=1+1"  # no formula
    assert approved[at("non_gateway_datasets")] == "person, condition_occurrence"
    assert approved[at("latest_approval_date")] == approved[at("project_start_date")] == "2026-07-01"
    assert approved[at("national_data_optout")] == "Yes"
    _, refused = rows_of(site, "/register/refusals.csv")
    assert refused[at("project_title")] == "Too much"
    assert refused[at("latest_approval_date")] == ""


def test_the_api_gives_the_same_and_the_page_names_both(site):
    told = site.client().get("/api/v1/data-uses").json
    assert sorted(each["project_title"] for each in told) == ["=1+1", "Too much"]
    assert all(list(each) == sorted(NAMES) for each in told)  # JSON objects are sorted here
    page = site.client().get("/register").text
    assert "refused 1 July 2026" in page
    assert "Not yet public" not in page


def test_an_entry_from_before_has_all_columns():
    told = data_use({"project_id_text": "p", "releases": [{"id": "r"}]}, "https://x.example/register/reg-1")
    assert list(told) == NAMES
    assert told["non_gateway_outputs"] == ["https://x.example/register/reg-1"]
    assert len(next(csv.reader(io.StringIO(as_csv([told]).splitlines()[1])))) == 31
