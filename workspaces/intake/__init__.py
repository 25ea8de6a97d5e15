"""Records in: each format is read into a vault of Parquet under the catalogue's names; bad rows are counted."""

from workspaces.intake.deliveries import Limits
from workspaces.intake.loading import LoadReport, load
from workspaces.intake.sources import Format, RefusedSource, Source, Sources, Standing, read_sources
from workspaces.intake.vault import Load, Vault

__all__ = [
    "Format",
    "Limits",
    "Load",
    "LoadReport",
    "RefusedSource",
    "Source",
    "Sources",
    "Standing",
    "Vault",
    "load",
    "read_sources",
]
