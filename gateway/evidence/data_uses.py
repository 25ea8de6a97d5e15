"""The public register in the columns of HDR UK's data use register, version 2 of 19 January 2022, in their order."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from gateway.evidence.package import safe

COLUMNS: tuple[tuple[str, str], ...] = (
    ("Project ID", "project_id_text"),
    ("Organisation name*", "organisation_name"),
    ("Organisation ID", "organisation_id"),
    ("Organisation sector", "organisation_sector"),
    ("Applicant name(s)", "non_gateway_applicants"),
    ("Applicant ID", "applicant_id"),
    ("Funders/ Sponsors", "funders_and_sponsors"),
    ("DEA accredited researcher?", "accredited_researcher_status"),
    ("Sub-licence arrangements (if any)?", "sublicence_arrangements"),
    ("Project title*", "project_title"),
    ("Lay summary*", "lay_summary"),
    ("Public benefit statement*", "public_benefit_statement"),
    ("Request category type", "request_category_type"),
    ("Technical summary", "technical_summary"),
    ("Other approval committees", "other_approval_committees"),
    ("Project start date", "project_start_date"),
    ("Project end date", "project_end_date"),
    ("Latest approval date*", "latest_approval_date"),
    ("Dataset(s) name*", "non_gateway_datasets"),
    ("Data sensitivity level", "data_sensitivity_level"),
    ("Legal basis for provision of data under Article 6", "legal_basis_for_data_article6"),
    ("Lawful conditions for provision of data under Article 9", "legal_basis_for_data_article9"),
    ("Common Law Duty of Confidentiality", "duty_of_confidentiality"),
    ("National data opt-out applied?", "national_data_optout"),
    ("Request frequency", "request_frequency"),
    ("For linked datasets, specify how the linkage will take place", "dataset_linkage_description"),
    ("Description of the confidential data being used", "confidential_data_description"),
    ("Release/Access date", "access_date"),
    ("Access type*", "access_type"),
    ("How has data been processed to enhance privacy?", "privacy_enhancements"),
    ("Link to research outputs", "non_gateway_outputs"),
)
# what holds of every project here, where its entry says nothing else
_ALWAYS = {
    "sublicence_arrangements": "No",
    "request_frequency": "Recurring",
    "dataset_linkage_description": "By NHS number inside the gateway, before a project's own pseudonyms replace it.",
    "confidential_data_description": "None: no identifying field enters a project's records.",
    "access_type": "TRE",
}


def data_use(fields: Mapping[str, Any], address: str) -> dict[str, Any]:
    """One entry in the 31 columns; `address` is where its outputs stand. What was not asked for stays empty."""
    told = {name: fields.get(name, _ALWAYS.get(name, "")) for _, name in COLUMNS}
    told["project_start_date"] = told["project_start_date"] or fields.get("latest_approval_date", "")
    told["non_gateway_outputs"] = [address] if fields.get("releases") else []
    return told


def as_csv(entries: Iterable[Mapping[str, Any]]) -> str:
    """A header and a line an entry; lists with commas, and no cell that a spreadsheet takes for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([title for title, _ in COLUMNS])
    for each in entries:
        writer.writerow([safe(_cell(each[name])) for _, name in COLUMNS])
    return out.getvalue()


def _cell(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
