"""The log against its signed checkpoints, offline: what a whole new hash chain hides, the key shows; one row alone."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.evidence.chain import GENESIS, row_hash, verify
from gateway.evidence.checkpoints import Checkpoint, leaf_of
from gateway.evidence.exports import lines
from gateway.evidence.merkle import root
from gateway.jobs.house import House
from gateway.jobs.sign_checkpoint import sign_checkpoint
from gateway.store import audit_chain
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from tests.factories.command_lines import tre
from tests.factories.gateways import approved_project, settle_town

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Signed:
    """A log with two checkpoints and rows behind the newest, and the key that signed them."""

    rows: Rows
    checkpoints: Rows
    keys: Keys
    database: Path

    @property
    def key(self) -> str:
        return self.keys.public().hex()

    def export(self, folder: Path, rows: Rows | None = None, checkpoints: Rows | None = None) -> Path:
        path = folder / "audit.jsonl"
        signed = self.checkpoints if checkpoints is None else checkpoints
        path.write_text(lines(self.rows if rows is None else rows, signed), encoding="utf-8")
        return path

    def published(self, folder: Path) -> Path:
        path = folder / "checkpoints.json"
        path.write_text(json.dumps({"public_key": self.key, "checkpoints": self.checkpoints}), encoding="utf-8")
        return path

    def copied_rows(self) -> Rows:
        return json.loads(json.dumps(self.rows))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    folder = tmp_path_factory.mktemp("signed")
    town = settle_town(folder, on="sqlite")
    keys = Keys(folder / "keys", "k" * 32)
    house = House(town.gateway, LocalObjects(folder / "objects"), keys)
    for _ in range(2):
        approved_project(town)
        sign_checkpoint(house)
    approved_project(town)
    rows = town.read(audit_chain.export)
    told = town.read(lambda work: [audit_chain.published(row) for row in audit_chain.checkpoints(work)])
    town.gateway.unit.dispose()
    return Signed(rows, told, keys, folder / "gateway.db")


def verdict(path: Path, *options: str) -> tuple[int, dict[str, Any]]:
    ran = tre("audit", "verify", str(path), "--json", *options)
    return ran.exit_code, json.loads(ran.stdout)


def rechained(rows: Rows) -> Rows:
    """What somebody who owns the database does: numbers and hashes made anew."""
    previous = GENESIS
    for seq, row in enumerate(rows, start=1):
        row |= {"seq": seq, "previous": previous}
        row["hash"] = previous = row_hash(row)
    assert verify(rows).broken_at is None, "the chain alone does not see it"
    return rows


def test_with_the_key_checkpoints_are_held_and_without_it_that_is_said(signed: Signed, tmp_path: Path) -> None:
    path, (first, newest) = signed.export(tmp_path), [each["size"] for each in signed.checkpoints]
    assert first < newest < len(signed.rows)
    ends, found = verdict(path, "--key", signed.key)
    assert (ends, found["rows"], found["head"]) == (0, len(signed.rows), signed.rows[-1]["hash"])
    assert found["checkpoints"] == {"looked_at": 2, "rows": newest}
    assert f"agree: 2, the newest over {newest} rows" in tre("audit", "verify", str(path), "--key", signed.key).stdout
    assert verdict(path)[1]["checkpoints"] is None
    assert "not looked at (--key)" in tre("audit", "verify", str(path)).stdout


def test_older_exports_without_checkpoints_verify_but_not_with_a_key(signed: Signed, tmp_path: Path) -> None:
    path = signed.export(tmp_path, checkpoints=[])
    assert verdict(path)[0] == 0
    ran = tre("audit", "verify", str(path), "--key", signed.key)
    assert (ran.exit_code, ran.stderr.split(": ")[0], ran.stdout) == (1, "audit:no_checkpoint", "")


def rewrite(rows: Rows, size: int) -> None:
    rows[size - 2]["actor"] = "somebody else"


def reorder(rows: Rows, size: int) -> None:
    rows[size - 3], rows[size - 2] = rows[size - 2], rows[size - 3]


def remove(rows: Rows, size: int) -> None:
    del rows[size - 2]


FORGED: dict[str, Callable[[Rows, int], None]] = {"rewritten": rewrite, "re-ordered": reorder, "cut out": remove}


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("how", FORGED)
def test_a_new_chain_over_a_forged_log_is_found_where_it_was_signed(
    signed: Signed, tmp_path: Path, how: str, place: int
) -> None:
    rows, sizes = signed.copied_rows(), [0, *(each["size"] for each in signed.checkpoints)]
    FORGED[how](rows, sizes[place + 1])
    path = signed.export(tmp_path, rechained(rows))
    assert verdict(path)[0] == 0
    ends, found = verdict(path, "--key", signed.key)
    assert (ends, found["broken_at"]) == (1, sizes[place] + 1)
    assert f"between row {sizes[place] + 1} and row {sizes[place + 1]}" in found["why"]


def test_a_log_cut_short_is_found_by_checkpoints_that_somebody_kept(signed: Signed, tmp_path: Path) -> None:
    size = signed.checkpoints[0]["size"]
    path = signed.export(tmp_path, signed.rows[: size + 1], signed.checkpoints[:1])
    assert verdict(path, "--key", signed.key)[0] == 0
    kept = signed.published(tmp_path)
    for options in (["--key", signed.key], []):
        ends, found = verdict(path, *options, "--checkpoints", str(kept))
        assert (ends, found["broken_at"], "missing at the end" in found["why"]) == (1, size + 2, True)


def test_whoever_holds_the_key_cannot_sign_over_what_somebody_kept(signed: Signed, tmp_path: Path) -> None:
    rows = signed.copied_rows()
    rewrite(rows, signed.checkpoints[1]["size"])
    rechained(rows)
    again = [signed_anew(signed.keys, rows, each) for each in signed.checkpoints]
    path = signed.export(tmp_path, rows, again)
    assert verdict(path, "--key", signed.key)[0] == 0
    ends, found = verdict(path, "--checkpoints", str(signed.published(tmp_path)))
    assert (ends, found["broken_at"]) == (1, signed.checkpoints[0]["size"] + 1)


def signed_anew(keys: Keys, rows: Rows, told: dict[str, Any]) -> dict[str, Any]:
    whole = root([leaf_of(row) for row in rows[: told["size"]]]).hex()
    made = Checkpoint(told["size"], whole, told["at"], told["public_key"], "")
    return made.shown() | {"signature": keys.sign(made.body()).hex()}


def test_another_key_signs_nothing_here(signed: Signed, tmp_path: Path) -> None:
    other = Keys(tmp_path / "others", "o" * 32).public().hex()
    ends, found = verdict(signed.export(tmp_path), "--key", other)
    assert (ends, "no valid signature" in found["why"]) == (1, True)


@pytest.mark.parametrize(
    "change", ["", "UPDATE checkpoint SET root = replace(root, 'a', 'b')", "DROP TABLE checkpoint"]
)
def test_a_copied_database_is_held_to_its_checkpoints(signed: Signed, tmp_path: Path, change: str) -> None:
    copy = tmp_path / "copy.db"
    with sqlite3.connect(signed.database) as source, sqlite3.connect(copy) as target:
        source.backup(target)
        for (name,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            target.execute(f"DROP TRIGGER {name}")
        target.execute(change or "SELECT 1")
    target.close()
    source.close()
    ran = tre("audit", "verify", str(copy), "--key", signed.key)
    assert ran.exit_code == (1 if change else 0)
    assert ("agree: 2" in ran.stdout, "no checkpoint" in ran.stderr) == (not change, change.startswith("DROP"))


@pytest.mark.parametrize("key", ["", "zz", "ab", "a" * 63])
def test_what_is_no_key(signed: Signed, tmp_path: Path, key: str) -> None:
    ran = tre("audit", "verify", str(signed.export(tmp_path)), f"--key={key}")
    assert (ran.exit_code, ran.stderr.split(": ")[0]) == (1, "key:unreadable")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"public_key": "a", "checkpoints": [1]}', '{"public_key": "\\ud800"}']
)
def test_what_holds_no_checkpoints(signed: Signed, tmp_path: Path, text: str) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text(text, encoding="utf-8")
    ran = tre("audit", "verify", str(signed.export(tmp_path)), "--checkpoints", str(kept))
    assert (ran.exit_code, ran.stderr.split(": ")[0]) == (1, "checkpoints:unreadable")


@pytest.mark.parametrize("line", ["3", '{"checkpoint": 3}', '{"checkpoint": {"size": 0}}'])
def test_a_line_that_is_neither_row_nor_checkpoint(signed: Signed, tmp_path: Path, line: str) -> None:
    path = signed.export(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    ran = tre("audit", "verify", str(path))
    assert (ran.exit_code, ran.stderr.split(": ")[0]) == (1, "audit:unreadable")


def test_a_row_that_carries_a_checkpoint_is_still_a_row(signed: Signed, tmp_path: Path) -> None:
    rows = signed.copied_rows()
    rows[-1]["checkpoint"] = signed.checkpoints[0]
    assert verdict(signed.export(tmp_path, rows))[1]["broken_at"] == len(rows)


# one row alone


def proved(signed: Signed, folder: Path, seq: int) -> dict[str, Any]:
    ran = tre("audit", "prove", str(signed.export(folder)), str(seq))
    assert ran.exit_code == 0, ran.stderr
    return json.loads(ran.stdout)  # type: ignore[no-any-return]


def checked(folder: Path, proof: Any, *options: str) -> Any:
    path = folder / "proof.json"
    path.write_text(json.dumps(proof), encoding="utf-8")
    return tre("audit", "verify-proof", str(path), *options)


def test_every_signed_row_can_be_shown_alone(signed: Signed, tmp_path: Path) -> None:
    newest = signed.checkpoints[-1]["size"]
    for seq in (1, 2, newest // 2, newest - 1, newest):
        proof = proved(signed, tmp_path, seq)
        assert proof["row"] == signed.rows[seq - 1]
        hidden = json.dumps({name: part for name, part in proof.items() if name != "row"})
        assert not any(row["hash"] in hidden or row["request_digest"] in hidden for row in signed.rows)
        ran = checked(tmp_path, proof, "--key", signed.key)
        assert (ran.exit_code, f"row {seq} stands in the log of {newest} rows" in ran.stdout) == (0, True)
        ran = checked(tmp_path, proof, "--checkpoints", str(signed.published(tmp_path)), "--json")
        assert json.loads(ran.stdout) == signed.rows[seq - 1]


def test_a_forged_proof_shows_nothing(signed: Signed, tmp_path: Path) -> None:
    proof, other = proved(signed, tmp_path, 5), signed.copied_rows()[6]
    changed = {**proof["row"], "actor": "somebody else"}
    forged = {
        "a changed row": {**proof, "row": changed},
        "a changed row hashed again": {**proof, "row": {**changed, "hash": row_hash(changed)}},
        "another row on this path": {**proof, "row": other},
        "a path cut short": {**proof, "path": proof["path"][:-1]},
        "a path of other hashes": {**proof, "path": ["00" * 32, *proof["path"][1:]]},
        "a path that is no hex": {**proof, "path": ["zz"]},
        "another checkpoint": {**proof, "checkpoint": signed.checkpoints[0]},
        "a checkpoint of our own": {**proof, "checkpoint": {**proof["checkpoint"], "root": "0" * 64}},
    }
    for how, told in forged.items():
        ran = checked(tmp_path, told, "--key", signed.key)
        assert (ran.exit_code, ran.stderr.split(": ")[0], ran.stdout) == (1, "proof:broken", ""), how
    for told in ({}, [], {**proof, "format": "x"}, {**proof, "row": 3}, {**proof, "path": [1]}):
        assert checked(tmp_path, told, "--key", signed.key).stderr.startswith(("proof:unreadable", "proof:broken"))
    assert checked(tmp_path, proof).stderr.startswith("key:missing")


def test_a_proof_must_lead_to_a_published_checkpoint(signed: Signed, tmp_path: Path) -> None:
    proof, kept = proved(signed, tmp_path, 5), signed.published(tmp_path)
    kept.write_text(json.dumps({"public_key": signed.key, "checkpoints": signed.checkpoints[:1]}), encoding="utf-8")
    ran = checked(tmp_path, proof, "--checkpoints", str(kept))
    assert (ran.exit_code, "not one of those that were published" in ran.stderr) == (1, True)


def test_rows_that_nobody_signed_cannot_be_proved(signed: Signed, tmp_path: Path) -> None:
    path = signed.export(tmp_path)
    for seq in (len(signed.rows), len(signed.rows) + 1):
        assert tre("audit", "prove", str(path), str(seq)).stderr.startswith("audit:not_signed")
    rows = signed.copied_rows()
    rewrite(rows, 5)
    assert tre("audit", "prove", str(signed.export(tmp_path, rows)), "2").stderr.startswith("audit:broken")
    assert tre("audit", "prove", str(signed.export(tmp_path, rechained(rows))), "2").stderr.startswith("proof:broken")
