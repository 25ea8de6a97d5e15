"""JSON files that people hand in."""

import json
from pathlib import Path
from typing import Any


def read_json(path: Path) -> Any:
    """What a JSON file holds. Raises ValueError when it is not JSON in UTF-8."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        json.dumps(held, ensure_ascii=False).encode()  # a lone surrogate is not text
    except RecursionError:
        raise ValueError("too deep") from None
    return held
