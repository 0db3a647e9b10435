"""`kefu experiments`: a share of conversations gets a draft, and what came of both is compared."""

from typing import Annotated

import typer

from kefu.cli.command_group import group
from kefu.cli.commands.collections import Yes, confirm
from kefu.cli.console import console, local_time, print_json, print_table
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.resource_names import full, short
from kefu.router.v1 import experiment_pb2 as pb
from kefu.router.v1 import experiment_pb2_grpc as rpc
from kefu.text.terminal_text import printable

experiments = group("Experiments: a share of conversations gets a draft. start, list, show, stop, promote.")
Name = Annotated[str, typer.Argument(help="experiments/NAME, or the name alone; none: the latest.")]
_ENDS = {
    pb.Experiment.END_UNSPECIFIED: "runs",
    pb.Experiment.END_STOPPED: "stopped",
    pb.Experiment.END_PROMOTED: "promoted",
    pb.Experiment.END_PLANNED: "all counted",
    pb.Experiment.END_DRAFT_GONE: "draft gone",
}
_VERDICTS = {
    pb.ExperimentFigures.VERDICT_UNDECIDED: "no difference is shown yet",
    pb.ExperimentFigures.VERDICT_DRAFT_BETTER: "more are resolved over the draft",
    pb.ExperimentFigures.VERDICT_DRAFT_WORSE: "fewer are resolved over the draft",
}


async def _start(
    target: Remote,
    share: Annotated[int, typer.Option("--share", "-s", help="New conversations in 100 that get it.", min=1, max=50)],
    draft: Annotated[
        str, typer.Argument(help="collections/COLLECTION/drafts/DRAFT; see `kefu drafts list`.", show_default=False)
    ] = "",
    settings: Annotated[
        str, typer.Option(help="Staged settings, with the draft or alone; see `kefu settings staged`.")
    ] = "",
    most: Annotated[
        int, typer.Option("--most", help="End when so many conversations are counted.", min=1, max=100_000)
    ] = 2000,
    title: Annotated[str, typer.Option(help="For people.")] = "",
    as_json: Json = False,
) -> None:
    """Give a share of new conversations a draft. Those that have begun are left alone."""
    staged = full("stagedSettings", settings) if settings else ""
    asked = pb.Experiment(
        draft=draft, staged_settings=staged, share_percent=share, most_conversations=most, title=title
    )
    async with target.to_router() as channel:
        request = pb.StartExperimentRequest(experiment=asked)
        started = (
            await rpc.ExperimentServiceStub(channel).StartExperiment(request, metadata=target.metadata)
        ).experiment
    if as_json:
        print_json(started)
    else:
        console().print(
            f"Started {short(started.name)}: {share} of 100 new conversations get {_what(started)}.", soft_wrap=True
        )


async def _list(target: Remote, as_json: Json = False) -> None:
    """List the last experiments, the latest first."""
    async with target.to_router() as channel:
        stub = rpc.ExperimentServiceStub(channel)
        found = await stub.ListExperiments(pb.ListExperimentsRequest(), metadata=target.metadata)
    if as_json:
        print_json(found)
        return
    print_table(
        ("experiment", "title", "draft", "share", "started", "state", "conversations", "difference"),
        [
            (
                short(one.name),
                one.title,
                _what(one),
                f"{one.share_percent} %",
                local_time(one.start_time),
                _ENDS.get(one.end, "?"),
                f"{one.figures.draft.conversations} + {one.figures.live.conversations}",
                _difference(one.figures),
            )
            for one in found.experiments
        ],
        empty="There was no experiment yet: kefu experiments start DRAFT --share 10",
    )


async def _show(target: Remote, name: Name = "-", as_json: Json = False) -> None:
    """Show what came of an experiment's conversations so far. It may be looked at as often as one likes."""
    async with target.to_router() as channel:
        request = pb.GetExperimentRequest(name=full("experiments", name))
        found = (await rpc.ExperimentServiceStub(channel).GetExperiment(request, metadata=target.metadata)).experiment
    if as_json:
        print_json(found)
    else:
        _print(found)


