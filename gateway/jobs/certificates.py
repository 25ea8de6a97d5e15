"""Certificates of destruction: what is gone, when, and until when a backup could still hold a key; signed, sealed.

They hold no count and nothing of anybody: whoever may see the snapshot or project may have its certificate.
"""

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

from gateway.jobs.house import House
from gateway.models import Snapshot
from gateway.rules.refusals import Refusal
from workspaces.snapshots import canonical, files_of
from workspaces.snapshots.objects import AlreadySealed, MissingObject, ObjectStore, StoreUnavailable

FORMAT = "destruction-certificate/1"


def certify_snapshot(house: House, snapshot: Snapshot) -> None:
    """Its files are gone from the store and from where they were opened; refuses to say so while one is left."""
    try:
        manifest = house.objects.get_bytes(f"manifests/{snapshot.id}-{snapshot.manifest_digest[:16]}.json")
    except MissingObject:
        return  # never built
    left = [*house.objects.list(f"snapshots/{snapshot.id}/"), *(house.folder / "snapshots").glob(f"{snapshot.id}.*")]
    if left:
        raise StoreUnavailable(f"{len(left)} files of a snapshot are still there")
    told = {"snapshot": snapshot.id, "project": snapshot.project_id, "commitment": snapshot.commitment}
    built_at = snapshot.built_at.isoformat() if snapshot.built_at else None
    _certify(house, snapshot.id, {**told, "built_at": built_at, "destroyed": files_of(manifest)})


def certify_key(house: House, project_id: str) -> None:
    """The key that a project's pseudonyms came from is gone."""
    _certify(house, project_id, {"project": project_id, "destroyed": ["pseudonym key"]})


def certificate_of(objects: ObjectStore, subject_id: str) -> dict[str, Any]:
    """The certificate with its signature and the key to check it by; a refusal where nothing was destroyed."""
    try:
        found: dict[str, Any] = json.loads(objects.get_bytes(_name(subject_id)))
    except MissingObject:
        raise Refusal(
            "certificate:none", "There is no certificate of destruction.", "Wait until it is destroyed."
        ) from None
    return found


def _certify(house: House, subject_id: str, told: dict[str, Any]) -> None:
    if house.objects.exists(_name(subject_id)):
        return
    now = house.gateway.now()
    keys_until = now + timedelta(days=house.gateway.settings.key_backup_days)
    backups = {"hold_its_files": False, "hold_keys_until": keys_until.date().isoformat()}
    body = {"format": FORMAT, **told, "destroyed_at": now.isoformat(), "backups": backups}
    signed = {"signature": house.keys.sign(canonical(body)).hex(), "signed_by": house.keys.public().hex()}
    with suppress(AlreadySealed):  # another worker said it a moment earlier
        house.objects.seal(_name(subject_id), canonical({"certificate": body, **signed}))


def _name(subject_id: str) -> str:
    return f"manifests/{subject_id}-destroyed.json"
