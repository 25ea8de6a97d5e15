"""The made-up people of the demonstration, and the seats that they hold."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.identity.personas import Persona

HEART = "London Heart Institute"
GATEWAY = "London Records Gateway"


@dataclass(frozen=True)
class Cast:
    """One persona with the seats that they are appointed to."""

    who: Persona
    seats: tuple[str, ...]


def _cast(sub: str, name: str, organisation: str, plays: str, *seats: str) -> Cast:
    return Cast(Persona(sub, name, f"{sub}@example.org", organisation, plays), seats)


CAST: dict[str, Cast] = {
    cast.who.sub: cast
    for cast in (
        _cast("lead", "Amara Okafor", HEART, "Project lead", "RESEARCHER"),
        _cast("researcher", "Tomas Lind", HEART, "Researcher", "RESEARCHER"),
        _cast("committee-1", "Priya Raman", "North Thames Hospitals", "Committee member", "COMMITTEE_MEMBER"),
        _cast("committee-2", "Gareth Bowen", "South Bank Practices", "Committee member", "COMMITTEE_MEMBER"),
        _cast("committee-lay", "Maureen Ellis", "A member of the public", "Committee member, lay", "LAY_MEMBER"),
        _cast("checker-1", "Yusuf Demir", GATEWAY, "Output checker", "OUTPUT_CHECKER"),
        _cast("checker-2", "Ingrid Solberg", GATEWAY, "Output checker", "OUTPUT_CHECKER"),
        _cast("checker-3", "Rosa Ferreira", GATEWAY, "Output checker who settles differences", "OUTPUT_CHECKER"),
        _cast("ig-officer", "Helen Marsh", GATEWAY, "Information governance officer", "IG_OFFICER"),
        _cast("operator", "Dele Adeyemi", GATEWAY, "Operator", "OPERATOR"),
        _cast("auditor", "Chen Wei", "Records Audit Office", "Auditor", "AUDITOR"),
    )
}


def write_personas(path: Path) -> None:
    """The file that the development identity provider reads."""
    path.write_text(json.dumps([asdict(cast.who) for cast in CAST.values()], indent=2) + "\n", encoding="utf-8")
