"""The demo in the background, as people start it, take it away and stop it; with the simulated engine."""

from pathlib import Path

import httpx
import psutil
import pytest

from kefu.cli.commands.demo.demo_setup import QUESTIONS
from kefu.local.data_dir import DataDir, SuiteState
from kefu.testing.ports import free_port
from kefu.testing.suite import SERVICES, run_kefu, still_running


class Background:
    """A data folder whose demo runs in the background, on ports of its own."""

    def __init__(self, folder: DataDir) -> None:
        self.folder = folder
        self.where = ("--data-dir", str(folder.path))
        options = ("--port", "--retrieval-port", "--generation-port", "--redis-port", "--gateway-port")
        self._ports = [word for option in options for word in (option, str(free_port()))]

    async def start(self) -> tuple[str, list[psutil.Process]]:
        """What `kefu up --demo --detach` printed, and all processes that it left running."""
        options = ("--demo", "--detach", "--engine", "simulated")
        up = await run_kefu("up", *options, *self._ports, *self.where, seconds=300)
        assert up.status == 0, up
        leader = psutil.Process(self.state().pid)
        return up.out, [leader, *leader.children(recursive=True)]

    async def kefu(self, *words: str) -> str:
        """What a command printed that must succeed."""
        done = await run_kefu(*words, *self.where)
        assert done.status == 0, done
        return done.out

    def state(self) -> SuiteState:
        state = self.folder.running()
        assert state is not None
        return state


@pytest.mark.timeout(600)
async def test_the_demo_goes_on_in_the_background_and_is_taken_away_and_stopped_whole(tmp_path: Path) -> None:
    demo = Background(DataDir(tmp_path / "kefu"))
    try:
        printed, everything = await demo.start()
        for question in QUESTIONS:
            answer = printed.partition(f"> {question}\n")[2].partition("\n\n")[0]
            assert "total " in answer, printed
        shop = next(one for one in demo.state().services if one.name == "orders")
        hints = printed.partition("Go on in a browser:")[2]
        assert demo.state().gateway in hints
        assert shop.address in hints
        assert f"`kefu down --data-dir {demo.folder.path}` stops Kefu.\n" in hints
        assert hints.endswith(f"It runs in the background (process {everything[0].pid}).\n")
        async with httpx.AsyncClient() as http:
            assert (await http.get(shop.address)).status_code == 200
        assert shop.pid in {one.pid for one in everything}
        assert (await demo.kefu("down")).endswith("Stopped.\n")
        assert not still_running(everything)

        printed, everything = await demo.start()
        assert "0 created, 0 updated, 121 unchanged" in printed
        [shop_process] = [one for one in everything if "kefu.order_system" in one.cmdline()]
        done = await demo.kefu("demo", "remove", "--yes")
        assert "Removed the collection help with 120 documents and 30 curated answers.\n" in done
        assert "Removed the sample shop from the running suite.\n" in done
        assert "orders.db" in done.splitlines()[-1]
        assert "Stays" not in done
        assert not still_running([shop_process])
        assert not demo.folder.order_system_files()
        assert {one.name for one in demo.state().services} == set(SERVICES)
        assert "orders" not in await demo.kefu("status")
        assert await demo.kefu("demo", "remove", "--yes") == "There was nothing to remove.\n"
    finally:
        await run_kefu("down", *demo.where)
    assert not still_running(everything)
    again = await run_kefu("demo", "remove", "--yes", *demo.where)
    assert again.status == 69
    assert f"Start it with `kefu up --data-dir {demo.folder.path}`" in again.err
