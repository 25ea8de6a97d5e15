"""Why checkers send things back: a short list, each filling a sentence that the checker goes on editing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """What stands in the list, and the sentence that it begins."""

    key: str
    label: str
    sentence: str


ON_PLANS = (
    Reason("literal", "A number or word is not explained", "Say where the literal … comes from and why it is needed."),
    Reason(
        "bounds", "Bounds or edges look like the data", "The bounds of … are not published ones; say what set them."
    ),
    Reason("purpose", "Outside what was approved", "The approval speaks of …; this asks for … instead."),
    Reason(
        "near",
        "Nearly the same as an earlier release",
        "This differs from release … by one clause; ask for both in one.",
    ),
    Reason(
        "noise", "Too noisy to be of use", "At this ε the interval of … is too wide to use; merge groups or offer more."
    ),
    Reason("context", "The title claims too much", "Word the title as a description: it must not claim a cause."),
)
ON_VALUES = (
    Reason(
        "noisy", "Most figures are too noisy", "Most figures of … are too noisy to use; ask again with fewer groups."
    ),
    Reason("near", "Nearly the same as an earlier release", "Taken from release … it speaks of a small group: …"),
    Reason(
        "group", "A group could be recognised", "The group … is small enough in the world to be recognised; merge it."
    ),
    Reason("context", "The title claims too much", "The title says more than the figures do: …"),
    Reason("purpose", "Outside what was approved", "The approval speaks of …; these figures are about …"),
)


def sentence(key: str, among: tuple[Reason, ...]) -> str:
    """The sentence of a reason; empty for none of them."""
    return next((each.sentence for each in among if each.key == key), "")
