"""`kefu eval actions`: customers who want something done with their orders, and what is done."""

import asyncio
import json
import secrets
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from kefu.cli.commands.demo.demo_setup import Demo, connect_shop
from kefu.cli.commands.eval.own_suite import open_own_suite
from kefu.cli.commands.eval.run import BAD_SET, STOPPED, Ids, opened, until_stopped
from kefu.cli.commands.up import with_model
from kefu.cli.console import CommandFailed, console
from kefu.cli.remote.connection import explain_failures, print_failures
from kefu.client import Client
from kefu.common.telemetry import set_up_logging
from kefu.evaluation.actions.action_report import READING, ActionResults, as_text
from kefu.evaluation.actions.conversation import warmed_up
from kefu.evaluation.actions.customer_runs import Played, Stage
from kefu.evaluation.actions.hostile_customers import SCENARIOS, with_mallory
from kefu.evaluation.actions.recorded_shop import open_recorded_shop
from kefu.evaluation.actions.tasks import TASKS, Task, load_tasks
from kefu.evaluation.dataset import BadQuestionSet, is_even
from kefu.evaluation.report import measured_on
from kefu.local.ports import HOST
from kefu.local.suite import SuiteOptions, sample_folder
from kefu.order_system.seed import Seed, read_folder
from kefu.text.terminal_text import printable

_NO_MODEL = "none"
_PATIENCE_SECONDS = 120.0  # a service that was killed is started again meanwhile
_PRINT_EVERY = 25


def actions(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help=f"Folder with users.jsonl, orders.jsonl, products.jsonl and {TASKS}.",
            show_default=False,
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write a report in Markdown here.", show_default=False)
    ] = None,
    texts: Annotated[
        Path | None,
        typer.Option(
            "--texts", help="Write every conversation and its verdict here, a JSON object a line.", show_default=False
        ),
    ] = None,
    first: Annotated[int, typer.Option("--first", min=0, help="Only the first so many tasks. 0: all.")] = 0,
    ids: Annotated[Ids, typer.Option("--ids", help="Only tasks of odd ids, or of even ones.")] = Ids.ALL,
    hostile: Annotated[
        int,
        typer.Option("--hostile", min=0, help="Customers for each of the hostile scenarios. 0: none."),
    ] = 3,
    model: Annotated[
        str,
        typer.Option("--model", help=f'As in kefu up --model. Empty: the default one; "{_NO_MODEL}": no model runs.'),
    ] = "",
) -> None:
    """Play customers who want something done with their orders, and count what is right and what must not be.

    A shop and a suite are started for it, with the sample's actions and procedures. Scripted customers state the wishes
    of the tasks and answer what they are asked; hostile ones want another's orders, give orders to the assistant, click
    twice, and services are killed while something is being written. Ctrl-C prints what was played so far.
    """
    with print_failures():
        try:
            tasks = [one for one in load_tasks(folder) if ids is Ids.ALL or is_even(one.id) == (ids is Ids.EVEN)]
        except BadQuestionSet as error:
            raise CommandFailed(str(error), BAD_SET) from None
        seed, tasks = with_mallory(read_folder(folder)), tasks[: first or None]
        if not tasks:
            raise CommandFailed(f"{folder / TASKS} has no task of {ids} ids.", BAD_SET)
        known = {each.customer_id for each in seed.customers}
        if unknown := next((task for task in tasks if task.customer not in known), None):
            raise CommandFailed(f"{folder / TASKS}: nobody in users.jsonl is {unknown.customer}.", BAD_SET)
        out = console(stderr=True)
        options = SuiteOptions() if model == _NO_MODEL else with_model(SuiteOptions(model=model), out)
        set_up_logging("eval", "WARNING", "auto")  # choosing the model may have said more; the shop is in this process
        played: list[Played] = []
        with opened(texts) as file:
            run = _Run(options, seed, tasks, hostile, out, file, played)
            was_stopped = asyncio.run(until_stopped(run.play(without_model=model == _NO_MODEL)))
        if played:
            results = ActionResults(played, len(tasks), model or options.model)
            print(
                json.dumps(results.as_json(), ensure_ascii=False) if as_json else printable(results.markdown()),
                flush=True,
            )
            if report is not None:
                head = ["# Actions", "", measured_on(), "", READING, ""]
                report.write_text("\n".join([*head, results.markdown()]), "utf-8")
        if was_stopped:
            raise typer.Exit(STOPPED)


class _Run:
    """One run. What is played is added to `played`."""

    def __init__(
        self,
        options: SuiteOptions,
        seed: Seed,
        tasks: Sequence[Task],
        hostile: int,
        out: Console,
        texts: TextIO | None,
        played: list[Played],
    ) -> None:
        self._options = options
        self._seed = seed
        self._tasks = tasks
        self._hostile = hostile
        self._out = out
        self._texts = texts
        self._played = played

    async def play(self, *, without_model: bool) -> None:
        """Play all. Raises CommandFailed."""
        async with self._stage(without_model=without_model) as stage:
            with self._out.status("waiting until messages are compared with the actions' examples"):
                customer = next(order.customer_id for order in self._seed.orders)
                if not await warmed_up(stage.client, customer, stage.shop.token(customer)):
                    raise CommandFailed("No action answers: the search does not compare messages with examples.")
            await self._note(stage.play(self._tasks), "tasks", len(self._tasks))
            if self._hostile:
                count = 1 + self._hostile * (len(SCENARIOS) + len(stage.services.names))
                await self._note(stage.play_hostile(self._hostile), "hostile customers", count)

    @asynccontextmanager
    async def _stage(self, *, without_model: bool) -> AsyncIterator[Stage]:
        key = secrets.token_urlsafe(24)
        without = ("generation",) if without_model else ()
        settings = {"KEFU_ROUTER_PRIVATE_NETWORKS": HOST}
        with tempfile.TemporaryDirectory(prefix="kefu-eval-shop-") as folder:
            async with (
                open_recorded_shop(self._seed, Path(folder), key) as shop,
                open_own_suite(self._options, self._out, router=settings, without=without) as suite,
                explain_failures(suite.remote.router),
                Client(suite.remote.router, key=suite.remote.key, patience=_PATIENCE_SECONDS) as client,
            ):
                async with suite.remote.to_router() as channel:
                    await connect_shop(channel, suite.remote, Demo(shop.origin, key))
                pages = [*(sample_folder() / "actions").iterdir(), *(sample_folder() / "procedures").iterdir()]
                written = [path.read_text("utf-8") for path in pages]
                yield Stage(client, shop, written, suite)

    async def _note(self, playing: AsyncIterator[Played], what: str, count: int) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        times = (TimeElapsedColumn(), TimeRemainingColumn())
        with Progress(*columns, *times, console=self._out, transient=True) as progress:
            bar = progress.add_task(what, total=count)
            done = 0
            async for one in playing:
                done += 1
                self._played.append(one)
                progress.advance(bar)
                if not self._out.is_terminal and done % _PRINT_EVERY == 0:  # a log has no bar
                    self._out.print(f"  {done} of {count} {what}")
                if self._texts is not None:
                    self._texts.write(f"{json.dumps(as_text(one), ensure_ascii=False)}\n")
                    self._texts.flush()
