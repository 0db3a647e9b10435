"""
How often a question may be asked back about, by its words alone: python -m loadtest.quality.clarification_rate FOLDER…

Each FOLDER is a question set in BEIR layout (queries.jsonl). Counts the questions that name a subject and say nothing
of what they want to know; a question back needs documents that are about equally relevant besides, so this is the most
there can be. Beside it, what the other lists of words find in the same questions: subjects and insults that are handed
over, orders to the assistant, personal data.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from kefu.router.answering.clarification import is_underspecified
from kefu.router.guardrails.prompt_injection import gives_instructions
from kefu.router.nlu.message import CustomerMessage
from kefu.text.pii import holds_personal_data


def row(folder: Path) -> str:
    """A line of the table: how many questions, and how many of them are what."""
    lines = (folder / "queries.jsonl").read_text("utf-8").splitlines()
    messages = [CustomerMessage(str(json.loads(line)["text"])) for line in lines if line]
    tests: tuple[Callable[[CustomerMessage], object], ...] = (
        is_underspecified,
        CustomerMessage.sensitive_topic,
        lambda message: message.is_abuse,
        gives_instructions,
        lambda message: holds_personal_data(message.text),
    )
    counts = [str(sum(bool(test(message)) for message in messages)) for test in tests]
    return f"| {folder.name} | {len(messages)} | {' | '.join(counts)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    print("| questions | all | may be asked back about | sensitive | insult | give orders | hold personal data |")
    print("|---|---|---|---|---|---|---|")
    for folder in parser.parse_args().folders:
        print(row(folder))


if __name__ == "__main__":
    main()
