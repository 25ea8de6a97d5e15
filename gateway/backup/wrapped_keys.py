"""The keys in a backup: each wrapped already, wrapped again together, bound to the backup and its last day."""

import base64
import json
import re
from collections.abc import Container
from pathlib import Path
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.store.backups import KEYS, Backup, derived
from workspaces.catalogue.errors import Invalid

_NONCE = 12
_NAME = re.compile(r"[a-z]{1,40}(-[a-z0-9-]{1,80})?\.key")


def seal_keys(keys: Path, *, id: str, expires: str, secret: str) -> bytes:
    """Every key of a folder as one sealed file."""
    held = {path.name: base64.b64encode(path.read_bytes()).decode() for path in sorted(keys.glob("*.key"))}
    nonce = token_bytes(_NONCE)
    return nonce + _cipher(secret).encrypt(nonce, json.dumps(held).encode(), _bound(id, expires))


def open_keys(folder: Path, backup: Backup, secret: str) -> dict[str, bytes]:
    """File name -> wrapped key. Raises Invalid when they are of another backup or were changed."""
    sealed = (folder / KEYS).read_bytes()
    try:
        plain = _cipher(secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(backup.id, backup.keys_expire_at))
    except (InvalidTag, ValueError):
        raise Invalid("backup:keys", "Its keys do not open.", "Use another backup.") from None
    held = {name: base64.b64decode(text) for name, text in json.loads(plain).items()}
    return {name: key for name, key in held.items() if _NAME.fullmatch(name)}


def put_keys(held: dict[str, bytes], folder: Path, *, ended: Container[str]) -> int:
    """Write keys that are missing; none of what has ended. A key that is there is never replaced: it is the same."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    missing = {name: key for name, key in held.items() if not (folder / name).exists() and not _of(name, ended)}
    for name, key in missing.items():
        draft = folder / f"{name}.draft"
        draft.touch(mode=0o600)
        draft.write_bytes(key)
        draft.rename(folder / name)
    return len(missing)


def shred_ended(folder: Path, ended: Container[str]) -> None:
    """Overwrite and remove the keys of what has ended."""
    for path in folder.glob("*.key"):
        if _of(path.name, ended):
            path.chmod(0o600)
            path.write_bytes(token_bytes(path.stat().st_size))
            path.unlink()


def _of(name: str, ended: Container[str]) -> bool:
    return name.removesuffix(".key").partition("-")[2] in ended


def _bound(id: str, expires: str) -> bytes:
    return f"{id} {expires}".encode()


def _cipher(secret: str) -> AESGCM:
    return AESGCM(derived(secret, "key backup"))
