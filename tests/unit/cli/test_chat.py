"""`kefu ask` and `kefu chat` as a person types them: what is printed, what Ctrl-C does, how a failure is told."""

import asyncio
import json
import signal

import pytest

from kefu.common.errors import Overloaded, ServiceError, SessionBusy
from kefu.testing.ports import free_port
from tests.support.cli_harness import ANSWER, CliHarness


async def test_ask_prints_the_answer_its_sources_and_times(kefu: CliHarness) -> None:
    done = await kefu("ask", "How long?", "--user", "u1", "-c", "help")
    assert done.status == 0
    assert done.out.startswith(ANSWER + "\n")
    assert "Sources" in done.out
    assert "[1] Returns" in done.out
    assert "Periods" in done.out
    assert "carries: You have 15 days" in done.out
    assert "first text" in done.out
    assert "total" in done.out
    assert "kefu ask --session s1" in done.out
    (request,) = kefu.chat.requests
    assert (request.user, list(request.collections)) == ("u1", ["collections/help"])
    assert request.request_id


async def test_what_a_terminal_would_obey_is_not_printed(kefu: CliHarness) -> None:
    assert "\x1b" not in (await kefu("ask", "How long?")).out


async def test_ask_as_json_is_one_document_with_everything(kefu: CliHarness) -> None:
    answer = json.loads((await kefu("ask", "How long?", "--json")).out)
    assert answer["text"] == ANSWER
    assert answer["finish_reason"] == "FINISH_REASON_STOP"
    assert answer["citations"][0]["number"] == 1
    assert answer["passages"][0]["headings"] == ["Periods"]
    assert answer["client_seconds"]["total"] > 0


async def test_ask_reads_a_question_from_standard_input(kefu: CliHarness) -> None:
    await kefu("ask", "-", stdin="退货要几天？\n".encode())
    assert kefu.chat.requests[0].text == "退货要几天？"


async def test_ctrl_c_stops_the_answer_and_tells_so_by_its_status(kefu: CliHarness) -> None:
    kefu.chat.endless = True
    process = await kefu.start("ask", "Tell me everything")
    assert process.stdout is not None
    assert await process.stdout.readexactly(3) == b"one"
    process.send_signal(signal.SIGINT)
    await asyncio.wait_for(kefu.chat.stopped.wait(), 10)
    out, err = await process.communicate()
    assert process.returncode == 130
    assert b"stopped" in out
    assert b"Traceback" not in err


async def test_a_lost_connection_is_mended_with_the_same_request_id(kefu: CliHarness) -> None:
    kefu.chat.cut_first = True
    done = await kefu("ask", "How long?")
    assert done.status == 0
    assert done.out.startswith(ANSWER + "\n")
    first, second = kefu.chat.requests
    assert first == second
    assert [(one.turn, one.offset) for one in kefu.chat.resumed] == [("sessions/s1/turns/t1", 8)]


async def test_chat_goes_on_in_its_session_until_a_new_one_is_asked_for(kefu: CliHarness) -> None:
    done = await kefu("chat", stdin=b"first\nsecond\n/sources\n/new\nthird\n/nonsense\n/quit\nnever\n")
    assert done.status == 0
    assert [(one.text, one.session) for one in kefu.chat.requests] == [
        ("first", "sessions/-"),
        ("second", "sessions/s1"),
        ("third", "sessions/-"),
    ]
    assert "There is no /nonsense" in done.out
    assert "kefu chat --session s1" in done.out


async def test_chat_survives_bytes_that_are_not_utf8(kefu: CliHarness) -> None:
    assert (await kefu("chat", stdin=b"caf\xe9?\n")).status == 0
    assert kefu.chat.requests[0].text == "caf\ufffd?"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SessionBusy("This session is answering."), "This session is answering. (SESSION_BUSY) Wait until"),
        (Overloaded("Too much to do.", retry_after=7), "Too much to do. (OVERLOADED) Try again in 7 s."),
    ],
)
async def test_a_failed_call_is_one_sentence_with_its_reason_and_advice(
    kefu: CliHarness, error: ServiceError, said: str
) -> None:
    kefu.chat.error = error
    done = await kefu("ask", "How long?")
    assert done.status == 1
    assert said in done.err
    assert done.out == ""


async def test_when_nobody_answers_it_asks_whether_kefu_is_running(kefu: CliHarness) -> None:
    address = f"127.0.0.1:{free_port()}"
    done = await kefu("ask", "How long?", "--server", address)
    assert done.status == 69
    assert done.err == f"Nothing answers at {address}. Is Kefu running? Start it with `kefu up`.\n"


async def test_a_wrong_key_is_said_to_be_one(kefu: CliHarness) -> None:
    done = await kefu("ask", "How long?", KEFU_KEY="kefu_x_" + "0" * 64)
    assert done.status == 1
    assert "UNAUTHENTICATED" in done.err
    assert "--key" in done.err
