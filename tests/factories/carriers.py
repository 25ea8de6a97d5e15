"""The two ways to the national service, each with somebody who plays the service at its other end."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import requests

from infra.national.mesh import answer_messages, mailbox_of
from infra.national.sandbox import PASSWORD, SHARED_KEY, Sandbox
from infra.national.service import MAILBOX, WORKFLOW, answer_requests
from tests.factories.records import House
from workspaces.opt_outs import ByHand, Carrier, Mesh


@dataclass
class Way:
    """A house that asks, and the service that answers by the same way."""

    house: House
    carrier: Carrier

    def ask(self, **when: object) -> str:
        """A request that is on its way."""
        local_id = self.house.ask(**when)
        self.carrier.send(self.house.exchange)
        return local_id

    def collect(self):
        """What came."""
        return self.carrier.collect(self.house.exchange)

    def write_list(self, *opted_out: str) -> Path:
        """The service's list."""
        path = self.house.root / "opted_out.csv"
        path.write_text("".join(f"{each}\n" for each in ("nhs_number", *opted_out)))
        return path


class Folders(Way):
    """Over a pair of folders."""

    def __init__(self, root: Path) -> None:
        super().__init__(House(root), ByHand())

    def serve(self, *opted_out: str) -> tuple[str, ...]:
        """The service answers what came."""
        exchange = self.house.exchange
        return answer_requests(exchange.outbox, exchange.inbox, self.write_list(*opted_out))

    def deliver(self, local_id: str, text: str) -> None:
        """The service answers with any text."""
        self.house.answer(local_id, text)


class OverMesh(Way):
    """Over a mailbox of the sandbox."""

    def __init__(self, root: Path, sandbox: Sandbox, **changes: object) -> None:
        self.sandbox = sandbox
        mesh = Mesh(sandbox.url, PASSWORD, SHARED_KEY, timeout_seconds=20)
        super().__init__(House(root), replace(mesh, **changes))
        for mailbox in (MAILBOX, self.house.exchange.mailbox):
            shutil.rmtree(sandbox.folder / mailbox / "in", ignore_errors=True)
            requests.delete(f"{sandbox.url}/messageexchange/admin/reset/{mailbox}", timeout=20).raise_for_status()

    def serve(self, *opted_out: str) -> tuple[str, ...]:
        """The service answers what came, in parts of 64 bytes."""
        with mailbox_of(self.sandbox, chunk_bytes=64) as client:
            return answer_messages(client, self.write_list(*opted_out))

    def deliver(self, local_id: str, text: str, sender: str = MAILBOX, **changes: str) -> str:
        """Somebody answers with any text."""
        headers = {"workflow_id": WORKFLOW, "local_id": local_id, "subject": local_id} | changes
        with mailbox_of(self.sandbox, sender, chunk_bytes=64) as client:
            return client.send_message(self.house.exchange.mailbox, text.encode(), **headers)

    def report(self, local_id: str, code: str = "14") -> None:
        """The central system says that a request was not delivered."""
        told = {"mailbox_id": self.house.exchange.mailbox, "code": code, "description": "Message not collected"}
        told |= {"workflow_id": WORKFLOW, "local_id": local_id, "subject": local_id}
        requests.post(f"{self.sandbox.url}/messageexchange/admin/report", json=told, timeout=20).raise_for_status()

    def stored(self, mailbox: str = MAILBOX) -> list[dict[str, object]]:
        """What the sandbox keeps of every message to a mailbox."""
        inbox = self.sandbox.folder / mailbox / "in"
        return [json.loads(path.read_text()) | {"path": path} for path in sorted(inbox.glob("*.json"))]
