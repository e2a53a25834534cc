import numpy as np

from mailguard.identity.standard import Standard
from mailguard.linkage.comparing_mailboxes import MailboxComparer
from mailguard.linkage.frame import Frame


def test_the_nearest_mailboxes_of_two_records_count() -> None:
    people = [
        Standard(given="ada", mailboxes=("z9@x.example", "ada@x.example", "info@y.test")),
        Standard(given="ada", mailboxes=("other@y.test", "ada@x.example")),
        Standard(mailboxes=("info@y.test",)),
        Standard(given="ada"),
    ]
    left, right = np.array([0, 0, 1, 0], dtype=np.int32), np.array([1, 2, 2, 3], dtype=np.int32)
    assert MailboxComparer(Frame.of_standards(people)).levels(left, right).tolist() == [1, 2, 7, -1]
