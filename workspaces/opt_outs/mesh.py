"""The exchange over MESH, with the NHS's own client (extra `mesh`).

A request is sent at most once: a mark is made before its first byte leaves and another when the service has all of it,
so what was cut off between both is never sent again by itself. A message is retrieved once: it is marked when it lies
whole in the inbox, then acknowledged, and after a kill in between it is acknowledged only.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from workspaces.catalogue.errors import Invalid
from workspaces.opt_outs.carrier import Collected
from workspaces.opt_outs.exchange import SENDING, UNDELIVERED, Exchange, is_answered, waiting
from workspaces.opt_outs.file import NAME, WORKFLOW_ID, read_control, write_control

if TYPE_CHECKING:
    from mesh_client import MeshClient, Message

_CODE = re.compile(r"[A-Za-z0-9]{1,10}")
_BLOCK = 1 << 20
_ACCEPTED = "SUCCESS"
"""Subject of the service's note that it has taken a request in: no answer yet."""


@dataclass(frozen=True)
class Mesh:
    """One mailbox. `url` names the service; `certificate` and `private_key` are files for mutual TLS, `authority` the
    file of whom we trust (the client knows the NHS's own). `chunk_bytes` is the most that one part may hold: MESH takes
    20 MB over the internet. `most_bytes` bounds what an answer may fill: 8.6 million numbers are 103 MB."""

    url: str
    password: str = field(repr=False)
    shared_key: str = field(repr=False)
    certificate: str = ""
    private_key: str = ""
    authority: str = ""
    chunk_bytes: int = 19_000_000
    most_bytes: int = 1 << 30
    timeout_seconds: float = 60

    def send(self, exchange: Exchange) -> tuple[str, ...]:
        """Send every request that waits in the outbox; their local ids."""
        unsent = list(_unsent(exchange))
        if not unsent:
            return ()
        with self._client(exchange) as client:
            for path, control in unsent:
                mark = exchange.state / control["local_id"] / SENDING
                mark.touch()
                with path.with_suffix(".dat").open("rb") as numbers:
                    message_id = client.send_message(
                        exchange.recipient,
                        numbers,
                        workflow_id=WORKFLOW_ID,
                        subject=control["subject"],
                        local_id=control["local_id"],
                        filename=f"{path.stem}.dat",
                    )
                write_control(mark.with_name("sent.json"), {"message_id": message_id})
                for sent in (path, path.with_suffix(".dat")):
                    sent.unlink()
        return tuple(control["local_id"] for _, control in unsent)

    def collect(self, exchange: Exchange) -> Collected:
        """Bring in every message of the workflow; those of others in the same mailbox stay where they are."""
        told: dict[str, list[str]] = {"answered": [], "undelivered": [], "accepted": [], "strange": []}
        with self._client(exchange) as client:
            for message_id in list(client.iterate_message_ids(workflow_filter=WORKFLOW_ID)):
                mark = _mark(exchange, message_id)
                if not mark.exists():
                    kind, local_id = self._take(exchange, client, message_id)
                    told[kind].append(local_id)
                    mark.touch()
                client.acknowledge_message(message_id)
                mark.unlink()
        return Collected(tuple(told["answered"]), tuple(told["undelivered"]), len(told["strange"]))

    def _take(self, exchange: Exchange, client: "MeshClient", message_id: str) -> tuple[str, str]:
        """Retrieve one message: what it was, and its local id."""
        message = client.retrieve_message(message_id)
        try:
            local_id = message.local_id or ""
            asked = bool(NAME.fullmatch(local_id)) and (exchange.state / local_id).is_dir()
            if message.message_type == "REPORT" and asked:
                code = message.mex_header("statuscode", "") or ""
                told = {"local_id": local_id, "code": code if _CODE.fullmatch(code) else ""}
                write_control(exchange.inbox / f"{local_id}{UNDELIVERED}", told)
                return "undelivered", local_id
            if message.sender != exchange.recipient or not asked:
                return "strange", ""
            if message.subject == _ACCEPTED:
                return "accepted", local_id
            self._keep(exchange, message, local_id)
        finally:
            message.close()  # type: ignore[no-untyped-call]
        return "answered", local_id

    def _keep(self, exchange: Exchange, message: "Message", local_id: str) -> None:
        """Write an answer into the inbox: the numbers first, then the control file that makes it one."""
        draft, left = exchange.inbox / f".{local_id}.part", self.most_bytes
        with draft.open("wb") as file:
            while left > 0 and (block := message.read(_BLOCK)):
                file.write(block)
                left -= len(block)
        if left <= 0:
            draft.unlink()
            raise Invalid("opt_outs:answer_malformed", "The answer is far too long.", "Ask the national service again.")
        os.replace(draft, exchange.inbox / f"{local_id}.dat")
        control = {"workflow_id": message.workflow_id, "local_id": local_id, "subject": message.subject}
        write_control(exchange.inbox / f"{local_id}.ctl", {**control, "from": message.sender, "to": message.recipient})

    @contextmanager
    def _client(self, exchange: Exchange) -> Iterator["MeshClient"]:
        """A client that has shaken hands; what goes wrong on the way is an `Invalid` that quotes nothing."""
        try:
            from mesh_client import MeshClient, MeshError
        except ImportError:
            raise Invalid(
                "opt_outs:mesh_missing", "The MESH client is not installed.", "Install the extra `mesh`."
            ) from None
        try:
            with MeshClient(
                self.url,
                exchange.mailbox,
                self.password,
                shared_key=self.shared_key.encode(),
                cert=(self.certificate, self.private_key) if self.certificate else None,
                verify=self.authority or None,
                max_chunk_size=self.chunk_bytes,
                transparent_compress=True,
                timeout=self.timeout_seconds,
                application_name="tre-gateway",
            ) as client:
                client.handshake()
                yield client
        except requests.RequestException as why:
            raise _closed(why) from None
        except MeshError:
            raise Invalid(
                "opt_outs:mesh_rejected",
                "MESH did not take the request in.",
                "Have the mailbox and its workflow checked; then make a new request.",
            ) from None


def _closed(why: requests.RequestException) -> Invalid:
    if why.response is not None and why.response.status_code in (401, 403):
        return Invalid(
            "opt_outs:mesh_refused",
            "MESH refuses our mailbox.",
            "Check TRE_MAILBOX, TRE_MESH_PASSWORD, TRE_MESH_SHARED_KEY and the certificate.",
        )
    return Invalid("opt_outs:mesh_unreachable", "MESH does not answer as it should.", "Try again in some minutes.")


def _unsent(exchange: Exchange) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Control files of requests that still wait for an answer and whose sending never began."""
    open_requests = set(waiting(exchange))
    for path in sorted(exchange.outbox.glob("*.ctl")):
        control = read_control(path)
        local_id = str(control.get("local_id"))
        begun = local_id not in open_requests or (exchange.state / local_id / SENDING).exists()
        if not begun and not is_answered(exchange, local_id):
            yield path, control


def _mark(exchange: Exchange, message_id: str) -> Path:
    if not NAME.fullmatch(message_id):
        raise Invalid("opt_outs:mesh_rejected", "MESH names a message in a way that cannot be.", "Ask the service.")
    folder = exchange.state / "messages"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / message_id
