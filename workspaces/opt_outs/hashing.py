"""How a list knows people: by 64 bits of a keyed permutation under a key of its own, never by their numbers.

The number goes through the key of erasures first, so that of somebody erased the token that is kept finds them in every
list; then through the list's own key, so that two lists share nothing and a list ends with its key.
"""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from workspaces.engine import Engine
from workspaces.numbers import keyed, keyed_again


class ListKeys(Protocol):
    """Where the keys are kept: one for erasures, never changed, and one for each list, by its local id."""

    def erasures(self) -> bytes:
        """32 bytes under which people erased are known again."""

    def opt_outs(self, local_id: str) -> bytes:
        """32 bytes of one list, made at first use."""

    def has_opt_outs(self, local_id: str) -> bool:
        """True while the list's key exists."""

    def shred_opt_outs(self, local_id: str) -> None:
        """Overwrite and remove a list's key; nothing happens when there is none."""


@dataclass(frozen=True)
class Hashing:
    """The two keys of one list."""

    people: bytes = field(repr=False)
    own: bytes = field(repr=False)

    @classmethod
    def of_list(cls, keys: ListKeys, local_id: str) -> "Hashing":
        """Those of the list of that local id."""
        return cls(keys.erasures(), keys.opt_outs(local_id))

    def of(self, numbers: NDArray[np.int64]) -> NDArray[np.uint64]:
        """What the list holds in place of each number."""
        return self.of_tokens(keyed(numbers, self.people))

    def of_tokens(self, tokens: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """What the list holds in place of those of whom a token is kept."""
        return keyed_again(tokens, self.own)


def hash_into(engine: Engine, table: str, query: str, hashing: Hashing) -> None:
    """Create the temp table (nhs_number, hashed) of those whose numbers the query yields."""
    numbers = np.asarray(engine.execute(query).fetchnumpy()["nhs_number"], dtype=np.int64)
    engine.register("hashed_now", {"nhs_number": numbers, "hashed": hashing.of(numbers)})
    engine.execute(f"CREATE TEMP TABLE {table} AS FROM hashed_now")
    engine.unregister("hashed_now")
