"""The scan of a file on its way in; without a clean scan it stays outside."""

import json

from disclosure.requests import parse_request
from gateway.commands.perform import perform
from gateway.commands.workspaces import Scanned
from gateway.jobs.house import House
from gateway.models import Transfer
from gateway.rules.facts import SYSTEM
from gateway.vocabulary import Command, TransferState
from workspaces.catalogue.errors import Invalid
from workspaces.scanning import scan


def scan_transfer(house: House, transfer_id: str) -> None:
    """Admit or refuse; what was decided before stands."""
    with house.gateway.unit.reading() as work:
        transfer = work.need(Transfer, transfer_id)
    if transfer.state is not TransferState.SCANNING:
        return
    command, given = _verdict(house, transfer)
    perform(house.gateway, actor=SYSTEM, command=command, subject_id=transfer.id, given=given)


def _json(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _verdict(house: House, transfer: Transfer) -> tuple[Command, Scanned]:
    try:
        content = (house.folder / "transfers" / transfer.digest).read_bytes()
        scan(transfer.name, content)
        if transfer.name.endswith(".json"):
            parse_request(_json(content))  # nothing else of that kind has a use in a room
    except Invalid as why:
        return Command.REFUSE_TRANSFER, Scanned(findings=[why.code])
    except OSError:
        return Command.REFUSE_TRANSFER, Scanned(findings=["scan:unreadable"])
    return Command.ADMIT_TRANSFER, Scanned()
