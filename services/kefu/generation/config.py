"""The generation service's configuration."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from kefu.common.cache_folder import default_cache
from kefu.common.config import Fixed, ServiceConfig
from kefu.generation.engine_choice import EngineSetting
from kefu.generation.models.gguf_conversion import NumberFormatSetting


class WeightsConfig(BaseSettings):
    """All that fetching a model ahead needs to know."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, use_attribute_docstrings=True)

    cache_dir: Path = Field(validation_alias="KEFU_CACHE_DIR", default_factory=default_cache)
    """Folder for models that were fetched or converted, and for tables of word lists. Unset: ~/.cache/kefu."""

    gguf_numbers: NumberFormatSetting = Field(validation_alias="KEFU_GENERATION_GGUF_NUMBERS", default="auto")
    """See GenerationConfig."""


class SimulatedSpeed(BaseModel):
    """How fast the simulated engine is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prefill_tokens_per_second: Annotated[float, Field(gt=0)] = 20_000.0
    step_milliseconds: Annotated[float, Field(gt=0)] = 15.0
    """Time of a step with one request in the batch."""
    step_milliseconds_per_request: Annotated[float, Field(ge=0)] = 0.25
    """Added for each further one."""
    kv_tokens: Annotated[int, Field(ge=1024)] = 400_000
    """Tokens that its key/value cache holds."""
    answer_tokens: Annotated[int, Field(ge=1)] = 120
    """Length of an answer, where max_tokens allows it."""


class GenerationConfig(ServiceConfig, env_prefix="KEFU_GENERATION_"):
    """Which model a replica runs, on what, and how much it takes on."""

    listen: str = "127.0.0.1:50053"
    """Address and port to listen at."""

    engine: EngineSetting = "auto"
    """What writes the answers: llamacpp (GGUF models on a CPU), vllm (GPUs), openai (an OpenAI-compatible server), or
    simulated (arithmetic, for load tests). auto: vllm where it has an NVIDIA GPU, else llamacpp."""

    model: str = ""
    """A name of the catalog (kefu models), folder, .gguf file, or hub id (OWNER/NAME@COMMIT). Empty or auto: by the
    machine; see answer_seconds."""

    answer_seconds: Annotated[float, Field(gt=0)] = 4.0
    """auto with llama.cpp takes the best model that writes a typical answer (250 new tokens read, 60 written) in this
    time, by a measurement of the machine."""

    cache_dir: Path = Field(validation_alias="KEFU_CACHE_DIR", default_factory=default_cache)
    """Folder for models that were fetched or converted, and for tables of word lists. Unset: ~/.cache/kefu."""

    gguf_numbers: NumberFormatSetting = "auto"
    """vllm engine: what a .gguf model, and so a named one, is converted to: int8, bfloat16 or float32. auto: int8 on a
    CPU with VNNI or AMX, else float32 where it takes no more than half the memory, else bfloat16; on a GPU bfloat16."""

    max_model_tokens: Annotated[int, Field(ge=256)] = 8192
    """Most tokens of prompt and answer together; the model's own limit holds as well."""

    max_running: Annotated[int, Field(ge=1)] = 64
    """Most requests that the engine runs at once; the others wait in it."""

    max_requests: Annotated[int, Field(ge=1)] = 512
    """Most requests running and waiting; above that a replica says REPLICA_FULL."""

    kv_cache_gib: Annotated[float, Field(gt=0)] = 1.0
    """CPU only: most memory for the key/value cache, in GiB. llama.cpp takes a whole answer's length for each slot."""

    adapters: dict[str, str] = Field(default_factory=dict[str, str])
    """LoRA adapters by name, as JSON: {"NAME": "PLACE"}. The place is a .gguf file for llama.cpp, a PEFT folder for
    vLLM, the name of a model for an OpenAI-compatible server."""

    gpu_memory_utilization: Annotated[float, Field(gt=0, le=1)] = 0.9
    """GPU only: share of its memory that vLLM takes."""

    tensor_parallel_size: Annotated[int, Field(ge=1)] = 1
    """vLLM: GPUs, or on a CPU worker processes, over which the model is split."""

    vllm_args: dict[str, Any] = Field(default_factory=dict[str, Any])
    """vLLM: arguments of its AsyncEngineArgs as JSON, taken last: {"quantization": "fp8", "kv_cache_dtype": "fp8"}."""

    default_reasoning_tokens: Fixed[int] = 1024
    """Cap on thinking, in tokens, for a request that names none."""

    stuck_seconds: Annotated[float, Field(gt=0)] = 60.0
    """An engine in this process that has requests and takes no step for so long ends, to be started again."""

    frame_milliseconds: Fixed[float] = 30.0
    """Least time between two frames of one answer, in milliseconds."""

    frame_milliseconds_per_stream: Fixed[float] = 1.0
    """Added to that for each open stream, in milliseconds: fewer, larger frames under load."""

    frame_milliseconds_most: Fixed[float] = 1000.0
    """Never more than this between two frames, in milliseconds: every reader sees something new each second."""

    stall_seconds: Fixed[float] = 30.0
    """A caller that takes nothing for so long is cut."""

    openai_url: str = ""
    """openai engine: base URL, such as http://vllm-router:8000/v1."""

    openai_key: SecretStr = SecretStr("")
    """openai engine: its key, where it wants one."""

    openai_max_model_tokens: Annotated[int, Field(ge=256)] = 32768
    """openai engine: most tokens of prompt and answer together at that server."""

    openai_reasoning: bool = False
    """openai engine: the model there can reason. At its start the engine tries how that model answers at once."""

    openai_max_running: Annotated[int, Field(ge=0)] = 0
    """openai engine: most requests of this replica that the server runs at once; 0: not known."""

    simulated: SimulatedSpeed = SimulatedSpeed()
    """simulated engine: its speed, as JSON; what is left out stays. {"prefill_tokens_per_second": 20000,
    "step_milliseconds": 15, "step_milliseconds_per_request": 0.25, "kv_tokens": 400000, "answer_tokens": 120}"""


def configuration_without_key() -> GenerationConfig:
    """The service's configuration as it reads it, for a program that serves nothing and so needs no key."""
    read: Any = GenerationConfig  # the rest is from the environment and `.env`
    return read(internal_key=SecretStr(""))
