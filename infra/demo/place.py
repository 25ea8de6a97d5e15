"""The folder of a demonstration: where everything lies, its secrets, and the settings of its gateway."""

import json
import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

JOB_TICK_SECONDS = 2
SECRETS = ("secret_key", "oidc_client_secret")


@dataclass(frozen=True)
class Place:
    """One demonstration. `data` holds the organisations' files, `folder/state` is the gateway's own."""

    folder: Path
    data: Path
    port: int
    rooms_socket: str = ""
    room_environment: str = ""

    @property
    def state(self) -> Path:
        """Database, vault, objects, rooms."""
        return self.folder / "state"

    @property
    def logs(self) -> Path:
        """One file for each process."""
        return self.folder / "logs"

    @property
    def url(self) -> str:
        """The gateway's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def provider(self) -> str:
        """The development identity provider's address."""
        return f"http://127.0.0.1:{self.port + 1}"

    @cached_property
    def issuer(self) -> str:
        """The name that the folder's people are kept under: the provider's first address, whatever its port is now."""
        path = self.folder / "issuer"
        if not path.exists():
            path.write_text(self.provider + "\n", encoding="utf-8")
        return path.read_text(encoding="utf-8").strip()

    @property
    def personas(self) -> Path:
        """Whom the provider lets anybody be."""
        return self.folder / "personas.json"

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Made at first use, readable by their owner alone."""
        path = self.folder / "secrets.json"
        if not path.exists():
            made = {name: secrets.token_urlsafe(48) for name in SECRETS}
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(made, file)
        found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def environment(self) -> dict[str, str]:
        """The environment of every process of this demonstration; nobody's own TRE_ settings reach it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TRE_")}
        ours = {
            "TRE_FOLDER": str(self.state),
            "TRE_SECRET_KEY": self.secrets["secret_key"],
            "TRE_BASE_URL": self.url,
            "TRE_DEMO": "true",
            "TRE_OIDC_ISSUER": self.provider,
            "TRE_OIDC_CLIENT_SECRET": self.secrets["oidc_client_secret"],
            "TRE_IDENTITY_CLIENT_SECRET": self.secrets["oidc_client_secret"],
            "TRE_JOB_TICK_SECONDS": str(JOB_TICK_SECONDS),
        }
        if self.rooms_socket:
            ours["TRE_ROOMS_SOCKET"] = self.rooms_socket
        if self.room_environment:
            ours["TRE_ROOM_ENVIRONMENT"] = self.room_environment
        return kept | ours
