"""What an outsider runs: the log's chain from an export or a copied database, and a package against the register."""

import json
import re
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from gateway.evidence.chain import row_hash
from gateway.evidence.package import make_package
from gateway.store import audit_chain
from tests.factories.command_lines import tre
from tests.factories.gateways import approved_project, cleared_snapshot, settle_town, submitted_release
from tests.factories.packages import package_and_register

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rows, Path]:
    """A log with a history, as rows and as the database it lies in."""
    folder = tmp_path_factory.mktemp("town")
    town = settle_town(folder, on="sqlite")
    approved_project(town)
    rows = town.read(audit_chain.export)
    town.gateway.unit.dispose()
    return rows, folder / "gateway.db"


def verdict(path: Path, *options: str) -> tuple[int, dict[str, Any]]:
    ran = tre("audit", "verify", str(path), "--json", *options)
    return ran.exit_code, json.loads(ran.stdout)


def exported(folder: Path, rows: Rows) -> Path:
    path = folder / "audit.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_whole_log_holds_as_lines_as_list_and_as_database(logged: tuple[Rows, Path], tmp_path: Path) -> None:
    rows, database = logged
    listed = tmp_path / "audit.json"
    listed.write_text(json.dumps(rows), encoding="utf-8")
    for path in (exported(tmp_path, rows), listed, database):
        ends, found = verdict(path, "--head", rows[-1]["hash"])
        assert (ends, found["rows"], found["broken_at"]) == (0, len(rows), None)


def swap(rows: Rows) -> None:
    rows[4], rows[5] = rows[5], rows[4]


def swap_and_renumber(rows: Rows) -> None:
    swap(rows)
    rows[4]["seq"], rows[5]["seq"] = 5, 6


def change_and_hash_again(rows: Rows) -> None:
    rows[4]["actor"] = "Somebody Else"
    rows[4]["hash"] = row_hash(rows[4])


def insert(rows: Rows) -> None:
    rows.insert(4, {**rows[4], "actor": "Nobody"})


def insert_well_made(rows: Rows) -> None:
    made = {**rows[4], "actor": "Nobody"}
    rows.insert(4, {**made, "hash": row_hash(made)})


TAMPERED: dict[str, tuple[Callable[[Rows], Any], int]] = {
    "changed": (lambda rows: rows[4].update(actor="Somebody Else"), 5),
    "changed and hashed again": (change_and_hash_again, 6),
    "a field removed": (lambda rows: rows[4].pop("reason"), 5),
    "a field added": (lambda rows: rows[4].update(note="x"), 5),
    "removed": (lambda rows: rows.pop(4), 5),
    "the first removed": (lambda rows: rows.pop(0), 1),
    "inserted": (insert, 5),
    "inserted with a hash of its own": (insert_well_made, 6),
    "swapped": (swap, 5),
    "swapped and numbered anew": (swap_and_renumber, 5),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_the_first_broken_row_is_named(logged: tuple[Rows, Path], tmp_path: Path, how: str) -> None:
    tamper, place = TAMPERED[how]
    rows = json.loads(json.dumps(logged[0]))
    tamper(rows)
    ends, found = verdict(exported(tmp_path, rows))
    assert (ends, found["broken_at"]) == (1, place)


def test_rows_cut_from_the_end_need_the_published_head(logged: tuple[Rows, Path], tmp_path: Path) -> None:
    path = exported(tmp_path, logged[0][:-3])
    assert verdict(path)[0] == 0
    assert verdict(path, "--head", logged[0][-1]["hash"]) == (
        1,
        {"rows": len(logged[0]) - 3, "head": logged[0][-4]["hash"], "broken_at": len(logged[0]) - 2}
        | {"why": "rows are missing at the end", "checkpoints": None},
    )


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("UPDATE audit_event SET actor = 'Somebody Else' WHERE seq = 7", 7),
        ("UPDATE audit_event SET at = '2026-07-01 09:00:00.000001' WHERE seq = 7", 7),
        ("UPDATE audit_event SET roles = '[\"LEAD\", 1]' WHERE seq = 7", 7),
        ("UPDATE audit_event SET roles = 'no JSON' WHERE seq = 7", 7),
        ("DELETE FROM audit_event WHERE seq = 7", 7),
        ("UPDATE audit_event SET seq = 1000 WHERE seq = 7", 7),
    ],
)
def test_a_copied_database_names_its_broken_row(
    logged: tuple[Rows, Path], tmp_path: Path, change: str, place: int
) -> None:
    copy = tmp_path / "copy.db"
    with sqlite3.connect(logged[1]) as source, sqlite3.connect(copy) as target:
        source.backup(target)
        # whoever can write the file can also take away what keeps it append-only
        for (name,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            target.execute(f"DROP TRIGGER {name}")
        target.execute(change)
    target.close()
    source.close()
    before = copy.read_bytes()
    ends, found = verdict(copy)
    assert (ends, found["broken_at"]) == (1, place)
    assert (copy.read_bytes(), sorted(path.name for path in tmp_path.iterdir())) == (before, ["copy.db"])


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[dict[str, Any]]]:
    """A package drawn for real on made-up people, and the register that names it."""
    folder = tmp_path_factory.mktemp("release")
    town = settle_town(folder)
    project = approved_project(town)
    cleared_snapshot(town, project)
    release_id = submitted_release(town, project)
    made = package_and_register(town, release_id, folder)
    town.gateway.unit.dispose()
    return made


