"""What the guides show is what runs: every command, button, example and link in docs/ is tried."""

import json
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.evidence.checkpoints import read
from gateway.evidence.commitments import commit
from gateway.evidence.exports import lines as export_lines
from gateway.evidence.growth_proofs import prove_growth
from gateway.evidence.row_proofs import prove
from gateway.jobs.house import House
from gateway.jobs.sign_checkpoint import sign_checkpoint
from gateway.models import RegisterEntry
from gateway.store import audit_chain
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.vocabulary import Command
from gateway.web.layout import NAVIGATION
from gateway.web.wording import COMMANDS
from tests.factories.command_lines import tre
from tests.factories.gateways import EXEMPTION, active_list, approved_project, cleared_snapshot
from tests.factories.packages import package_and_register
from tests.factories.sites import Site, open_site, served
from tests.unit.cli.test_tree import parsed
from workspaces.scanning.scripts import scan

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# who reads which guide; nobody needs a seat for the others
READERS = {
    "researcher": "lead",
    "committee": "member1",
    "reviewer": "checker1",
    "information-governance": "ig",
    "auditor": "auditor",
}
ROLES = {*READERS, "operator", "public"}
# run on the gateway's machine with its settings, or for minutes: tried elsewhere, here only understood
LOCAL = (
    "disclosure audit",
    "serve",
    "migrate",
    "work",
    "pools open",
    "people appoint",
    "intake load",
    "intake erase",
    "people report",
    "opt-outs",
    "snapshots contains",
)
# the gateway understood and knew the subject and the role; its state is another matter
NOT_UNDERSTOOD = ("arguments:", "client:", "input:", "defect:", "file:", "subject:unknown", "command:not_your_role")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)


def blocks(path: Path, language: str) -> list[str]:
    return [body for kind, body in _BLOCK.findall(path.read_text(encoding="utf-8")) if kind == language]


def lines() -> Iterator[tuple[str, str]]:
    for path in (*sorted((DOCS / "guides").glob("*.md")), DOCS / "verify.md"):
        for block in blocks(path, "sh"):
            yield from ((path.stem, line) for line in block.splitlines() if line.startswith("tre "))


LINES = list(lines())


@dataclass
class Place:
    """A living site with one of everything, and the files that the guides name."""

    site: Site
    address: str
    folder: Path
    ids: dict[str, str]

    def run(self, reader: str | None, line: str) -> tuple[int, str, str]:
        words = shlex.split(line)[1:]
        words = words[: words.index(">")] if ">" in words else words
        environment = {"TRE_URL": self.address, "TRE_TOKEN": self.token(reader) if reader else ""}
        ran = tre(*(self.ids.get(word, word) for word in words), environment=environment)
        return ran.exit_code, ran.stdout, ran.stderr

    def token(self, name: str) -> str:
        town = self.site.town
        made = town.do(name, Command.CREATE_TOKEN, town.people[name], {"label": "guide"})
        return str(made.returned["token"])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("guides")
    site = open_site(folder, on="sqlite")  # the guides speak of its copied file
    town = site.town
    project = approved_project(town)
    ids = {"POOL": town.pool_id, "PROJECT": project}
    ids["EXEMPTION"] = town.do("ig", Command.PROPOSE_EXEMPTION, project, EXEMPTION).created_id
    ids["SNAPSHOT"] = cleared_snapshot(town, project)
    ids["LIST"] = active_list(town, "L2")
    ids["WORKSPACE"] = town.do("lead", Command.OPEN_WORKSPACE, project).created_id
    script = {"name": "a.py", "text": "print(1)"}
    ids["TRANSFER"] = town.do("lead", Command.BRING_IN, ids["WORKSPACE"], script).created_id
    proposed = {"ground": "OBJECTION", "token": "0123456789abcdef"}
    ids["ORDER"] = town.do("ig", Command.PROPOSE_ERASURE, town.pool_id, proposed).created_id
    held = {"kind": "IG_TRAINING", "reference": "T-1", "issued_on": "2026-06-01"}
    ids["CERTIFICATE"] = town.do("lead", Command.PRESENT_CERTIFICATE, town.people["lead"], held).created_id
    request = json.loads((DOCS / "guides" / "examples" / "request.json").read_text(encoding="utf-8"))
    ids["RELEASE"] = town.do("lead", Command.DRAFT_RELEASE, project, request).created_id
    town.do("lead", Command.SUBMIT_RELEASE, ids["RELEASE"])
    entry = town.read(lambda work: work.find(RegisterEntry, RegisterEntry.project_id == project))
    ids["ENTRY"] = entry.id
    files = folder / "files"
    _write_files(site, ids, files)
    with served(site.app) as address:
        yield Place(site, address, files, ids)
    town.gateway.unit.dispose()


def _write_files(site: Site, ids: dict[str, str], files: Path) -> None:
    files.mkdir()
    for example in (DOCS / "guides" / "examples").iterdir():
        (files / example.name).write_bytes(example.read_bytes())
    package, register = package_and_register(site.town, ids["RELEASE"], files / "drawn")
    (files / "package.zip").write_bytes(package)
    (files / "register.json").write_text(json.dumps(register), encoding="utf-8")
    (files / "agreement.txt").write_text("Do no harm.", encoding="utf-8")
    (files / "numbers.txt").write_text("nhs_number\n", encoding="ascii")
    _write_log(site, ids, files)
    source, copy = (
        sqlite3.connect(site.town.gateway.settings.folder / "gateway.db"),
        sqlite3.connect(files / "gateway.db"),
    )
    source.backup(copy)
    source.close()
    copy.close()


