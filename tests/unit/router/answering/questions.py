"""Questions as the pipeline has them, for tests."""

import time
from dataclasses import replace
from typing import Any

from pydantic import SecretStr

from kefu.common.auth import Principal
from kefu.router.answering.question import Question
from kefu.router.config import RouterConfig
from kefu.router.domain.turn import BrownOut
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.nlu.message import CustomerMessage
from kefu.router.tenants.settings import TenantSettings, effective_settings

SETTINGS = effective_settings(TenantSettings(), RouterConfig(internal_key=SecretStr("kefu_internal_" + "0" * 64)))


def question(text: str, brown_out: BrownOut = BrownOut.NONE, **settings: Any) -> Question:
    return Question(
        request=TurnRequest(text=text, arrived=time.monotonic()),
        message=CustomerMessage(text),
        carried="",
        language="en",
        as_of="2026-11-25",
        history=(),
        settings=replace(SETTINGS, **settings),
        principal=Principal("t", "k", frozenset()),
        replica="",
        brown_out=brown_out,
    )
