"""Snapshots: one project's cut of the vault without those who opted out, de-identified, minimised, signed."""

from workspaces.snapshots.build import build
from workspaces.snapshots.deidentify import PseudonymKey
from workspaces.snapshots.manifest import canonical
from workspaces.snapshots.plan import STEPS, BuiltSnapshot, SnapshotPlan
from workspaces.snapshots.reporting import Held, held_of, is_listed, why_not
from workspaces.snapshots.storage import SnapshotFolder, destroy, discard, files_of, open_snapshot, read_manifest
from workspaces.snapshots.verify import Contained, cleaned, contains, is_number, read_numbers

__all__ = [
    "STEPS",
    "BuiltSnapshot",
    "Contained",
    "Held",
    "PseudonymKey",
    "SnapshotFolder",
    "SnapshotPlan",
    "build",
    "canonical",
    "cleaned",
    "contains",
    "destroy",
    "discard",
    "files_of",
    "held_of",
    "is_listed",
    "is_number",
    "open_snapshot",
    "read_manifest",
    "read_numbers",
    "why_not",
]