def _write_log(site: Site, ids: dict[str, str], files: Path) -> None:
    """An export with a checkpoint, the published checkpoints, and the proof of a row."""
    settings = site.town.gateway.settings
    keys = Keys(settings.folder / "keys", settings.secret_key.get_secret_value())
    sign_checkpoint(House(site.town.gateway, LocalObjects(files), keys))
    rows = site.town.read(audit_chain.export)
    signed = site.town.read(lambda work: [audit_chain.published(row) for row in audit_chain.checkpoints(work)])
    ids["HASH"], ids["KEY"], ids["SIZE"] = rows[-1]["hash"], keys.public().hex(), str(signed[0]["size"])
    published = {"public_key": ids["KEY"], "checkpoints": signed}
    (files / "audit.jsonl").write_text(export_lines(rows, signed), encoding="utf-8")
    (files / "checkpoints.json").write_text(json.dumps(published), encoding="utf-8")
    growth = prove_growth(rows, read(signed[0]), read(signed[-1]))
    (files / "growth.json").write_text(json.dumps(growth.shown()), encoding="utf-8")
    (files / "proof.json").write_text(json.dumps(prove(rows, 7, read(signed[-1])).shown()), encoding="utf-8")


@pytest.mark.parametrize("guide", sorted({guide for guide, _ in LINES}))
def test_every_command_of_a_guide_runs(
    place: Place, guide: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for path in place.folder.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    for line in (line for named, line in LINES if named == guide):
        if line.removeprefix("tre ").startswith(LOCAL):
            parsed(shlex.split(line)[1:])
            continue
        line += " --wait 0" if line.startswith("tre snapshots build") else ""  # nobody builds here
        ends, _, why = place.run(READERS.get(guide), line)
        if line.startswith("tre audit") and "--head" not in line:
            assert ends == 0, f"{line}: {why}"
        assert ends == 0 or (ends == 1 and not why.startswith(NOT_UNDERSTOOD)), f"{line}: {why}"


def test_every_role_has_a_guide_of_at_most_80_lines_that_says_what_goes_wrong() -> None:
    guides = {path.stem: path.read_text(encoding="utf-8") for path in (DOCS / "guides").glob("*.md")}
    assert set(guides) == ROLES
    assert all(len(text.splitlines()) <= 80 and "## What goes wrong" in text for text in guides.values())
    assert {guide for guide, _ in LINES} == {*ROLES, "verify"}


def test_what_is_bold_is_a_button_or_a_link_of_the_pages() -> None:
    words = {wording.button for wording in COMMANDS.values()} | {link.text for link in NAVIGATION}
    bold = {
        (path.stem, " ".join(found.split()))
        for path in (DOCS / "guides").glob("*.md")
        for found in re.findall(r"\*\*(.+?)\*\*", path.read_text(encoding="utf-8"), re.S)
    }
    assert len(bold) > 20
    assert {found for found in bold if found[1] not in words} == set()


def test_the_script_of_the_guide_would_be_admitted() -> None:
    script = DOCS / "guides" / "examples" / "analysis.py"
    assert not scan(script.name, script.read_bytes()).identifier_lines


def test_links_lead_somewhere() -> None:
    for path in (ROOT / "README.md", DOCS / "verify.md", *(DOCS / "guides").glob("*.md")):
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            assert target.startswith("http") or (path.parent / target).exists(), f"{path.name}: {target}"


def test_an_outsiders_own_python_proves_the_log_and_opens_a_commitment(place: Place) -> None:
    prove_chain, hold, opened = blocks(DOCS / "verify.md", "python")
    log = [json.loads(line) for line in (place.folder / "audit.jsonl").read_text().splitlines()]
    newest = log[-1]["checkpoint"]
    ran = python(prove_chain, place.folder)
    assert ran.stdout.split() == [str(sum("hash" in line for line in log)), place.ids["HASH"]]
    hold = hold.replace('"KEY"', repr(place.ids["KEY"]))
    assert python(hold, place.folder).stdout.split() == [str(newest["size"]), newest["root"]]
    rows = (place.folder / "audit.jsonl").read_text().replace('"actor": "Lead"', '"actor": "Laed"', 1)
    (place.folder / "drawn" / "audit.jsonl").write_text(rows)
    assert "AssertionError: row" in python(prove_chain, place.folder / "drawn").stderr
    log[6]["hash"] = "0" * 64
    (place.folder / "drawn" / "audit.jsonl").write_text("".join(json.dumps(line) + "\n" for line in log))
    assert f"AssertionError: {newest['size']} rows" in python(hold, place.folder / "drawn").stderr
    nonce, digest = bytes(range(32)), "d" * 64
    opened = opened.replace("NONCE", nonce.hex()).replace("MANIFEST_DIGEST", digest)
    assert python(opened, place.folder).stdout.strip() == commit(nonce, digest)


def python(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=folder, capture_output=True, text=True, check=False
    )
