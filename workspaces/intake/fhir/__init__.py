"""Hospitals: FHIR R4 Bulk Data (NDJSON with manifests), UK Core identifiers and extensions; a module for each type.

A line that is no JSON object, or another type than the manifest says, is a fault of that line alone: a
file cut short in transfer loses its last line, not the load.
"""

from workspaces.intake.fhir.manifest import receive
from workspaces.intake.fhir.staging import stage

rank = 1

__all__ = ["rank", "receive", "stage"]
