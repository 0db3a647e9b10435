"""Marks in Redis: what models may do, so that one router finds it out for all."""

import pydantic
import structlog

from kefu.common.redis.commands import RedisCommands
from kefu.router.exam.cases import cases_version
from kefu.router.exam.marks import MARKS, Marks
from kefu.router.storage import keys

_log = structlog.stdlib.get_logger()


class MarksStore:
    """Marks of all models, by `Replica.model_id`."""

    def __init__(self, commands: RedisCommands) -> None:
        self._commands = commands

    async def get(self, model_id: str) -> Marks | None:
        """The marks of a model over the present cases; None: it has to sit the exam. Raises BackendUnavailable."""
        kept = await self._commands.hash_get(keys.EXAM_MARKS, model_id)
        if kept is None:
            return None
        try:
            marks = MARKS.validate_json(kept)
        except pydantic.ValidationError:
            _log.warning("exam.marks_unreadable", model=model_id)
            return None
        return marks if marks.cases == cases_version() else None

    async def put(self, model_id: str, marks: Marks) -> None:
        """Keep the marks of a model, in place of older ones. Raises BackendUnavailable."""
        await self._commands.hash_set(keys.EXAM_MARKS, {model_id: MARKS.dump_json(marks).decode()})
