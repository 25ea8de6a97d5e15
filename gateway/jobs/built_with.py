"""Which code made a package: the gateway's version, and a digest of everything that is installed beside it."""

from functools import cache
from hashlib import sha256
from importlib.metadata import distributions, version


@cache
def built_with() -> dict[str, str]:
    """Version, digest of the names and versions of all installed distributions, and that no room took part."""
    installed = sorted({f"{each.name}=={each.version}".lower() for each in distributions()})
    digest = sha256("\n".join(installed).encode()).hexdigest()
    return {"version": version("tre-gateway"), "installed sha256": digest, "room image": "none: a draw uses no room"}
