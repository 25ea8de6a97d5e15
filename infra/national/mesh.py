"""The stand-in national service in a MESH mailbox of its own: each request is taken, answered, acknowledged.

What an answer is follows from `infra.national.service`, over a pair of folders that lasts for one look.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mesh_client import MeshClient, Message

from infra.national.sandbox import PASSWORD, SHARED_KEY, Sandbox
from infra.national.service import MAILBOX, WORKFLOW, answer_requests


@contextmanager
def mailbox_of(running: Sandbox, mailbox: str = MAILBOX, chunk_bytes: int = 19_000_000) -> Iterator[MeshClient]:
    """The client of the service's, or anybody's, mailbox in a sandbox."""
    key, most = SHARED_KEY.encode(), chunk_bytes
    with MeshClient(running.url, mailbox, PASSWORD, shared_key=key, max_chunk_size=most, timeout=20) as client:
        yield client


def answer_messages(client: MeshClient, opted_out: Path) -> tuple[str, ...]:
    """Answer every message that waits in the service's mailbox; the local ids answered."""
    answered: list[str] = []
    for message_id in list(client.iterate_message_ids(workflow_filter=WORKFLOW)):
        with tempfile.TemporaryDirectory() as folder, client.retrieve_message(message_id) as message:
            answered += _answer(client, message, Path(folder), opted_out)
    return tuple(answered)


def _answer(client: MeshClient, message: Message, folder: Path, opted_out: Path) -> tuple[str, ...]:
    outbox, inbox = folder / "outbox", folder / "inbox"
    outbox.mkdir()
    (outbox / "request.dat").write_bytes(message.read())
    control = {"workflow_id": message.workflow_id, "local_id": message.local_id, "subject": message.subject}
    control |= {"from": message.sender, "to": MAILBOX}
    (outbox / "request.ctl").write_text(json.dumps(control), encoding="utf-8")
    answered = answer_requests(outbox, inbox, opted_out)
    for local_id in answered:
        client.send_message(
            str(message.sender),
            (inbox / f"{local_id}.dat").read_bytes(),
            workflow_id=WORKFLOW,
            local_id=local_id,
            subject=message.subject,
            filename=f"{local_id}.dat",
        )
    return answered
