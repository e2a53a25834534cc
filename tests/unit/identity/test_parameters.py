import json

import pytest

from mailguard.identity.default_parameters import DEFAULTS
from mailguard.identity.parameters import Frequencies, Parameters


def test_parameters_survive_json() -> None:
    assert Parameters.from_json(DEFAULTS.to_json()) == DEFAULTS


@pytest.mark.parametrize("text", ["{", "[]", "{}", "null", '{"format": 1}', '{"format": 0}'])
def test_any_other_document_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own message where it is no JSON
        Parameters.from_json(text)


def test_parameters_without_a_level_are_refused() -> None:
    document = json.loads(DEFAULTS.to_json())
    del document["levels"]["phone"]["same"]["same"]
    with pytest.raises(ValueError, match="no parameters"):
        Parameters.from_json(json.dumps(document))


def test_a_value_that_is_not_listed_has_the_floor() -> None:
    frequencies = Frequencies({"smith": 0.01}, 0.0001, 0.001)
    assert (frequencies.of("smith"), frequencies.of("lovelace")) == (0.01, 0.0001)
