"""One group a noun: `list`, `show`, and every command of the API's table, under the noun that it speaks of.

`tre releases submit ID` is SUBMIT_RELEASE; `tre releases draft PROJECT` is DRAFT_RELEASE, whose subject is a project.
Simple fields of a command's input are options; the rest comes as JSON with `--input FILE` (or `-`).
"""

import json
import types
import typing
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.groups import LazyGroup

if TYPE_CHECKING:
    from gateway.commands.addresses import Address
    from gateway.vocabulary import Noun

_TEXT = (str, date, datetime, Decimal)


class NounGroup(LazyGroup):
    """The commands of one noun, found in the API's table."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Written by hand, list and show, and those of the table."""
        return sorted({*super().list_commands(ctx), "list", "show", *self._commands()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        if cmd_name in ("list", "show"):
            return _reading(str(self.name), cmd_name)
        address = self._commands().get(cmd_name)
        return _sending(cmd_name, address) if address else None

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
    from gateway.cli.client import get, print_json, print_lines

    def run(as_json: bool, id: str = "") -> None:
        found = get(f"/api/v1/{plural}/{id}" if verb == "show" else f"/api/v1/{plural}")
        print_json(found) if as_json or verb == "show" else print_lines(found)

    options: list[click.Parameter] = [click.Option(["--json", "as_json"], is_flag=True, help="The whole answer.")]
    words = f"Every one of the {plural} that you may know of." if verb == "list" else "One, with what you can do."
    return click.Command(
        verb, callback=run, params=[*([click.Argument(["id"])] if verb == "show" else []), *options], help=words
    )


def _sending(name: str, address: "Address") -> click.Command:
    from gateway.cli.client import post, print_json
    from gateway.commands.act import VERBS

    fields = {field: _option(field, info.annotation) for field, info in address.given.model_fields.items()}
    options = {field: option for field, option in fields.items() if option is not None}

    def run(id: str, body: Any, **given: Any) -> None:
        sent = json.load(body) if body else {}
        sent |= {field: value for field, value in given.items() if value is not None}
        print_json(post(address.path.replace("<id>", id), sent))

    params: list[click.Parameter] = [click.Argument(["id"], metavar=f"{address.noun.value}_ID"), *options.values()]
    if address.given.model_fields:
        params.append(click.Option(["--input", "body"], type=click.File(encoding="utf-8"), help="The input as JSON."))
    else:
        params.append(click.Option(["--input", "body"], hidden=True))
    words = (VERBS[address.command].run.__doc__ or "").strip().splitlines()[0]
    return click.Command(name, callback=run, params=params, help=words)


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
    return click.Option(flag, callback=_text) if issubclass(kind, _TEXT) else None


def _text(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is None or not value.startswith("@"):
        return value
    with click.open_file(value[1:], encoding="utf-8") as file:
        return str(file.read())


def _bare(annotation: Any) -> Any:
    """The type inside Annotated and Optional."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _bare(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        inner = [part for part in typing.get_args(annotation) if part is not types.NoneType]
        return _bare(inner[0]) if len(inner) == 1 else None
    return annotation
