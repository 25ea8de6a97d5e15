"""The journey in a browser: every page of it is made, looked at by axe, and leads to the next.

lead writes an application and submits it; committee members vote; an IG officer activates the list and clears the
snapshot; researchers bring in a script and ask for a release; checkers clear the plan and review; everybody reads the
register; the auditor verifies the log. What jobs do between is done by the same commands.
"""

import re
from pathlib import Path

import pytest

from gateway.vocabulary import Command
from tests.factories.gateways import active_list
from tests.factories.sites import Site

pytestmark = pytest.mark.browser

ANSWERS = {
    "Title of the project": "High blood pressure in London",
    "Organisation": "University of Example",
    "Summary in plain English": "We want to know how common high blood pressure is in each part of London.",
    "Public benefit": "Clinics can be opened where they are needed most.",
    "Safe people": "Two researchers, both accredited.",
    "Safe project": "Approved by our ethics committee; counts and shares only.",
    "Safe settings": "Jobs in this gateway, no rows are seen.",
    "Safe outputs": "Shares by sex and part of London.",
    "Other members": "researcher@example.org",
    "Privacy budget (ε)": "2",
}


def number_of(url: str) -> str:
    return url.rstrip("/").rsplit("/", 1)[-1]


def test_the_whole_journey(visitors, site: Site, tmp_path: Path) -> None:
    start = visitors.arrive()
    start.go("/")
    start.look("01-start")
    start.go("/sign-in")
    start.look("02-identity")

    lead = visitors.sign_in("lead")
    lead.look("03-tasks-empty")
    lead.go("/projects/new")
    lead.look("04-application")
    lead.press("Save")
    assert lead.page.locator(".nhsuk-error-summary").is_visible()
    lead.look("05-application-errors")
    for label, answer in ANSWERS.items():
        lead.page.get_by_label(label, exact=True).fill(answer)
    for name in ("sex", "stp"):
        lead.page.locator(f"input[name=columns_person][value={name}]").check()
    lead.page.get_by_label("Why do you need person?").fill("To show shares by sex and part of London.")
    lead.page.get_by_text("condition_occurrence", exact=True).click()
    lead.page.locator("input[value=condition_concept_id]").check()
    lead.page.get_by_label("Why do you need condition_occurrence?").fill("To find high blood pressure.")
    for part, value in (("day", "30"), ("month", "6"), ("year", "2027")):
        lead.page.locator(f"[name=ends_on-{part}]").fill(value)
    lead.press("Save")
    lead.page.wait_for_url(re.compile("/projects/prj-"))
    project = number_of(lead.page.url)
    lead.look("06-project-draft")
    lead.press("Submit to the committee")
    lead.look("07-project-submitted")

    for name in ("member1", "member2", "lay"):
        member = visitors.sign_in(name)
        member.page.get_by_role("link", name="High blood pressure in London").click()
        if name == "member1":
            member.look("08-vote")
        member.page.get_by_label("Approve", exact=True).check()
        member.page.get_by_label("Reason", exact=True).fill("Clear benefit, little data.")
        member.press("Record my vote")
        if name == "member1":
            member.look("09-voted")
    lead.go(f"/projects/{project}")
    lead.look("10-project-approved")

    active_list(site.town)
    received = {"local_id": "L2", "list_date": site.town.clock().isoformat(), "digest": "d", "commitment": "ab" * 32}
    received |= {"nonce": "n", "receipt": {"asked": 19_400, "without_an_opt_out": 18_320}}
    site.town.do("operator", Command.RECEIVE_OPT_OUTS, site.town.pool_id, received)
    load = {"digest": "x", "organisation": "RRV", "format": "fhir", "standing": "SHARED_CARE_PROCESSOR"}
    load |= {"rows": {"person": 12_000}, "quarantined": {"invalid_nhs_number": 211, "future_date": 3}}
    site.town.do("operator", Command.LOAD_RECORDS, site.town.pool_id, load)
    officer = visitors.sign_in("ig")
    officer.look("11-tasks-ig")
    officer.go("/opt-outs")
    officer.look("12-opt-outs")
    officer.press("Activate the list")
    officer.go("/sources")
    officer.press("Show exact figures")
    officer.look("13-sources")

    lead.press("Ask for a snapshot")
    lead.page.get_by_role("link", name="See the snapshot").click()
    snapshot = number_of(lead.page.url)
    site.town.do("system", Command.BEGIN_SNAPSHOT, snapshot)
    built = {"cut_date": "2026-06-30", "manifest_digest": "ab" * 32, "commitment": "cd" * 32, "nonce": "n"}
    built |= {"people": 17_934, "removed": {"national_opt_out": 1_080, "type_1_opt_out": 690, "withheld_identity": 12}}
    site.town.do("system", Command.COMPLETE_SNAPSHOT, snapshot, built)
    lead.page.reload()
    assert "17,934" not in lead.page.content()
    lead.look("14-snapshot-lead")
    officer.go(f"/snapshots/{snapshot}")
    officer.look("15-snapshot-ig")
    officer.press("Clear the snapshot")

    lead.go(f"/projects/{project}")
    lead.press("Open the workspace")
    lead.page.get_by_role("link", name="Go to the workspace").click()
    workspace = number_of(lead.page.url)
    researcher = visitors.sign_in("researcher")
    researcher.go(f"/workspaces/{workspace}")
    researcher.press("Bring in a script")
    researcher.press("Bring it in")
    researcher.look("16-script-errors")
    script = tmp_path / "shares.sql"
    script.write_text("SELECT sex, count(*) FROM person GROUP BY sex")
    researcher.page.get_by_label("Choose a file").set_input_files(script)
    researcher.press("Bring it in")
    transfer = site.town.read(lambda work: _newest(work, workspace))
    site.town.do("system", Command.ADMIT_TRANSFER, transfer, {"findings": []})
    researcher.page.get_by_role("button", name="Run").click()  # the page has brought itself up to date
    researcher.look("17-workspace")

    researcher.go(f"/projects/{project}")
    researcher.press("Ask for a release")
    researcher.look("18-release-form")
    _fill_release(researcher)
    researcher.press("Show the price")
    researcher.look("19-release-price")
    researcher.press("Save the draft")
    researcher.page.wait_for_url(re.compile("/releases/rel-"))
    release = number_of(researcher.page.url)
    researcher.look("20-release-draft")
    researcher.press("Submit the request")

    checker = visitors.sign_in("checker1")
    checker.look("21-tasks-checker")
    checker.go(f"/releases/{release}/plan")
    checker.look("22-plan")
    checker.page.get_by_label("Clear the plan").check()
    checker.page.get_by_label("Reason", exact=True).fill("Published keys and a published code list.")
    checker.press("Record my decision")
    checker.look("23-drawing")
    site.seal(release, tmp_path / "world")

    for name in ("checker1", "checker2"):
        checker = visitors.sign_in(name)
        checker.go(f"/releases/{release}/review")
        checker.page.frame_locator("iframe").get_by_role("heading", level=1).wait_for()
        if name == "checker1":
            checker.look("24-review")
            checker.press("Record my decision")
            checker.look("25-review-errors")
        checker.page.get_by_label("Approve", exact=True).check()
        checker.page.get_by_label("Reason", exact=True).fill("Wide enough groups.")
        checker.press("Record my decision")
    checker.look("26-reviewed")

    researcher.go(f"/releases/{release}")
    researcher.look("27-released")
    with researcher.page.expect_download() as download:
        researcher.press("Download the package (zip)")
    assert download.value.suggested_filename == f"{release}.zip"
    researcher.go("/releases")
    researcher.look("28-releases")
    researcher.go("/account")
    researcher.page.get_by_label("What is it for?").fill("My laptop")
    researcher.look("29-account")
    researcher.press("Make a token")
    researcher.look("30-token")

    officer.go("/tasks")
    officer.page.get_by_role("link", name="High blood pressure in London").click()
    officer.look("31-register-draft")
    officer.press("Publish in the register")
    start.go("/register")
    start.look("32-register")
    start.page.get_by_role("link", name="High blood pressure in London").click()
    start.look("33-register-entry")
    start.go("/status")
    start.look("34-status")
    start.go("/nowhere")
    start.look("35-not-found")

    officer.go(f"/projects/{project}")
    officer.look("36-project-ig")
    officer.press("Suspend the project")
    officer.look("37-because")
    officer.go("/projects")
    officer.look("38-projects")

    auditor = visitors.sign_in("auditor")
    auditor.go("/audit")
    auditor.press("Verify the log")
    assert auditor.page.get_by_role("heading", name="The chain holds").is_visible()
    auditor.look("39-audit")


def _newest(work, workspace: str) -> str:
    from gateway.models import Transfer

    return work.find(Transfer, Transfer.workspace_id == workspace).id


def _fill_release(visitor) -> None:
    page = visitor.page
    page.get_by_label("Title", exact=True).fill("High blood pressure by sex and part of London")
    page.locator("#columns-0-name").fill("sex")
    page.locator("#columns-0-how").select_option("person")
    page.locator("#columns-0-source").select_option("person.sex")
    page.locator("#columns-1-name").fill("part")
    page.locator("#columns-1-how").select_option("person")
    page.locator("#columns-1-source").select_option("person.stp")
    page.locator("#columns-2-name").fill("high")
    page.locator("#columns-2-how").select_option("exists")
    page.locator("#columns-2-source").select_option("condition_occurrence")
    page.locator("#columns-2-only").select_option("list:hypertension/1")
    page.locator("#statistics-0-name").fill("people")
    page.locator("#statistics-0-kind").select_option("count")
    page.locator("#statistics-0-by").fill("sex, part")
    page.locator("#statistics-1-name").fill("share_high")
    page.locator("#statistics-1-kind").select_option("proportion")
    page.locator("#statistics-1-of").fill("high")
    page.locator("#statistics-1-by").fill("part")
