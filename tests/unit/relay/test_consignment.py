from __future__ import annotations

from mailguard.relay.consignment import Consignment
from tests.unit.relay.parcels import destination, parcel


def test_part_of_a_consignment_remembers_the_hops_tried() -> None:
    whole = parcel(destination(0), destination(1))
    part = (
        Consignment(whole, whole.destinations)
        .only([whole.destinations[1]], tried="a:25")
        .only([whole.destinations[1]], tried="b:25")
    )
    assert part.tried == {"a:25", "b:25"}
    assert part.only(part.destinations).tried == part.tried


def test_what_is_left_is_a_parcel_again() -> None:
    whole = parcel(destination(0), destination(1))
    left = Consignment(whole, whole.destinations).only([whole.destinations[1]]).as_parcel()
    assert left.destinations == (whole.destinations[1],)
    assert left.octets is whole.octets
