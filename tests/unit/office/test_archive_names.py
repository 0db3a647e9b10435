"""Where the archive's objects lie, and whose they are by their names."""

import pytest
from pydantic import SecretStr, ValidationError

from kefu.office.archive.object_names import (
    Identity,
    PeopleNames,
    as_date,
    conversation_names,
    day_of,
    session_of,
)
from kefu.router.config import RouterConfig

OLD, NEW = "a passphrase of the tests that is long", "another passphrase of the tests, as long"


def test_a_person_is_found_after_the_passphrase_was_changed_and_by_nobody_without_it() -> None:
    who = Identity("key-1", "ann@example.com")
    name = PeopleNames([OLD]).name("acme", "2026-11-29", who, "s1")
    assert name.startswith("acme/2026-11-29/people/")
    assert name.endswith("/s1")
    assert "ann" not in name
    changed = PeopleNames([NEW, OLD])
    assert changed.name("acme", "2026-11-29", who, "s1") != name
    assert name.rpartition("/")[0] in list(changed.folders("acme", "2026-11-29", who))
    assert name.rpartition("/")[0] not in list(PeopleNames([NEW]).folders("acme", "2026-11-29", who))
    assert list(PeopleNames([OLD]).folders("other", "2026-11-29", who)) != [name.rpartition("/")[0]]


def test_a_user_of_any_key_and_a_customer_are_found_in_one_folder() -> None:
    names = PeopleNames([OLD])
    [of_any] = names.folders("acme", "2026-11-29", Identity("", "u-1"))
    for key in ("key-1", "key-2"):
        assert names.name("acme", "2026-11-29", Identity(key, "u-1"), "s1").startswith(f"{of_any}/")
    # A customer, who came by the pages and by a key that named the customer.
    customer = "customer-5e0e2f0a"
    [of_customer] = names.folders("acme", "2026-11-29", Identity("", customer))
    for identity in (Identity(customer, ""), Identity("key-1", customer)):
        assert names.name("acme", "2026-11-29", identity, "s1").startswith(f"{of_customer}/")
    assert Identity("key-1", "").person == ""


def test_names_tell_session_and_day() -> None:
    sealed, plain = conversation_names("acme", day_of(0.0), "s1")
    assert (sealed, plain) == (
        "acme/1970-01-01/conversations/s1.jsonl.gz.sealed",
        "acme/1970-01-01/conversations/s1.jsonl.gz",
    )
    assert session_of(sealed) == session_of(plain) == "s1"
    assert as_date("lost+found") is None


@pytest.mark.parametrize(
    ("archive", "attachments"),
    [("/data", "/data"), ("/data/files/archive", "/data/files"), ("s3://b/kefu", "s3://b/kefu/files/"), ("x", "")],
)
def test_the_archive_is_not_swept_with_customers_files(archive: str, attachments: str) -> None:
    chosen = {
        "retrieval": "x:1",
        "generation": "x:1",
        "internal_key": SecretStr(OLD),
        "redis_url": SecretStr("redis://x"),
    }
    with pytest.raises(ValidationError, match="KEFU_ROUTER_ARCHIVE"):
        RouterConfig(**chosen, archive=archive, attachments=attachments)  # pyright: ignore
    RouterConfig(**chosen, archive="/data/archive", attachments="/data/archived")  # pyright: ignore
