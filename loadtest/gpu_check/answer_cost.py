"""
What a day costs, what a replica answers, and what that costs, by card, model and prompt:
python -m loadtest.gpu_check.answer_cost - writes the tables of docs/operate/scaling.md and of
k8s/overlays/gpu-production/README.md.

It is arithmetic: the formula of the simulated day (`autoscaling.model.capacity`), with the pace of an H100 as
published, and the pace of other cards in proportion to what their makers publish. Nothing of it is measured. A card's
price is an input: --price "L4=0.70", for each card.
"""

import math
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from kefu.generation.models.card_fit import check_fit
from kefu.generation.models.memory_fit import Quantization
from loadtest.gpu_check.capacity import USE
from loadtest.gpu_check.page import markdown_table
from loadtest.gpu_check.reference import CARDS, MODELS
from loadtest.gpu_check.results import Table
from loadtest.harness.suite import H100, EnginePace
from loadtest.simulation.autoscaling.hpa import Rules, written
from loadtest.simulation.autoscaling.model import DAY, capacity, rate_at

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "docs/operate/scaling.md", ROOT / "k8s/overlays/gpu-production/README.md")
MODEL = "R1-Distill-Llama-8B"
"""The model of the published pace, an 8B one in FP8."""
_BEGIN, _END = "<!-- answers: made by python -m loadtest.gpu_check.answer_cost -->", "<!-- end of answers -->"


@dataclass(frozen=True)
class Load:
    """What an answer asks of the engine, in tokens."""

    prompt: int
    thinking: int = 0

    @property
    def name(self) -> str:
        """Its words in a table."""
        return f"{self.prompt:,}" + (f" and {self.thinking:,} of thinking" if self.thinking else "")


LOADS = (Load(400), Load(1200), Load(2000), Load(1200, thinking=512))
"""A short prompt as the demo's, a usual one, the longest that k8s/components/gpu allows, and one with reasoning on."""


@dataclass(frozen=True)
class Card:
    """What its maker publishes of a card: memory bandwidth, and speed of dense FP8, or of 16 bits without FP8."""

    terabytes_a_second: float
    teraflops: float
    dollars_an_hour: float
    """An example, of no provider in particular."""


SPEEDS: Mapping[str, Card] = {
    "L4": Card(0.30, 242, 0.70),
    "A10": Card(0.60, 125, 0.75),
    "L40S": Card(0.864, 733, 1.00),
    "A100 80 GB": Card(2.04, 312, 1.50),
    "H100 80 GB": Card(3.35, 1979, 2.50),
}
"""From the cards' data sheets. The T4 is left out: it has neither FP8 nor bfloat16."""


DAYS = (100_000, 1_000_000)
"""Questions a day."""
DAY_LOAD = Load(1200)
DAY_MODELS: tuple[tuple[str, Quantization], ...] = (
    ("R1-Distill-Qwen-1.5B", "none"),
    ("R1-Distill-Qwen-7B", "none"),
    ("R1-Distill-Llama-8B", "fp8"),
)
"""In 16 bits the first two, as the overlays start them."""
DAY_CARDS = ("L4", "A10", "A100 80 GB", "H100 80 GB")
_FP8 = (8, 9)
"""The first compute capability that computes in FP8."""


def pace_of(card: str) -> EnginePace:
    """The pace of the H100, slower: a step reads memory, a prompt is computed."""
    base, own = SPEEDS["H100 80 GB"], SPEEDS[card]
    steps = base.terabytes_a_second / own.terabytes_a_second
    return replace(
        H100,
        name=card,
        step_milliseconds=H100.step_milliseconds * steps,
        step_milliseconds_per_request=H100.step_milliseconds_per_request * steps,
        prefill_tokens_per_second=H100.prefill_tokens_per_second * own.teraflops / base.teraflops,
    )


def pace_with(card: str, model: str, numbers: Quantization) -> EnginePace:
    """The pace of a card with another model: a step reads its weights, a prompt is computed in its numbers.

    Cards without FP8 compute FP8 weights in 16 bits; those that have it compute 16 bits at half its speed.
    """
    published, own = MODELS[MODEL].shape, MODELS[model].shape
    bytes_read = own.weight_bytes(numbers) / published.weight_bytes("fp8")
    computed = own.weight_bytes("none") / published.weight_bytes("none")
    halved = 2 if numbers == "none" and CARDS[card].capability >= _FP8 else 1
    pace = pace_of(card)
    return replace(
        pace,
        step_milliseconds=pace.step_milliseconds * bytes_read,
        step_milliseconds_per_request=pace.step_milliseconds_per_request * bytes_read,
        prefill_tokens_per_second=pace.prefill_tokens_per_second / computed / halved,
    )


