"""`kefu actions import` as a person types it: documents in files and at addresses, drafts printed and written."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kefu.router.actions.action import SUB
from tests.support.cli_harness import CliHarness
from tests.support.shop_actions import BadSystem, http
from tests.unit.cli.openapi_documents import SERVER, TEXT, answers, document, parameter

ROOT = document(
    {
        "operationId": "getOrder",
        "summary": "One order\x1b[2J",
        "parameters": [parameter("customer_id", "path"), parameter("order", "path", {"type": "integer"})],
        "responses": answers({"properties": {"status": TEXT}}),
    },
    "/customers/{customer_id}/orders/{order}",
).root
DOCUMENT = json.dumps(ROOT).encode()


@pytest.fixture
async def site() -> AsyncIterator[tuple[BadSystem, str]]:
    """A web server with the document."""
    system = BadSystem()
    system.answer = http(DOCUMENT)
    async with await asyncio.start_server(system.serve, "127.0.0.1", 0) as server:
        yield system, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/openapi.json"


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "openapi.json"
    path.write_bytes(DOCUMENT)
    return str(path)


async def test_operations_are_listed(kefu: CliHarness, file: str) -> None:
    done = await kefu("actions", "import", file, KEFU_SERVER="nowhere:1")
    assert done.status == 0
    [heading, row] = done.out.splitlines()
    assert heading.split() == ["operation", "method", "path", "what", "it", "does"]
    assert row.split()[:3] == ["getOrder", "GET", "/customers/{customer_id}/orders/{order}"]
    assert "\x1b" not in done.out
    [listed] = json.loads((await kefu("actions", "import", file, "--json")).out)
    assert listed["id"] == "getOrder"


async def test_a_draft_is_printed_and_what_is_to_be_decided_stands_apart(kefu: CliHarness, file: str) -> None:
    done = await kefu("actions", "import", file, "--operation", "getOrder")
    action = json.loads(done.out)
    assert action["call"]["url"] == f"{SERVER}/customers/{{customer_id}}/orders/{{order}}"
    assert done.err.startswith("Still to be decided:\n- examples, intents: ")
    assert "customer_id looks like the customer's id" in done.err


async def test_a_draft_is_written_and_nothing_is_overwritten(kefu: CliHarness, file: str) -> None:
    arguments = ("actions", "import", file, "--operation", "getOrder", "--customer", "customer_id", "-o", "order.json")
    done = await kefu(*arguments, "--server", "https://other.example.com", "--secret", "shop")
    assert done.out == "Wrote order.json. Once it is decided: kefu actions put order.json\n"
    action = json.loads((kefu.folder / "order.json").read_text("utf-8"))
    assert action["inputs"][0] == {"name": "customer_id", "from": SUB}
    assert action["call"]["url"].startswith("https://other.example.com/customers/")
    again = await kefu(*arguments)
    assert (again.status, again.err) == (1, "order.json cannot be written: File exists.\n")


async def test_a_document_is_fetched(kefu: CliHarness, site: tuple[BadSystem, str]) -> None:
    system, url = site
    done = await kefu("actions", "import", url, "--operation", "GET /customers/{customer_id}/orders/{order}")
    assert json.loads(done.out)["name"] == "actions/get-order"
    relative = json.dumps({**ROOT, "servers": [{"url": "/api"}]}).encode()
    system.answer = http(relative, "application/yaml")
    moved = await kefu("actions", "import", url, "--operation", "getOrder")
    assert json.loads(moved.out)["call"]["url"].startswith(url.replace("/openapi.json", "/api/customers/"))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (http(b"gone", status="404 Not Found"), "could not be fetched: the server answered with status 404.\n"),
        (http(b"", "text/html", "302 Found", "location: /v3/openapi.json"), "/v3/openapi.json: name that.\n"),
        (http(b"<html>docs</html>", "text/html"), "It is no OpenAPI document: name the JSON or YAML file itself"),
        (http(b"{" + b" " * 5 * 1024**2), "could not be fetched: its answer is longer than 5242880 bytes.\n"),
        (b"", "could not be fetched: it could not be reached (RemoteProtocolError).\n"),
    ],
)
async def test_what_cannot_be_fetched_is_said(
    kefu: CliHarness, site: tuple[BadSystem, str], answer: bytes, said: str
) -> None:
    system, url = site
    system.answer = answer
    done = await kefu("actions", "import", url)
    assert done.status == 1
    assert done.err.startswith(url)
    assert said in done.err


async def test_what_cannot_be_drafted_is_said_in_a_sentence(kefu: CliHarness, file: str) -> None:
    missing = await kefu("actions", "import", "nothing.yaml")
    assert (missing.status, missing.err) == (1, "nothing.yaml cannot be read: No such file or directory.\n")
    folder = await kefu("actions", "import", ".")
    assert (folder.status, folder.err) == (1, ". cannot be read: Is a directory.\n")
    unknown = await kefu("actions", "import", file, "--operation", "getOrders")
    assert (unknown.status, unknown.out) == (1, "")
    assert unknown.err == f"{file}: There is no operation 'getOrders': without --operation they are listed.\n"
    secret = await kefu("actions", "import", "http://someone:something@127.0.0.1:9/openapi.json")
    assert "save the document as a file" in secret.err
