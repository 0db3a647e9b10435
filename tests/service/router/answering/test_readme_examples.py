"""The answer of a model that README shows is what a customer sees of that reply, with the sample's own page."""

import math
import re
from pathlib import Path

from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.router_harness import open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.table import table

ROOT = Path(__file__).parents[4]
HELP_CENTER = ROOT / "services/kefu/sample/help_center"
CONFIRMED = [math.log(odds) for odds in (0.9, 0.05, 0.05)]


@table(
    ("readme", "language", "heading"),
    [("README.md", "en", "Using"), ("README.zh-CN.md", "zh", "积分使用")],
)
async def test_the_answer_of_a_model_in_the_readme_is_shown_whole(
    own_redis: RedisServer, readme: str, language: str, heading: str
) -> None:
    question, reply = re.findall(r"^> (.*800.*)\n(.*)$", (ROOT / readme).read_text("utf-8"), re.MULTILINE)[0]
    page = (HELP_CENTER / language / "membership/points.md").read_text("utf-8")
    section = page.partition(f"## {heading}\n\n")[2].partition("\n\n## ")[0]
    title = page.partition("\n")[0].removeprefix("# ")
    async with open_router_harness(own_redis, answer_profile="verified") as harness:
        harness.knowledge.hits = [make_hit(section, title=title, headings=[heading], language=language)]
        harness.replica.frames = [reply]
        harness.replica.choice_log_probabilities = CONFIRMED
        answer = await (await harness.client()).ask(question)
        assert (answer.text, answer.completed.source) == (reply, pb.ANSWER_SOURCE_GENERATED)
        assert [citation.number for citation in answer.completed.citations] == [1]
        assert [call for call in harness.replica.calls if call.request.choices]  # it was read a second time
