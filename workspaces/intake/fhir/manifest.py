"""The manifests of a delivery: one whole export, and what was exported since, each a Bulk Data manifest of its own.

`manifest.json` alone is a whole export. Later ones (`manifest-2.json`, …; their `request` says `_since`) hold what
changed; `deleted` names what is gone. The delivery then is the sum of them all, so that the vault never holds half.
"""

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from workspaces.catalogue.errors import Invalid
from workspaces.intake.deliveries import Delivery, Limits, existing, lines_of, need_folder
from workspaces.intake.sources import Source

_MOST = 1_000  # manifests of one delivery


@dataclass(frozen=True)
class _Export:
    """One manifest: when it was taken, since when it tells, its files by kind, those that list what was deleted."""

    path: Path
    taken: datetime
    since: datetime | None
    output: tuple[tuple[str, str, int | None], ...]
    deleted: tuple[tuple[str, str, int | None], ...]
    errors: int


def receive(folder: Path, source: Source, limits: Limits) -> Delivery:
    """Read the manifests and find each file they name, by the last part of its address."""
    need_folder(folder, source)
    later = sorted(
        path for path in folder.glob("manifest-*.json") if re.fullmatch(r"manifest-[0-9]{1,6}\.json", path.name)
    )
    small = replace(limits, file_bytes=limits.line_bytes)  # a manifest is read as a whole
    exports = [_read(existing(path, small), source) for path in (folder / "manifest.json", *later[:_MOST])]
    exports = _in_order(exports, source)
    _need_names_apart(exports, source)
    files: dict[str, list[Path]] = {}
    changes: dict[Path, int] = {}
    deletions: dict[Path, int] = {}
    for place, export in enumerate(exports):
        for kind, name, count in export.output:
            files.setdefault(kind, []).append(_counted(folder / name, count, limits))
            changes[folder / name] = place
        deletions |= {_counted(folder / name, count, limits): place for _, name, count in export.deleted}
    errors = sum(export.errors for export in exports)
    return Delivery(
        source,
        exports[-1].taken.date(),
        {kind: tuple(paths) for kind, paths in files.items()},
        (*(export.path for export in exports), *deletions),
        (f"The manifest lists {errors} error files.",) if errors else (),
        exports=changes,
        deletions=deletions,
    )


def _read(path: Path, source: Source) -> _Export:
    try:
        declared = json.loads(path.read_bytes())
        since = parse_qs(urlsplit(str(declared.get("request") or "")).query).get("_since", [])
        return _Export(
            path,
            _moment(declared["transactionTime"]),
            _moment(since[0]) if since else None,
            tuple(_file(each) for each in declared["output"]),
            tuple(_file(each) for each in declared.get("deleted") or []),
            len(declared.get("error") or []),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _malformed(source) from None


def _moment(text: str) -> datetime:
    """A date or moment without its time zone where it has none; ValueError for anything else."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.astimezone()


def _malformed(source: Source) -> Invalid:
    return Invalid(
        "intake:manifest_malformed",
        f"A manifest of {source.organisation} is not a FHIR Bulk Data manifest.",
        "It needs transactionTime and output, each output a type and a url of its own. Send it again.",
    )


def _file(output: dict[str, Any]) -> tuple[str, str, int | None]:
    """Type, file name and promised count of one output; ValueError for names that could not be shown or told apart."""
    kind, name, count = output["type"], PurePosixPath(unquote(urlsplit(output["url"]).path)).name, output.get("count")
    if not re.fullmatch(r"[A-Za-z]{1,40}", kind) or not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", name):
        raise ValueError
    if count is not None and type(count) is not int:
        raise ValueError
    return kind, name, count


def _in_order(exports: list[_Export], source: Source) -> list[_Export]:
    """From the newest whole export on; `Invalid` when there is none, or when changes in between are missing."""
    exports = sorted(exports, key=lambda export: export.taken)
    whole = max((place for place, export in enumerate(exports) if export.since is None), default=None)
    if whole is None:
        raise Invalid(
            "intake:part_of_an_export",
            f"{source.organisation} sent what changed since an earlier export, but not that export.",
            "Put the whole export and every later one beside each other, as manifest.json, manifest-2.json, ….",
        )
    for before, after in zip(exports[whole:], exports[whole + 1 :], strict=False):
        if after.since is None or after.since > before.taken:
            raise Invalid(
                "intake:gap_between_exports",
                f"{source.organisation} sent exports that do not follow each other without a gap.",
                "Send every export since the whole one, or a new whole one.",
            )
    return exports[whole:]


def _need_names_apart(exports: list[_Export], source: Source) -> None:
    names = [name for export in exports for _, name, _ in (*export.output, *export.deleted)]
    if len(exports) > 1 and len(set(names)) < len(names):
        raise _malformed(source)


def _counted(path: Path, count: int | None, limits: Limits) -> Path:
    """The file; `Invalid` when it holds another number of lines than the manifest promised: it was cut, or another."""
    lines_of(path, limits)
    if count is None:
        return path
    with path.open("rb") as file:
        found = sum(1 for line in iter(lambda: file.readline(limits.line_bytes), b"") if line.strip())
    if found != count:
        raise Invalid(
            "intake:count_differs",
            f"The file {path.name} holds {found} lines, but the manifest promises {count}.",
            "Send the whole delivery again.",
        )
    return path
