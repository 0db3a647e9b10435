"""`kefu up --demo`: the sample help centre, and a question in each language."""

import time

from rich.console import Console

from kefu.cli.console import CommandFailed
from kefu.cli.documents.local_files import find_files
from kefu.cli.documents.upload import ImportView, print_summary, send
from kefu.cli.remote.connection import Remote
from kefu.cli.view.answer_view import AnswerView, answer_one
from kefu.local.suite import sample_folder
from kefu.router.v1 import chat_pb2 as pb

COLLECTION = "help"
QUESTIONS = ("How long are gift cards valid?", "积分多久过期？")


async def run_demo(remote: Remote, out: Console) -> bool:
    """Import the sample, ask the questions, and print the answers as they come. Returns True; raises CommandFailed."""
    sample = sample_folder()
    found = find_files([sample / "help_center"], [sample / "curated_answers.csv"])
    began = time.monotonic()
    out.print()
    out.print("Importing the sample help centre", style="bold")
    with ImportView(out, found.files) as view:
        imported = await send(remote, COLLECTION, found.files, view.show, create=True)
    print_summary(out, imported, found.skipped, COLLECTION, time.monotonic() - began)
    if imported.failures():
        raise CommandFailed("The sample help centre could not be imported whole.")
    async with remote.to_router() as channel:
        for question in QUESTIONS:
            out.print()
            out.print(f"> {question}", style="bold")
            view = AnswerView(out)
            request = pb.ConverseRequest(session="sessions/-", text=question, collections=[f"collections/{COLLECTION}"])
            view.end(await answer_one(channel, request, remote, view.show))
    return True
