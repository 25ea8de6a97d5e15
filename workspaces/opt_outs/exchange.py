"""Asking the national service who may be used, over a folder pair, and taking its answer in.

The service answers with those who have no opt-out, so who opted out shows only against the request: the request
is kept, and an answer is matched to it by local id. Anything strange about an answer and there is no list.
"""

import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from workspaces.catalogue.errors import Invalid
from workspaces.engine import Engine, one, open_engine, write_parquet
from workspaces.intake.deliveries import fingerprint
from workspaces.intake.vault import Vault, need_loads
from workspaces.opt_outs.file import (
    NAME,
    WORKFLOW_ID,
    malformed,
    read_control,
    read_numbers,
    write_control,
    write_numbers,
)
from workspaces.opt_outs.hashing import Hashing, ListKeys, hash_into
from workspaces.opt_outs.list import AGE_CEILING_DAYS, OptOutList, open_list
from workspaces.opt_outs.receipt import Receipt
from workspaces.scratch import scratch_folder

SENDING = "sending"
"""Mark of a request whose sending began."""

UNDELIVERED = ".undelivered"
"""Ending of the note that a request never reached the service."""


@dataclass(frozen=True)
class Exchange:
    """One mailbox and its folders. `state` keeps requests and lists as keyed hashes, for the gateway's user alone.

    `max_removed_share` is the share of people without permission above which an answer is held to be a mistake:
    no English area reported more than 12 % opted out.
    """

    mailbox: str
    outbox: Path
    inbox: Path
    state: Path
    recipient: str = "X26HC065"
    max_removed_share: float = 0.35
    keys: ListKeys = field(kw_only=True, repr=False)

    def opened(self, local_id: str) -> OptOutList:
        """The list that came of one request. Raises `Invalid` when there is none, or none any more."""
        return open_list(self.state / local_id, self.keys)


def write_request(*, vault: Vault, exchange: Exchange, now: datetime) -> str:
    """Ask about every person of the vault's current loads; gives the local id of the request."""
    for folder in (exchange.outbox, exchange.inbox, exchange.state):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    loads = need_loads(vault)
    with _locked(exchange), _engine(exchange, *vault.readable) as (engine, scratch):
        engine.read_parquet(vault.files("person", loads)).project("nhs_number").distinct().create_view("people")
        name = _name(exchange, now)
        local_id = f"{name}-{secrets.token_hex(4)}"
        asked = _hash_people(engine, Hashing.of_list(exchange.keys, local_id), scratch / "asked.parquet")
        request = {"name": name, "local_id": local_id, "asked_at": now.isoformat(), "asked": asked}
        (scratch / "request.json").write_text(json.dumps(request), encoding="utf-8")
        # Kept before it is sent: an answer can then always be matched.
        (exchange.state / local_id).mkdir(mode=0o700)
        for kept in ("asked.parquet", "request.json"):
            os.replace(scratch / kept, exchange.state / local_id / kept)
        write_numbers(engine, "person_hash", exchange.outbox / f"{name}.dat")
    control = {"workflow_id": WORKFLOW_ID, "local_id": local_id, "subject": local_id}
    write_control(exchange.outbox / f"{name}.ctl", {**control, "from": exchange.mailbox, "to": exchange.recipient})
    return local_id


def _hash_people(engine: Engine, hashing: Hashing, path: Path) -> int:
    """Fill `person_hash` and write its hashes in their order; gives how many people there are."""
    hash_into(engine, "person_hash", "FROM people", hashing)
    asked = write_parquet(engine, "SELECT hashed FROM person_hash ORDER BY hashed", path)
    if not asked:
        raise Invalid("opt_outs:nobody_to_ask", "The vault holds no person.", "Load the sources first.")
    if one(engine, "SELECT count(DISTINCT hashed) FROM person_hash") < asked:
        raise Invalid(
            "opt_outs:collision", "Two people would be one to the list under this key.", "Make a new request."
        )
    return asked


def read_answer(*, exchange: Exchange, local_id: str, now: datetime) -> OptOutList:
    """Take the answer to one request in; read once already, it gives the same list again.

    Raises `Invalid`: unmatched local id, no answer yet, empty, refused, malformed, repeated or foreign numbers, or
    more people removed than can be true.
    """
    request = _request(exchange, local_id)
    kept = exchange.state / local_id
    if (kept / "list.json").exists():
        remove_messages(exchange, request)
        return exchange.opened(local_id)
    answer = _answer(exchange, local_id)
    with _engine(exchange, exchange.inbox) as (engine, scratch):
        read_numbers(engine, answer)
        hash_into(engine, "answered_hash", "FROM answered", Hashing.of_list(exchange.keys, local_id))
        allowed = _check(engine, kept / "asked.parquet", request["asked"], exchange.max_removed_share)
        write_parquet(engine, "SELECT hashed FROM answered_hash ORDER BY hashed", scratch / "allowed.parquet")
        receipt = Receipt(
            local_id=local_id,
            asked_at=request["asked_at"],
            received_at=now.isoformat(),
            asked=request["asked"],
            allowed=allowed,
            removed=request["asked"] - allowed,
            answer_sha256=fingerprint(answer),
        )
        (scratch / "list.json").write_text(json.dumps(receipt.describe()), encoding="utf-8")
        for name in ("allowed.parquet", "list.json"):
            os.replace(scratch / name, kept / name)
    remove_messages(exchange, request)
    return exchange.opened(local_id)


def remove_messages(exchange: Exchange, request: dict[str, Any]) -> None:
    """Remove a request and its answer as they were sent: they name people, and the list no longer needs them."""
    for place, called in ((exchange.outbox, request["name"]), (exchange.inbox, request["local_id"])):
        for suffix in (".ctl", ".dat", UNDELIVERED):
            (place / f"{called}{suffix}").unlink(missing_ok=True)