def files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(content: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return out.getvalue()


def check(folder: Path, package: bytes, register: Any = None) -> Any:
    (folder / "package.zip").write_bytes(package)
    (folder / "register.json").write_text(json.dumps(register), encoding="utf-8")
    against = ["--register", str(folder / "register.json")] if register is not None else []
    return tre("releases", "verify", str(folder / "package.zip"), *against)


def test_a_package_is_whole_and_the_register_names_it(release: Any, tmp_path: Path) -> None:
    ran = check(tmp_path, *release)
    assert (ran.exit_code, "the register names it" in ran.stdout) == (0, True)
    assert "not compared" in check(tmp_path, release[0]).stdout


@pytest.mark.parametrize("name", ["artefact.json", "about.json", "index.html", "table-hypertension.csv"])
def test_one_changed_byte_anywhere_is_found(release: Any, tmp_path: Path, name: str) -> None:
    content = files(release[0])
    assert name in content
    # whichever digit stands first: the numbers are drawn, and may lack any one of the ten
    content[name] = re.sub(rb"[0-9]", lambda digit: b"%d" % ((int(digit[0]) + 1) % 10), content[name], count=1)
    assert content[name] != files(release[0])[name]
    ran = check(tmp_path, zipped(content))
    assert (ran.exit_code, ran.stderr.split(": ")[0], ran.stdout) == (1, "package:broken", "")


def test_a_file_added_or_left_out_is_found(release: Any, tmp_path: Path) -> None:
    content = files(release[0])
    assert check(tmp_path, zipped({**content, "extra.csv": b"x"})).exit_code == 1
    assert check(tmp_path, zipped({k: v for k, v in content.items() if k != "index.html"})).exit_code == 1


def test_a_package_made_anew_from_other_numbers_is_not_the_one_in_the_register(release: Any, tmp_path: Path) -> None:
    data, register = release
    artefact, about = (json.loads(files(data)[name]) for name in ("artefact.json", "about.json"))
    artefact["cells"][0]["value"] = 0.99
    content = json.dumps(artefact, sort_keys=True, separators=(",", ":")).encode()
    forged = make_package(artefact, {**about, "artefact_digest": sha256(content).hexdigest()})
    assert check(tmp_path, forged).exit_code == 0
    assert "names another artefact" in check(tmp_path, forged, register).stderr
    assert "names no such release" in check(tmp_path, data, [{"releases": []}]).stderr


def test_outsiders_need_neither_flask_nor_a_database_nor_the_network(logged: tuple[Rows, Path], tmp_path: Path) -> None:
    path = exported(tmp_path, logged[0])
    program = (
        "import sys\n"
        "from gateway.cli.main import main\n"
        f"main(['audit', 'verify', {str(path)!r}], standalone_mode=False)\n"
        "import gateway.cli.main as cli\n"
        "[cli.main.get_command(None, 'audit').get_command(None, name) for name in ('prove', 'verify-proof')]\n"
        "heavy = {'flask', 'sqlmodel', 'sqlalchemy', 'boto3', 'requests', 'opendp', 'duckdb', 'authlib'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
