"""The one list of statistics. A new one is a module named like its kind, a word here and a plain twin in the tests.

A module is loaded when its kind is first asked for: a process that draws one statistic loads one.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from disclosure.requests import Statistic as Asked
from disclosure.statistics.base import Statistic
from disclosure.statistics.columns import Columns
from disclosure.terms import Terms
from workspaces.catalogue.errors import Invalid


class Kinds(Mapping[str, Any]):
    """Classes of statistics by kind: of each kind the class of that name in the module of that name."""

    def __init__(self, *kinds: str) -> None:
        self._kinds = kinds

    def __getitem__(self, kind: str) -> Any:
        """The class of a kind. Raises KeyError."""
        if kind not in self._kinds:
            raise KeyError(kind)
        return getattr(import_module(f"disclosure.statistics.{kind}"), kind.capitalize())

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)


OVER_PEOPLE = Kinds(
    *("count", "proportion", "sum", "mean", "histogram", "spread", "quantiles", "comparison", "table"),
    *("rate", "standardised", "survival", "linear", "logistic"),
)
OVER_EVENTS = Kinds("periods", "codes", "forecast")
REGISTRY = Kinds(*OVER_PEOPLE, *OVER_EVENTS)  # what engines add up
OVER_BLOCKS = Kinds("program")


def bind(asked: Asked, columns: Columns, terms: Terms) -> Statistic:
    """The statistic asked for, bound to its columns. Raises Invalid("request:not_granted")."""
    if asked.kind not in terms.statistics:
        raise Invalid(
            "request:not_granted",
            f"{asked.name} is a {asked.kind}, which this project's grant does not allow.",
            f"Ask for one of: {', '.join(sorted(terms.statistics))}; or ask for an amendment.",
        )
    more = (terms,) if asked.kind in OVER_EVENTS else ()
    bound: Statistic = (OVER_BLOCKS if asked.kind in OVER_BLOCKS else REGISTRY)[asked.kind].asked(asked, columns, *more)
    return bound
