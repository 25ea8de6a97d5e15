"""`tre releases verify` to the end: signed, in the register, and published in a row of the signed log."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.evidence.checkpoints import Checkpoint, leaf_of
from gateway.evidence.merkle import Frontier
from gateway.evidence.package import make_package
from gateway.evidence.row_proofs import prove
from gateway.store import audit_chain
from gateway.vocabulary import Command
from tests.factories.command_lines import tre
from tests.factories.gateways import Town, approved_project, cleared_snapshot, sealed_release
from tests.unit.evidence.test_crate import KEY, PUBLIC, WHOLE, signed
from tests.unit.evidence.test_package import ARTEFACT


def checkpoint(rows: list[dict[str, Any]], key: Ed25519PrivateKey = KEY) -> Checkpoint:
    edge = Frontier()
    for row in rows:
        edge.add(leaf_of(row))
    public = key.public_key().public_bytes_raw().hex()
    bare = Checkpoint(len(rows), edge.root().hex(), "2026-07-01T00:00:00+00:00", public, "")
    return Checkpoint(bare.size, bare.root, bare.at, public, key.sign(bare.body()).hex())


def written(path: Path, told: Any) -> str:
    path.write_text(json.dumps(told))
    return str(path)


@pytest.fixture
def held(town: Town, tmp_path: Path) -> dict[str, str]:
    """A package, the register, and proofs of the row of its publication and of the row before."""
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    release_id = sealed_release(town, project_id)
    for name in ("checker1", "checker2"):
        town.do(name, Command.REVIEW_RELEASE, release_id, {"verdict": "APPROVE", "reason": "fine"})
    rows = town.read(audit_chain.export)
    seq = next(row["seq"] for row in rows if (row["event"], row["subject_id"]) == ("release:published", release_id))
    about = signed({**WHOLE, "release_id": release_id})
    (tmp_path / "package.zip").write_bytes(make_package(ARTEFACT, about))
    register = [{"releases": [{"id": release_id, "artefact_digest": WHOLE["artefact_digest"]}]}]
    return {
        "package": str(tmp_path / "package.zip"),
        "register": written(tmp_path / "register.json", register),
        "proof": written(tmp_path / "proof.json", prove(rows, seq, checkpoint(rows)).shown()),
        "before": written(tmp_path / "before.json", prove(rows, seq - 1, checkpoint(rows)).shown()),
    }


def test_all_the_way_from_the_package_to_the_log(held: dict[str, str]) -> None:
    ran = tre(
        "releases", "verify", held["package"], "--register", held["register"], "--key", PUBLIC, "--proof", held["proof"]
    )
    assert ran.exit_code == 0, ran.stderr
    assert "the register names it; signed by the gateway; published in row" in ran.stdout
    told = tre("releases", "verify", held["package"], "--json")
    assert json.loads(told.stdout)["signed"] is None


def test_the_row_of_something_else_shows_nothing(held: dict[str, str]) -> None:
    ran = tre("releases", "verify", held["package"], "--key", PUBLIC, "--proof", held["before"])
    assert ran.exit_code == 1
    assert "does not say that this release was published" in ran.stderr


def test_another_key_signed_nothing(held: dict[str, str]) -> None:
    ran = tre("releases", "verify", held["package"], "--key", "ab" * 32)
    assert ran.exit_code == 1
    assert "no valid signature" in ran.stderr


def test_a_proof_needs_a_key(held: dict[str, str]) -> None:
    ran = tre("releases", "verify", held["package"], "--proof", held["proof"])
    assert ran.stderr.startswith("key:missing")
