"""`kefu import` and `kefu search` as a person types them."""

import json

from kefu.common.errors import CollectionNotFound
from kefu.retrieval.v1 import knowledge_pb2 as kpb
from tests.support.cli_harness import CliHarness


async def test_import_sends_files_whole_and_tells_what_became_of_each(kefu: CliHarness) -> None:
    docs = kefu.folder / "docs"
    docs.mkdir()
    (docs / "big.md").write_bytes(b"x" * 2_500_000)
    (docs / "bad.md").write_bytes(b"\xff\xfe broken")
    (docs / "empty.md").touch()
    (docs / "photo.jpg").touch()
    (kefu.folder / "pins.csv").write_text("question,answer\na,b\n")
    done = await kefu("import", "docs", "--create", "-c", "shop", "--curated", "pins.csv")
    assert done.status == 1, "one document failed"
    assert "3 created, 0 updated, 0 unchanged, 1 failed, 1 skipped" in done.out
    assert "docs/empty.md: It is empty. (EMPTY_DOCUMENT)" in done.out
    assert "a picture as small as an icon" in done.out
    assert kefu.knowledge.documents["docs/big.md"] == b"x" * 2_500_000
    assert kefu.knowledge.documents["docs/bad.md"] == b"\xff\xfe broken"
    pinned = kpb.DocumentStart.KIND_CURATED_ANSWERS
    curated = [path for path, head in kefu.knowledge.document_starts.items() if head.kind == pinned]
    assert [path.rpartition("/")[2] for path in curated] == ["pins.csv"]
    (start,) = kefu.knowledge.starts
    assert (start.collection, start.create) == ("collections/shop", True)


async def test_import_as_json_is_one_document(kefu: CliHarness) -> None:
    (kefu.folder / "a.md").write_text("text")
    done = await kefu("import", "a.md", "--json")
    assert json.loads(done.out) == {
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "unpacked": 0,
        "deleted": [],
        "failed": [],
        "skipped": [],
        "passages": 1,
        "recognized": [],
    }


async def test_import_into_a_collection_that_is_not_there_says_how_to_make_it(kefu: CliHarness) -> None:
    kefu.knowledge.error = CollectionNotFound("There is no collection help.")
    (kefu.folder / "a.md").write_text("text")
    done = await kefu("import", "a.md")
    assert done.status == 1
    assert "--create" in done.err


async def test_what_is_gone_from_a_folder_is_named_and_with_delete_deleted(kefu: CliHarness) -> None:
    docs = kefu.folder / "docs"
    docs.mkdir()
    for name in ("a.md", "b.md"):
        (docs / name).write_text("text")
    kefu.knowledge.documents |= {"docs/old.zip/c.md": b"x", "docs/a.md/part.md": b"x", "others/d.md": b"x"}
    assert (await kefu("import", "docs")).status == 0
    (docs / "b.md").unlink()
    done = await kefu("import", "docs")
    assert done.status == 0
    assert "2 imported earlier are gone from there: docs/old.zip/c.md, docs/b.md. --delete deletes them." in done.out
    assert "docs/b.md" in kefu.knowledge.documents
    done = await kefu("import", "docs", "--delete", "--json")
    assert json.loads(done.out)["deleted"] == ["docs/old.zip/c.md", "docs/b.md"]
    assert set(kefu.knowledge.documents) == {"docs/a.md", "docs/a.md/part.md", "others/d.md"}


async def test_delete_never_reaches_beyond_the_folders_that_are_named(kefu: CliHarness) -> None:
    (kefu.folder / "a.md").write_text("text")
    done = await kefu("import", ".", "--root", ".", "--delete")
    assert done.status == 1
    assert "would empty the whole collection" in done.err


async def test_import_says_language_and_validity_of_all_it_sends(kefu: CliHarness) -> None:
    (kefu.folder / "a.md").write_text("text")
    days = ("--valid-from", "2026-06-01", "--valid-until", "2026-08-31")
    await kefu("import", "a.md", "--language", "zh", *days)
    (head,) = kefu.knowledge.document_starts.values()
    assert (head.language, head.valid_from, head.valid_until) == ("zh", "2026-06-01", "2026-08-31")


async def test_import_fetches_from_no_private_address_and_from_no_host_that_was_not_named(kefu: CliHarness) -> None:
    (kefu.folder / "urls.txt").write_text("# pages\nhttp://pages.example/a\n")
    done = await kefu("import", "http://127.0.0.1:1/x", "http://localhost:1/y", "--urls", "urls.txt")
    assert done.status == 1
    assert "3 failed" in done.out
    assert done.out.count("is an address within a private network or this machine") == 2
    assert "add --allow-host pages.example" in done.out
    assert kefu.knowledge.documents == {}