async def _stop(target: Remote, name: Name = "-") -> None:
    """Stop an experiment: its conversations go on over live."""
    async with target.to_router() as channel:
        request = pb.StopExperimentRequest(name=full("experiments", name))
        found = (await rpc.ExperimentServiceStub(channel).StopExperiment(request, metadata=target.metadata)).experiment
    _print(found)


async def _promote(target: Remote, name: Name = "-", yes: Yes = False) -> None:
    """Make the draft live for everybody, and end the experiment. It is refused while the draft is held."""
    async with target.to_router() as channel:
        stub = rpc.ExperimentServiceStub(channel)
        request = pb.GetExperimentRequest(name=full("experiments", name))
        found = (await stub.GetExperiment(request, metadata=target.metadata)).experiment
        _print(found)
        confirm(f"Make {_what(found)} live?", yes)
        ended = await stub.PromoteExperiment(pb.PromoteExperimentRequest(name=found.name), metadata=target.metadata)
    console().print(f"{_what(ended.experiment)} is live.", soft_wrap=True, markup=False)


def _print(found: pb.Experiment) -> None:
    out, figures = console(), found.figures
    title = f" ({printable(found.title)})" if found.title else ""
    ended = local_time(found.end_time)
    out.print(
        f"{short(found.name)}{title}: {_what(found)}, {found.share_percent} % since {local_time(found.start_time)}, "
        f"{_ENDS.get(found.end, '?')}{f' {ended}' if ended else ''}",
        soft_wrap=True,
        markup=False,
    )
    print_table(
        ("", "draft", "live"),
        [
            ("conversations", str(figures.draft.conversations), str(figures.live.conversations)),
            ("resolved", _share(figures.draft.resolved), _share(figures.live.resolved)),
            ("handed over", _share(figures.draft.handed_over), _share(figures.live.handed_over)),
            ("rated down", _share(figures.draft.rated_down), _share(figures.live.rated_down)),
            ("first text, 95 % within", _milliseconds(figures.draft), _milliseconds(figures.live)),
            ("left out: same customer", str(figures.draft.repeated), str(figures.live.repeated)),
            ("left out: no question", str(figures.draft.without_question), str(figures.live.without_question)),
        ],
    )
    if figures.draft.fell_back:
        out.print(f"{figures.draft.fell_back} messages of the draft's arm were answered over live.")
    out.print(
        f"Resolved over the draft less over live: {_difference(figures)}. "
        f"{_VERDICTS.get(figures.verdict, '?').capitalize()}: evidence {figures.evidence:.3g}, "
        f"a difference from {1 / figures.false_alarm_rate:.0f} on. "
        f"A false alarm comes in at most {figures.false_alarm_rate:.0%} of experiments, however often one looks.",
        soft_wrap=True,
    )


def _what(experiment: pb.Experiment) -> str:
    return " and ".join(filter(None, (experiment.draft, experiment.staged_settings)))


def _share(share: pb.ArmShare) -> str:
    return f"{share.count}, {share.share:.1%} ({share.low:.1%} to {share.high:.1%})"


def _difference(figures: pb.ExperimentFigures) -> str:
    return f"{figures.difference:+.1%} ({figures.difference_low:+.1%} to {figures.difference_high:+.1%})"


def _milliseconds(arm: pb.ArmFigures) -> str:
    return f"{arm.first_text.p95:.0f} ms" if arm.first_text.count else ""


def register(app: typer.Typer) -> None:
    """Add these commands."""
    experiments.command("start")(remote(_start))
    experiments.command("list")(remote(_list))
    experiments.command("show")(remote(_show))
    experiments.command("stop")(remote(_stop))
    experiments.command("promote")(remote(_promote))
    app.add_typer(experiments, name="experiments")
