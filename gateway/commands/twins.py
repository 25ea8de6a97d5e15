"""The public synthetic twin: which release it is, its files, and requests tried out on it (privacy model P18).

The twin is a release like any other: asked for by a project that the committee approved, its plan cleared, charged,
drawn once, reviewed and published. What is special is its request, which follows from the granted tables alone, that
there is one, and that it is public. Making people up from it, and trying requests on them, reads no record.
"""

import json
import os
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from disclosure.engines.plan import SnapshotFiles
from disclosure.requests import parse_request
from disclosure.terms import Terms
from gateway.commands.downloads import Objects, checked
from gateway.commands.terms import object_name
from gateway.models import Release
from gateway.store.unit_of_work import Work
from gateway.vocabulary import ReleaseState
from workspaces.catalogue.errors import Invalid
from workspaces.scratch import scratch_folder
from workspaces.twin.files import README, write
from workspaces.twin.marginals import TITLE
from workspaces.twin.people import made_up

ZIP = "people.zip"


def newest(work: Work) -> Release | None:
    """The twin that is released, or None."""
    return work.find(Release, Release.title == TITLE, Release.state == ReleaseState.RELEASED)


def opened(folder: Path, objects: Objects, release: Release) -> Path:
    """The folder of a released twin: room/TABLE.parquet, sampling.parquet, ZIP; made when it is first asked for."""
    place = folder / "twins"
    place.mkdir(mode=0o700, exist_ok=True)
    found = place / release.artefact_digest
    if found.exists():
        return found
    artefact = checked(objects.get_bytes(object_name(release)), release.artefact_digest)
    with scratch_folder(place) as scratch:
        made = scratch / "twin"
        write(made_up(json.loads(artefact)), made)
        _pack(made, artefact)
        with suppress(OSError):  # another was faster, with the same bytes
            os.replace(made, found)
    return found


def _pack(made: Path, artefact: bytes) -> None:
    """Everything in one file: the tables, what they were made from, and what they are not."""
    with zipfile.ZipFile(made / ZIP, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README)
        archive.writestr("artefact.json", artefact)
        for path in sorted((made / "room").glob("*.parquet")):
            archive.write(path, path.name)


def try_out(twin: Path, request: Mapping[str, Any], terms: Terms) -> dict[str, Any]:
    """What a request gives on the made-up people: the same view, statistics and noise. It costs nothing.

    Raises Invalid for what the request may not, or what cannot be run on the twin.
    """
    from disclosure.release import DrawFailed, draw  # the sampler and the engine: only who tries out waits for them

    files = SnapshotFiles(room=twin / "room", sampling=twin / "sampling.parquet")
    try:
        return dict(draw(parse_request(request), terms, files).body)
    except DrawFailed:
        raise Invalid("twin:failed", "The try-out did not end.", "Make the request smaller.") from None