def most_at_once(card: str, load: Load, model: str = MODEL, numbers: Quantization = "fp8") -> int:
    """Answers that a replica writes at once: what it is configured for, or what its memory holds."""
    shape = MODELS[model].shape
    fit = check_fit(shape, shape.weight_bytes(numbers), [CARDS[card]], USE)
    tokens = fit.kv_tokens if fit is not None else 0
    return min(USE.max_running, tokens // (load.prompt + load.thinking + H100.answer_tokens))


def dollars(price: float, questions_a_second: float) -> float:
    """What 1,000 answers cost of a replica that answers so many."""
    return price / (questions_a_second * 3600) * 1000


def replicas(questions_a_second: float, each: float) -> int:
    """Replicas for a peak, one of which may go."""
    return math.ceil(questions_a_second / each) + 1


def table_of_loads() -> list[str]:
    """An H100's questions a second, by prompt and answers at once, and the replicas for a day's peak."""
    often = round(written().threshold)
    peaks = [max(rate_at(second, day) for second in range(0, round(DAY), 60)) for day in (100_000, 1_000_000)]
    head = (
        "prompt, tokens",
        f"{often} at once",
        "64",
        "256",
        "prefill alone",
        *(f"replicas for {p:.0f} a second" for p in peaks),
    )
    rows: list[tuple[str, ...]] = []
    for load in LOADS:
        rates = [capacity(H100, n, prompt=load.prompt, thinking=load.thinking) for n in (often, 64, USE.max_running)]
        alone = H100.prefill_tokens_per_second / load.prompt
        needed = [str(replicas(peak, rates[0])) for peak in peaks]
        rows.append((load.name, *(f"{rate:.1f}" for rate in rates), f"{alone:.1f}", *needed))
    return list(markdown_table(Table(head, tuple(rows))))


def table_of_cards(prices: Mapping[str, float]) -> list[str]:
    """Questions a second and dollars for 1,000 answers, by card and prompt."""
    often = round(written().threshold)
    head = (
        "card, $ an hour",
        "prompt, tokens",
        f"a second, {often} at once",
        "most at once",
        "a second, so many",
        f"$ for 1,000, {often} at once",
        "$, most at once",
    )
    rows: list[tuple[str, ...]] = []
    for card, price in prices.items():
        pace = pace_of(card)
        for load in LOADS:
            most = most_at_once(card, load)
            rates = [capacity(pace, n, prompt=load.prompt, thinking=load.thinking) for n in (min(often, most), most)]
            costs = [f"{dollars(price, rate):.3f}" for rate in rates]
            rows.append((f"{card}, {price:.2f}", load.name, f"{rates[0]:.1f}", str(most), f"{rates[1]:.1f}", *costs))
    return list(markdown_table(Table(head, tuple(rows))))


def replicas_by_minute(questions: int, each: float, rules: Rules) -> list[int]:
    """Replicas in each minute of a day: what the rate wants, and never fewer than the overlay keeps warm."""
    found: list[int] = []
    for second in range(0, round(DAY), 60):
        is_open = rules.opens <= second / 3600 < rules.closes
        kept = max(rules.least, rules.scheduled if is_open else 0)
        found.append(max(kept, math.ceil(rate_at(second, questions) / each)))
    return found


def table_of_days(prices: Mapping[str, float]) -> list[str]:
    """GPU hours and dollars of whole days, nights included, by card and model."""
    rules = written()
    head = ["card, $ an hour", "model", f"a second, {rules.threshold:.0f} at once"]
    for questions in DAYS:
        day = f"{questions:,} a day"
        head += [f"{day}: most replicas", "GPU hours", "$ a day", "$ for 1,000"]
    rows: list[tuple[str, ...]] = []
    for card in DAY_CARDS:
        for model, numbers in DAY_MODELS:
            running = min(round(rules.threshold), most_at_once(card, DAY_LOAD, model, numbers))
            each = capacity(pace_with(card, model, numbers), running, prompt=DAY_LOAD.prompt)
            name = f"{model}, {'FP8' if numbers == 'fp8' else '16 bits'}"
            row = [f"{card}, {prices[card]:.2f}", name, f"{each:.1f}"]
            for questions in DAYS:
                by_minute = replicas_by_minute(questions, each, rules)
                hours = sum(by_minute) / 60
                cost = hours * prices[card]
                row += [str(max(by_minute)), f"{hours:.0f}", f"{cost:.0f}", f"{cost / questions * 1000:.2f}"]
            rows.append(tuple(row))
    return list(markdown_table(Table(tuple(head), tuple(rows))))


def tables(prices: Mapping[str, float], command: str) -> str:
    """The tables, between their marks."""
    parts = table_of_days(prices), table_of_loads(), table_of_cards(prices)
    return "\n".join((_BEGIN, f"`{command}`", *("\n" + "\n".join(part) for part in parts), _END))


def with_tables(text: str, made: str) -> str:
    """A page with the tables of now in the place of those between the marks."""
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError("the page has no place for the tables")
    return before + made + after


def example_prices() -> dict[str, float]:
    """The examples."""
    return {name: card.dollars_an_hour for name, card in SPEEDS.items()}


def main(price: Annotated[Sequence[str], typer.Option(help="CARD=DOLLARS an hour; repeat for each.")] = ()) -> None:
    """Write the tables into the pages."""
    prices = example_prices()
    for one in price:
        card, _, dollars_an_hour = one.partition("=")
        if card not in prices:
            raise typer.BadParameter(f"{card!r} is none of {', '.join(prices)}.")
        try:
            prices[card] = float(dollars_an_hour)
        except ValueError:
            raise typer.BadParameter(f"{one!r} is not of the form CARD=DOLLARS.") from None
    made = tables(prices, shlex.join(["python", "-m", "loadtest.gpu_check.answer_cost", *sys.argv[1:]]))
    for page in PAGES:
        page.write_text(with_tables(page.read_text("utf-8"), made), "utf-8")
        print(f"wrote {page}")


if __name__ == "__main__":
    typer.run(main)
