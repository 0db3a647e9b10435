"""Fetches and converts a model ahead of the first start: python -m kefu.generation.weights [MODEL]

MODEL is a name of the catalog, a folder, a `.gguf` file, or an id on the model hub.
"""

import sys

from kefu.common.errors import StartupError
from kefu.generation.models.catalog import DEFAULT_ON_CPU
from kefu.generation.models.model_source import gguf_size
from kefu.generation.models.resolver import resolve


def main() -> None:
    """Fetch and convert a model ahead of the first start."""
    from kefu.common.telemetry import set_up_logging
    from kefu.generation.config import WeightsConfig
    from kefu.generation.engines.vllm_arguments import gguf_number_format

    set_up_logging("generation", "info", "console")  # a person reads it
    model = sys.argv[1] if len(sys.argv) > 1 else DEFAULT_ON_CPU
    try:
        config = WeightsConfig()
        numbers = gguf_number_format(config.gguf_numbers, gguf_size(model))
        found = resolve(model, config.cache_dir, numbers)
    except StartupError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    sys.stdout.write(f"{found.path}\n")


if __name__ == "__main__":
    main()
