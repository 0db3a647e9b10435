"""What text recognition has read, in words of the command line."""

import io

from rich.console import Console

from kefu.cli.documents.recognition import recognition_text
from kefu.cli.documents.upload import ImportOutcome, print_summary
from kefu.retrieval.v1 import knowledge_pb2 as pb


def test_pages_and_pictures_are_named_with_a_certainty_that_is_rounded_down() -> None:
    read = pb.TextRecognition(pages="3, 5-9", page_count=6, certainty=0.9499)
    assert recognition_text(read) == "pages 3, 5-9 read by OCR, 94 % sure"
    read = pb.TextRecognition(pages="3", page_count=1, picture_count=2, certainty=0.8, doubtful_pages="3")
    assert recognition_text(read) == "page 3 and 2 pictures read by OCR, 80 % sure; compare with the original: 3"
    assert recognition_text(pb.TextRecognition()) == ""


def test_the_summary_of_an_import_names_what_was_recognized_and_its_json_too() -> None:
    read = pb.TextRecognition(pages="2", page_count=1, certainty=0.97)
    result = pb.DocumentResult(path="a.pdf", outcome=pb.DocumentResult.OUTCOME_CREATED, passages=3, recognition=read)
    plain = pb.DocumentResult(path="b.md", outcome=pb.DocumentResult.OUTCOME_CREATED, passages=1)
    imported = ImportOutcome({"a.pdf": result, "b.md": plain})
    out = io.StringIO()
    print_summary(Console(file=out, width=200), imported, [], "help", 1.0)
    assert "Recognized a.pdf: page 2 read by OCR, 97 % sure." in out.getvalue()
    assert "b.md" not in out.getvalue()
    assert [(one["path"], one["pages"], one["certainty"]) for one in imported.as_json([])["recognized"]] == [
        ("a.pdf", "2", 0.97)
    ]
