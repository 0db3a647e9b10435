"""The generation service's configuration."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from kefu.common.cache_folder import default_cache
from kefu.common.config import ServiceConfig
from kefu.generation.engine_choice import EngineSetting
from kefu.generation.models.gguf_conversion import NumberFormatSetting


class WeightsConfig(BaseSettings):
    """All that fetching a model ahead needs to know."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, use_attribute_docstrings=True)

    cache_dir: Path = Field(validation_alias="KEFU_CACHE_DIR", default_factory=default_cache)
    """Folder for models that were fetched or converted, and for tables of word lists. Unset: ~/.cache/kefu."""

    gguf_numbers: NumberFormatSetting = Field(validation_alias="KEFU_GENERATION_GGUF_NUMBERS", default="auto")
    """See GenerationConfig."""


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

    vllm_dtype: str = "auto"
    """vLLM: numbers that it computes with (bfloat16, float16, float32). auto: the model's own on a GPU; on a CPU
    bfloat16 where it has instructions for it, else float32 where that takes no more than half the memory."""

    vllm_quantization: str = ""
    """vLLM: how weights are or become quantized, such as fp8. Empty: as the model's config.json says."""

    vllm_kv_cache_dtype: str = "auto"
    """vLLM: numbers of the key/value cache, such as fp8. auto: those that it computes with."""

    vllm_load_format: str = "auto"
    """vLLM: how weights are read: auto, safetensors, runai_streamer, …; dummy: random ones, to try a shape."""

    vllm_max_batched_tokens: Annotated[int, Field(ge=0)] = 0
    """vLLM: most tokens of one step; more write faster and make others wait longer. 0: as `vllm serve` has it."""

    vllm_speculation: Annotated[int, Field(ge=0, le=32)] = 0
    """vLLM: tokens guessed at a time from what the prompt says after the same words (n-grams). 0: none."""

    vllm_args: dict[str, Any] = Field(default_factory=dict[str, Any])
    """vLLM: further arguments of its AsyncEngineArgs as JSON, taken last: {"enable_chunked_prefill": true}."""

    default_reasoning_tokens: Annotated[int, Field(ge=1)] = 1024
    """Cap on thinking, in tokens, for a request that names none."""

    stuck_seconds: Annotated[float, Field(gt=0)] = 60.0
    """An engine in this process that has requests and takes no step for so long ends, to be started again."""

    frame_milliseconds: Annotated[float, Field(ge=0)] = 30.0
    """Least time between two frames of one answer, in milliseconds."""

    frame_milliseconds_per_stream: Annotated[float, Field(ge=0)] = 1.0
    """Added to that for each open stream, in milliseconds: fewer, larger frames under load."""

    frame_milliseconds_most: Annotated[float, Field(ge=0)] = 1000.0
    """Never more than this between two frames, in milliseconds: every reader sees something new each second."""

    stall_seconds: Annotated[float, Field(gt=0)] = 30.0
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

    simulated_prefill_tokens_per_second: Annotated[float, Field(gt=0)] = 20_000.0
    """simulated engine: prompt tokens a second."""

    simulated_step_milliseconds: Annotated[float, Field(gt=0)] = 15.0
    """simulated engine: time of a step with one request in the batch."""

    simulated_step_milliseconds_per_request: Annotated[float, Field(ge=0)] = 0.25
    """simulated engine: added to a step for each further request in the batch."""

    simulated_kv_tokens: Annotated[int, Field(ge=1024)] = 400_000
    """simulated engine: tokens that its key/value cache holds."""

    simulated_answer_tokens: Annotated[int, Field(ge=1)] = 120
    """simulated engine: length of an answer, in tokens, where max_tokens allows it."""


def configuration_without_key() -> GenerationConfig:
    """The service's configuration as it reads it, for a program that serves nothing and so needs no key."""
    read: Any = GenerationConfig  # the rest is from the environment and `.env`
    return read(internal_key=SecretStr(""))
