"""A package as an outsider gets it, with the register that names it."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from gateway.evidence.package import make_package
from tests.factories.gateways import Town
from tests.factories.sites import drawn


def package_and_register(town: Town, release_id: str, folder: Path) -> tuple[bytes, list[dict[str, Any]]]:
    """Drawn for real on made-up people, packed as the job packs it."""
    artefact, _ = drawn(town, release_id, folder)
    digest = sha256(artefact).hexdigest()
    about = {"release_id": release_id, "mark": "BLIND", "artefact_digest": digest}
    return make_package(json.loads(artefact), about), [{"releases": [{"id": release_id, "artefact_digest": digest}]}]
