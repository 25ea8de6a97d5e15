"""Erasure orders: proposed with a token of the person, carried out by a refresh, applied again after a restore."""

from gateway.commands.erasures import Proposed
from gateway.commands.perform import noted, perform, permit
from gateway.jobs.house import House
from gateway.jobs.opt_out_lists import exchange_of
from gateway.models import ErasureOrder, Refresh
from gateway.rules.facts import SYSTEM, Actor
from gateway.store.sealed_notes import Kind, buried, bury
from gateway.vocabulary import Command, ErasureGround, ErasureState
from workspaces.catalogue.errors import Invalid
from workspaces.intake import erasing
from workspaces.opt_outs import forget
from workspaces.snapshots import cleaned, is_number

TOKENS = "erasures/"


def propose_erasure(house: House, *, actor: Actor, number: str, ground: ErasureGround) -> str:
    """The id of the order; the number becomes a token here and is kept nowhere."""
    pool_id = house.pool_id()
    permit(house.gateway, actor=actor, command=Command.PROPOSE_ERASURE, subject_id=pool_id)
    with noted(house.gateway, actor=actor, command=Command.PROPOSE_ERASURE, subject_id=pool_id):
        token = erasing.token_of(one_number(number), house.keys.erasures())
    given = Proposed(ground=ground, token=token)
    done = perform(house.gateway, actor=actor, command=Command.PROPOSE_ERASURE, subject_id=pool_id, given=given)
    return done.created_id


def one_number(text: str) -> str:
    """The one NHS number in a text; `Invalid`, without a digit of it, when there is none or its check fails."""
    number = cleaned(text)
    if not is_number(number):
        raise Invalid(
            "person:not_a_number",
            "What was given is not one NHS number, or its check digit does not hold.",
            "Give the ten digits of one person.",
        )
    return number


def carry_out(house: House, refresh: Refresh) -> None:
    """Take everybody whose order was approved before this refresh out of every load."""
    orders = approved(house, refresh)
    vault = house.records()
    for order in orders:
        erasing.remember(vault, order.id, order.token)
    _keep_tokens(house)
    if orders:
        erasing.erase(vault)


def conclude(house: House, refresh: Refresh) -> None:
    """When no older snapshot is left: out of the lists too, then the orders are done."""
    forget(house.records(), exchange_of(house))
    for order in approved(house, refresh):
        bury(house.objects, kind=Kind.ERASURE, id=order.id, at=house.gateway.now())
        perform(house.gateway, actor=SYSTEM, command=Command.COMPLETE_ERASURE, subject_id=order.id)


def approved(house: House, refresh: Refresh) -> list[ErasureOrder]:
    """Orders that this refresh carries out; one approved since it began waits for the next."""
    with house.gateway.unit.reading() as work:
        waiting = work.all(ErasureOrder, ErasureOrder.state == ErasureState.APPROVED)
    return [order for order in waiting if order.decided_at and order.decided_at <= refresh.begun_at]


def replay(house: House) -> int:
    """Everybody ever erased out of whatever loads and lists lie here, as after a restore; gives loads rewritten."""
    vault = house.records()
    _bring_back_tokens(house)
    rewritten = erasing.erase(vault)
    forget(vault, exchange_of(house))
    return rewritten


def _keep_tokens(house: House) -> None:
    """A copy of each token where the vault's disk does not matter: among records, never where a lock would hold it."""
    for path in house.records().erasures.glob("*.json"):
        if not house.objects.exists(f"{TOKENS}{path.name}"):
            house.objects.put_file(f"{TOKENS}{path.name}", path)


def _bring_back_tokens(house: House) -> None:
    """Into a vault that is older than they are. Raises Invalid when somebody was erased and nothing says who."""
    folder = house.records().erasures
    kept = {name.removeprefix(TOKENS) for name in house.objects.list(TOKENS)}
    for name in kept - {path.name for path in folder.glob("*.json")}:
        house.objects.fetch(f"{TOKENS}{name}", folder / name)
    done = {f"{note.id}.json" for note in buried(house.objects, Kind.ERASURE)}
    lost = done - {path.name for path in folder.glob("*.json")}
    if lost:
        raise Invalid(
            "restore:erasure_unknown",
            f"{len(lost)} people were erased, and neither the vault nor the store says who.",
            "Bring back the newest copy of the vault's folder erasures.",
        )
