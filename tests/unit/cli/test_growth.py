"""That a log only grew, shown to who keeps checkpoints and sees no row; another history leads from none of them."""

import json
from pathlib import Path
from typing import Any

from gateway.evidence.checkpoints import Checkpoint, leaf_of
from gateway.evidence.merkle import consistency, root
from tests.factories.command_lines import tre
from tests.unit.cli.test_signed_log import Signed, rechained, signed

__all__ = ["signed"]


def grown(signed: Signed, folder: Path) -> dict[str, Any]:
    ran = tre("audit", "prove-growth", str(signed.export(folder)), str(signed.checkpoints[0]["size"]))
    assert ran.exit_code == 0, ran.stderr
    return json.loads(ran.stdout)  # type: ignore[no-any-return]


def seen(folder: Path, proof: Any, *options: str) -> Any:
    path = folder / "growth.json"
    path.write_text(json.dumps(proof), encoding="utf-8")
    return tre("audit", "verify-growth", str(path), *options)


def test_who_sees_no_row_sees_that_the_log_only_grew(signed: Signed, tmp_path: Path) -> None:
    proof = grown(signed, tmp_path)
    assert not any(row["hash"] in json.dumps(proof) for row in signed.rows)
    kept = signed.published(tmp_path)
    for options in (("--key", signed.key), ("--checkpoints", str(kept))):
        ran = seen(tmp_path, proof, *options)
        assert (ran.exit_code, "nothing of them was changed" in ran.stdout) == (0, True), ran.stderr
    told = {"public_key": signed.key, "checkpoints": signed.checkpoints[1:]}
    kept.write_text(json.dumps(told), encoding="utf-8")
    assert "not one of those that were kept" in seen(tmp_path, proof, "--checkpoints", str(kept)).stderr


def test_a_log_that_was_rewritten_did_not_grow(signed: Signed, tmp_path: Path) -> None:
    """Even signed by who holds the key: no path leads from what was kept to another history."""
    rows = signed.copied_rows()
    rows[2]["reason"] = "rewritten"
    rechained(rows)
    later = signed.checkpoints[-1]
    leaves = [leaf_of(row) for row in rows[: later["size"]]]
    bare = Checkpoint(later["size"], root(leaves).hex(), later["at"], signed.key, "")
    forged = {**bare.shown(), "signature": signed.keys.sign(bare.body()).hex()}
    proof = grown(signed, tmp_path)
    paths = [proof["path"], [each.hex() for each in consistency(proof["before"]["size"], leaves)]]
    for path in paths:
        ran = seen(tmp_path, {**proof, "after": forged, "path": path}, "--key", signed.key)
        assert (ran.exit_code, "does not begin with" in ran.stderr) == (1, True)
    made_anew = signed.export(tmp_path, rows, [signed.checkpoints[0], forged])
    ran = tre("audit", "prove-growth", str(made_anew), str(signed.checkpoints[0]["size"]))
    assert (ran.exit_code, ran.stdout) == (1, "")


def test_what_is_no_proof_of_growth(signed: Signed, tmp_path: Path) -> None:
    proof = grown(signed, tmp_path)
    changes: list[dict[str, Any]] = [{"path": proof["path"][:-1]}, {"path": ["zz"]}, {"path": ["00"]}]
    changes += [
        {"before": proof["after"], "after": proof["before"]},
        {"before": {**proof["before"], "root": "00" * 32}},
    ]
    for change in changes:
        assert seen(tmp_path, {**proof, **change}, "--key", signed.key).stderr.startswith("proof:broken"), change
    for odd in ({}, [], {**proof, "format": "x"}, {**proof, "path": [1]}, {**proof, "before": 3}):
        assert seen(tmp_path, odd, "--key", signed.key).stderr.startswith("proof:unreadable")
    assert seen(tmp_path, proof).stderr.startswith("key:missing")
    assert seen(tmp_path, proof, "--key", "ab" * 32).stderr.startswith("proof:broken")
    size = str(signed.checkpoints[0]["size"] + 1)
    assert tre("audit", "prove-growth", str(signed.export(tmp_path)), size).stderr.startswith("audit:not_signed")
