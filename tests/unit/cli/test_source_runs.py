"""How a run of a source ended, as `kefu sources` prints it."""

import pytest

from kefu.cli.commands.sources.view import print_outcomes, print_sources
from kefu.retrieval.v1 import source_pb2 as pb

WHY = "The folder /srv/help is not there."


def failed(message: str = "", *, took_ms: int = 0, counts: pb.SyncCounts | None = None) -> pb.Sync:
    sync = pb.Sync(state=pb.Sync.STATE_FAILED, message=message, counts=counts)
    sync.end_time.FromMilliseconds(1_800_000_000_000 + took_ms)
    if took_ms:
        sync.start_time.FromMilliseconds(1_800_000_000_000)
    return sync


@pytest.mark.parametrize(
    ("sync", "said"),
    [
        (failed(WHY), f"Failed: {WHY}\n"),
        (failed(WHY, took_ms=4), f"Failed: {WHY}\n"),
        (failed(WHY, took_ms=1_500), f"Failed in 1.5 s: {WHY}\n"),
        (failed(), "Failed: no reason was recorded.\n"),
        (failed(WHY, took_ms=1_500, counts=pb.SyncCounts(added=2)), f"Failed in 1.5 s: 2 added.\n{WHY}\n"),
        (pb.Sync(state=pb.Sync.STATE_DONE, counts=pb.SyncCounts(gone=1)), "Done: 1 gone.\n"),
    ],
)
def test_a_run_that_failed_before_its_first_document_says_why(
    sync: pb.Sync, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_outcomes(sync, [])
    assert capsys.readouterr().out == said


def test_the_list_of_sources_says_why_the_last_run_failed(capsys: pytest.CaptureFixture[str]) -> None:
    print_sources([pb.Source(name="collections/help/sources/a", status=pb.SourceStatus(last=failed(WHY)))])
    assert f"failed: {WHY.removesuffix('.')}" in capsys.readouterr().out
