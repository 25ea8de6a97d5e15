"""The exchange with the national service: a request goes out, its answer comes in and waits for an IG officer."""

from secrets import token_bytes

from gateway.commands.opt_outs import Received, Requested
from gateway.commands.perform import noted, perform, permit
from gateway.evidence.commitments import commit
from gateway.jobs.house import House
from gateway.models import OptOutList as Row
from gateway.rules.facts import Actor
from gateway.vocabulary import Command
from workspaces.opt_outs import (
    ByHand,
    Carrier,
    Exchange,
    Mesh,
    OptOutList,
    is_answered,
    read_answer,
    write_request,
)


def exchange_of(house: House) -> Exchange:
    """The mailbox and its folders."""
    return Exchange(
        mailbox=house.gateway.settings.mailbox,
        outbox=house.outbox,
        inbox=house.inbox,
        state=house.opt_outs,
        keys=house.keys,
    )


def carrier_of(house: House) -> Carrier:
    """The way to the national service: MESH where its address is set, else whoever moves files."""
    told = house.gateway.settings
    if not told.mesh_url:
        return ByHand()
    return Mesh(
        told.mesh_url,
        told.mesh_password.get_secret_value(),
        told.mesh_shared_key.get_secret_value(),
        certificate=told.mesh_certificate,
        private_key=told.mesh_private_key,
        authority=told.mesh_authority,
    )


def request_list(house: House, *, actor: Actor) -> str:
    """Ask about everybody in the vault; the local id that the answer will carry."""
    pool_id = house.pool_id()
    permit(house.gateway, actor=actor, command=Command.REQUEST_OPT_OUTS, subject_id=pool_id)
    with noted(house.gateway, actor=actor, command=Command.REQUEST_OPT_OUTS, subject_id=pool_id):
        local_id = write_request(vault=house.records(), exchange=exchange_of(house), now=house.gateway.now())
    given = Requested(local_id=local_id)
    perform(house.gateway, actor=actor, command=Command.REQUEST_OPT_OUTS, subject_id=pool_id, given=given)
    carrier_of(house).send(exchange_of(house))
    return local_id


def has_come(house: House, local_id: str) -> bool:
    """True when an answer to the request lies in the inbox, or word that it never arrived; else the carrier looks."""
    exchange = exchange_of(house)
    if not is_answered(exchange, local_id):
        carrier = carrier_of(house)
        carrier.send(exchange)  # where an earlier call found the way closed
        carrier.collect(exchange)
    return is_answered(exchange, local_id)


def receive_list(house: House, *, actor: Actor, local_id: str) -> str:
    """Take one answer in; the id of the new list."""
    pool_id = house.pool_id()
    permit(house.gateway, actor=actor, command=Command.RECEIVE_OPT_OUTS, subject_id=pool_id)
    with noted(house.gateway, actor=actor, command=Command.RECEIVE_OPT_OUTS, subject_id=pool_id):
        has_come(house, local_id)
        answer = read_answer(exchange=exchange_of(house), local_id=local_id, now=house.gateway.now())
    nonce = token_bytes(32)
    given = Received(
        local_id=local_id,
        list_date=answer.list_date,
        digest=answer.digest,
        commitment=commit(nonce, answer.digest),
        nonce=nonce.hex(),
        receipt=answer.receipt.describe(),
    )
    done = perform(house.gateway, actor=actor, command=Command.RECEIVE_OPT_OUTS, subject_id=pool_id, given=given)
    return done.created_id


def list_of(house: House, list_id: str) -> OptOutList:
    """The files of a list that the database knows."""
    with house.gateway.unit.reading() as work:
        row = work.need(Row, list_id)
    return exchange_of(house).opened(row.local_id)
