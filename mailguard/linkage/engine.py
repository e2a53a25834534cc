"""The engines that compare a whole table, by name; what an extra brings is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from mailguard.errors import MailguardError
from mailguard.identity.parameters import Parameters
from mailguard.linkage.batch import Linked, link_frame
from mailguard.linkage.engine_name import Engine
from mailguard.linkage.frame import Frame
from mailguard.linkage.learning import learn
from mailguard.linkage.listener import Listener


def score_table(frame: Frame, parameters: Parameters | None, engine: Engine, *, least: float, listener: Listener) -> Linked:
    """Return the pairs worth at least `least` bits by these parameters, or by parameters learnt from the frame.

    Raises MailguardError where the engine is not installed or does not start.
    """
    if engine is Engine.RECORDLINKAGE:
        listener.stage("comparing records" if parameters else "learning without labels, and comparing records")
        return link_frame(frame, parameters, least=least)
    score_on = _splink(engine)
    if parameters is None:
        listener.stage("learning without labels")
        parameters = learn(frame)
    listener.stage(f"comparing records on {engine}")
    return score_on(frame, parameters, least=least, tell=listener.part)


def _splink(engine: Engine) -> Callable[..., Linked]:
    """Return what scores a frame on an engine of Splink's."""
    try:
        import splink  # noqa: F401, PLC0415 - an extra

        if engine is Engine.SPARK:
            import pyspark  # noqa: F401, PLC0415 - an extra
    except ImportError as error:
        raise MailguardError(f"the engine {engine} is not installed; install it: pip install 'mailguard[{engine}]'") from error
    from mailguard.linkage.splink_engine import score_with_splink  # noqa: PLC0415 - imports what the extra brings
    from mailguard.linkage.splink_levels import levels_by_function, levels_in_sql  # noqa: PLC0415 - the same

    if engine is Engine.SPARK:
        from mailguard.linkage.splink_spark import opened_on_spark  # noqa: PLC0415 - the same

        return partial(score_with_splink, opened=opened_on_spark, comparisons=levels_by_function())
    from mailguard.linkage.splink_duckdb import opened_on_duckdb  # noqa: PLC0415 - the same

    return partial(score_with_splink, opened=opened_on_duckdb, comparisons=levels_in_sql())
