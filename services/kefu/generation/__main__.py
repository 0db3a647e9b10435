"""Run the generation service: python -m kefu.generation"""

import sys

from kefu.common.rpc.server import run
from kefu.generation.config import GenerationConfig
from kefu.generation.service import ENGINE_DIED, EngineDied, main

if __name__ == "__main__":
    try:
        run("generation", GenerationConfig, main)  # pyright: ignore[reportArgumentType] - its fields are from the environment
    except EngineDied:  # logged where it was seen
        sys.exit(ENGINE_DIED)
