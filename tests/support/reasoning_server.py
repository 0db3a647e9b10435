"""A server of chat completions whose model reasons: it renders published chat templates, as vLLM does."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import jinja2

TEMPLATES = Path(__file__).parents[1] / "data" / "chat_templates"
THOUGHTS = " ".join(f"thought{number}" for number in range(40))
ANSWER = "Yes, it is."
_MODEL = "m"


@dataclass
class Behaviour:
    """How a server and its model behave."""

    template: str
    """Source of the chat template."""
    parser: Literal["", "vllm", "older vllm"] = ""
    """Whether thoughts come in a field of their own. The older one sees no block that the prompt has closed."""
    continues: Literal["vllm", "sglang", "llama.cpp", "not", "refused"] = "vllm"
    """How a last message of the assistant is gone on with. vllm: as transformers does. sglang: it is put behind the
    prompt. llama.cpp: so too, and it is told again. not: it is a message like others. refused: what is not OpenAI's
    is. add_generation_prompt is heeded by vllm and llama.cpp."""
    ends_in_thought: bool = False
    """The model stops in its thoughts, without closing them."""
    always_thinks: bool = False
    """The model thinks, whatever the prompt closes."""
    models_statuses: list[int] = field(default_factory=list[int])
    """HTTP status of the next lists of models, in order; 200 once they are used up."""
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


class Refused(Exception):
    """HTTP 400."""


def prompt_of(asked: dict[str, Any], behaviour: Behaviour) -> str:
    """The prompt, by the rules of transformers' apply_chat_template."""
    going_on = behaviour.continues == "vllm" and asked.get("continue_final_message", False)
    takes_prompt = behaviour.continues in ("vllm", "llama.cpp")
    prefix = prefix_of(asked, behaviour)
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    rendered = environment.from_string(behaviour.template).render(
        messages=asked["messages"][:-1] if prefix else asked["messages"],
        add_generation_prompt=not takes_prompt or bool(prefix) or asked.get("add_generation_prompt", True),
        bos_token="",
        **asked.get("chat_template_kwargs", {}),
    )
    if not going_on:
        return rendered + prefix
    last = asked["messages"][-1]["content"].strip()
    if last not in rendered:
        raise Refused("continue_final_message is set but the final message does not appear in the chat")
    return rendered[: rendered.rindex(last) + len(last)]


def prefix_of(asked: dict[str, Any], behaviour: Behaviour) -> str:
    """What the assistant has written already, where the server puts it behind the prompt."""
    last = asked["messages"][-1]
    return last["content"] if behaviour.continues in ("sglang", "llama.cpp") and last["role"] == "assistant" else ""


def written_by(prompt: str, behaviour: Behaviour) -> tuple[str, bool]:
    """What the model writes, and whether the prompt has closed its thoughts."""
    closed = prompt.rfind("</think>") > prompt.rfind("<think>")
    if closed and not behaviour.always_thinks:
        return ANSWER, True
    opened = "" if prompt.rstrip().endswith("<think>") else "<think>\n"
    return f"{opened}{THOUGHTS}" + ("" if behaviour.ends_in_thought else f"\n</think>\n\n{ANSWER}"), closed


def parts_of(text: str, behaviour: Behaviour, *, closed: bool) -> Iterator[tuple[str, str]]:
    """The words of the model, each with the field in which the server sends it."""
    thinking = behaviour.parser == "older vllm" or (
        behaviour.parser == "vllm" and (not closed or behaviour.always_thinks)
    )
    for word in text.removeprefix("<think>\n").split(" ") if thinking else text.split(" "):
        before, tag, after = word.partition("</think>")
        if thinking and tag:
            thinking = False
            yield "reasoning_content", before
            yield "content", f"{after} "
            continue
        yield "reasoning_content" if thinking else "content", f"{word} "


class ReasoningServer(ThreadingHTTPServer):
    """Serves one model; `behaviour` may change while it runs."""

    daemon_threads = True

    def __init__(self, behaviour: Behaviour, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.behaviour = behaviour

    @property
    def url(self) -> str:
        """As the engine is given it."""
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: ReasoningServer  # pyright: ignore[reportIncompatibleVariableOverride] - it serves no other

    def do_GET(self) -> None:
        statuses = self.server.behaviour.models_statuses
        self._answer(statuses.pop(0) if statuses else 200, {"object": "list", "data": [{"id": _MODEL}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        behaviour = self.server.behaviour
        behaviour.asked.append(asked)
        extra = asked.keys() & {"chat_template_kwargs", "add_generation_prompt", "continue_final_message"}
        try:
            if behaviour.continues == "refused" and extra:
                raise Refused(f"Unknown arguments: {sorted(extra)}")
            text, closed = written_by(prompt_of(asked, behaviour), behaviour)
        except Refused as error:
            self._answer(400, {"error": {"message": str(error)}})
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        told_again = prefix_of(asked, behaviour) if behaviour.continues == "llama.cpp" else ""
        parts = [*([("content", told_again)] if told_again else []), *parts_of(text, behaviour, closed=closed)]
        finish = "length" if len(parts) > asked["max_tokens"] else "stop"
        for name, part in parts[: asked["max_tokens"]]:
            self._chunk({name: part}, None)
        self._chunk({}, finish)
        self.wfile.write(b"data: [DONE]\n\n")

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def _chunk(self, delta: dict[str, str], finish: str | None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": _MODEL, "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (BrokenPipeError, ConnectionResetError):  # the engine has read enough
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        return


@contextmanager
def reasoning_server(behaviour: Behaviour, port: int = 0) -> Iterator[ReasoningServer]:
    """A server that runs while the block does. Port 0 takes a free one."""
    with ReasoningServer(behaviour, port) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
