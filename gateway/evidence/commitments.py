"""Commitments: what may be published about a digest of exact data (privacy model P9)."""

from hashlib import sha256


def commit(nonce: bytes, digest: str) -> str:
    """SHA-256 over a secret 256-bit nonce and the digest; the nonce is opened to auditors only."""
    if len(nonce) != 32:
        raise ValueError("a commitment needs a 256-bit nonce")
    return sha256(nonce + digest.encode()).hexdigest()