def expire(exchange: Exchange, now: datetime) -> int:
    """End every request and list that may serve nobody any more, its key first; gives how many."""
    ended = 0
    for told in sorted(exchange.state.glob("[!.]*/request.json")):
        request = json.loads(told.read_text(encoding="utf-8"))
        if now - datetime.fromisoformat(request["asked_at"]) > timedelta(days=AGE_CEILING_DAYS):
            exchange.keys.shred_opt_outs(request["local_id"])
            remove_messages(exchange, request)
            shutil.rmtree(told.parent)
            ended += 1
    return ended


def waiting(exchange: Exchange) -> tuple[str, ...]:
    """Local ids of requests that have no list yet, oldest first."""
    open_requests = (path.parent for path in exchange.state.glob("*/request.json"))
    return tuple(sorted(folder.name for folder in open_requests if not (folder / "list.json").exists()))


def is_answered(exchange: Exchange, local_id: str) -> bool:
    """True when an answer to that request, or word that it never arrived, lies in the inbox."""
    return any((exchange.inbox / f"{local_id}{ending}").is_file() for ending in (".ctl", UNDELIVERED))


def unmatched(exchange: Exchange) -> tuple[str, ...]:
    """Names of answers in the inbox that match no request."""
    names = {path.stem for path in exchange.inbox.glob("*.ctl")}
    return tuple(sorted(name for name in names if not (exchange.state / name / "request.json").exists()))


def _request(exchange: Exchange, local_id: str) -> dict[str, Any]:
    path = exchange.state / local_id / "request.json"
    if not NAME.fullmatch(local_id) or not path.is_file():
        raise Invalid(
            "opt_outs:unmatched",
            "No request has that local id.",
            "Read the answer to a request of this gateway, or make a new request.",
        )
    request: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return request


def _answer(exchange: Exchange, local_id: str) -> Path:
    path, control = (exchange.inbox / f"{local_id}{suffix}" for suffix in (".dat", ".ctl"))
    if not path.is_file() or not control.is_file():
        raise _no_answer(exchange, local_id)
    fields = read_control(control)
    if fields.get("workflow_id") != WORKFLOW_ID:
        raise malformed("The answer belongs to another workflow.")
    if fields.get("local_id") != local_id:
        raise Invalid(
            "opt_outs:unmatched",
            "The answer's control file names another local id.",
            "Ask the national service again; no list was made.",
        )
    return path


def _no_answer(exchange: Exchange, local_id: str) -> Invalid:
    note, begun = exchange.inbox / f"{local_id}{UNDELIVERED}", exchange.state / local_id / SENDING
    if note.is_file():
        code = read_control(note).get("code") or "none"
        return Invalid(
            "opt_outs:undelivered",
            f"The request never reached the national service (code {code}).",
            "Have the mailbox checked, then make a new request.",
        )
    if begun.exists() and not begun.with_name("sent.json").exists():
        return Invalid(
            "opt_outs:sending_cut_off",
            "Sending the request was cut off; whether the national service has it is not known.",
            "Make a new request: this one is not sent again.",
        )
    return Invalid(
        "opt_outs:no_answer_yet",
        "The national service has not answered yet.",
        "Wait (it takes about 40 minutes), then read the answer again.",
    )


def _check(engine: Engine, asked: Path, count: int, max_removed_share: float) -> int:
    """How many are allowed; `Invalid` when the answer cannot be one to this request."""
    lines, allowed = (one(engine, f"SELECT count({what}) FROM answered") for what in ("*", "DISTINCT nhs_number"))  # noqa: S608
    if allowed < lines:
        raise malformed(f"{lines - allowed} numbers of the answer are there twice.")
    foreign = one(
        engine,
        "SELECT count(*) FROM answered_hash ANTI JOIN read_parquet($asked) USING (hashed)",
        {"asked": str(asked)},
    )
    if foreign:
        raise Invalid(
            "opt_outs:foreign_numbers",
            f"The answer holds {foreign} numbers that were not asked about.",
            "Ask the national service again; no list was made.",
        )
    if count - allowed > max_removed_share * count:
        raise Invalid(
            "opt_outs:too_many_removed",
            f"The answer leaves out more than {max_removed_share:.0%} of the people asked about.",
            "Ask the national service again; if it is right, raise the limit for this exchange.",
        )
    return allowed


def _name(exchange: Exchange, now: datetime) -> str:
    """MAILBOX-DDMMYYYY-NNNN, the number running within the month."""
    sent = re.compile(rf"{re.escape(exchange.mailbox)}-[0-9]{{2}}{now:%m%Y}-([0-9]{{4}})-[0-9a-f]+")
    names = (sent.fullmatch(path.name) for path in exchange.state.iterdir())
    number = 1 + max((int(found[1]) for found in names if found), default=0)
    name = f"{exchange.mailbox}-{now:%d%m%Y}-{number:04d}"
    if number > 9999 or not NAME.fullmatch(name):
        raise Invalid(
            "opt_outs:mailbox_name",
            "The mailbox has no file name left for this month, or holds signs other than letters and digits.",
            "Correct the mailbox name.",
        )
    return name


@contextmanager
def _locked(exchange: Exchange) -> Iterator[None]:
    with (exchange.state / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _engine(exchange: Exchange, *folders: Path) -> Iterator[tuple[Engine, Path]]:
    with scratch_folder(exchange.state) as scratch:
        allowed = (exchange.state, exchange.outbox, *folders)
        with open_engine(scratch=scratch, folders=allowed) as engine:
            yield engine, scratch
