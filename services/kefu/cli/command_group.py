"""Groups of commands with a default: `kefu sessions` alone is `kefu sessions list`."""

from typing import Any

import typer
from typer.core import TyperGroup


class ListByDefault(TyperGroup):
    """A group whose command `list` runs when none is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `list` in front of options, or of nothing."""
        if not args or (args[0].startswith("-") and args[0] not in ("--help", "-h")):
            args = ["list", *args]
        return super().parse_args(ctx, args)


def group(help_text: str) -> typer.Typer:
    """A group of commands, one of which is `list`."""
    return typer.Typer(cls=ListByDefault, help=help_text, no_args_is_help=False, rich_markup_mode=None)
