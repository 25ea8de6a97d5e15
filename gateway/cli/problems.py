"""What goes wrong at the command line, in the one shape of a refusal: code, sentence, next step, on stderr.

Exit codes: 1 refused or bad input, 2 wrong arguments, 70 a defect of ours. (`tre intake load` has its own.)
"""

import traceback
from secrets import token_hex

import click

from gateway.rules.refusals import Refusal
from workspaces.catalogue.errors import Invalid

REFUSED, WRONG_ARGUMENTS, DEFECT = 1, 2, 70


def told(error: Exception) -> int:
    """Print what a person should read, never a traceback; the exit code."""
    if isinstance(error, Refusal | Invalid):
        return _say(error.code, error.sentence, error.next_step, REFUSED)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return WRONG_ARGUMENTS
    if isinstance(error, click.UsageError):
        asked = f"See `{error.ctx.command_path} --help`." if error.ctx else "See `tre --help`."
        return _say("arguments:wrong", error.format_message(), asked, WRONG_ARGUMENTS)
    if isinstance(error, click.ClickException):
        return _say("command:failed", error.format_message(), "Correct it and try again.", error.exit_code)
    if isinstance(error, click.Abort):
        return _say("command:aborted", "Nothing more was done.", "Start it again when you want.", REFUSED)
    if isinstance(error, OSError):
        what = error.strerror or type(error).__name__
        return _say("file:unusable", f"{error.filename or 'A file'}: {what}.", "Name one that can be used.", REFUSED)
    if isinstance(error, UnicodeError) or (isinstance(error, ValueError) and "null byte" in str(error)):
        return _say("arguments:not_text", "Something given is not text.", "Type it again.", WRONG_ARGUMENTS)
    return _defect(error)


def _defect(error: Exception) -> int:
    # its place helps whoever mends it; its message may hold values
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    place = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
    sentence = f"This is our fault, not yours: incident {token_hex(4)}, {type(error).__name__} at {place}."
    return _say("defect:logged", sentence, "Try again; if it happens again, give the operator this line.", DEFECT)


def _say(code: str, sentence: str, next_step: str, ends: int) -> int:
    click.echo(f"{code}: {' '.join(sentence.split())} {next_step}", err=True)
    return ends
