"""mailguard.broadcast.public_suffix: the list, read once."""

from mailguard.broadcast.public_suffix import public_suffixes


def test_list_is_read_once_and_knows_endings_of_two_labels() -> None:
    assert public_suffixes() is public_suffixes()
    assert public_suffixes().privatesuffix("news.shop.co.uk") == "shop.co.uk"
    assert public_suffixes().publicsuffix("aol.cmo", accept_unknown=False) is None
