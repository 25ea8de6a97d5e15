"""The journey in a browser: every page of it is made, looked at by axe, and leads to the next.

lead writes an application and submits it; committee members vote; an IG officer activates the list and clears the
snapshot; researchers bring in a script and ask for a release; checkers clear the plan and review; everybody reads the
register; the auditor verifies the log. What jobs do between is done by the same commands. All of it once with
JavaScript, where every page of the url map must have been looked at, and once without.
"""

import io
import re
import zipfile
from pathlib import Path

import pytest

from gateway.models import RegisterEntry, Transfer
from gateway.vocabulary import Command
from tests.factories.gateways import EXEMPTION, REQUEST, active_list, application, approved_project, submitted_release
from tests.factories.loads import figures
from tests.factories.risks import risk
from tests.factories.sites import Site

pytestmark = pytest.mark.browser

TITLE = "High blood pressure in London"
ANSWERS = {
    "Title of the project": TITLE,
    "Organisation": "University of Example",
    "Summary in plain English": "We want to know how common high blood pressure is in each part of London.",
    "Public benefit": "Clinics can be opened where they are needed most.",
    "Safe people": "Two researchers, both accredited.",
    "Safe project": "Approved by our ethics committee; counts and shares only.",
    "Safe settings": "Jobs in this gateway, no rows are seen.",
    "Safe outputs": "Shares by sex and part of London.",
    "Other members": "researcher@trust.example",
    "Privacy budget (ε)": "2",
}
# Not pages: files, the provider's answers on their way, the API's JSON.
NOT_PAGES = {"static", "sign_in.begin", "reviews.review_next", "snapshots.certificate"}  # files, or lead to another
NOT_PAGES |= {"register.data_uses", "register.refusals"}  # CSV
NOT_PAGES |= {"twin.people"}  # a file
NOT_PAGES |= {"rooms.enter", "rooms.arrive", "rooms.check", "rooms.desktop"}  # on the way to a notebook
NOT_PAGES |= {"rooms.page", "workspaces.view_logs"}  # looked at in test_notebook and test_workspace_page


def number_of(url: str) -> str:
    return url.rstrip("/").rsplit("/", 1)[-1]


