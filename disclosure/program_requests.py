"""What a statistic by a program asks for: a script, blocks of people, numbers within declared bounds (P12).

The script runs once for each block; of its answers only the noisy mean or median over the blocks is released. Script,
bounds and defaults are the author's own, so each is listed as a literal with the bits of choice that it carries (P1).
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from disclosure.person_view.schema import Literal as Counted
from disclosure.request_values import Edge, Name, Strict, several, visible

LEAST_BLOCKS, MOST_BLOCKS = 20, 1_000
MOST_OUTPUTS = 20
MOST_SCRIPT = 20_000
MOST_SECONDS = 60  # processor time of one block
MOST_MEMORY = 2_048
AT_ONCE = 2  # blocks that run side by side
MOST_TOGETHER = 7_200  # seconds of processor time of all blocks of a statistic
NEXT = {
    "program": 'Give {"script": "…", "blocks": 200, "outputs": [{"name": …, "lower": …, "upper": …, "default": …}]}.',
    "script": f"Give the text of a Python script of at most {MOST_SCRIPT:,} visible characters.",
    "blocks": f"Give {LEAST_BLOCKS} to {MOST_BLOCKS} blocks; more leave less noise and fewer people in each.",
    "outputs": f"Name 1 to {MOST_OUTPUTS} numbers, each once, with lower, upper and default.",
    "default": "Give the number, within the bounds, that counts where a block gives none.",
    "aggregate": "Give mean or median.",
    "seconds": f"Give 1 to {MOST_SECONDS} seconds, and at most {MOST_TOGETHER:,} for all blocks together.",
    "memory_mib": f"Give 64 to {MOST_MEMORY} MiB.",
}
_WHOLE = re.compile(r"\d{1,4}")


def _whole(value: object) -> object:
    """A whole number, also as the text of a form's field."""
    return int(value) if isinstance(value, str) and value.isascii() and _WHOLE.fullmatch(value) else value


def _readable(value: object) -> object:
    """A script is read by people too."""
    try:
        return visible(value)
    except PydanticCustomError:
        raise PydanticCustomError("script", "holds a character that cannot be seen") from None


class Output(Strict):
    """One number that every block returns, in a unit of the author's: brought within the bounds where it is not."""

    name: Name
    lower: Edge
    upper: Edge
    default: Edge

    @model_validator(mode="after")
    def _is_within(self) -> Self:
        if not self.lower < self.upper:
            raise PydanticCustomError("outputs", "must have a lower bound below its upper one")
        if not self.lower <= self.default <= self.upper:
            raise PydanticCustomError("default", "must lie within the bounds")
        return self


class Program(Strict):
    """A script, how many blocks it runs for, what it returns, and what each block may use.

    `seconds` are of one block's processor time, `memory_mib` its memory. A block that fails, hangs, takes more than
    that or gives no number counts with the defaults.
    """

    script: Annotated[str, StringConstraints(min_length=1, max_length=MOST_SCRIPT), BeforeValidator(_readable)]
    blocks: Annotated[int, BeforeValidator(_whole), Field(ge=LEAST_BLOCKS, le=MOST_BLOCKS)]
    outputs: Annotated[tuple[Output, ...], BeforeValidator(several), Field(min_length=1, max_length=MOST_OUTPUTS)]
    aggregate: Literal["mean", "median"] = "mean"
    seconds: Annotated[int, BeforeValidator(_whole), Field(ge=1, le=MOST_SECONDS)] = 5
    memory_mib: Annotated[int, BeforeValidator(_whole), Field(ge=64, le=MOST_MEMORY)] = 512

    @model_validator(mode="after")
    def _is_bounded(self) -> Self:
        if len({each.name for each in self.outputs}) != len(self.outputs):
            raise PydanticCustomError("outputs", "must name each number once")
        if self.blocks * self.seconds > MOST_TOGETHER:
            raise PydanticCustomError("seconds", "must be fewer for so many blocks")
        return self

    @property
    def digest(self) -> str:
        """SHA-256 of the script, hexadecimal."""
        return sha256(self.script.encode()).hexdigest()

    def literals(self, statistic: str) -> Iterator[Counted]:
        """What its author chose: the script by its digest, with all its bits; each bound and default."""
        size = len(self.script.encode())
        yield Counted(f"{size:,} bytes, SHA-256 {self.digest}", 8 * size, f"the script of {statistic}")
        for output in self.outputs:
            for what in ("lower", "upper", "default"):
                text = f"{getattr(output, what):f}"
                yield Counted(text, bits(text), f"{what} of {output.name} of {statistic}")


def bits(text: str) -> int:
    """Bits of choice in a number as written: three and a half a digit, rounded up, and one for a sign."""
    digits = sum(sign.isdigit() for sign in text)
    return -(-digits * 7 // 2) + text.startswith("-")


def check_program(kind: str, program: Program | None, by: tuple[str, ...], half_width: Decimal | None) -> None:
    """Raises a pydantic error where a program comes with what only counted statistics take."""
    if kind != "program" or program is None:
        return
    if by:
        raise PydanticCustomError("by", "must be left out: the script makes its own groups")
    if half_width is not None:
        raise PydanticCustomError("half_width", "must be left out: each number of a program has a unit of its own")
