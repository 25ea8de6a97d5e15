"""The made-up people whom the development provider lets anybody be."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Persona:
    """One made-up person; `persona` says in a few words whom they play."""

    sub: str
    name: str
    email: str
    organisation: str
    persona: str


def read_personas(path: Path) -> dict[str, Persona]:
    """Personas by `sub` from a JSON list of objects; an unknown or missing key is a ValueError."""
    try:
        personas = [Persona(**item) for item in json.loads(path.read_text(encoding="utf-8"))]
    except TypeError as error:
        raise ValueError(f"{path}: each persona has sub, name, email, organisation and persona") from error
    return {persona.sub: persona for persona in personas}