class Journey:
    """Where the journey has got to."""

    def __init__(self, visitors, site: Site, folder: Path) -> None:
        self.visitors, self.site, self.folder = visitors, site, folder
        self.town = site.town

    def arrive(self) -> None:
        self.reader = self.visitors.arrive()
        for name, path in (("start", "/"), ("identity", "/sign-in"), ("wrong-answer", "/sign-in/answer?state=x")):
            self.reader.go(path)
            self.reader.look(f"01-{name}")
        self.lead = self.visitors.sign_in("lead")
        self.lead.look("03-tasks-empty")
        for path in ("projects", "releases", "register"):
            self.lead.go(f"/{path}")
            self.lead.look(f"03-{path}-empty")

    def apply(self) -> None:
        lead = self.lead
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
        self.project = number_of(lead.page.url)
        lead.look("06-project-draft")
        lead.go(f"/projects/{self.project}/edit")
        lead.look("06-project-edit")
        lead.press("Save")
        lead.press("Submit to the committee")
        lead.look("07-project-submitted")

    def decide(self) -> None:
        for name in ("member1", "member2", "lay"):
            member = self.visitors.sign_in(name)
            member.page.get_by_role("link", name=TITLE).click()
            if name == "member1":
                member.look("08-vote")
            member.page.get_by_label("Approve", exact=True).check()
            member.page.get_by_label("Reason", exact=True).fill("Clear benefit, little data.")
            member.press("Record my vote")
            if name == "member1":
                member.look("09-voted")
        self.lead.go(f"/projects/{self.project}")
        self.lead.look("10-project-approved")

    def opt_outs(self) -> None:
        active_list(self.town)
        received = {"local_id": "L2", "list_date": self.town.clock().isoformat(), "digest": "d"}
        received |= {"commitment": "ab" * 32, "nonce": "n", "receipt": {"asked": 19_400, "without_an_opt_out": 18_320}}
        self.town.do("operator", Command.RECEIVE_OPT_OUTS, self.town.pool_id, received)
        load = {"digest": "x", "organisation": "RRV", "format": "fhir", "standing": "SHARED_CARE_PROCESSOR"}
        load |= {"organisation_name": "University College London Hospitals"}
        load |= {"rows": {"person": 12_000}, "quarantined": {"invalid_nhs_number": 211, "future_date": 3}}
        load |= {"quality": figures()}
        self.town.do("operator", Command.LOAD_RECORDS, self.town.pool_id, load)
        self.officer = officer = self.visitors.sign_in("ig")
        officer.look("11-tasks-ig")
        officer.go("/opt-outs")
        officer.look("12-opt-outs")
        officer.press("Activate the list")
        officer.go("/sources")
        assert officer.page.get_by_text("University College London Hospitals (RRV)").is_visible()
        officer.look("13-sources")
        officer.press("Show exact figures")
        officer.look("13-sources-exact")
        officer.go("/sources")
        officer.page.get_by_role("link", name="University College London Hospitals (RRV)").click()
        officer.look("13-quality")
        officer.press("Show exact figures")
        officer.look("13-quality-exact")
        officer.go("/code-lists")
        officer.look("13-code-lists")
        officer.page.get_by_role("button", name="Import a code list").click()
        officer.look("13-code-list-form")
        officer.page.locator("input[type=file]").set_input_files(
            {"name": "list.csv", "mimeType": "text/csv", "buffer": b"code,term\n59621000,Essential hypertension\n"}
        )
        officer.page.get_by_label("SNOMED CT").check()
        officer.page.get_by_label("Short name").fill("raised-pressure")
        officer.page.get_by_label("Name", exact=True).fill("Raised pressure")
        officer.page.get_by_label("Published by").fill("A register, version 1")
        officer.press("Import a code list")
        officer.look("13-code-list")

    def snapshot(self) -> None:
        lead = self.lead
        lead.page.reload()
        lead.press("Ask for a snapshot")
        lead.page.get_by_role("link", name="See the snapshot").click()
        lead.page.wait_for_url(re.compile("/snapshots/snp-"))
        self.snapshot_id = number_of(lead.page.url)
        self.town.do("system", Command.BEGIN_SNAPSHOT, self.snapshot_id)
        lead.wait_for("Being built")
        lead.look("14-snapshot-building")
        built = {"cut_date": "2026-06-30", "manifest_digest": "ab" * 32, "commitment": "cd" * 32, "nonce": "n"}
        built |= {"people": 17_934, "removed": {"national_opt_out": 1_080, "type_1_opt_out": 690}, "risk": risk()}
        self.town.do("system", Command.COMPLETE_SNAPSHOT, self.snapshot_id, built)
        lead.wait_for("Waits for clearance")
        assert "17,934" not in lead.page.content()
        lead.look("14-snapshot-lead")
        self.officer.go(f"/snapshots/{self.snapshot_id}")
        self.officer.look("15-snapshot-ig")
        self.officer.press("Clear the snapshot")

    def work(self) -> None:
        lead = self.lead
        lead.go(f"/projects/{self.project}")
        lead.press("Open the workspace")
        lead.page.get_by_role("link", name="Go to the workspace").click()
        lead.page.wait_for_url(re.compile("/workspaces/wsp-"))
        self.workspace = number_of(lead.page.url)
        self.researcher = researcher = self.visitors.sign_in("researcher")
        researcher.go(f"/workspaces/{self.workspace}")
        researcher.press("Bring in a script")
        researcher.press("Bring it in")
        researcher.look("16-script-errors")
        script = self.folder / "shares.sql"
        script.write_text("SELECT sex, count(*) FROM person GROUP BY sex")
        researcher.page.locator("input[type=file]").set_input_files(script)
        researcher.press("Bring it in")
        transfer = self.town.read(lambda work: work.find(Transfer, Transfer.workspace_id == self.workspace).id)
        self.town.do("system", Command.ADMIT_TRANSFER, transfer, {"findings": []})
        researcher.wait_for("Admitted")
        researcher.press("Run")
        researcher.look("17-workspace")

    def ask(self) -> None:
        researcher = self.researcher
        researcher.go(f"/projects/{self.project}")
        researcher.press("Ask for a release")
        researcher.look("18-release-form")
        _fill_release(researcher.page)
        researcher.press("Show the price")
        researcher.look("19-release-price")
        researcher.press("Save the draft")
        researcher.page.wait_for_url(re.compile("/releases/rel-"))
        self.release = number_of(researcher.page.url)
        researcher.look("20-release-draft")
        researcher.go(f"/releases/{self.release}/edit")
        researcher.look("20-release-edit")
        researcher.press("Save the draft")
        researcher.press("Submit the request")

    def draw(self) -> None:
        checker = self.visitors.sign_in("checker1")
        checker.look("21-tasks-checker")
        checker.go(f"/releases/{self.release}/plan")
        checker.look("22-plan")
        checker.page.get_by_label("Clear the plan").check()
        checker.page.get_by_label("Message to the author").fill("Published keys and a published code list.")
        checker.press("Record my decision")
        checker.look("22-desk")
        checker.go(f"/releases/{self.release}")
        checker.look("23-drawing")
        self.site.seal(self.release, self.folder / "world")
        checker.wait_for("Waits for review")

    def review(self) -> None:
        for name in ("checker1", "checker2"):
            checker = self.visitors.sign_in(name)
            checker.go(f"/releases/{self.release}/review")
            checker.page.get_by_text("The page as its readers get it").click()
            checker.page.frame_locator("iframe").get_by_role("heading", level=1).wait_for()
            assert "Said by checker" not in checker.page.content()
            if name == "checker1":
                checker.look("24-review")
                checker.press("Record my decision")
                checker.look("25-review-errors")
            checker.page.get_by_role("group", name="Your decision").get_by_label("Approve", exact=True).check()
            checker.page.get_by_label("Message to the author").fill(f"Said by {name}.")
            checker.press("Record my decision")
        checker.go(f"/releases/{self.release}")
        assert "Said by checker1" in checker.page.content()
        checker.look("26-reviewed")

    def download(self) -> None:
        researcher = self.researcher
        researcher.go(f"/releases/{self.release}")
        researcher.look("27-released")
        with researcher.page.expect_download() as download:
            researcher.page.get_by_role("button", name="Download the package (zip)").click()
        assert download.value.suggested_filename == f"{self.release}.zip"
        self._read(download.value.path())
        for name in ("releases", "account"):
            researcher.go(f"/{name}")
            researcher.look(f"28-{name}")
        researcher.page.get_by_label("What is it for?").fill("My laptop")
        researcher.press("Make a token")
        researcher.look("30-token")

    def _read(self, package: Path) -> None:
        """The package's page runs no script on this site, so axe looks at the very same bytes from a file."""
        with zipfile.ZipFile(io.BytesIO(package.read_bytes())) as archive:
            html = archive.read("index.html").decode()
        self.researcher.go(f"/releases/{self.release}/read")
        assert self.researcher.page.get_by_role("heading", level=1).inner_text() in html
        reader = self.visitors.arrive()
        reader.page.set_content(html)
        reader.look("27-package")
        self.visitors.looked |= {"releases.read_output", "releases.view_artefact"}

    def publish(self) -> None:
        officer, reader = self.officer, self.reader
        officer.go("/tasks")
        officer.page.get_by_role("link", name=TITLE).click()
        officer.look("31-register-draft")
        officer.press("Publish in the register")
        reader.go("/register")
        reader.look("32-register")
        reader.go("/twin")
        reader.look("32-twin")
        reader.go("/register")
        reader.page.get_by_role("link", name=TITLE).click()
        reader.look("33-register-entry")
        for name, path in (("status", "/status"), ("not-found", "/nowhere")):
            reader.go(path)
            reader.look(f"34-{name}")

    def govern(self) -> None:
        """Pages that ask for a reason, and the third checker's."""
        disputed = submitted_release(self.town, self.project, {**REQUEST, "title": "High blood pressure by sex"})
        self.town.do("checker1", Command.CLEAR_PLAN, disputed, {"reason": "Published keys."})
        self.site.seal(disputed, self.folder / "another")
        for name, verdict in (("checker1", "APPROVE"), ("checker2", "REFUSE")):
            self.town.do(name, Command.REVIEW_RELEASE, disputed, {"verdict": verdict, "reason": "As I see it."})
        self.town.do("checker1", Command.KEEP_REVIEW, disputed, {"reason": "So far.", "note": "Ask about the title."})
        first = self.visitors.sign_in("checker1")
        first.go(f"/releases/{disputed}/confirm")
        first.look("35-confirm")
        for name, verdict in (("checker1", "APPROVE"), ("checker2", "REFUSE")):
            self.town.do(name, Command.CONFIRM_REVIEW, disputed, {"verdict": verdict, "reason": "I still think so."})
        checker = self.visitors.sign_in("checker3")
        checker.go(f"/releases/{disputed}/adjudicate")
        checker.look("35-adjudicate")
        officer = self.officer
        for name, path in (
            ("recall", f"/releases/{self.release}/recall"),
            ("retire", f"/snapshots/{self.snapshot_id}/retire"),
            ("freeze", f"/workspaces/{self.workspace}/freeze"),
            ("close", f"/projects/{self.project}/close"),
            ("suspend", f"/projects/{self.project}/suspend"),
        ):
            officer.go(path)
            officer.look(f"36-{name}")
        officer.page.get_by_label("Reason", exact=True).fill("A complaint is looked into.")
        officer.press("Suspend the project")
        officer.look("37-project-suspended")
        officer.go(f"/projects/{self.project}/resume")
        officer.look("37-resume")
        officer.go("/projects")
        officer.look("38-projects")

    def exempt(self) -> None:
        """Proposed by the second officer, seconded by the first, approved by a member, ended."""
        project = approved_project(self.town, title="Epilepsy audit", epsilon="0.5", members=[])
        entry = self.town.read(lambda work: work.find(RegisterEntry, RegisterEntry.project_id == project)).id
        self.town.do("ig", Command.PUBLISH_ENTRY, entry)
        officer, member = self.officer, self.visitors.sign_in("member1")
        officer.go("/exemptions")
        officer.look("37-exemptions-none")
        officer.go(f"/projects/{project}")
        officer.press("Propose an exemption")
        officer.press("Propose an exemption")
        officer.look("37-exemption-errors")
        made = self.town.do("ig2", Command.PROPOSE_EXEMPTION, project, EXEMPTION).created_id
        officer.go(f"/exemptions/{made}")
        for who, button in ((officer, "Second the exemption"), (member, "Approve the exemption")):
            who.go(f"/exemptions/{made}")
            for pressed in ("Refuse the exemption", button):
                who.go(f"/exemptions/{made}")
                who.press(pressed)
                who.look(f"37-{pressed.split()[0].lower()}-exemption")
            who.page.get_by_label("Reason", exact=True).fill("I read the letter.")
            who.press(button)
        member.look("37-exemption-in-force")
        officer.go(f"/register/{entry}")
        officer.look("37-exemption-in-the-register")
        officer.go(f"/exemptions/{made}")
        officer.press("End the exemption")
        officer.look("37-end-exemption")

    def audit(self) -> None:
        auditor = self.visitors.sign_in("auditor")
        auditor.go("/audit")
        auditor.look("39-audit")
        auditor.press("Verify the log")
        assert auditor.page.get_by_role("heading", name="The chain holds").is_visible()
        auditor.look("39-audit-verified")

    def hold(self) -> None:
        """What people must hold, how the committee decides, and what anybody sees of it."""
        town, held = self.town, {"kind": "IG_TRAINING", "reference": "T-1", "issued_on": "2026-06-01"}
        first, second = (
            town.do("lead", Command.PRESENT_CERTIFICATE, town.people["lead"], held).created_id for _ in range(2)
        )
        town.do("ig", Command.ACCEPT_CERTIFICATE, first)
        town.do("ig", Command.PUBLISH_TERMS, town.pool_id, {"text": "You keep what you see to yourself."})
        other = town.do(
            "lead", Command.DRAFT_PROJECT, town.pool_id, application(title="Asthma", epsilon="0.1")
        ).created_id
        town.do("lead", Command.SUBMIT_PROJECT, other)
        officer, lead, reader = self.officer, self.lead, self.reader
        member = self.visitors.sign_in("member2")
        looks = (
            (officer, "people", "/certificates"),
            (officer, "refuse", f"/certificates/{second}/refuse"),
            (officer, "revoke", f"/certificates/{first}/revoke"),
            (officer, "publish-agreement", "/agreement"),
            (officer, "committee", "/committee"),
            (officer, "budgets", "/budgets"),
            (lead, "present", "/account/certificates"),
            (lead, "agreement", "/account/agreement"),
            (member, "declare", f"/projects/{other}/declare"),
            (member, "minutes", f"/projects/{other}/minutes"),
            (reader, "figures", "/figures"),
            (reader, "satre", "/satre"),
        )
        for who, name, path in looks:
            who.go(path)
            who.look(f"40-{name}")

    def leave(self) -> None:
        who = {"issuer": "test", "subject": "ig2", "name": "Second Officer", "email": "ig2@example.org"}
        second = self.town.people["ig2"] = self.town.do(
            "system", Command.WELCOME_PERSON, self.town.pool_id, who
        ).created_id
        self.town.do("system", Command.APPOINT_PERSON, second, {"role": "IG_OFFICER"})
        for ground in ("OBJECTION", "NO_LONGER_NECESSARY"):
            proposed = {"ground": ground, "token": "0123456789abcdef"}
            self.town.do("ig2", Command.PROPOSE_ERASURE, self.town.pool_id, proposed)
        officer = self.officer
        officer.go("/erasures")
        officer.look("38-erasures")
        officer.press("Approve the erasure")
        officer.look("38-erasure-approved-why")
        officer.page.get_by_label("Reason", exact=True).fill("Her letter of 3 May.")
        officer.press("Approve the erasure")
        officer.press("Refuse the erasure")
        officer.press("Refuse the erasure")
        officer.look("38-erasure-refused-errors")
        officer.page.get_by_label("Erasure would seriously impair the research", exact=True).check()
        officer.page.get_by_label("Reason", exact=True).fill("See our assessment.")
        officer.press("Refuse the erasure")
        officer.press("Refresh now")
        assert officer.page.get_by_text("still running").is_visible()
        officer.look("38-erasures-decided")


