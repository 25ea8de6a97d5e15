"""The two reads that hand out bytes: recorded first, their digest checked again before they leave.

Pages and API serve releases through here and nowhere else.
"""

from hashlib import sha256
from typing import Protocol

from gateway.commands.perform import Gateway, perform
from gateway.commands.terms import object_name, package_name
from gateway.models import Release
from gateway.rules.facts import Actor
from gateway.vocabulary import Command


class Objects(Protocol):
    """All that is needed of an object store here."""

    def get_bytes(self, name: str) -> bytes:
        """The whole object."""


class ChangedBytes(Exception):
    """What lies in the store is not what was sealed: a defect, never served."""


def artefact_bytes(gateway: Gateway, objects: Objects, *, actor: Actor, release_id: str) -> bytes:
    """The sealed artefact, for its reviewers. Raises Refusal, or ChangedBytes."""
    perform(gateway, actor=actor, command=Command.VIEW_ARTEFACT, subject_id=release_id)
    release = _release(gateway, release_id)
    return checked(objects.get_bytes(object_name(release)), release.artefact_digest)


def reviewed_package(gateway: Gateway, objects: Objects, *, actor: Actor, release_id: str) -> bytes:
    """The package as its reviewers see it before it is released. Raises Refusal, or ChangedBytes."""
    perform(gateway, actor=actor, command=Command.VIEW_ARTEFACT, subject_id=release_id)
    release = _release(gateway, release_id)
    return checked(objects.get_bytes(package_name(release)), release.package_digest)


def package_bytes(gateway: Gateway, objects: Objects, *, actor: Actor, release_id: str) -> bytes:
    """The released package, for members. Raises Refusal, or ChangedBytes."""
    perform(gateway, actor=actor, command=Command.DOWNLOAD_OUTPUT, subject_id=release_id)
    release = _release(gateway, release_id)
    return checked(objects.get_bytes(package_name(release)), release.package_digest)


def _release(gateway: Gateway, release_id: str) -> Release:
    with gateway.unit.reading() as work:
        return work.need(Release, release_id)


def checked(data: bytes, digest: str) -> bytes:
    """The bytes, if they are those of the digest. Raises ChangedBytes."""
    if sha256(data).hexdigest() != digest:
        raise ChangedBytes
    return data
