"""`kefu up`, `status`, `logs`, `down`, `doctor`, `env`: the suite on this machine."""

import asyncio
import shlex
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kefu.cli.commands.background import down, up_detached
from kefu.cli.commands.collections import collections_of
from kefu.cli.commands.doctor.answer_profile import describe_model, examine_answer_profile, trust_in_local
from kefu.cli.commands.doctor.findings import Verdict
from kefu.cli.commands.doctor.keys import examine_keys
from kefu.cli.commands.doctor.machine import examine
from kefu.cli.commands.doctor.model import examine_model
from kefu.cli.commands.up import up
from kefu.cli.console import FAILED, CommandFailed, as_dict, console, counted, print_json, print_table
from kefu.cli.remote.connection import (
    DataDirOption,
    Json,
    Key,
    Remote,
    Server,
    find_remote,
    print_failures,
    remote,
)
from kefu.cli.remote.resource_names import short
from kefu.cli.remote.service_health import SERVING, local_suite, service_health
from kefu.local import data_dir as folders
from kefu.local import log_files
from kefu.local.data_dir import DataDir
from kefu.local.suite import SuiteOptions

_PORTS = "Ports"
_FOLLOW_SECONDS = 0.3


def _up(
    data_dir: DataDirOption = folders.DEFAULT,
    model: Annotated[
        str,
        typer.Option(help="Model: a name (kefu models), a folder, a .gguf file or a hub id.", show_default="auto"),
    ] = "",
    engine: Annotated[str, typer.Option(help="llamacpp, vllm, openai or simulated.", show_default="auto")] = "",
    demo: Annotated[
        bool, typer.Option("--demo", help="Then import the sample help centre and ask two questions.")
    ] = False,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Go on in the background; stop by kefu down.")] = False,
    generation_replicas: Annotated[int, typer.Option(help="Processes with a model.", min=1, max=16)] = 1,
    retrieval_replicas: Annotated[int, typer.Option(help="Processes with an index.", min=1, max=16)] = 1,
    routers: Annotated[int, typer.Option(help="Router processes; several of them behind nginx.", min=1, max=64)] = 1,
    tls: Annotated[
        bool, typer.Option("--tls", help="Serve TLS through nginx, with a certificate made for this machine.")
    ] = False,
    streams: Annotated[
        int | None,
        typer.Option(help="Most streams open at once through nginx.", show_default="5000, or what fits", min=1),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(help="The router's, or nginx's.", show_default="50051", rich_help_panel=_PORTS, min=1, max=65535),
    ] = None,
    retrieval_port: Annotated[
        int | None,
        typer.Option(help="The first of retrieval.", show_default="50052", rich_help_panel=_PORTS, min=1, max=65535),
    ] = None,
    generation_port: Annotated[
        int | None,
        typer.Option(help="The first of generation.", show_default="50053", rich_help_panel=_PORTS, min=1, max=65535),
    ] = None,
    redis_port: Annotated[
        int | None,
        typer.Option(help="Redis's.", show_default="6380", rich_help_panel=_PORTS, min=1, max=65535),
    ] = None,
    gateway_port: Annotated[
        int | None,
        typer.Option(help="The gateway's.", show_default="8080", rich_help_panel=_PORTS, min=1, max=65535),
    ] = None,
    router_port: Annotated[
        int | None,
        typer.Option(
            help="The first of the routers behind nginx.",
            show_default="50071",
            rich_help_panel=_PORTS,
            min=1,
            max=65535,
        ),
    ] = None,
    metrics: Annotated[
        bool, typer.Option("--metrics", help="Serve Prometheus metrics too, from 9101 on.", rich_help_panel=_PORTS)
    ] = False,
) -> None:
    """Start the suite on this machine: Redis, retrieval, generation, router, gateway; nginx before several routers.

    A service that crashes is started again. Ctrl-C stops all in order, a second Ctrl-C at once. A usual port that is
    taken is replaced by the next free one; one that is named here is not. Variables named KEFU_… reach the services.
    """
    options = SuiteOptions(
        model=model,
        engine=engine,
        generation_replicas=generation_replicas,
        retrieval_replicas=retrieval_replicas,
        routers=routers,
        tls=tls,
        streams=streams,
        port=port,
        retrieval_port=retrieval_port,
        generation_port=generation_port,
        redis_port=redis_port,
        gateway_port=gateway_port,
        router_port=router_port,
        metrics=metrics,
        demo=demo,
    )
    with print_failures():
        if detach:
            up_detached(DataDir(data_dir), _arguments(options))
        else:
            up(options, DataDir(data_dir))


