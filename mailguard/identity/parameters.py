"""The learnt numbers of the linkage model, as a value and as JSON. Knows neither how they are learnt nor how they are used.

Latent classes hold all pairs of records: the `same` person, two persons of one `household`, a `junior` and his senior (of one
household and one name), two `namesake`s, two `stranger`s. Each class has a probability for each level of each field: m for
the first class, u for the last, in the words of Fellegi and Sunter (1969).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mailguard.identity.levels import COMPARISONS

CLASSES: Final = ("same", "household", "junior", "namesake", "stranger")
FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Frequencies:
    """How common values are. `share`: the commonest; `floor`: any other; `mean`: on average over pairs that agree by chance."""

    share: Mapping[str, float]
    floor: float
    mean: float

    def of(self, value: str) -> float:
        """Return the share of records that hold this value."""
        return self.share.get(value, self.floor)


@dataclass(frozen=True, slots=True)
class Parameters:
    """The model's numbers.

    `partners`, `housemates`, `juniors`: how many other records of the same person, of other persons of the household, of those
    with the same name, a record has on average; these do not change with the table's size, their share of all pairs does.
    `namesakes`: the share of all pairs that agree on the whole name more than by chance, which does not. `levels`: for each
    field, for each of CLASSES, for each level, a probability.
    """

    partners: float
    housemates: float
    juniors: float
    namesakes: float
    levels: Mapping[str, tuple[tuple[float, ...], ...]]
    frequencies: Mapping[str, Frequencies]

    def to_json(self) -> str:
        """Return the numbers as one JSON document."""
        return json.dumps(
            {
                "format": FORMAT,
                "partners": self.partners,
                "housemates": self.housemates,
                "juniors": self.juniors,
                "namesakes": self.namesakes,
                "levels": {
                    spec.field: {
                        name: dict(zip(spec.levels, row, strict=True))
                        for name, row in zip(CLASSES, self.levels[spec.field], strict=True)
                    }
                    for spec in COMPARISONS
                },
                "frequencies": {
                    field: {"share": dict(table.share), "floor": table.floor, "mean": table.mean}
                    for field, table in self.frequencies.items()
                },
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Parameters:
        """Return the numbers of a document that `to_json` made. Raises ValueError for any other."""
        try:
            return _from_document(json.loads(text))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("no parameters of the linkage model") from error


def _from_document(document: Any) -> Parameters:
    if document["format"] != FORMAT:
        raise ValueError(f"parameters of another format: {document['format']}")
    return Parameters(
        float(document["partners"]),
        float(document["housemates"]),
        float(document["juniors"]),
        float(document["namesakes"]),
        {
            spec.field: tuple(
                tuple(float(document["levels"][spec.field][name][level]) for level in spec.levels) for name in CLASSES
            )
            for spec in COMPARISONS
        },
        {
            field: Frequencies(
                {value: float(share) for value, share in table["share"].items()}, float(table["floor"]), float(table["mean"])
            )
            for field, table in document["frequencies"].items()
        },
    )
