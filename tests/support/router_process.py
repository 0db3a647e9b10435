"""A router in a process of its own: python -m tests.support.router_process JSON, with fields of RouterConfig.

So tests set what no variable sets, too.
"""

import json
import sys
from functools import partial

from kefu.common.rpc.server import run
from kefu.router.__main__ import main
from kefu.router.config import RouterConfig

if __name__ == "__main__":
    run("router", partial(RouterConfig, **json.loads(sys.argv[1])), main)
