"""London as published: sustainability and transformation partnerships, boroughs, deprivation.

Each borough belongs to one partnership and carries one deprivation decile (1 = most deprived); these
fixed public maps are the only way a place enters a snapshot.
"""

from dataclasses import dataclass

from workspaces.catalogue.columns import Domain, texts


@dataclass(frozen=True)
class Borough:
    """One local authority: GSS code, name, partnership (ODS code), IMD 2019 decile of its average score."""

    code: str
    name: str
    stp: str
    imd_decile: int


STPS: Domain = texts(
    ("QKK", "South East London"),
    ("QMF", "North East London"),
    ("QMJ", "North Central London"),
    ("QRV", "North West London"),
    ("QWE", "South West London"),
)

BOROUGHS: tuple[Borough, ...] = (
    Borough("E09000001", "City of London", "QMF", 7),
    Borough("E09000002", "Barking and Dagenham", "QMF", 1),
    Borough("E09000003", "Barnet", "QMJ", 7),
    Borough("E09000004", "Bexley", "QKK", 7),
    Borough("E09000005", "Brent", "QRV", 3),
    Borough("E09000006", "Bromley", "QKK", 8),
    Borough("E09000007", "Camden", "QMJ", 5),
    Borough("E09000008", "Croydon", "QWE", 4),
    Borough("E09000009", "Ealing", "QRV", 4),
    Borough("E09000010", "Enfield", "QMJ", 3),
    Borough("E09000011", "Greenwich", "QKK", 3),
    Borough("E09000012", "Hackney", "QMF", 1),
    Borough("E09000013", "Hammersmith and Fulham", "QRV", 4),
    Borough("E09000014", "Haringey", "QMJ", 2),
    Borough("E09000015", "Harrow", "QRV", 7),
    Borough("E09000016", "Havering", "QMF", 6),
    Borough("E09000017", "Hillingdon", "QRV", 6),
    Borough("E09000018", "Hounslow", "QRV", 4),
    Borough("E09000019", "Islington", "QMJ", 2),
    Borough("E09000020", "Kensington and Chelsea", "QRV", 4),
    Borough("E09000021", "Kingston upon Thames", "QWE", 9),
    Borough("E09000022", "Lambeth", "QKK", 3),
    Borough("E09000023", "Lewisham", "QKK", 2),
    Borough("E09000024", "Merton", "QWE", 7),
    Borough("E09000025", "Newham", "QMF", 2),
    Borough("E09000026", "Redbridge", "QMF", 6),
    Borough("E09000027", "Richmond upon Thames", "QWE", 10),
    Borough("E09000028", "Southwark", "QKK", 3),
    Borough("E09000029", "Sutton", "QWE", 7),
    Borough("E09000030", "Tower Hamlets", "QMF", 2),
    Borough("E09000031", "Waltham Forest", "QMF", 3),
    Borough("E09000032", "Wandsworth", "QWE", 6),
    Borough("E09000033", "Westminster", "QRV", 4),
)

UNKNOWN = "unknown"
BOROUGH_DOMAIN: Domain = texts(*((b.code, b.name) for b in BOROUGHS), (UNKNOWN, "Not known or outside London"))
STP_DOMAIN: Domain = texts(*zip(STPS.values, STPS.labels, strict=True), (UNKNOWN, "Not known or outside London"))  # type: ignore[arg-type]
IMD_DOMAIN: Domain = Domain(tuple(range(0, 11)), ("not known", *(f"decile {n}" for n in range(1, 11))))
