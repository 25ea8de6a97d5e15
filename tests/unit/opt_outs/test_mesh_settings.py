"""NHS numbers leave only by a sealed way, and only where the client for it is installed."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway import settings
from gateway.jobs.opt_out_lists import carrier_of
from gateway.settings import Settings
from workspaces.opt_outs import ByHand, Mesh


def told(tmp_path: Path, url: str) -> Settings:
    return Settings(folder=tmp_path, secret_key="k" * 32, mesh_url=url, mesh_password="p" * 9, mesh_shared_key="s" * 9)


@pytest.mark.parametrize("url", ["https://mesh-sync.spineservices.nhs.uk", "http://127.0.0.1:8700", ""])
def test_a_sealed_way_or_this_machine(tmp_path: Path, url: str) -> None:
    assert told(tmp_path, url).mesh_url == url


@pytest.mark.parametrize(
    "url", ["http://mesh.example", "mesh.example", "http://127.0.0.1.example", "ftp://localhost.example"]
)
def test_no_other(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValidationError, match="https"):
        told(tmp_path, url)


def test_without_the_client_it_is_said_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "find_spec", lambda _: None)
    with pytest.raises(ValidationError, match="extra `mesh`"):
        told(tmp_path, "https://mesh.example")


def test_the_way_follows_from_the_settings(town, tmp_path: Path) -> None:
    class House:
        gateway = town.gateway

    assert isinstance(carrier_of(House), ByHand)
    changed = town.gateway.settings.model_copy(update=vars(told(tmp_path, "https://mesh.example")))
    House.gateway = type(town.gateway)(town.gateway.unit, changed, town.gateway.clock)
    carrier = carrier_of(House)
    assert isinstance(carrier, Mesh)
    assert carrier.url == "https://mesh.example"
    assert "ppppppppp" not in repr(carrier)
    assert "sssssssss" not in repr(carrier)
