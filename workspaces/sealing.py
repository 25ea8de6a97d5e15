"""Files that only a key opens: AES-256-GCM in chunks, so that a file of any size needs little memory.

DuckDB's own encryption of Parquet is not used: the module that its wheels carry makes no random numbers fit for keys.
A file is eight bytes of name, seven random ones, then chunks of one MiB, each sealed under a nonce made of the random
bytes, its place and whether it is the last; so no chunk can be changed, moved, left out or cut off unseen.
"""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NAME = b"TRESEAL1"
_RANDOM, _TAG, _CHUNK = 7, 16, 2**20


class NotSealed(Exception):
    """The file was sealed under another key, changed, cut off, or is none."""


def seal(source: Path, target: Path, key: bytes) -> None:
    """Write `source` sealed under a key of 32 bytes; the file is on the disk when this returns."""
    random, cipher = os.urandom(_RANDOM), AESGCM(key)
    with source.open("rb") as plain, target.open("wb") as file:
        file.write(_NAME + random)
        for nonce, chunk in _chunks(plain, _CHUNK, random):
            file.write(cipher.encrypt(nonce, chunk, _NAME))
        file.flush()
        os.fsync(file.fileno())


def unseal(source: Path, target: BinaryIO, key: bytes) -> None:
    """Write what `source` holds to an open file. Raises NotSealed; what was written until then counts for nothing."""
    cipher = AESGCM(key)
    with source.open("rb") as file:
        if file.read(len(_NAME)) != _NAME:
            raise NotSealed
        random = file.read(_RANDOM)
        try:
            for nonce, chunk in _chunks(file, _CHUNK + _TAG, random):
                target.write(cipher.decrypt(nonce, chunk, _NAME))
        except (InvalidTag, ValueError):
            raise NotSealed from None
    target.flush()


def _chunks(file: BinaryIO, size: int, random: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk with its nonce; an empty file is one empty chunk."""
    chunk = file.read(size)
    for place in count():
        following = file.read(size)
        yield random + place.to_bytes(4, "big") + (b"\0" if following else b"\1"), chunk
        if not following:
            return
        chunk = following
