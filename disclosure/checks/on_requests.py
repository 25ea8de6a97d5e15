"""A preset applied to a request: what its rules say before anything is drawn, from request and terms alone (P5).

Everything that depends on how many people contribute cannot be decided after noise and says so (P10).
"""

from collections.abc import Callable
from decimal import Decimal

from disclosure.checks.presets import Demand, Preset, Rule
from disclosure.checks.risks import Risk, bears
from disclosure.checks.verdicts import UNDECIDABLE, Checked, Finding, Outcome
from disclosure.clearance import Cleared
from disclosure.pricing import PriceLine
from disclosure.requests import ReleaseRequest
from disclosure.terms import Terms

WORDS_OF_A_TITLE = 3


def check_request(request: ReleaseRequest, cleared: Cleared, terms: Terms, preset: Preset) -> Checked:
    """Every demand of the preset, then what this house asks of every request."""
    asked = _Asked(request, cleared, terms)
    found = [_RULES[demand.rule](asked, demand) for demand in preset.demands]
    about = "the request"
    return Checked(
        preset.id, preset.name, preset.source, preset.address, about, [*found, *(rule(asked) for rule in _HOUSE)]
    )


class _Asked:
    """What the rules look at."""

    def __init__(self, request: ReleaseRequest, cleared: Cleared, terms: Terms) -> None:
        self.request = request
        self.cleared = cleared
        self.terms = terms

    @property
    def floor(self) -> int:
        """The least half-width of a count of people under these terms."""
        return self.terms.floor_half_width

    def any_bears(self, risk: Risk) -> bool:
        """Is a statistic asked for that bears the risk?"""
        return any(bears(each.kind, risk) for each in self.request.statistics)

    @property
    def counts(self) -> list[PriceLine]:
        """The lines that release numbers of people, with widths known beforehand."""
        lines = self.cleared.price.lines
        return [line for line in lines if line.unit == "people" and line.assumes is None and line.half_width_95]


def _low_counts(asked: _Asked, demand: Demand) -> Finding:
    if asked.floor >= demand.number:
        return _finding(
            demand,
            Outcome.UNDECIDABLE,
            f"Whether a figure rests on fewer than {demand.number} people is {UNDECIDABLE} of ±{asked.floor} people.",
        )
    return _finding(
        demand,
        Outcome.LOOK,
        f"Whether a figure rests on fewer than {demand.number} people is not decidable after DP, and this grant's "
        f"noise floor of ±{asked.floor} people is lower than that.",
    )


def _zeros(asked: _Asked, demand: Demand) -> Finding:  # noqa: ARG001
    return _finding(
        demand, Outcome.COVERED, "A released zero does not say that nobody is there: noise is added to every cell."
    )


def _rounding(asked: _Asked, demand: Demand) -> Finding:
    narrow = [line for line in asked.counts if 2 * (line.half_width_95 or 0) < demand.number]
    if narrow:
        names = ", ".join(line.statistic for line in narrow)
        return _finding(
            demand, Outcome.LOOK, f"The noise of {names} blurs less than rounding to the nearest {demand.number} would."
        )
    return _finding(
        demand,
        Outcome.COVERED,
        f"Counts are not rounded: noise of at least ±{_least(asked)} people blurs more than rounding to the nearest "
        f"{demand.number} would.",
    )


def _least(asked: _Asked) -> Decimal | int:
    return min((line.half_width_95 for line in asked.counts if line.half_width_95), default=asked.floor)


def _rows(asked: _Asked, demand: Demand) -> Finding:  # noqa: ARG001
    return _finding(
        demand, Outcome.NOTHING, "Only statistics of a closed list can be asked for; a row of a person cannot."
    )


def _context(asked: _Asked, demand: Demand) -> Finding:
    if len(asked.request.title.split()) < WORDS_OF_A_TITLE:
        return _finding(
            demand,
            Outcome.LOOK,
            f"The title has fewer than {WORDS_OF_A_TITLE} words: say who is counted, and what for.",
        )
    return _finding(demand, Outcome.PERSON, "Whether title and names say enough is for a person to judge.")


