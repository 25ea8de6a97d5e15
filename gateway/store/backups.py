"""What a backup is: a folder of files whose manifest, written last, names each with its digest.

`backup.json` holds the facts; `seal` in it is HMAC-SHA256 over their canonical JSON, keyed by a key derived from
TRE_SECRET_KEY: whoever has the folder alone can neither change it unseen nor open the keys in it.
"""

import hmac
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.settings import Settings
from workspaces.catalogue.errors import Invalid

FORMAT = "tre-gateway backup v1"
MANIFEST, DATABASE, KEYS, VAULT = "backup.json", "database", "keys", "vault.json"
MAX_MANIFEST_BYTES = 2**20


@dataclass(frozen=True)
class Backup:
    """One backup. `rows` and `head` are the audit log's; `files` is name -> SHA-256; moments are ISO 8601."""

    id: str
    taken_at: str
    keys_expire_at: str
    version: str
    kind: str
    revision: str
    rows: int
    head: str
    files: dict[str, str]
    format: str = FORMAT

    def expired(self, now: datetime) -> bool:
        """True when the keys in it may not be used any more."""
        return now >= datetime.fromisoformat(self.keys_expire_at)


def folder_of(settings: Settings) -> Path:
    """Where backups go."""
    return settings.folder / "backups" if settings.backups == Path() else settings.backups


def derived(secret: str, purpose: str) -> bytes:
    """32 bytes for one purpose."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"tre-gateway {purpose}".encode()).derive(
        secret.encode()
    )


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def expire_keys(settings: Settings, to: Path, now: datetime) -> int:
    """Remove the keys of backups below `to` that are too old: how many; the rest of them stays for proofs."""
    gone = 0
    for path in sorted(to.glob(f"*/{MANIFEST}")):
        with suppress(Invalid, OSError):  # of another gateway
            backup = read_manifest(path.parent, settings.secret_key.get_secret_value())
            if backup.expired(now) and (path.parent / KEYS).exists():
                (path.parent / KEYS).unlink()
                gone += 1
    return gone


def write(folder: Path, backup: Backup, secret: str) -> None:
    """The manifest, as the last file of its folder."""
    told = asdict(backup)
    (folder / MANIFEST).write_text(json.dumps({**told, "seal": _seal(told, secret)}, indent=1), encoding="utf-8")


def read(folder: Path, secret: str, now: datetime) -> Backup:
    """The backup in a folder, every file in it looked at. Raises Invalid naming what is not as it was."""
    backup = read_manifest(folder, secret)
    for name, digest in backup.files.items():
        path = folder / name
        if name == KEYS and not path.exists() and backup.expired(now):
            continue
        if not path.is_file() or digest_of(path) != digest:
            raise Invalid("backup:damaged", f"Its file {name} is missing or was changed.", "Use another backup.")
    return backup


def read_manifest(folder: Path, secret: str) -> Backup:
    """The facts alone. Raises Invalid."""
    path = folder / MANIFEST
    try:
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            raise ValueError
        told: dict[str, Any] = json.loads(path.read_bytes())
        seal = str(told.pop("seal"))
        if not hmac.compare_digest(seal.encode(), _seal(told, secret).encode()):
            raise Invalid(
                "backup:not_ours",
                "It was not made under this TRE_SECRET_KEY, or it was changed.",
                "Set the secret that it was made under, or use another backup.",
            )
        backup = Backup(**told)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Invalid(
            "backup:none", "There is no whole backup in that folder.", "Name a folder of tre backup."
        ) from None
    if backup.format != FORMAT:
        raise Invalid("backup:format", "It was made by another version.", "Restore it with that version.")
    return backup


def _seal(told: dict[str, Any], secret: str) -> str:
    body = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(derived(secret, "backup manifest"), body, sha256).hexdigest()
