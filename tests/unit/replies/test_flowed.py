from __future__ import annotations

from mailguard.replies.flowed import unflow_reply


def test_paragraph_is_one_line() -> None:
    assert unflow_reply("one \ntwo \nthree\nfour", deletes_spaces=False) == "one two three\nfour"


def test_spaces_are_deleted_where_the_mail_says_so() -> None:
    assert unflow_reply("一 \n二", deletes_spaces=True) == "一二"


def test_signature_and_quotation_end_a_paragraph() -> None:
    assert unflow_reply("one \n-- \nAda \n> old \n> older", deletes_spaces=False) == "one \n-- \nAda \n> old \n> older"


def test_stuffed_space_is_taken_off() -> None:
    assert unflow_reply(" From here", deletes_spaces=False) == "From here"