def _extremes(asked: _Asked, demand: Demand) -> Finding:
    edge = Decimal(demand.number) / 100
    extreme = [
        f"{each.name} ({share.normalize():f})"
        for each in asked.request.statistics
        for share in each.quantiles or ()
        if not edge <= share <= 1 - edge
    ]
    if extreme:
        return _finding(demand, Outcome.LOOK, f"Close to a minimum or maximum: {', '.join(extreme)}.")
    return _finding(
        demand, Outcome.NOTHING, f"No quantile beyond {demand.number} or {100 - demand.number} % is asked for."
    )


def _underlying(asked: _Asked, demand: Demand) -> Finding:
    if asked.any_bears(Risk.RATIO):
        return _finding(
            demand, Outcome.NOTHING, "The noisy numbers under each ratio stand beside it in the package (drawn)."
        )
    return _finding(demand, Outcome.NOTHING, "No rate or ratio is asked for.")


def _dominance(asked: _Asked, demand: Demand) -> Finding:
    if not asked.any_bears(Risk.DOMINANCE):
        return _finding(demand, Outcome.NOTHING, "No total or mean of values is asked for.")
    return _finding(
        demand,
        Outcome.UNDECIDABLE,
        f"How much of a total the two largest contributions make up is {UNDECIDABLE}; each person's part is bounded, "
        "and the noise is as wide as that bound asks.",
    )


def _degrees_of_freedom(asked: _Asked, demand: Demand) -> Finding:
    if not asked.any_bears(Risk.MODEL):
        return _finding(demand, Outcome.NOTHING, "No model is asked for.")
    return _finding(
        demand,
        Outcome.UNDECIDABLE,
        f"Whether a model has {demand.number} residual degrees of freedom is looked at on released values.",
    )


def _finding(demand: Demand, outcome: Outcome, sentence: str) -> Finding:
    return Finding(demand.rule.value, outcome, sentence, demand.words)


def _literals(asked: _Asked) -> Finding:
    literals = asked.cleared.price.literals
    if not literals:
        return Finding("literals", Outcome.NOTHING, "Every bound, key and list is a published one.")
    bits = sum(each.bits for each in literals)
    told = f"The view carries {len(literals)} numbers or words of its own ({bits} bits): the plan check looks at each."
    return Finding("literals", Outcome.PERSON, told)


def _too_noisy(asked: _Asked) -> Finding:
    """The width of counts beside the public population spread over the cells: a guide, before anything is spent."""
    statistics = zip(asked.cleared.statistics, asked.cleared.price.lines, strict=True)
    loud = [
        line.statistic
        for statistic, line in statistics
        if line in asked.counts and asked.terms.public_population / max(1, line.cells) < (line.half_width_95 or 0)
    ]
    if loud:
        return Finding(
            "too_noisy",
            Outcome.LOOK,
            f"Were the public population spread evenly, most figures of {', '.join(loud)} would be smaller than their "
            "noise and be marked too noisy to use: take fewer or wider groups, or offer more epsilon.",
        )
    return Finding("too_noisy", Outcome.NOTHING, "No count is split so finely that noise would drown most of it.")


_RULES: dict[Rule, Callable[[_Asked, Demand], Finding]] = {
    Rule.LOW_COUNTS: _low_counts,
    Rule.ZEROS: _zeros,
    Rule.ROUNDING: _rounding,
    Rule.ROWS: _rows,
    Rule.CONTEXT: _context,
    Rule.EXTREMES: _extremes,
    Rule.UNDERLYING: _underlying,
    Rule.DOMINANCE: _dominance,
    Rule.DEGREES_OF_FREEDOM: _degrees_of_freedom,
}
_HOUSE: tuple[Callable[[_Asked], Finding], ...] = (_literals, _too_noisy)
