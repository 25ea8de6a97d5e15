"""Play the demonstration, then picture every page as everybody sees it: PNG files and one sheet to look through."""

import html
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from playwright.sync_api import sync_playwright
from tqdm import tqdm

from infra.demo.personas import CAST
from infra.screenshots.crawl import Picture, pictures
from workspaces.catalogue.errors import Invalid

CHROMIUM = "/usr/bin/chromium"
READY = "Ctrl-C ends it"
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
IN_README = (
    "anybody-register-N.png",
    "committee-lay-projects-N.png",
    "researcher-releases-N-read.png",
    "ig-officer-snapshots-N.png",
)


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path(".screenshots"), show_default=True)
@click.option("--people", default=2_000, show_default=True, help="How many people are made.")
@click.option("--port", default=8540, show_default=True, help="The gateway's; the next one is the provider's.")
@click.option("--readme", is_flag=True, help="Also make the pictures of the README anew.")
def main(out: Path, people: int, port: int, readme: bool) -> None:
    """Picture every page. Ends with 1 when a page answers with an error."""
    out.mkdir(parents=True, exist_ok=True)
    options = ["--people", str(people), "--dir", str(out / "demo"), "--port", str(port)]
    subprocess.run([*_DEMO, *options, "--once"], check=True)  # noqa: S603 - our own command
    with _living(options):
        taken = _everybody(f"http://127.0.0.1:{port}", out)
    (out / "index.html").write_text(sheet(taken), encoding="utf-8")
    for picture in (each for each in taken if readme and each.name in IN_README):
        (PICTURES / picture.name).write_bytes(picture.top)
    click.echo(f"{len(taken)} pages; look at {out / 'index.html'}")
    if broken := [each.name for each in taken if each.status >= 400]:
        raise click.ClickException(f"answered with an error: {', '.join(broken)}")


_DEMO = (sys.executable, "-m", "gateway.cli.main", "demo")


@contextmanager
def _living(options: Sequence[str]) -> Iterator[None]:
    """The demonstration's gateway, until the block is left."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*_DEMO, *options], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    try:
        if not any(READY in line for line in process.stdout):
            raise Invalid("demo:process_ended", "The demonstration did not start.", "Read what it printed above.")
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # all of it: behind the command that was started another user's runs
        process.wait(60)


def _everybody(address: str, out: Path) -> list[Picture]:
    taken = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for cast in tqdm([None, *CAST.values()], unit=" people", desc="Pictures"):
            for picture in pictures(browser, address, cast):
                (out / picture.name).write_bytes(picture.image)
                taken.append(picture)
    return taken


def sheet(taken: Sequence[Picture]) -> str:
    """One HTML page with every picture, small, under the kind of page that it shows."""
    parts = []
    for kind in sorted({each.kind for each in taken}):
        shown = "".join(_figure(each) for each in taken if each.kind == kind)
        parts.append(f"<h2>{html.escape(kind)}</h2><div>{shown}</div>")
    style = "body{font:16px sans-serif}div{display:flex;flex-wrap:wrap;gap:1em}img{width:300px;border:1px solid #999}"
    return f'<!doctype html><html lang="en"><title>Pages</title><style>{style}</style>{"".join(parts)}</html>\n'


def _figure(each: Picture) -> str:
    name, who = html.escape(each.name), html.escape(each.who)
    return (
        f'<figure><a href="{name}"><img src="{name}" loading="lazy" alt=""></a><figcaption>{who}</figcaption></figure>'
    )


if __name__ == "__main__":
    main()
