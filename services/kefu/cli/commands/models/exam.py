"""`kefu models exam`: what a model may do, found out with the cases that come with Kefu."""

from pathlib import Path
from typing import Annotated

import typer

from kefu.cli.commands.up import with_model
from kefu.cli.console import console
from kefu.cli.remote.connection import DataDirOption, Json, print_failures
from kefu.common.telemetry import set_up_logging
from kefu.local import data_dir as folders
from kefu.local.data_dir import DataDir
from kefu.local.suite import SuiteOptions


def exam(
    model: Annotated[
        str,
        typer.Option(
            "--model",
            help="As in kefu up --model: a name or a file. Default: the model of the Kefu that runs here, or else the "
            "one that kefu up would take.",
            show_default=False,
        ),
    ] = "",
    as_json: Json = False,
    texts: Annotated[
        Path | None,
        typer.Option("--texts", help="Write every reply and its grade here, a JSON object a line.", show_default=False),
    ] = None,
    data_dir: DataDirOption = folders.DEFAULT,
) -> None:
    """Have a model sit the exam: what it may do, and why not more. It takes minutes, and changes nothing.

    A router does the same by itself with a model that the catalog does not know, and keeps the marks.
    """
    from kefu.cli.commands.models.exam_table import running_suite, sit_and_print
    from kefu.evaluation.engine import running_model

    out = console(stderr=True)
    with print_failures():
        serving = None if model else running_suite(DataDir(data_dir))
        if serving is None:
            serving = running_model(with_model(SuiteOptions(model=model), out).model)
        set_up_logging("exam", "WARNING", "auto")  # the service runs in here; standard output is for marks alone
        sit_and_print(serving, out, texts, as_json=as_json)
