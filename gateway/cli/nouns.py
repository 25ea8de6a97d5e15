"""One group a noun: `list`, `show`, `status`, and every command of the API's table, under the noun that it speaks of.

`tre releases submit ID` is SUBMIT_RELEASE; `tre releases draft PROJECT` is DRAFT_RELEASE, whose subject is a project.
Simple fields of a command's input are options; the rest comes as JSON with `--input FILE` (or `-`).
"""

import json
import types
import typing
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.groups import LazyGroup, example
from gateway.commands.bodies import read_object

if TYPE_CHECKING:
    from gateway.commands.addresses import Address
    from gateway.vocabulary import Noun

_TEXT = (str, date, datetime, Decimal)
SAMPLES = {
    "reason": "'The benefit is clear.'",
    "name": "analysis.py",
    "text": "@analysis.py",
    "label": "laptop",
    "version": "1",
    "conflict": "no",
}
READING = {
    "list": "Every one that you may know of, one a line.",
    "show": "One of them in full, as JSON, with what you can do and why not.",
    "status": "Where one stands: its state, what you can do now, and what stands in the way.",
}


class NounGroup(LazyGroup):
    """The commands of one noun, found in the API's table."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Written by hand, those that read, and those of the table."""
        return sorted({*super().list_commands(ctx), *READING, *self._commands()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        if cmd_name in READING:
            return _reading(str(self.name), cmd_name)
        address = self._commands().get(cmd_name)
        return _sending(str(self.name), cmd_name, address) if address else None

    def _commands(self) -> "dict[str, Address]":
        from gateway.commands.addresses import PLURALS, addresses

        placed = {address: spoken_of(address) for address in addresses()}
        return {short(address, noun): address for address, noun in placed.items() if PLURALS[noun] == self.name}


def spoken_of(address: "Address") -> "Noun":
    """The noun at the end of a command's name, else the noun of its subject."""
    from gateway.vocabulary import Noun

    found = (noun for noun in Noun if address.command.value.endswith(f"_{noun.value}"))
    return next(found, address.noun)


def short(address: "Address", noun: "Noun") -> str:
    """The verb without its noun."""
    return address.command.value.removesuffix(f"_{noun.value}").lower().replace("_", "-")


def _reading(plural: str, verb: str) -> click.Command:
    from gateway.cli import client

    def run(as_json: bool, id: str = "") -> None:
        found: Any = client.get_all(plural) if verb == "list" else client.get(plural, id)
        if as_json or verb == "show":
            client.print_json(found)
        elif verb == "list":
            client.print_lines(found)
        else:
            client.print_status(found)

    options: list[click.Parameter] = [click.Option(["--json", "as_json"], is_flag=True, help="The whole answer.")]
    line = f"tre {plural} {verb}{'' if verb == 'list' else ' ID'}"
    named: list[click.Parameter] = [] if verb == "list" else [click.Argument(["id"])]
    return click.Command(verb, callback=run, params=[*named, *options], help=READING[verb], epilog=example(line))


def _sending(plural: str, name: str, address: "Address") -> click.Command:
    from gateway.cli.client import post, print_json
    from gateway.commands.act import VERBS
    from gateway.commands.addresses import PLURALS

    fields = {field: _option(field, info.annotation) for field, info in address.given.model_fields.items()}
    options = {field: option for field, option in fields.items() if option is not None}

    def run(id: str, body: Any, **given: Any) -> None:
        chosen = {field: value for field, value in given.items() if value is not None}
        subject = (PLURALS[address.noun], id, address.verb)
        print_json(post(*subject, body=_body(body.read() if body else b"", chosen)))

    params: list[click.Parameter] = [click.Argument(["id"], metavar=f"{address.noun.value}_ID"), *options.values()]
    params.append(
        click.Option(
            ["--input", "body"],
            type=click.File("rb"),
            help="The input as JSON (- for stdin).",
            hidden=not address.given.model_fields,
        )
    )
    words = " ".join((VERBS[address.command].run.__doc__ or "").strip().splitlines()[0].split())
    title = address.command.value.replace("_", " ").capitalize()
    by = ", ".join(sorted(role.value.replace("_", " ").lower() for role in address.by))
    line = f"tre {plural} {name} {address.noun.value}_ID{_needed(address, options)}"
    return click.Command(name, callback=run, params=params, help=f"{title}: {words}\n\nBy: {by}.", epilog=example(line))


def _body(sent: bytes, chosen: dict[str, Any]) -> bytes:
    """The input as it came; with options beside it, the object that both make."""
    if not chosen:
        return sent or b"{}"
    return json.dumps(read_object(sent) | chosen, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _needed(address: "Address", options: dict[str, click.Option]) -> str:
    needed = [field for field, info in address.given.model_fields.items() if info.is_required()]
    if any(field not in options for field in needed):
        return " --input input.json"
    return "".join(f" {options[field].opts[0]} {_sample(options[field])}" for field in needed)


def _sample(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return str(option.type.choices[0])
    return SAMPLES.get(str(option.name), "TEXT")


def _option(field: str, annotation: Any) -> click.Option | None:
    """An option for a simple field; None for one that needs JSON. `@FILE` stands for what a file holds."""
    kind = _bare(annotation)
    flag = [f"--{field.replace('_', '-')}", field]
    if not isinstance(kind, type):
        return None
    if issubclass(kind, StrEnum):
        return click.Option(flag, type=click.Choice([member.value for member in kind]))
    if kind is bool:
        return click.Option(flag, type=bool)
    if issubclass(kind, int):
        return click.Option(flag, type=int)
    words = "Text, or @FILE for what a file holds."
    return click.Option(flag, callback=_text, help=words) if issubclass(kind, _TEXT) else None


def _text(_: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is None or not value.startswith("@"):
        return value
    try:
        return Path(value[1:]).read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise click.BadParameter("there is no such file of UTF-8 text.", param=param) from None


def _bare(annotation: Any) -> Any:
    """The type inside Annotated and Optional."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _bare(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        inner = [part for part in typing.get_args(annotation) if part is not types.NoneType]
        return _bare(inner[0]) if len(inner) == 1 else None
    return annotation
