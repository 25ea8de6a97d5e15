"""One gateway with its folders, keys, objects and rooms, as jobs and commands of operators need them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from gateway.commands.perform import Gateway
from gateway.settings import Settings
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.store.queries.facts import pool_of
from gateway.store.routed import RoutedObjects
from gateway.store.unit_of_work import UnitOfWork
from workspaces.blocks import Blocks
from workspaces.intake import Vault
from workspaces.rooms.base import RoomDriver
from workspaces.rooms.local import LocalRooms
from workspaces.rooms.supervised import SupervisedRooms
from workspaces.snapshots.objects import ObjectStore


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class House:
    """Everything that stands under one folder."""

    gateway: Gateway
    objects: ObjectStore
    keys: Keys

    @property
    def folder(self) -> Path:
        """The gateway's folder."""
        return self.gateway.settings.folder

    @property
    def vault(self) -> Path:
        """Where source records lie; no research role reads it."""
        return self.folder / "vault"

    def records(self) -> Vault:
        """The vault, with the key of its erasures and those of its loads."""
        return Vault(self.vault, self.keys.erasures(), self.keys)

    @property
    def outbox(self) -> Path:
        """Requests to the national service."""
        return self.folder / "exchange" / "outbox"

    @property
    def inbox(self) -> Path:
        """Answers of the national service."""
        return self.folder / "exchange" / "inbox"

    @property
    def opt_outs(self) -> Path:
        """Opt-out lists, kept no longer than policy."""
        return self.folder / "opt_outs"

    @property
    def rooms_folder(self) -> Path:
        """Private folders of workspaces, one each."""
        return self.folder / "rooms"

    def rooms(self) -> RoomDriver:
        """A cluster's rooms, the supervisor's where there is one, else rooms run by this process."""
        if cluster := self.gateway.settings.rooms_cluster:
            return _rooms_of_cluster(Path(cluster), self.folder.resolve() / "probe")
        socket = self.gateway.settings.rooms_socket
        return SupervisedRooms(Path(socket)) if socket else _rooms_of_this_process()

    def chambers(self) -> Blocks:
        """Where scripts of programs run, once for each block of people."""
        return Blocks(self.rooms(), (self.folder / "blocks").resolve(), self.gateway.settings.room_environment)

    def pool_id(self) -> str:
        """The pool of this gateway."""
        with self.gateway.unit.reading() as work:
            return pool_of(work).id


@cache
def _rooms_of_this_process() -> LocalRooms:
    """One for all who ask, so that what one has started another finds."""
    return LocalRooms()


@cache
def _rooms_of_cluster(described: Path, probe: Path) -> RoomDriver:
    from workspaces.rooms.kubernetes.cluster import read_cluster
    from workspaces.rooms.kubernetes.driver import KubernetesRooms  # requests, which nobody else here needs

    return KubernetesRooms(read_cluster(described), probe=probe)


def open_house(settings: Settings, clock: Callable[[], datetime] = utc_now) -> House:
    """The house of these settings."""
    settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = Keys(settings.folder / "keys", settings.secret_key.get_secret_value())
    return House(Gateway(UnitOfWork(settings.database), settings, clock), objects_of(settings), keys)


def objects_of(settings: Settings) -> ObjectStore:
    """The object store of these settings: the folder, one bucket, or one for records and one for what is sealed."""
    if not settings.bucket:
        return LocalObjects(settings.folder / "objects")
    from gateway.store.s3 import S3Objects  # boto3 takes half a second to import

    records = S3Objects(settings.bucket, kms_key=settings.kms_key)
    if not settings.sealed_bucket:
        return records
    sealed = S3Objects(settings.sealed_bucket, records.client, lock_days=settings.lock_days, kms_key=settings.kms_key)
    return RoutedObjects(records, sealed)
