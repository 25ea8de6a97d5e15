"""What a decision allows a release request to do: the part of a grant that this library needs to know.

Everything here is fixed before a record is read. Units: ε in micro-ε (1e-6), δ in 1e-15.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from disclosure.person_view.schema import Schema
from workspaces.catalogue.code_lists import CITED, Cited

STATISTICS = frozenset(
    {
        "count",
        "proportion",
        "sum",
        "mean",
        "histogram",
        "spread",
        "quantiles",
        "comparison",
        "table",
        "rate",
        "standardised",
        "survival",
        "linear",
        "logistic",
        "periods",
        "codes",
        "forecast",
        "program",
    }
)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The terms under which requests of one project are priced and drawn.

    `tables` are the granted columns by table. `delta_e15` is the δ at which one release is labelled and its ε turned
    into ρ; 0 stands for pure ε with Laplace noise only. `floor_half_width` is the least 95 % half-width, in people, of
    any count of people (privacy model P8). `rows_per_person` caps the rows of one person in each table before the view
    runs (P6). `literal_bits` limits what an INFORMED request's own literals can say (P1), None for a BLIND one.
    `threshold_delta0_e15` is the δ₀ that one statistic may spend on naming keys found in the data; 0 allows none.
    `public_population` is an official figure, never a count of records; expected widths of ratios lean on it.
    `seconds_per_unit` scales deadlines to the machine. `code_lists` are those that views may cite, by id; a list never
    changes once it is published, so a request means the same for ever.
    """

    tables: Mapping[str, tuple[str, ...]]
    delta_e15: int
    public_population: int
    request_epsilon_micro: int = 1_000_000
    floor_half_width: int = 10
    rows_per_person: int = 1_000
    statistics: frozenset[str] = STATISTICS
    literal_bits: int | None = None
    threshold_delta0_e15: int = 0
    seconds_per_unit: int = 1
    code_lists: Mapping[str, Cited] = field(default_factory=lambda: CITED)

    def __post_init__(self) -> None:
        if not 0 <= self.delta_e15 < 10**15:
            raise ValueError("δ is at least 0 and below 1")
        if self.floor_half_width < 0 or self.public_population < 1 or self.rows_per_person < 1:
            raise ValueError("a floor is not negative; populations and caps are at least 1")
        if not 0 <= self.threshold_delta0_e15 < 10**15:
            raise ValueError("a δ₀ is at least 0 and below 1")
        if self.seconds_per_unit < 1 or not self.statistics <= STATISTICS:
            raise ValueError("deadlines have a positive unit; statistics come from the closed list")


def schema_of(terms: Terms) -> Schema:
    """What views under these terms may read and cite. Raises Invalid on a table or column of no catalogue."""
    return Schema.granted(terms.tables, rows_per_person=terms.rows_per_person, code_lists=terms.code_lists)
