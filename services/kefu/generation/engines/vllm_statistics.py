"""vLLM's statistics: the scheduler's load after its last step. vLLM calls this interface unstable."""

from collections.abc import Callable
from typing import Any

from kefu.generation.engine import EngineLoad
from kefu.generation.engines.step_watch import StepWatch


class SchedulerStatistics:
    """The latest statistics. Every step is reported to `watch`."""

    def __init__(self, watch: StepWatch, max_running: int) -> None:
        self.load = EngineLoad(max_running=max_running)
        self.watch = watch

    def loggers(self) -> list[Any]:
        """Stat loggers for AsyncLLM: one that stores the load here, and vLLM's own for Prometheus (`vllm:*`)."""
        from vllm.v1.metrics.loggers import PrometheusStatLogger

        return [self._recorder(), PrometheusStatLogger]

    def _recorder(self) -> Callable[..., Any]:
        from vllm.v1.metrics.loggers import StatLoggerBase

        owner = self

        class Recorder(StatLoggerBase):
            def __init__(self, vllm_config: Any, engine_index: int = 0) -> None:
                del vllm_config, engine_index

            def record(
                self, scheduler_stats: Any, iteration_stats: Any, mm_cache_stats: Any = None, engine_idx: int = 0
            ) -> None:
                owner.watch.step()
                if (now := scheduler_stats) is not None:
                    waiting = now.num_waiting_reqs + now.num_skipped_waiting_reqs
                    owner.load = owner.load._replace(
                        running=now.num_running_reqs, waiting=waiting, kv_cache_usage=now.kv_cache_usage
                    )

            def log_engine_initialized(self) -> None:
                return

        return Recorder
