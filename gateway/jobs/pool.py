"""Opens the pool of a new gateway: the one row that no command could be about before it exists."""

from disclosure.accounting import pool_delta_ceiling
from gateway.commands.perform import perform
from gateway.jobs.house import House
from gateway.models import Pool
from gateway.rules.facts import SYSTEM
from gateway.vocabulary import Command

DEFAULT_EPSILON_MICRO = 10_000_000


def open_pool(house: House, *, name: str, public_population: int, epsilon_micro: int = DEFAULT_EPSILON_MICRO) -> str:
    """The pool's id; opening it twice gives the same one. The population is an official figure, never a count."""
    with house.gateway.unit.writing() as work:
        pool = work.find(Pool) or work.add(
            Pool(
                name=name,
                public_population=public_population,
                epsilon_micro=epsilon_micro,
                delta_e15=pool_delta_ceiling(public_population),
            )
        )
    perform(house.gateway, actor=SYSTEM, command=Command.OPEN_POOL, subject_id=pool.id)
    return pool.id
