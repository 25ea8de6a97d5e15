"""`./run demo`: a whole gateway on one machine with made-up people; with --once, the journey plays itself."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from infra.demo.personas import CAST
from infra.demo.place import JOB_TICK_SECONDS, Place
from infra.demo.processes import Children, children, need_free
from infra.demo.visitor import NotAsExpected, Refused, Visitor
from workspaces.catalogue.errors import Invalid
from workspaces.rooms.base import Promise
from workspaces.rooms.supervisor import GATEWAY_USER

SYSTEM = Path("/usr")


@click.command()
@click.option("--once", is_flag=True, help="Play the journey, write summary.json, and end.")
@click.option("--people", default=20_000, show_default=True, help="How many people are made.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same people.")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path), default=Path(".demo"), show_default=True, help="Where."
)
@click.option("--port", default=8500, show_default=True, help="The gateway's; the next one is the identity provider's.")
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Given files instead.")
@click.option("--rooms-socket", default="", hidden=True, help="A room supervisor that is running.")
@click.option("--room-environment", default="", hidden=True, help="A Python environment for rooms.")
def demo(
    once: bool,
    people: int,
    seed: int,
    folder: Path,
    port: int,
    data: Path | None,
    rooms_socket: str,
    room_environment: str,
) -> None:
    """Start a gateway of made-up people on this machine."""
    from infra.demo import household
    from infra.rooms.environment import room_environment as make_room_environment

    begun = time.monotonic()
    need_free(port, port + 1)
    folder, data = folder.resolve(), data.resolve() if data else None
    why = None if rooms_socket else household.why_not_the_gateway_user(folder, data)
    if why is None and not rooms_socket:
        given = ["--data", str(data)] if data else []
        options = ["--people", str(people), "--seed", str(seed), "--dir", str(folder), "--port", str(port), *given]
        sys.exit(household.run_as_gateway_user([*options, *(["--once"] if once else [])], folder=folder))
    from infra.demo.stages import Population, prepare

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends in order, as with Ctrl-C
    environment = room_environment or make_room_environment(folder)
    place = Place(folder, data or folder / "data", port, rooms_socket, str(environment or ""))
    house = prepare(place, Population(people, seed, data))
    with children(place.logs, place.environment()) as running:
        start(running, place)
        click.echo(f"Ready after {time.monotonic() - begun:.1f} s")
        say_weaker(house, why)
        if once:
            play(place, house)
            click.echo(f"All of it took {time.monotonic() - begun:.1f} s")
            return
        say_hello(place)
        watch(running)


def start(running: Children, place: Place) -> None:
    """Identity provider, gateway and worker, side by side."""
    who = ("--port", str(place.port + 1), "--personas", str(place.personas), "--issuer", place.issuer)
    running.start("identity provider", "-m", "infra.identity", *who)
    running.start("gateway", "-m", "gateway.cli.main", "serve", "--port", str(place.port))
    running.start("worker", "-m", "gateway.cli.main", "work")
    running.wait_for([f"{place.provider}/.well-known/openid-configuration", f"{place.url}/api/v1/health"])


def say_hello(place: Place) -> None:
    """Where it is, and who there is."""
    click.echo(f"\nThe gateway:            {place.url}")
    click.echo(f"The API's description:  {place.url}/api/openapi.json")
    click.echo("\nSign in as any of these (nobody has a password; all are made up):")
    for cast in CAST.values():
        click.echo(f"  {cast.who.name:<16} {cast.who.persona}")
    click.echo("\nCtrl-C ends it; the next start takes up where this one ended.")


def say_weaker(house: "object", why: str | None) -> None:
    """What a demonstration does not keep. `why`: what kept the gateway from running as its own user, if anything."""
    from gateway.jobs.house import House

    assert isinstance(house, House)  # noqa: S101 - imported late, so that --help is quick
    click.echo("\nWeaker than in earnest:")
    for line in weaker(house.rooms().promises(), python=house.gateway.settings.room_environment, why=why):
        click.echo(f"  - {line}")


def weaker(promises: Sequence[Promise], *, python: Path, why: str | None) -> list[str]:
    """One line for each thing that is weaker here."""
    me = _me()
    return [
        "anybody on this machine can sign in as anybody",
        "the national service is a stand-in, answered by the same user",
        f"ends of jobs are told every {JOB_TICK_SECONDS} s instead of every minute",
        *([f"the gateway runs as {me}, not as a user of its own ({why})"] if why and me != GATEWAY_USER else []),
        *(["rooms have the system's Python and no packages: theirs could not be made"] if python == SYSTEM else []),
        *(f"rooms: {promise.name} ({promise.how})" for promise in promises if not promise.kept),
    ]


def _me() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # in a container a user may have no name
        return f"user {os.geteuid()}"


def watch(running: Children) -> None:
    """Until Ctrl-C, or until something ends that should not."""
    try:
        while True:
            running.check()
            time.sleep(0.5)
    except KeyboardInterrupt:
        click.echo("\nEnding")


def play(place: Place, house: "object") -> None:
    """The journey, its proofs, its summary. Ends with 1 at the first wrong outcome, naming the step."""
    from gateway.jobs.house import House
    from infra.demo.acts import play as play_journey
    from infra.demo.diary import Diary, WrongOutcome
    from infra.demo.journey import Journey
    from infra.demo.proofs import Proofs
    from infra.demo.stages import exchange
    from infra.demo.summary import summary

    assert isinstance(house, House)  # noqa: S101 - imported late, so that --help is quick
    out = place.folder / "journeys" / datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    out.mkdir(parents=True)
    diary = Diary()
    people: dict[str, Visitor] = {}
    journey = Journey(
        url=place.url,
        port=place.port,
        out=out,
        diary=diary,
        exchange=lambda: exchange(place, house),
        command_line=lambda sub, arguments: tre(place, people.get(sub), arguments),
        people=people,
    )
    try:
        play_journey(journey)
        built = Proofs(journey, house, place.data).run()
        told = summary(journey, built, diary.steps)
    except WrongOutcome as wrong:
        raise click.ClickException(f"wrong outcome at the step: {wrong}") from None
    except (NotAsExpected, Refused) as wrong:  # between two steps
        last = diary.steps[-1]["name"] if diary.steps else "the beginning"
        raise click.ClickException(f"wrong outcome after the step: {last}: {wrong}") from None
    path = out / "summary.json"
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    click.echo(f"{len(diary.steps)} steps as they should be; {path}")


def tre(place: Place, visitor: Visitor | None, arguments: list[str]) -> str:
    """What a `tre` command prints, run by a persona: token and address for the client, `--as` for the machine."""
    environment = place.environment() | {"TRE_URL": place.url}
    if visitor is not None:
        environment |= {"TRE_TOKEN": visitor.token, "TRE_AS": visitor.who.email}
    ran = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "gateway.cli.main", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if ran.returncode != 0 and not ran.stdout:
        raise Invalid("demo:command", f"tre {arguments[0]} ended with {ran.returncode}.", ran.stderr.strip()[-300:])
    return ran.stdout
