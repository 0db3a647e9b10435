"""Write the table of docs/reference/configuration.md from the configuration classes: python -m tests.configuration"""

import re
from pathlib import Path

from kefu.common.config import ServiceConfig
from kefu.common.config_reference import markdown_table
from kefu.gateway.config import GatewayConfig
from kefu.generation.config import GenerationConfig
from kefu.retrieval.config import RetrievalConfig
from kefu.router.config import RouterConfig

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "configuration.md"
SERVICES: dict[str, type[ServiceConfig]] = {
    "router": RouterConfig,
    "retrieval": RetrievalConfig,
    "generation": GenerationConfig,
    "gateway": GatewayConfig,
}
_BEGIN, _END = "<!-- begin generated: make configuration -->", "<!-- end generated -->"


def current() -> str:
    """The page as it should be: its own text, and between the marks the table of every variable."""
    page = PAGE.read_text("utf-8")
    table = f"{_BEGIN}\n{markdown_table(SERVICES)}\n{_END}"
    written, times = re.subn(f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", lambda _: table, page, flags=re.DOTALL)
    if times != 1:
        raise ValueError(f"{PAGE} does not hold the marks {_BEGIN} and {_END} once.")
    return written


if __name__ == "__main__":
    PAGE.write_text(current(), "utf-8")
