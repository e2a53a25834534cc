"""Messages between the renderer and its children."""

from __future__ import annotations

from io import BytesIO

import pytest

from mailguard.templates.frames import LENGTH_OCTETS, frame, length_in, read_frame, unframed


def test_document_survives_the_way() -> None:
    document = {"texts": ["Jäne\n", ""], "n": 3}
    octets = frame(document)
    assert length_in(octets[:LENGTH_OCTETS]) == len(octets) - LENGTH_OCTETS
    assert unframed(octets[LENGTH_OCTETS:]) == document
    stream = BytesIO(octets + octets)
    assert [read_frame(stream), read_frame(stream), read_frame(stream)] == [document, document, None]


@pytest.mark.parametrize("kept", [0, 3, 4, 9])
def test_stream_that_ends_within_a_message_has_ended(kept: int) -> None:
    assert read_frame(BytesIO(frame({"a": "bcdef"})[:kept])) is None
