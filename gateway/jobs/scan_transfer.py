"""The scan of a file on its way in; without a clean scan it stays outside."""

import json
from pathlib import Path

from disclosure.requests import parse_request
from gateway.commands.perform import perform
from gateway.commands.workspaces import Scanned
from gateway.jobs.house import House
from gateway.models import Transfer
from gateway.rules.facts import SYSTEM
from gateway.settings import Settings
from gateway.vocabulary import Command, TransferState
from workspaces.catalogue.errors import Invalid
from workspaces.scanning import scan
from workspaces.scanning.malware import look


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
    file = house.folder / "transfers" / transfer.digest
    try:
        content = file.read_bytes()
        seen = scan(transfer.name, content)
        if transfer.name.endswith(".json"):
            parse_request(_json(content))  # nothing else of that kind has a use in a room
        looked = _looked(house.gateway.settings, file)
    except Invalid as why:
        return Command.REFUSE_TRANSFER, Scanned(findings=[why.code])
    except OSError:
        return Command.REFUSE_TRANSFER, Scanned(findings=["scan:unreadable"])
    lines = len(seen.identifier_lines)
    told = [f"{lines} {'line' if lines == 1 else 'lines'} with what may be an NHS number"] if lines else []
    return Command.ADMIT_TRANSFER, Scanned(findings=[*told, *looked])


def _looked(settings: Settings, file: Path) -> list[str]:
    """Who looked for malware, with the signatures' date, for the record; or who granted that nobody does.

    Raises Invalid where neither is there: without a scan nothing enters.
    """
    if settings.scanner != Path():
        return [f"scanned by {look(settings.scanner, file).by}"]
    if settings.no_scanner:
        return [f"not scanned for malware, as {settings.no_scanner} granted"]
    if settings.demo:  # made-up people only
        return []
    raise Invalid("scan:no_scanner", "This site has no malware scanner.", "Ask the operator for one.")