@pytest.mark.parametrize("scripted", [True, False], ids=["with_javascript", "without_javascript"])
def test_the_whole_journey(scripted: bool, visitors, site: Site, tmp_path: Path) -> None:
    visitors.scripted = scripted
    journey = Journey(visitors, site, tmp_path)
    for stage in (
        journey.arrive,
        journey.apply,
        journey.decide,
        journey.opt_outs,
        journey.snapshot,
        journey.work,
        journey.ask,
        journey.draw,
        journey.review,
        journey.download,
        journey.publish,
        journey.govern,
        journey.hold,
        journey.leave,
        journey.exempt,
        journey.audit,
    ):
        stage()
    assert not pages_of(site) - visitors.looked, "pages that nobody has looked at"
    assert not visitors.opened - visitors.looked - {""}, "pages that were opened, but not looked at"


def pages_of(site: Site) -> set[str]:
    """Every view that answers GET, out of the url map itself: a new page without a look fails."""
    rules = [rule for rule in site.app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    return {rule.endpoint for rule in rules if not rule.rule.startswith("/api/")} - NOT_PAGES


def _fill_release(page) -> None:
    page.get_by_label("Title", exact=True).fill("High blood pressure by sex and part of London")
    for row, (name, how, source) in enumerate(
        [("sex", "person", "person.sex"), ("part", "person", "person.stp"), ("high", "exists", "condition_occurrence")]
    ):
        page.locator(f"#columns-{row}-name").fill(name)
        page.locator(f"#columns-{row}-how").select_option(how)
        page.locator(f"#columns-{row}-source").select_option(source)
    page.locator("#columns-2-only").select_option("list:hypertension/1")
    for row, (name, kind, of, by) in enumerate(
        [("people", "count", "", "sex, part"), ("share_high", "proportion", "high", "part")]
    ):
        page.locator(f"#statistics-{row}-name").fill(name)
        page.locator(f"#statistics-{row}-kind").select_option(kind)
        page.locator(f"#statistics-{row}-of").fill(of)
        page.locator(f"#statistics-{row}-by").fill(by)
