"""Secret keys: each in a file of its own, wrapped under the gateway's secret; made at first use.

Pseudonym keys belong to one project and end with it; a sampling key belongs to one pool and is never rotated
(privacy model P3); the signing key is Ed25519.
"""

import os
from copy import copy
from pathlib import Path
from secrets import token_bytes

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from workspaces.snapshots.objects import StoreUnavailable

_NONCE = 12
_SIGNING, _NEXT = "signing", "next"


class Keys:
    """The keys of one gateway folder. Raises StoreUnavailable when a new one cannot be kept."""

    def __init__(self, folder: Path, secret: str) -> None:
        self.folder = folder
        kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"tre-gateway key wrapping")
        self._wrap = AESGCM(kdf.derive(secret.encode()))

    def elsewhere(self, folder: Path) -> "Keys":
        """Keys of another folder under the same secret."""
        other = copy(self)
        other.folder = folder
        return other

    def project(self, project_id: str) -> bytes:
        """32 bytes that make one project's pseudonyms."""
        return self._get(f"project-{project_id}")

    def has_project(self, project_id: str) -> bool:
        """True while the project's key exists."""
        return self._place(f"project-{project_id}").exists()

    def shred_project(self, project_id: str) -> None:
        """Overwrite and remove a project's key; nothing happens when there is none."""
        self._shred(f"project-{project_id}")

    def load(self, name: str) -> bytes:
        """32 bytes under which the files of one load of the vault lie."""
        return self._get(f"load-{name}")

    def loads(self) -> set[str]:
        """Names of the loads that have a key."""
        return {path.stem.removeprefix("load-") for path in self.folder.glob("load-*.key")}

    def shred_load(self, name: str) -> None:
        """Overwrite and remove a load's key; nothing happens when there is none."""
        self._shred(f"load-{name}")

    def opt_outs(self, local_id: str) -> bytes:
        """32 bytes under which one opt-out list knows people."""
        return self._get(f"opt-outs-{local_id}")

    def has_opt_outs(self, local_id: str) -> bool:
        """True while the list's key exists."""
        return self._place(f"opt-outs-{local_id}").exists()

    def shred_opt_outs(self, local_id: str) -> None:
        """Overwrite and remove a list's key; nothing happens when there is none."""
        self._shred(f"opt-outs-{local_id}")

    def pool(self, pool_id: str) -> bytes:
        """32 bytes that key one pool's sampling."""
        return self._get(f"pool-{pool_id}")

    def erasures(self) -> bytes:
        """32 bytes under which people erased are known again; never changed, or they could come back."""
        return self._get("erasures")

    def sign(self, message: bytes) -> bytes:
        """An Ed25519 signature of the gateway."""
        return self._signer(_SIGNING).sign(message)

    def public(self) -> bytes:
        """The 32 raw bytes with which anybody can verify a signature."""
        return _public(self._signer(_SIGNING))

    def sign_next(self, message: bytes) -> bytes:
        """A signature of the key that will follow."""
        return self._signer(_NEXT).sign(message)

    def next(self) -> bytes:
        """The key that will follow, made when it is first asked for."""
        return _public(self._signer(_NEXT))

    def succeed(self, public: bytes) -> None:
        """That key takes the signing key's place, whose bytes are gone with it; twice is once.

        Raises ValueError when it is neither the one that signs nor the one that will follow.
        """
        if self.public() != public:
            if self.next() != public:
                raise ValueError("another key")
            self._replace(_SIGNING, self._get(_NEXT))
        self._shred(_NEXT)

    def open_all(self) -> int:
        """How many keys there are; each is opened. Raises InvalidTag when one was wrapped under another secret."""
        names = [path.stem for path in self.folder.glob("*.key")]
        return len([self._get(name) for name in names])

    def _shred(self, name: str) -> None:
        path = self._place(name)
        try:
            with path.open("r+b") as file:
                file.write(token_bytes(path.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        except FileNotFoundError:
            pass
        except OSError as trouble:
            raise StoreUnavailable(os.strerror(trouble.errno or 0)) from None

    def _replace(self, name: str, key: bytes) -> None:
        path, draft = self._place(name), self.folder / f"{name}.draft"
        try:
            with path.open("r+b") as before:
                draft.touch(mode=0o600)
                draft.write_bytes(self._sealed(key, name))
                os.replace(draft, path)  # there is one at every moment: whoever finds none would make another
                before.write(token_bytes(path.stat().st_size))
                before.flush()
                os.fsync(before.fileno())
        except OSError as trouble:
            raise StoreUnavailable(os.strerror(trouble.errno or 0)) from None

    def _signer(self, name: str) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._get(name))

    def _get(self, name: str) -> bytes:
        path = self._place(name)
        if not path.exists():
            self._make(path, name)
        sealed = path.read_bytes()
        return self._wrap.decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())

    def _place(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    def _make(self, path: Path, name: str) -> None:
        sealed = self._sealed(token_bytes(32), name)
        draft = path.with_suffix(f".{os.getpid()}.{token_bytes(4).hex()}")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft.touch(mode=0o600)
            draft.write_bytes(sealed)
            os.link(draft, path)  # the first to arrive wins; nobody's key is overwritten
        except FileExistsError:
            pass
        except OSError as trouble:
            raise StoreUnavailable(os.strerror(trouble.errno or 0)) from None
        finally:
            draft.unlink(missing_ok=True)

    def _sealed(self, key: bytes, name: str) -> bytes:
        nonce = token_bytes(_NONCE)
        return nonce + self._wrap.encrypt(nonce, key, name.encode())


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
