"""
gpu-small and gpu-production without a GPU: every pod but two kinds is the manifest's.

The model's replica gets the CPU's image, the simulated engine and no GPU. The exporter for Redis is left out where its
image is not here.
"""

import asyncio
import copy
from collections.abc import Iterator

import pytest

from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.kustomize import Object
from tests.compose.asking import CHINESE, ENGLISH, ask
from tests.pods.installed import COMPONENTS, ONE_REDIS, Installed, installed
from tests.pods.podman import has_image

pytestmark = pytest.mark.timeout(600)
EXPORTER = "docker.io/oliver006/redis_exporter"
SENTINEL = (
    "redis+sentinel://:{password}@kefu-redis-0:26379,kefu-redis-1:26379,kefu-redis-2:26379/kefu/0"
    "?sentinel_password={password}"
)
ENGINE = {"KEFU_GENERATION_ENGINE": "simulated", "KEFU_GENERATION_MODEL": "qwen2.5-coder-0.5b-instruct"}


def without_gpu(one: Object) -> Object | None:
    """An object of an overlay, as far as it can be played here."""
    name = one["metadata"]["name"]
    if one["kind"] == "Deployment" and name == "kefu-redis-exporter" and not has_image(EXPORTER):
        return None
    if one["kind"] == "ConfigMap" and name.startswith("kefu-generation-"):
        return one | {"data": one["data"] | ENGINE}
    if one["kind"] == "StatefulSet" and name == "kefu-generation":
        one = copy.deepcopy(one)
        pod = one["spec"]["template"]["spec"]
        for container in (*pod["initContainers"], *pod["containers"]):
            container["image"] = container["image"].replace("-gpu", "-cpu")
            container["resources"]["limits"].pop("nvidia.com/gpu", None)
    return one


@pytest.fixture(scope="module", params=["gpu-small", "gpu-production"])
def kefu(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """gpu-production with three Redis and as many Sentinels, which its README tells to take."""
    overlay: str = request.param
    has_sentinel = "redis-sentinel" in COMPONENTS[overlay]
    counts = {"kefu-generation": 1, "kefu-redis": 3 if has_sentinel else 1, "kefu-redis-exporter": 1}
    redis = SENTINEL if has_sentinel else ONE_REDIS
    with installed(overlay, tmp_path_factory.mktemp(overlay), counts, without_gpu, redis) as played:
        yield played


async def test_every_pod_is_ready_and_an_answer_goes_through(kefu: Installed) -> None:
    kefu.import_sample()
    async with kefu.customers() as channel:
        answer = await ask(channel, kefu.key, ENGLISH)
    assert answer.completed.source == pb.ANSWER_SOURCE_GENERATED
    assert answer.text


async def test_redis_is_followed_to_another_pod_when_the_primary_leaves(kefu: Installed) -> None:
    redis = [name for name, pod in kefu.pods.pods.items() if pod.workload == "kefu-redis"]
    if len(redis) == 1:
        pytest.skip("this overlay has one")

    def primaries(names: list[str]) -> set[str]:
        own = "REDISCLI_AUTH=$(sed -n 's/^requirepass //p' /data/sentinel/sentinel.conf | tr -d '\"')"
        script = f"{own} redis-cli -p 26379 SENTINEL GET-MASTER-ADDR-BY-NAME kefu"
        return {kefu.pods.inside(name, "sentinel", script).stdout.decode().split()[0] for name in names}

    assert primaries(redis) == {"kefu-redis-0"}
    ended = await asyncio.to_thread(kefu.pods.leave, "kefu-redis-0")
    assert ended == {"redis": 0, "sentinel": 0}
    async with asyncio.timeout(60):
        while len(found := primaries(redis[1:])) != 1 or found == {"kefu-redis-0"}:
            await asyncio.sleep(0.5)
    kefu.pods.play("kefu-redis-0")
    await asyncio.to_thread(kefu.pods.until_ready)
    assert primaries(redis) == found
    async with kefu.customers() as channel:
        assert (await ask(channel, kefu.key, CHINESE)).text