async def test_import_of_nothing_is_a_sentence(kefu: CliHarness) -> None:
    done = await kefu("import")
    assert done.status == 1
    assert "Name files, folders or addresses" in done.err


async def test_search_shows_scores_signals_and_why_a_curated_answer_does_not_apply(kefu: CliHarness) -> None:
    done = await kefu("search", "How long?")
    assert done.status == 0
    assert "relevance 0.91" in done.out
    assert "cosine 0.870" in done.out
    assert "Within 15 days." in done.out
    assert "does not apply: the question is not near enough" in done.out
    assert "cosine 0.700, at least 0.85 is needed" in done.out
    assert "reranked 0.250" in done.out
    assert "[for staff alone, product=kettle]" in done.out
    done = await kefu("search", "How long is never?")
    assert "does not apply: one of the two questions negates or undoes" in done.out
    assert "only this one has: never" in done.out
    assert "(0.012 apart, 0.030 wanted)" in done.out
    assert "Read as:" not in done.out
    assert "Read as: How long is it never?" in (await kefu("search", "How long is nver?")).out
    found = json.loads((await kefu("search", "How long?", "--json")).out)
    assert found["curated_match"]["reason"] == "TOO_FAR"


async def test_a_search_says_whom_it_is_for_and_what_it_filters_by(kefu: CliHarness) -> None:
    await kefu("search", "How long?")
    options = ("--filter", "product=kettle", "--filter", "product=", "--language", "en")
    assert (await kefu("search", "How long?", "--as-customer", *options)).status == 0
    plain, chosen = kefu.knowledge.searches
    assert (plain.audience, list(plain.filters)) == (kpb.AUDIENCE_UNSPECIFIED, [])
    assert (chosen.audience, list(chosen.languages)) == (kpb.AUDIENCE_EVERYONE, ["en"])
    assert [(one.key, one.value) for one in chosen.filters] == [("product", "kettle"), ("product", "")]
    failed = await kefu("search", "How long?", "--filter", "kettle")
    assert failed.status
    assert "write --filter KEY=VALUE" in failed.err


async def test_import_says_of_all_documents_whom_they_are_for_and_what_they_are_about(kefu: CliHarness) -> None:
    (kefu.folder / "a.md").write_text("text")
    options = ("--audience", "staff", "--product", "kettle", "--meta", "region=eu")
    assert (await kefu("import", "a.md", *options)).status == 0
    [head] = kefu.knowledge.document_starts.values()
    assert head.audience == kpb.AUDIENCE_STAFF
    assert dict(head.metadata) == {"product": "kettle", "region": "eu"}


async def test_a_dictionary_is_put_from_a_file_and_printed_without_one(kefu: CliHarness) -> None:
    (kefu.folder / "words.txt").write_text("云鲸扫地王 100 n\n保修=质保\n", "utf-8")
    done = await kefu("dictionary", "help", "words.txt")
    assert "Put the dictionary of collections/help: 2 lines." in done.out
    assert (await kefu("dictionary", "help")).out == "云鲸扫地王 100 n\n保修=质保\n"
    assert "cannot be read" in (await kefu("dictionary", "help", "nowhere.txt")).err


async def test_curated_answers_are_put_listed_and_deleted_with_their_priority(kefu: CliHarness) -> None:
    options = ("-q", "When are you open?", "-q", "Opening hours?", "--priority", "5", "--valid-until", "2026-12-31")
    stored = json.loads((await kefu("curated", "put", "From nine.", *options, "--json")).out)
    assert stored["name"] == "collections/help/curatedAnswers/a0"
    assert (stored["questions"], stored["priority"]) == (["When are you open?", "Opening hours?"], 5)
    await kefu("curated", "put", "From ten.", "-q", "When are you open?", "--id", "a0", "--priority", "-1")
    assert kefu.knowledge.curated[stored["name"]].answer == "From ten."
    listed = json.loads((await kefu("curated", "list", "--json")).out)
    assert [one["priority"] for one in listed] == [-1]
    assert "From ten." in (await kefu("curated", "list")).out
    unasked = await kefu("curated", "put", "From ten.", "-q", "", "-q", " ")
    assert unasked.err == 'The question is missing: -q has no text. Give one, such as -q "When are you open?".\n'
    assert (unasked.status, len(kefu.knowledge.curated)) == (1, 1)
    shared = await kefu("curated", "put", "So.", "-q", "Why?", "--id", "a0", "--json")
    assert (shared.status, shared.err) == (0, "Warning: “Why?” has another answer.\n")
    assert json.loads(shared.out)["answer"] == "So."
    await kefu("curated", "delete", "a0", "--yes")
    assert "holds no curated answers" in (await kefu("curated", "list")).out
