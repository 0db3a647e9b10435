"""The command line `kefu`: runs Kefu on one machine, imports documents, asks questions, administers."""

import sys
from typing import Annotated

import typer

from kefu.cli.commands import (
    archive,
    audit,
    chat,
    collections,
    curated_answers,
    desk,
    dictionary,
    documents,
    drafts,
    insight,
    search,
    sessions,
    suite,
    webhooks,
)
from kefu.cli.commands.data import data_commands as data
from kefu.cli.commands.demo import demo_commands as demo
from kefu.cli.commands.models import models_commands as models
from kefu.cli.commands.reviews import conversations, review
from kefu.cli.commands.sources import sources_commands as sources
from kefu.cli.commands.tenants import (
    actions,
    experiments,
    golden,
    keys_and_tenants,
    procedures,
    secrets,
    settings,
    triage,
)
from kefu.cli.console import CommandFailed, exit_with

_ANYTHING = {"allow_extra_args": True, "ignore_unknown_options": True}


def make_app() -> typer.Typer:
    """The command line with all its commands."""
    app = typer.Typer(
        name="kefu",
        pretty_exceptions_enable=False,
        rich_markup_mode=None if not sys.stdout.isatty() else "rich",
        help="Kefu answers customers from your knowledge base. `kefu up` starts it here; everything else calls it.",
    )
    app.callback(invoke_without_command=True)(_options)
    suite.register(app)
    models.register(app)
    chat.register(app)
    search.register(app)
    collections.register(app)
    documents.register(app)
    drafts.register(app)
    curated_answers.register(app)
    dictionary.register(app)
    sources.register(app)
    sessions.register(app)
    conversations.register(app)
    review.register(app)
    desk.register(app)
    keys_and_tenants.register(app)
    audit.register(app)
    archive.register(app)
    settings.register(app)
    secrets.register(app)
    actions.register(app)
    procedures.register(app)
    golden.register(app)
    triage.register(app)
    insight.register(app)
    experiments.register(app)
    webhooks.register(app)
    data.register(app)
    demo.register(app)
    app.command("eval", add_help_option=False, context_settings=_ANYTHING)(_evaluate)
    return app


def _options(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as version_of

        print(version_of("kefu"))
    elif context.invoked_subcommand is None:
        print(context.get_help())


def _evaluate(context: typer.Context) -> None:
    """Measure retrieval on question sets: kefu eval --help."""
    try:
        from kefu.cli.commands.eval import retrieval as evaluation
        from kefu.common.telemetry import set_up_logging
    except ImportError as exc:
        missing = exc.name or str(exc)
        exit_with(CommandFailed(f"`kefu eval` needs {missing}, which is not installed: pip install 'kefu[cpu]'."))
    set_up_logging("eval", "WARNING", "auto")  # the services' parts run in here; standard output is for figures alone
    evaluation.app(args=context.args, prog_name="kefu eval")


def main() -> None:
    """Run the command line."""
    make_app()()


if __name__ == "__main__":
    main()
