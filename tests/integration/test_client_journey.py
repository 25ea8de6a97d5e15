"""The journey from application to package, every step typed at the command line by the person whose step it is."""

import json
from pathlib import Path

import pytest

from gateway.vocabulary import Command
from tests.factories.command_lines import tre
from tests.factories.gateways import active_list
from tests.factories.sites import open_site, served

EXAMPLES = Path(__file__).parents[2] / "docs" / "guides" / "examples"


@pytest.fixture
def typed(tmp_path: Path):
    """What somebody types; gives what was printed, as JSON where it is."""
    site = open_site(tmp_path)
    tokens: dict[str, str] = {}

    def token(name: str) -> str:
        if name not in tokens:
            made = site.town.do(name, Command.CREATE_TOKEN, site.town.people[name], {"label": "test"})
            tokens[name] = made.returned["token"]
        return tokens[name]

    with served(site.app) as address:

        def run(name: str, *words: str):
            ran = tre(*words, environment={"TRE_URL": address, "TRE_TOKEN": token(name)})
            assert (ran.exit_code, ran.stderr) == (0, ""), ran.output
            return json.loads(ran.stdout) if ran.stdout.startswith(("{", "[")) else ran.stdout

        run.site = site  # type: ignore[attr-defined]
        yield run
    site.town.gateway.unit.dispose()


def test_from_application_to_package(typed, tmp_path: Path) -> None:
    project = approved(typed, tmp_path)
    records_and_room(typed, project)
    release = reviewed_release(typed, project, tmp_path)
    typed("researcher", "releases", "download", release, "--out", str(tmp_path / "package.zip"))
    assert (tmp_path / "package.zip").read_bytes()[:2] == b"PK"
    assert release in json.dumps(typed("outsider", "register", "--json"))
    typed("auditor", "audit", "export", "--out", str(tmp_path / "audit.jsonl"))
    assert "the chain holds" in typed("outsider", "audit", "verify", str(tmp_path / "audit.jsonl"))
    assert typed("auditor", "intake", "status", "--json") == []


def approved(typed, folder: Path) -> str:
    """Applied for, voted on, in the register."""
    application = json.loads((EXAMPLES / "application.json").read_text(encoding="utf-8"))
    file = folder / "application.json"
    file.write_text(json.dumps({**application, "members": ["researcher@example.org"]}), encoding="utf-8")
    project = typed("lead", "projects", "draft", typed.site.town.pool_id, "--input", str(file))["created_id"]
    typed("lead", "projects", "submit", project)
    for name in ("member1", "member2", "lay"):
        typed(name, "projects", "cast-vote", project, "--verdict", "APPROVE", "--reason", "The benefit is clear.")
    assert typed("lead", "projects", "status", project).startswith(f"{project}  APPROVED\n")
    typed("ig", "register-entries", "publish-entry", typed("ig", "projects", "show", project)["register_entry_id"])
    return str(project)


def records_and_room(typed, project: str) -> None:
    """A snapshot cleared, a script brought in and run; what the jobs do is done here by the system."""
    town = typed.site.town
    active_list(town)
    snapshot = typed("lead", "snapshots", "request", project)["created_id"]
    town.do("system", Command.BEGIN_SNAPSHOT, snapshot)
    built = {"cut_date": "2026-06-30", "manifest_digest": "m", "commitment": "c", "nonce": "n", "people": 9}
    town.do("system", Command.COMPLETE_SNAPSHOT, snapshot, built)
    typed("ig", "snapshots", "clear", snapshot)
    workspace = typed("lead", "workspaces", "open", project)["created_id"]
    script = ("--name", "analysis.py", "--text", f"@{EXAMPLES / 'analysis.py'}")
    transfer = typed("researcher", "workspaces", "bring-in", workspace, *script)["created_id"]
    assert "SCANNING" in typed("researcher", "transfers", "list")
    town.do("system", Command.ADMIT_TRANSFER, transfer, {"findings": []})
    typed("researcher", "jobs", "run", transfer)


def reviewed_release(typed, project: str, folder: Path) -> str:
    """Priced, asked for, its plan cleared, drawn for real, approved by two."""
    request = ("--input", str(EXAMPLES / "request.json"))
    priced = typed("researcher", "releases", "price", project, *request)
    assert "95 % half-width" in priced
    assert "NHS England SDE: " in priced
    release = typed("researcher", "releases", "draft", project, *request)["created_id"]
    typed("researcher", "releases", "submit", release)
    typed("checker1", "releases", "clear-plan", release, "--reason", "Published code list.")
    typed.site.seal(release, folder / "drawn")
    typed("checker1", "releases", "artefact", release, "--out", str(folder / "artefact.json"))
    for name in ("checker1", "checker2"):
        typed(name, "releases", "review", release, "--verdict", "APPROVE", "--reason", "As the plan said.")
    return str(release)
