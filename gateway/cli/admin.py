"""Commands of operators on the gateway's machine; settings come from the environment (TRE_…)."""

import os
import signal
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from alembic.util.exc import CommandError
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from gateway.cli.groups import example
from gateway.commands.perform import perform
from gateway.jobs.house import House, open_house
from gateway.jobs.pool import open_pool
from gateway.models import Pool
from gateway.rules.facts import SYSTEM, Actor
from gateway.settings import Settings
from gateway.store.away import told
from gateway.store.migrate import upgrade
from gateway.store.queries.facts import actor_of
from gateway.store.queries.people import called
from gateway.store.standing import at_work, need_open
from gateway.vocabulary import Command, Seat
from workspaces.catalogue.errors import Invalid
from workspaces.snapshots.objects import StoreUnavailable

MIGRATE = "Run: tre migrate."
YIELDS = 10
"""How far queue workers stand behind those who answer people: nobody watches a draw, many wait for a page."""


def settings() -> Settings:
    """The settings in force. Raises Invalid naming the variables that are missing or wrong, never their values."""
    try:
        return Settings()
    except ValidationError as error:
        names = sorted({f"TRE_{str(item['loc'][0]).upper()}" for item in error.errors(include_input=False)})
        raise Invalid("settings:wrong", f"Missing or wrong: {', '.join(names)}.", "Set them and start again.") from None


def house(*, with_pool: bool = True, hold: bool = True) -> House:
    """The gateway of this machine, open, its database migrated and with its pool. Raises Invalid.

    It stays open until the command is over, unless this one waits for work and takes hold of it by itself.
    """
    ours = settings()
    ours.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        click.get_current_context().with_resource(at_work(ours.folder)) if hold else need_open(ours.folder)
    except StoreUnavailable as why:
        raise told(why) from None
    try:
        at = open_house(ours)
        click.get_current_context().call_on_close(at.gateway.unit.dispose)
        with at.gateway.unit.reading() as work:
            opened = work.find(Pool) is not None
    except (SQLAlchemyError, ImportError):
        raise Invalid("database:not_ready", "The database lacks its tables or does not answer.", MIGRATE) from None
    if with_pool and not opened:
        raise Invalid("pool:none", "This gateway has no pool of people yet.", "Open it: tre pools open --help.")
    return at


def acting(at: House, email: str) -> Actor:
    """The one person of that address (or person id), with their seats. Raises Invalid."""
    with at.gateway.unit.reading() as work:
        found = called(work, email)
        if not found:
            raise Invalid("person:unknown", "Nobody of that address has signed in here.", "They sign in once first.")
        if len(found) > 1:
            raise Invalid(
                "person:ambiguous",
                "That address belongs to more than one person here.",
                "Give the person id that their account page shows, which begins with per-.",
            )
        return actor_of(work, found[0], at.gateway.now())


@click.command("open", epilog=example("tre pools open --name London --population 8600000"))
@click.option("--name", required=True, help="What the pool is called.")
@click.option("--population", type=click.IntRange(1), required=True, help="Official, never counted.")
def open_the_pool(name: str, population: int) -> None:
    """Open this gateway's pool of people, once; its budget is for the life of the data."""
    click.echo(open_pool(house(with_pool=False), name=name, public_population=population))


@click.command(epilog=example("tre serve --port 8500"))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8500, show_default=True, help="The port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--threads", type=click.IntRange(1, 256), default=4, show_default=True, help="Threads of each.")
@click.option("--metrics-port", type=click.IntRange(0, 65535), default=0, help="Where Prometheus may ask; 0: nowhere.")
def serve(host: str, port: int, workers: int, threads: int, metrics_port: int) -> None:
    """Serve pages and API."""
    from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

    from gateway import logs

    ours = settings()
    logs.begin()
    if metrics_port:
        _share_metrics(ours.folder / "metrics")

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            chosen = {"bind": f"{host}:{port}", "workers": workers, "threads": threads, "worker_class": "gthread"}
            # one process prepares what all of them share, but no connection to the database
            chosen |= {"preload_app": True, "post_fork": lambda _, __: self.gateway.unit.forget_connections()}
            if metrics_port:
                chosen |= {"when_ready": lambda _: _serve_metrics(metrics_port)}
            for name, value in {**chosen, "timeout": 120, "control_socket_disable": True}.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            # by name: the application stands above the command line
            app = import_module("gateway.app").create_app(ours)
            import_module("gateway.web.warm").warm(app)
            self.gateway = app.extensions["gateway"]
            return app

    Server().run()


def _share_metrics(folder: Path) -> None:
    """Where the processes of this server put their numbers, empty at each start."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob("*.db"):
        left.unlink()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def _serve_metrics(port: int) -> None:
    from gateway import metrics

    metrics.serve(port)


@click.command(epilog=example("tre migrate"))
def migrate() -> None:
    """Bring the database to the newest tables."""
    ours = settings()
    ours.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        upgrade(ours.database)
    except (SQLAlchemyError, CommandError, ImportError):
        raise Invalid(
            "database:unusable", "The database cannot be opened or changed.", "See TRE_DATABASE_URL."
        ) from None
    click.echo("The database is at the newest tables.")


@click.command(epilog=example("tre work --once"))
@click.option("--once", is_flag=True, help="Do what is due now, then stop.")
@click.option("--metrics-port", type=click.IntRange(0, 65535), default=0, help="Where Prometheus may ask; 0: nowhere.")
@click.option("--nice", type=click.IntRange(0, 19), default=YIELDS, show_default=True, help="How far pages come first.")
def work(once: bool, metrics_port: int, nice: int) -> None:
    """Run what runs without a person: builds, scans, jobs, draws."""
    from gateway import logs, traces
    from gateway.jobs.worker import run_forever, run_once

    logs.begin()
    at = house(hold=once)
    traces.begin(at.gateway.settings.traces, at.gateway.unit.engine)
    if metrics_port:
        _serve_metrics(metrics_port)
    if once:
        while run_once(at):
            pass
        return
    os.nice(nice)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run_forever(at, stop)


@click.command(epilog=example("tre people appoint officer@example.org IG_OFFICER"))
@click.argument("email")
@click.argument("seat", type=click.Choice([seat.value for seat in Seat]))
def appoint(email: str, seat: str) -> None:
    """Give somebody who has signed in once a seat."""
    at = house()
    perform(
        at.gateway,
        actor=SYSTEM,
        command=Command.APPOINT_PERSON,
        subject_id=acting(at, email).person_id,
        given={"role": seat},
    )
    click.echo(f"{email} is {seat.lower().replace('_', ' ')} now.")
