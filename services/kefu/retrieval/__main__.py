"""Run the retrieval service: python -m kefu.retrieval"""

from kefu.common.rpc.server import run
from kefu.retrieval.config import RetrievalConfig
from kefu.retrieval.service import main

if __name__ == "__main__":
    run("retrieval", RetrievalConfig, main)  # pyright: ignore[reportArgumentType] - the environment gives internal_key
