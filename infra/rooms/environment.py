"""The Python environment of rooms, made by make_environment.sh where it is not there yet."""

import os
import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PLACE = ".venv-room"


def room_environment(otherwise: Path, *extra: str) -> Path | None:
    """Its path: in the checkout, or below `otherwise` where this user may not write there. None: it cannot be made.

    `extra`: "notebook" for JupyterLab as well. The first time takes 10 to 25 s from a warm package cache (400 MB, and
    240 MB more with JupyterLab); what went wrong is said on stderr.
    """
    here = CHECKOUT / PLACE
    writable = os.access(here if here.exists() else CHECKOUT, os.W_OK)
    for place in (here, *(() if writable else (otherwise / PLACE,))):
        script = ["/bin/sh", str(Path(__file__).with_name("make_environment.sh")), str(place), *extra]
        made = subprocess.run(script, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - our own script
        if made.returncode == 0:
            return Path(made.stdout.strip()).resolve()
    return None
