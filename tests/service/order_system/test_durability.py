"""What was acknowledged stays: kill -9, restarts, two requests with one key, a database that is none."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from kefu.common.errors import StartupError
from kefu.order_system.config import DEMO_FOLDER
from kefu.order_system.seed import Seed, read_folder
from kefu.order_system.store import Store
from kefu.testing.ports import free_port
from tests.service.order_system.harness import API_KEY, NEW_ADDRESS, Shop, config_for, open_shop, order_path

SERVICES = Path(__file__).parents[3] / "services"
PENDING = order_path("emma_clarke", "SL700412697734")
CHARGED = {"payment_method_id": "gift_card_7715"}


def start(folder: Path, port: int, **variables: str) -> subprocess.Popen[bytes]:
    environment = {
        "PYTHONPATH": str(SERVICES),
        "PATH": os.environ["PATH"],
        "KEFU_ORDERS_LISTEN": f"127.0.0.1:{port}",
        "KEFU_ORDERS_DATABASE": str(folder / "orders.db"),
        "KEFU_ORDERS_API_KEY": API_KEY,
        **variables,
    }
    command = [sys.executable, "-m", "kefu.order_system"]
    return subprocess.Popen(command, env=environment, cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)


@asynccontextmanager
async def process(folder: Path) -> AsyncIterator[tuple[subprocess.Popen[bytes], Shop]]:
    """An order system in a process of its own, which is killed at the end if it still runs."""
    port = free_port()
    running = start(folder, port)
    headers = {"authorization": f"Bearer {API_KEY}"}
    origin = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=origin, headers=headers) as api:
            for _ in range(600):
                assert running.poll() is None
                try:
                    await api.get("/readyz")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
            yield running, Shop(origin, api, api)
    finally:
        running.kill()
        running.communicate()


async def test_an_acknowledged_write_survives_kill_9_and_is_not_done_again(tmp_path: Path) -> None:
    async with process(tmp_path) as (running, shop):
        done = await shop.write("PUT", f"{PENDING}/payment-method", CHARGED, "paid")
        assert done.status_code == 200
        running.send_signal(signal.SIGKILL)
        running.wait()
    async with process(tmp_path) as (running, shop):
        again = await shop.write("PUT", f"{PENDING}/payment-method", CHARGED, "paid")
        assert (again.json(), again.headers["idempotency-replayed"]) == (done.json(), "true")
        assert (await shop.api.get("/operations/paid")).json()["response"] == done.json()
        customer, _ = await shop.state("emma_clarke")
        assert customer["payment_methods"]["gift_card_7715"]["balance"] == 112.0
        running.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(running.wait) == 0


async def test_the_key_of_identity_tokens_stays_and_is_nobody_elses_to_read(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        first = (await shop.browser.get("/.well-known/jwks.json")).json()
    async with open_shop(tmp_path) as shop:
        assert (await shop.browser.get("/.well-known/jwks.json")).json() == first
    (key,) = tmp_path.glob("*.pem")
    assert key.stat().st_mode & 0o777 == 0o600


async def test_a_second_request_with_a_key_is_turned_away_while_the_first_is_worked_on(
    shop: Shop, tmp_path: Path
) -> None:
    path = f"{PENDING}/payment-method"
    other = sqlite3.connect(tmp_path / "orders.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")  # whoever writes has to wait
        writes = {asyncio.create_task(shop.write("PUT", path, CHARGED, "k")) for _ in range(2)}
        answered, waiting = await asyncio.wait(writes, return_when=asyncio.FIRST_COMPLETED)
        (second,), (first,) = [await each for each in answered], waiting
        assert (second.status_code, second.json()["code"]) == (409, "OPERATION_IN_PROGRESS")
        assert second.headers["retry-after"] == "1"
        assert (await shop.api.get(PENDING)).status_code == 200  # readers wait for nobody
        assert (await shop.api.get("/operations/k")).status_code == 404
        other.execute("COMMIT")
    finally:
        other.close()
    assert (await first).status_code == 200
    assert (await shop.write("PUT", path, CHARGED, "k")).json() == (await first).json()


async def test_of_many_requests_with_one_key_one_takes_place(shop: Shop) -> None:
    async def send() -> httpx.Response:
        while True:
            response = await shop.write("PUT", f"{PENDING}/payment-method", CHARGED, "k")
            if response.status_code != 409:
                return response

    responses = await asyncio.gather(*(send() for _ in range(12)))
    assert {each.status_code for each in responses} == {200}
    assert [each.headers.get("idempotency-replayed") for each in responses].count(None) == 1
    customer, _ = await shop.state("emma_clarke")
    assert customer["payment_methods"]["gift_card_7715"]["balance"] == 112.0


async def test_of_two_writes_that_exclude_each_other_one_takes_place(shop: Shop) -> None:
    writes = [
        shop.write("POST", f"{PENDING}/cancellation", {"reason": "no longer needed"}),
        shop.write(
            "POST",
            f"{PENDING}/modification",
            {"items": [{"item_id": "SL-K3-12-WHITE", "new_item_id": "SL-K3-17-WHITE"}], **CHARGED},
        ),
    ]
    statuses = sorted([each.status_code for each in await asyncio.gather(*writes)])
    assert statuses == [200, 409]


async def test_data_are_loaded_into_a_new_database_alone(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        await shop.write("PUT", "/customers/emma_clarke/address", NEW_ADDRESS)
    async with open_shop(tmp_path, data=tmp_path / "nowhere") as shop:
        customer, _ = await shop.state("emma_clarke")
        assert customer["address"]["city"] == "Shanghai"
        assert customer["address"]["address1"] == "2 Oak Road"


def test_a_database_whose_data_cannot_be_loaded_is_new_the_next_time(tmp_path: Path) -> None:
    def broken() -> Seed:
        raise StartupError("no such data")

    with pytest.raises(StartupError, match="no such data"):
        Store.open(tmp_path / "orders.db", broken)
    store = Store.open(tmp_path / "orders.db", lambda: read_folder(DEMO_FOLDER))
    try:
        assert store.count_customers() == 6
    finally:
        store.close()


@pytest.mark.parametrize("content", [b"this is no database, and long enough to be taken for one" * 20])
async def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "orders.db").write_bytes(content)
    with pytest.raises(StartupError, match=r"orders\.db"):
        async with open_shop(tmp_path):
            pass
    assert (tmp_path / "orders.db").read_bytes() == content


async def test_a_database_of_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "orders.db")
    other.execute("CREATE TABLE shop (name TEXT)")
    other.commit()
    other.close()
    with pytest.raises(StartupError, match="no database of the order system"):
        async with open_shop(tmp_path):
            pass


async def test_a_key_file_that_holds_no_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "orders.identity.pem").write_text("nonsense")
    with pytest.raises(StartupError, match=r"orders\.identity\.pem"):
        async with open_shop(tmp_path):
            pass


async def test_a_port_that_is_taken_is_named(shop: Shop, tmp_path: Path) -> None:
    address = shop.origin.removeprefix("http://")
    assert config_for(tmp_path, listen=address).listen == address
    with pytest.raises(StartupError, match=f"Cannot listen at {address}"):
        async with open_shop(tmp_path / "other", listen=address):
            pass


def test_a_process_without_a_key_says_so_and_ends(tmp_path: Path) -> None:
    running = start(tmp_path, free_port(), KEFU_ORDERS_API_KEY="")
    _, said = running.communicate(timeout=60)
    assert running.returncode == 78
    assert b"KEFU_ORDERS_API_KEY must have at least 16 characters" in said
