"""mailguard.broadcast.document: the names that the contract has."""

from __future__ import annotations

from tests.check_documents import check_document, finding


def test_document_has_the_names_of_the_contract() -> None:
    found = check_document(finding(examples=["Dear {{ name }},"])).model_dump(mode="json", by_alias=True)
    assert {"verdict", "message", "audience", "findings", "clean_rows", "token"} <= found.keys()
    wanted = "rows mailboxes persons invalid duplicate possible_duplicate suppressed recently_sent open_reply role"
    assert set(wanted.split()) <= found["audience"].keys()
    assert found["findings"][0].keys() == {"code", "severity", "text", "count", "examples"}
    assert found["findings"] == found["message"]["findings"]
    assert (found["message"]["from"], found["message"]["class"]) == ("news@shop.example", "bulk")
    assert found["token"] is None