def _arguments(options: SuiteOptions) -> list[str]:
    given = {
        "--model": options.model,
        "--engine": options.engine,
        "--generation-replicas": options.generation_replicas,
        "--retrieval-replicas": options.retrieval_replicas,
        "--routers": options.routers,
        "--streams": options.streams,
        "--router-port": options.router_port,
        "--port": options.port,
        "--retrieval-port": options.retrieval_port,
        "--generation-port": options.generation_port,
        "--redis-port": options.redis_port,
        "--gateway-port": options.gateway_port,
    }
    arguments = [word for option, value in given.items() if value for word in (option, str(value))]
    switches = {"--metrics": options.metrics, "--tls": options.tls, "--demo": options.demo}
    return [*arguments, *(switch for switch, is_on in switches.items() if is_on)]


def _down(data_dir: DataDirOption = folders.DEFAULT) -> None:
    """Stop the suite that runs on this machine. What it knows is kept."""
    with print_failures():
        down(DataDir(data_dir))


async def status(target: Remote, as_json: Json = False) -> None:
    """Show how each service is, which model serves, what it may do, and what the knowledge bases hold.

    The exit status is 1 when a service is not well, or the knowledge bases cannot be read.
    """
    running = local_suite(target)
    rows = await service_health(target)
    model = await describe_model(target, running) if running else None
    trust = None
    if running and model:
        with suppress(CommandFailed):  # why it is not known is seen by the health of router and Redis
            trust = await trust_in_local(model, target.folder, running)
    try:
        found = await collections_of(target)
        problem = ""
    except CommandFailed as failure:
        found, problem = [], failure.message
    if as_json:
        print_json(
            {
                "services": rows,
                "model": as_dict(model) if model else None,
                "answer_profile": {**asdict(trust), "may": trust.may} if trust else None,
                "collections": [as_dict(one) for one in found],
            }
        )
    else:
        out = console()
        print_table(
            ("service", "health", "address", "process", "restarts", ""),
            [
                tuple(str(row.get(name) or "") for name in ("name", "health", "address", "pid", "restarts", "detail"))
                for row in rows
            ],
        )
        if model:
            out.print(f"Model: {model.model} on {model.engine} {model.engine_version} ({model.device})")
        if trust:
            out.print(f"Answer profile: {trust}", soft_wrap=True)
        for one in found:
            counts = ", ".join(
                (
                    counted(one.document_count, "document"),
                    counted(one.passage_count, "passage"),
                    counted(one.curated_answer_count, "curated answer"),
                )
            )
            out.print(f"Collection {short(one.name)}: {counts}")
        if problem:
            out.print(problem, style="yellow", soft_wrap=True)
        if not target.folder.running():
            sentence = f"No `kefu up` is running in {target.folder.path}; this is what answers at {target.router}."
            out.print(sentence, style="dim", soft_wrap=True)
    if problem or any(row["health"] != SERVING for row in rows):
        raise typer.Exit(FAILED)


