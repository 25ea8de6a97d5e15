"""The one shape of an error that a person should read: a code, a sentence, what to do next.

Sentences name tables, columns, clauses and counts, never a value from a record.
"""


class Invalid(Exception):
    """Bad input: nothing was written and nothing was spent."""

    def __init__(self, code: str, sentence: str, next_step: str) -> None:
        super().__init__(f"{code}: {sentence} {next_step}")
        self.code = code
        self.sentence = sentence
        self.next_step = next_step
