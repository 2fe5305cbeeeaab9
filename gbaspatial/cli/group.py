"""What every command does with an error or a warning: one sentence, in the words of the command line."""

from __future__ import annotations

import re
import sys
import warnings
from typing import Any

import click

from gbaspatial.errors import GbaError, GbaWarning

# The library tells its cures in Python; here they are told as options.
_SAME_NAME = (
    "crs|layer|repair|encoding|missing|sheet|header|decimal|thousands|percent|inference|scheme|links|effects|unbalanced"
)
_IN_OPTIONS = (
    (r"gba\.data\.caveats\('[^']*'\)", "gbaspatial data caveats"),
    (r" from the data and from the weights \(w\.subset\) yourself", " with --without"),
    (r"\bfill_down=\['([^']*)'\]", r"--fill-down \1"),
    (r"gba\.data\.long\(table, 'value'\)", "gba.data.long, in Python"),
    (r"\bk=(-?[\d.]+) neighbors", r"--weights nearest:\1: so many neighbors"),
    (r"\b1 <= k <= (\d+)", r"nearest:1 to nearest:\1"),
    (r"\bthreshold_km=(?=[-\d])", "--weights band:"),
    (r"\bpower=(?=[-\d])", "--weights inverse:"),
    (r"\buse nearest or distance_band\b", "use --weights nearest:4 or band:50"),
    (r"(?: Or)? islands='(?:nearest|keep)'[^.]*\.", ""),
    (r"\bunit=(?=')", "--id "),
    (r"\btime=(?=')", "--table-time "),
    (r"\bby=", "--id and --table-id"),
    (r"\btime=", "--table-time"),
    (r"\brng=", "--seed"),
    (rf"\b({_SAME_NAME})='([^'\s]*)'", r"--\1 \2"),
    (rf"\b({_SAME_NAME})=(?=[\w'])", r"--\1 "),
    (rf"\b({_SAME_NAME})=", r"--\1"),
)


class Commands(click.Group):
    """A group whose commands tell an error of ours as one sentence, and end with code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; no traceback for what the user can mend."""
        warnings.showwarning = show_warning
        try:
            return super().invoke(ctx)
        except GbaError as error:
            told = in_options(error)
            if ctx.invoked_subcommand == "report":  # whose options about the table have shorter names
                told = told.replace("--table-time", "--time").replace("--table-id", "--id")
            click.echo(f"error: {told}", err=True)
            sys.exit(2)
        except BrokenPipeError:
            sys.exit(1)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            click.echo(f"error: {error.filename or 'a file'} cannot be read or written ({reason}).", err=True)
            sys.exit(2)


def in_options(message: object) -> str:
    """A sentence of the library in the words of the command line."""
    text = str(message)
    for pattern, words in _IN_OPTIONS:
        text = re.sub(pattern, words, text)
    return text


def show_warning(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    """Print a warning of ours as one line; others are for developers."""
    if issubclass(category, GbaWarning):
        click.echo(f"warning: {in_options(message)}", err=True)
