"""The European Standard Population 2013 by the catalogue's age bands: how many of 100,000 are of that age.

Source: Eurostat, Revision of the European Standard Population (2013). Its groups under 1 and 1 to 4 are one band
here, 90 to 94 and 95 and over another.
"""

from workspaces.catalogue.tables import AGE_BANDS

_PEOPLE = (
    *(1_000 + 4_000, 5_500, 5_500, 5_500, 6_000, 6_000, 6_500, 7_000, 7_000, 7_000),
    *(7_000, 6_500, 6_000, 5_500, 5_000, 4_000, 2_500, 1_500, 800 + 200),
)
EUROPEAN_2013: dict[str, int] = {str(band): people for band, people in zip(AGE_BANDS.values[:-1], _PEOPLE, strict=True)}
