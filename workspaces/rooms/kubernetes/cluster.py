"""What a gateway is told of its cluster: where its API is, which images rooms are made of, where the files lie."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from workspaces.catalogue.errors import Invalid
from workspaces.rooms.base import RoomPlan

PINNED = re.compile(r"[a-z0-9][a-z0-9._:/-]{0,255}@sha256:[0-9a-f]{64}")
FIRST_USER, USERS = 100_000, 1 << 30


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """One cluster. The gateway's folder is on a file server that the nodes reach; a room gets two folders of it."""

    api: str  # https://host:port
    token_file: Path  # of the gateway's own service account; read anew for each request, as it is changed by itself
    certificate: Path | None  # of the API's authority; None: the machine's
    server: str  # of the files (NFS)
    export: str  # what of the server is ...
    root: Path  # ... this folder here
    group: int  # the group through which rooms read snapshots and write workspaces
    images: Mapping[str, str]  # environment on this machine -> image that holds it at /environment, by its digest
    runtime_class: str = "gvisor"
    prefix: str = "tre-"

    def __post_init__(self) -> None:
        for image in self.images.values():
            if not PINNED.fullmatch(image):
                raise Invalid("room:image", f"The image {image} is not named by its digest.", "Write NAME@sha256:…")
        if not self.images or self.group <= 0 or not self.api.startswith(("https://", "http://127.0.0.1:")):
            raise Invalid("room:cluster", "The cluster has no image, group or https address.", "Complete the file.")

    def image(self, plan: RoomPlan) -> str:
        """The image that stands for the plan's environment."""
        try:
            return self.images[str(plan.environment)]
        except KeyError:
            raise Invalid(
                "room:image", "No image stands for the room's environment.", "Name one in the cluster's file."
            ) from None

    def exported(self, path: Path) -> str:
        """The folder's path on the file server; raises Invalid for one that is not below the gateway's folder."""
        if not path.is_relative_to(self.root):
            raise Invalid("room:path", "A folder of the room is not on the file server.", "Move it there.")
        return str(Path(self.export, path.relative_to(self.root)))

    def namespace(self, room_key: str) -> str:
        """Where everything of a workspace is, and nothing else."""
        return f"{self.prefix}{room_key}"


def user_of(room_key: str) -> int:
    """The user of a workspace's rooms: its own, and the same each time."""
    return FIRST_USER + int.from_bytes(sha256(room_key.encode()).digest()[:8]) % USERS


def read_cluster(path: Path) -> Cluster:
    """From a TOML file; raises Invalid for one that is not whole."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
        certificate = said.pop("certificate", None)
        token_file, root = Path(said.pop("token_file")), Path(said.pop("root"))
        certificate = Path(certificate) if certificate else None
        return Cluster(token_file=token_file, root=root, certificate=certificate, **said)
    except (OSError, ValueError, KeyError, TypeError) as why:
        raise Invalid(
            "room:cluster", f"The cluster's file cannot be read ({type(why).__name__}).", "See the operator's guide."
        ) from None
