"""Whether a release package is what was sealed: pure, so that an outsider runs it on a copy with nothing of ours near.

The tables and the page of a package follow from its artefact alone; they are made again and compared.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.evidence.package import make_package, to_sign

MAX_BYTES = 64 * 1024 * 1024
MAX_FILES = 100
_TWO = ("artefact.json", "about.json")
_LOCAL, _LISTED, _END = 30, 46, 22  # bytes of a zip's headers beside the names


@dataclass(frozen=True)
class Package:
    """What a package says it is. `broken` names the first thing that is not as it must be; empty when all is."""

    release_id: str
    mark: str
    digest: str
    broken: str
    registered: bool | None = None
    signed: bool | None = None
    recalled_on: str = ""


def verify_package(
    data: bytes, register: Iterable[Mapping[str, Any]] | None = None, keys: Collection[str] | None = None
) -> Package:
    """Make the package again from its artefact; look its digest up in the public register if one is given.

    With `keys` (hex of Ed25519 public keys) it must be signed by one of them.
    """
    files = _files(data)
    if files is None:
        return Package("", "", "", "the file is not a package: no zip with artefact.json and about.json")
    digest = sha256(files["artefact.json"]).hexdigest()
    try:
        about = json.loads(files["about.json"])
        artefact = json.loads(files["artefact.json"])
        if len(artefact["statistics"]) > len(files):  # each would have a table
            raise ValueError
        again = _files(make_package(artefact, about)) or {}
        release_id, mark, sealed = str(about["release_id"]), str(about["mark"]), about["artefact_digest"]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, ArithmeticError):
        return Package("", "", digest, "artefact.json or about.json is not one that this gateway writes")
    broken = next((f"{name} does not follow from the artefact" for name in _differing(files, again)), "")
    if sealed != digest:
        broken = "artefact.json is not the one that was sealed"
    if keys is not None and not broken and not _is_signed(about, keys):
        broken = "the package has no valid signature of this key"
    signed = None if keys is None else not broken
    return _in_register(Package(release_id, mark, digest, broken, signed=signed), register)


def _is_signed(about: Mapping[str, Any], keys: Collection[str]) -> bool:
    key, signature = about.get("signed_by"), about.get("signature")
    if not isinstance(key, str) or not isinstance(signature, str) or key not in keys:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), to_sign(about))
    except (InvalidSignature, ValueError):
        return False
    return True


def _in_register(found: Package, register: Iterable[Mapping[str, Any]] | None) -> Package:
    if register is None or found.broken:
        return found
    rows = [each for entry in register for each in _releases(entry, found.release_id)]
    named = {each.get("artefact_digest") for each in rows}
    if not named:
        return replace(found, broken="the register names no such release", registered=False)
    if named != {found.digest}:
        return replace(found, broken="the register names another artefact for this release", registered=False)
    recalled = {str(each["recalled_on"]) for each in rows if each.get("recalled_on")}
    return replace(found, registered=True, recalled_on=min(recalled, default=""))


def _releases(entry: Mapping[str, Any], release_id: str) -> list[Mapping[str, Any]]:
    listed = entry.get("releases") if isinstance(entry, Mapping) else None
    rows = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    return [each for each in rows if each.get("id") == release_id]


def _differing(files: Mapping[str, bytes], again: Mapping[str, bytes]) -> list[str]:
    return sorted(name for name in files.keys() | again.keys() if files.get(name) != again.get(name))


def _is_plain(entries: Sequence[zipfile.ZipInfo], size: int) -> bool:
    """True when every byte belongs to an entry or its line in the directory, written as a package is.

    Then no other reader finds another file in the same bytes, entries share none, and nothing is unpacked that may
    ask for more memory than it gives back.
    """
    plain = all(
        entry.filename.isascii()
        and entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        and not (entry.extra or entry.comment)
        for entry in entries
    )
    held = sum(_LOCAL + _LISTED + 2 * len(entry.filename) + entry.compress_size for entry in entries)
    return plain and len(entries) <= MAX_FILES and held + _END == size


def _files(data: bytes) -> dict[str, bytes] | None:
    if len(data) > MAX_BYTES:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if not _is_plain(entries, len(data)) or sum(entry.file_size for entry in entries) > MAX_BYTES:
                return None
            files = {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, EOFError, zlib.error):
        return None
    whole = len(files) == len(entries) and all(name in files for name in _TWO)
    return files if whole else None
