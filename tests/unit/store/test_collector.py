import gc

import pytest

from mailguard.store.collector import still


def test_the_collector_is_still_and_goes_on_afterwards() -> None:
    with still():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_goes_on_after_an_error() -> None:
    with pytest.raises(ValueError, match="broken"), still():
        raise ValueError("broken")
    assert gc.isenabled()


def test_a_collector_that_was_still_stays_so() -> None:
    gc.disable()
    try:
        with still():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
