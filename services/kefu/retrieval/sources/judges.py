"""Judges of a plan: a plan that looks like a site in trouble rather than like an edited one is held for a person."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from kefu.retrieval.sources.plan import Plan
from kefu.retrieval.sources.similarity import groups, sketch

LEAST = 5
"""Fewer documents than this are never a reason to hold a plan."""
_NEARLY_SAME = 0.8
_SAME = 0.95
_SAMPLE = 20
_EMPTIED = 10
"""A document of which less than this part is left counts as emptied."""
_HAD_TEXT = 200


@dataclass(frozen=True)
class Verdict:
    """What a judge says. `reason` is a sentence for people, where the plan is to be held."""

    held: bool = False
    reason: str = ""


class Judge(Protocol):
    """One judge. All of them are asked; one that holds is enough."""

    async def judge(self, plan: Plan) -> Verdict:
        """Whether a plan is to be held."""
        ...


class ShareJudge:
    """Holds a plan that would take away, or empty, more than the share of documents that the source allows."""

    async def judge(self, plan: Plan) -> Verdict:
        """See Judge."""
        gone = sum(change.kind == "gone" for change in plan.changes.values())
        emptied = sum(
            change.old_length >= _HAD_TEXT
            and plan.lengths.get(address, change.old_length) * _EMPTIED < change.old_length
            for address, change in plan.changes.items()
        )
        lost = gone + emptied
        if lost < LEAST or lost <= plan.source.most_gone * plan.total:
            return Verdict()
        return Verdict(True, f"{gone} of {plan.total} documents would go, and {emptied} would be nearly empty.")


class SameTextJudge:
    """Holds a plan by which many documents would have one text: that of a login, an error, or maintenance."""

    async def judge(self, plan: Plan) -> Verdict:
        """See Judge."""
        addresses = list(plan.sketches)
        if len(addresses) < LEAST:
            return Verdict()
        sketches = [plan.sketches[each] for each in addresses]
        for found in await asyncio.to_thread(groups, sketches, _NEARLY_SAME):
            if len(found) < LEAST:
                break
            if await self._had_different_texts(plan, [addresses[each] for each in found]):
                return _same(len(found), addresses[found[0]])
        new = [each for each in addresses if not plan.changes[each].old_length]
        found = await asyncio.to_thread(groups, [plan.sketches[each] for each in new], _SAME)
        if found and len(found[0]) >= LEAST:
            return _same(len(found[0]), new[found[0][0]])
        return Verdict()

    async def _had_different_texts(self, plan: Plan, addresses: Sequence[str]) -> bool:
        had = [each for each in addresses if plan.changes[each].old_length]
        if len(had) < LEAST:
            return False
        step = max(1, len(had) // _SAMPLE)
        old = [sketch(await plan.old_text(each)) for each in had[::step]]
        return len(groups(old, _NEARLY_SAME)[0]) < 0.8 * len(old)


class RedirectJudge:
    """Holds a plan of a run in which many documents lead to one address instead."""

    async def judge(self, plan: Plan) -> Verdict:
        """See Judge."""
        for target, count in plan.redirects.most_common(1):
            if count >= LEAST:
                return Verdict(True, f"{count} documents lead to {target} instead.")
        return Verdict()


def _same(count: int, address: str) -> Verdict:
    return Verdict(
        True,
        f"{count} documents would have nearly the same text, such as that at {address}: is it a login or an error?",
    )


JUDGES: tuple[Judge, ...] = (ShareJudge(), SameTextJudge(), RedirectJudge())


async def verdict_of(plan: Plan, judges: Sequence[Judge]) -> Verdict:
    """The verdict of all judges, with the reasons of those that hold."""
    verdicts = [await judge.judge(plan) for judge in judges]
    reasons = [each.reason for each in verdicts if each.held]
    return Verdict(bool(reasons), " ".join(reasons))
