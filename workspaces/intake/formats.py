"""The registry of formats: a new one is a module and a line here."""

from collections.abc import Mapping

from workspaces.intake import client_level_data, fhir, omop
from workspaces.intake.deliveries import RecordFormat
from workspaces.intake.sources import Format

FORMATS: Mapping[Format, RecordFormat] = {
    Format.FHIR: fhir,
    Format.OMOP: omop,
    Format.CLIENT_LEVEL_DATA: client_level_data,
}