def _logs(
    service: Annotated[
        str,
        typer.Argument(
            help="router, retrieval, generation, gateway, redis, nginx or up. Default: all.", show_default=False
        ),
    ] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is written from now on.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", help="Last lines of each to begin with.", min=0)] = 20,
    raw: Annotated[bool, typer.Option("--raw", help="As the services wrote them (JSON).")] = False,
    data_dir: DataDirOption = folders.DEFAULT,
) -> None:
    """Show what the services of this machine logged."""
    with print_failures():
        folder = DataDir(data_dir)
        logs = {path.stem: path for path in sorted(folder.logs.glob("*.log"))}
        if service and service not in logs:
            raise CommandFailed(f"There is no log of {service}: {', '.join(logs) or 'kefu up never ran here'}.")
        chosen = {service: logs[service]} if service else logs
        if not chosen:
            raise CommandFailed(f"There are no logs in {folder.logs}: kefu up never ran here.")
        offsets = {name: path.stat().st_size for name, path in chosen.items()}
        for name, path in chosen.items():
            for line in log_files.tail(path, lines):
                _print_log(name, line, raw=raw, alone=len(chosen) == 1)
        try:
            while follow:
                time.sleep(_FOLLOW_SECONDS)
                for name, path in chosen.items():
                    written, offsets[name] = log_files.read_new_lines(path, offsets[name])
                    for line in written:
                        _print_log(name, line, raw=raw, alone=len(chosen) == 1)
        except KeyboardInterrupt:
            return  # the way to end it


def _print_log(name: str, line: str, *, raw: bool, alone: bool) -> None:
    text = line if raw else log_files.readable(line)
    print(text if alone else f"{name:<12} {text}", flush=True)


def _doctor(
    server: Server = "", key: Key = "", data_dir: DataDirOption = folders.DEFAULT, as_json: Json = False
) -> None:
    """Examine this machine: is all there that `kefu up` needs? The exit status is 1 when something is missing.

    Of a Kefu that runs here what its model may do is said too. Its keys are looked at, or those of the one named.
    """
    folder = DataDir(data_dir)
    findings = [*examine(folder), *examine_model(running=folder.running() is not None)]
    if server or folder.running() is not None:
        with print_failures():
            target = find_remote(server, "", key, folder)
            running = local_suite(target)
            if running is not None:
                findings += asyncio.run(examine_answer_profile(target, running))
            if target.key:
                findings += asyncio.run(examine_keys(target))
    if as_json:
        print_json([finding._asdict() for finding in findings])
    else:
        out = console()
        styles = {Verdict.GOOD: "green", Verdict.NOTE: "yellow", Verdict.BAD: "bold red"}
        for finding in findings:
            out.print(f"{finding.verdict:<5}", style=styles[finding.verdict], end="")
            out.print(f"{finding.subject:<18} {finding.found}", soft_wrap=True)
            if finding.advice:
                out.print(f"     {'':<18} → {finding.advice}", style="dim", soft_wrap=True)
    if any(finding.verdict is Verdict.BAD for finding in findings):
        raise typer.Exit(FAILED)


def _env(server: Server = "", key: Key = "", data_dir: DataDirOption = folders.DEFAULT) -> None:
    """Print shell lines that set KEFU_SERVER, KEFU_KNOWLEDGE_SERVER and KEFU_KEY: eval "$(kefu env)"."""
    with print_failures():
        target = find_remote(server, "", key, DataDir(Path(data_dir)))
        if not target.key:
            raise CommandFailed(f"There is no key in {DataDir(data_dir).path}: run `kefu up` first, or give --key.")
        variables = {
            "KEFU_SERVER": target.router,
            "KEFU_KNOWLEDGE_SERVER": target.knowledge,
            "KEFU_KEY": target.key,
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": target.root_certificate,
        }
        for name, value in variables.items():
            if value:
                print(f"export {name}={shlex.quote(value)}")  # a shell runs these lines


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("up")(_up)
    app.command("down")(_down)
    app.command()(remote(status))
    app.command("logs")(_logs)
    app.command("doctor")(_doctor)
    app.command("env")(_env)
