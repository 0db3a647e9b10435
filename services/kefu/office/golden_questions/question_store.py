"""Golden question store: a tenant's golden questions in Redis, each with the answer of the last run over live."""

import time
from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import pydantic

from kefu.common.errors import GoldenQuestionNotFound
from kefu.common.redis.commands import RedisCommands
from kefu.office.golden_questions.golden_question import GoldenAnswer, GoldenQuestion
from kefu.router.storage import keys
from kefu.router.storage.revised_entries import parsed_entry, put_entry

MAX_QUESTIONS = 1000
ANSWER_SECONDS = 30 * 86_400
"""The texts of answers are shown for this long."""
_QUESTION = pydantic.TypeAdapter(GoldenQuestion)
_ANSWER = pydantic.TypeAdapter(GoldenAnswer)

SET_ANSWER = """
-- KEYS: questions, answers. ARGV: question id, its revision that was asked, answer
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored or string.match(stored, '^%d+') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
return 1
"""
"""Keep the answer of a question that is still the one that was asked."""


class GoldenQuestionStore:
    """Stores golden questions."""

    def __init__(self, commands: RedisCommands) -> None:
        self._commands = commands

    async def put(self, tenant: str, question: GoldenQuestion, read: int) -> GoldenQuestion:
        """Store a question. Raises StaleRevision when `read`, if not 0, is not the revision in force, or BadRequest."""
        question = replace(question, update_time=time.time())
        if not question.turn:  # a client that does not know of it
            stored = await self._commands.hash_get(keys.golden_questions(tenant), question.id)
            question = replace(question, turn=_parsed(stored).turn) if stored else question
        entry = (question.id, _QUESTION.dump_json(question, exclude={"revision"}).decode())
        hashes = [keys.golden_questions(tenant)]
        revision = await put_entry(self._commands, "question", hashes, entry, read=read, most=MAX_QUESTIONS)
        return replace(question, revision=revision)

    async def get(self, tenant: str, question_id: str) -> GoldenQuestion:
        """A question. Raises GoldenQuestionNotFound."""
        stored = await self._commands.hash_get(keys.golden_questions(tenant), question_id)
        if stored is None:
            raise _missing(question_id)
        return _parsed(stored)

    async def some(
        self, tenant: str, question_ids: Sequence[str], within: frozenset[str] | None = None
    ) -> list[GoldenQuestion]:
        """Questions by their ids; without any, all of them, by id. Raises GoldenQuestionNotFound.

        `within`: the collections that the others are as good as not there for; None: they all are there.
        """
        stored = await self._commands.hash(keys.golden_questions(tenant))
        found = {each: question for each, one in stored.items() if (question := _parsed(one)).lies_within(within)}
        wanted = list(dict.fromkeys(question_ids)) or sorted(found)
        for each in wanted:
            if each not in found:
                raise _missing(each)
        return [found[each] for each in wanted]

    async def delete(self, tenant: str, question_id: str) -> None:
        """Remove a question with its answer. Raises GoldenQuestionNotFound."""
        [deleted, _] = await self._commands.pipeline(
            [
                ("HDEL", keys.golden_questions(tenant), question_id),
                ("HDEL", keys.golden_answers(tenant), question_id),
            ]
        )
        if not deleted:
            raise _missing(question_id)

    async def of_sessions(self, tenant: str, session_ids: Container[str]) -> dict[str, list[GoldenQuestion]]:
        """The questions that were made of conversations, by session."""
        found: dict[str, list[GoldenQuestion]] = {}
        for each in await self.some(tenant, ()):
            if each.session_id and each.session_id in session_ids:
                found.setdefault(each.session_id, []).append(each)
        return found

    async def erase(self, tenant: str, session_ids: Container[str]) -> None:
        """Remove the questions that were made of conversations, with their answers."""
        for questions in (await self.of_sessions(tenant, session_ids)).values():
            for question in questions:
                with suppress(GoldenQuestionNotFound):  # somebody else has removed it
                    await self.delete(tenant, question.id)

    async def answers(self, tenant: str, questions: Sequence[GoldenQuestion]) -> Mapping[str, GoldenAnswer]:
        """The last answers over live, by question; of those that were not asked since they were changed none."""
        ids = [each.id for each in questions]
        stored = await self._commands.hash_get_many(keys.golden_answers(tenant), ids)
        found: dict[str, GoldenAnswer] = {}
        for question, one in zip(questions, stored, strict=True):
            if one is None:
                continue
            revision, answer = parsed_entry(one)
            if revision == question.revision:
                found[question.id] = without_old_text(_ANSWER.validate_json(answer))
        return found

    async def set_answer(self, tenant: str, question: GoldenQuestion, answer: GoldenAnswer) -> None:
        """Keep the answer of a run over live, unless the question was changed meanwhile."""
        hashes = [keys.golden_questions(tenant), keys.golden_answers(tenant)]
        value = _ANSWER.dump_json(answer).decode()
        await self._commands.script(SET_ANSWER, hashes, (question.id, question.revision, value))


def without_old_text(answer: GoldenAnswer) -> GoldenAnswer:
    """An answer; one that is too old without its words."""
    return answer if time.time() - answer.time < ANSWER_SECONDS else replace(answer, text="", titles=())


def _parsed(stored: str) -> GoldenQuestion:
    revision, question = parsed_entry(stored)
    return replace(_QUESTION.validate_json(question), revision=revision)


def _missing(question_id: str) -> GoldenQuestionNotFound:
    return GoldenQuestionNotFound(f"There is no golden question {question_id}; list them.")
