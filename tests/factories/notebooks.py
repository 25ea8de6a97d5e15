"""A gateway with notebooks: its pages, a keeper of its rooms, and nginx with the shipped configuration before them."""

import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from gateway.jobs import keep_rooms as keeper
from gateway.models import Grant, Workspace
from gateway.store.keys import Keys
from gateway.vocabulary import Command
from infra.rooms.environment import room_environment
from tests.factories.front import SHIPPED
from tests.factories.gateways import SECRET, approved_project, cleared_snapshot
from tests.factories.object_stores import free_port
from tests.factories.sites import Site, living_site
from workspaces.rooms.local import LocalRooms


@dataclass
class Study:
    """A project with a notebook, where it is served, and what keeps it."""

    site: Site
    workspace: str
    rooms: LocalRooms
    address: str  # of its notebook
    folder: Path

    def row(self) -> Workspace:
        return self.site.town.read(lambda work: work.need(Workspace, self.workspace))


def until(met: Callable[[], object], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < ends, "it did not come to be"
        time.sleep(0.1)


@contextmanager
def study(folder: Path, room: Path, monkeypatch: pytest.MonkeyPatch, *, tier: str = "NOTEBOOK") -> Iterator[Study]:
    """`room`: the folder that the notebook sees as its snapshot."""
    environment = room_environment(folder, "notebook")
    assert environment is not None, "no environment with JupyterLab"
    port = free_port()
    settings = {"rooms_url": f"http://*.localhost:{port}", "notebook_environment": str(environment)}
    rooms = LocalRooms()
    with living_site(folder, **settings) as site, proxy(folder, port, site.address):
        monkeypatch.setattr(keeper, "snapshot_room", lambda *_: room)
        monkeypatch.setattr(keeper, "LOOK_SECONDS", 0.2)
        workspace = _workspace(site, tier)
        there = Study(site, workspace, rooms, f"http://{workspace}.localhost:{port}", folder)
        stop = threading.Event()
        thread = threading.Thread(target=keeper.keep_forever, args=(_house(there), stop))
        thread.start()
        try:
            yield there
        finally:
            stop.set()
            thread.join()
            rooms.stop_all()
            until(lambda: not rooms.at_work(), 20)


def _workspace(site: Site, tier: str) -> str:
    town = site.town
    project = approved_project(town, members=[town.people["researcher"]])
    cleared_snapshot(town, project)
    with town.gateway.unit.writing() as work:
        grant = work.find(Grant, Grant.project_id == project)
        assert grant is not None
        grant.tier = tier
        work.add(grant)
    return town.do("lead", Command.OPEN_WORKSPACE, project).created_id


def _house(study: Study) -> Any:
    folder = study.site.town.gateway.settings.folder
    return SimpleNamespace(
        gateway=study.site.town.gateway,
        folder=folder,
        rooms_folder=folder / "rooms",
        rooms=lambda: study.rooms,
        keys=Keys(folder / "keys", SECRET),
    )


@contextmanager
def proxy(folder: Path, port: int, gateway: str) -> Iterator[None]:
    """nginx as this user, who may connect to rooms' doors."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed: ./run setup installs it")
    place = folder / "nginx"
    for name in ("run", "log"):
        (place / name).mkdir(parents=True)
    # as root nginx would give its workers to another user, who may not come to the doors
    shipped = (SHIPPED / "rooms.conf").read_text(encoding="utf-8")
    (place / "rooms.conf").write_text(f"user root;\n{shipped}", encoding="utf-8")
    (place / "rooms-listen.conf").write_text(f"listen 127.0.0.1:{port};\n", encoding="ascii")
    (place / "upstream.conf").write_text(
        f"upstream gateway {{ server {urlsplit(gateway).netloc}; }}\n", encoding="ascii"
    )
    server = subprocess.Popen(
        [nginx, "-e", "stderr", "-p", str(place), "-c", str(place / "rooms.conf"), "-g", "daemon off;"],
        stderr=subprocess.PIPE,
    )
    try:
        yield
    finally:
        server.terminate()
        _, said = server.communicate(timeout=10)
        errors = (place / "log" / "rooms-error.log").read_text(encoding="utf-8") if place.exists() else ""
        assert not re.search(r"\[(emerg|crit)\]", said.decode() + errors), said.decode() + errors
