"""NHS numbers as keyed functions of themselves: one pass of AES over many, nothing learnt without the key."""

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from numpy.typing import NDArray


def keyed(numbers: NDArray[np.int64], key: bytes) -> NDArray[np.uint64]:
    """64 bits of AES-256 over each ten-digit number padded to one block, in one pass.

    Each number is exactly one block, and equal numbers must give equal results, so the cipher is used as
    the keyed permutation that it is: electronic codebook over distinct single blocks hides nothing less than
    any other mode would here, and a mode with a nonce would make the result random.
    """
    blocks = np.zeros((len(numbers), 16), dtype=np.uint8)
    blocks[:, :5], blocks[:, 5:10] = _FIVE_DIGITS[numbers // 100_000], _FIVE_DIGITS[numbers % 100_000]
    return _first_halves(blocks.tobytes(), key)


def keyed_again(words: NDArray[np.uint64], key: bytes) -> NDArray[np.uint64]:
    """64 bits of AES-256 over each 64-bit word padded to one block: a keyed result under one more key."""
    blocks = np.zeros((len(words), 2), dtype=">u8")
    blocks[:, 0] = words
    return _first_halves(blocks.tobytes(), key)


def _first_halves(blocks: bytes, key: bytes) -> NDArray[np.uint64]:
    encryptor = Cipher(AES256(key), ECB()).encryptor()  # noqa: S305
    sealed = encryptor.update(blocks) + encryptor.finalize()
    halves = np.frombuffer(sealed, dtype=">u8").reshape(-1, 2)
    return halves[:, 0].astype(np.uint64)


_FIVE_DIGITS = np.array([list(f"{number:05d}".encode()) for number in range(100_000)], dtype=np.uint8)
"""Every number below 100,000 as five digits: two look-ups spell a ten-digit number."""
