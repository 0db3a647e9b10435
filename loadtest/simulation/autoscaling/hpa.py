"""The autoscaler's rules, as the rendered manifests have them, and what Kubernetes makes of them."""

import math
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kefu.testing.kustomize import K8S, environment, named, pod_of

OVERLAY = K8S / "overlays" / "gpu-production"
SYNC_SECONDS = 15.0
"""Between two looks of the horizontal pod autoscaler."""
_TOLERANCE = 0.1
_HOUR = 3600.0


@dataclass(frozen=True)
class Policy:
    """At most so many pods, or percent of the pods, in a period."""

    pods: int = 0
    percent: int = 0
    period: float = 60.0

    def most(self, replicas: int) -> int:
        """Pods that may be added to, or taken from, so many."""
        return self.pods or math.ceil(replicas * self.percent / 100)


@dataclass(frozen=True)
class Rules:
    """A ScaledObject, as far as it decides numbers."""

    least: int
    most: int
    threshold: float
    """Running and waiting turns for each replica."""
    scheduled: int
    """Replicas in business hours; 0: no schedule."""
    opens: float
    """Hour of the day."""
    closes: float
    up: tuple[Policy, ...]
    up_window: float
    down: tuple[Policy, ...]
    down_window: float
    places: int = 256
    """Requests that a replica runs at once."""
    drain: float = 60.0
    """Most seconds that a replica that leaves still takes."""
    admission_seconds: float = 10.0
    """A turn that would wait longer for a place is refused."""


def written(folder: Path = OVERLAY) -> Rules:
    """The rules of an overlay."""
    spec = named(folder, "ScaledObject", "kefu-generation")["spec"]
    work = next(one for one in spec["triggers"] if one["type"] == "prometheus")["metadata"]
    schedule = next((one["metadata"] for one in spec["triggers"] if one["type"] == "cron"), None)
    behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    [serving] = pod_of(named(folder, "StatefulSet", "kefu-generation"))["containers"]
    variables = environment(folder, serving)
    return Rules(
        least=spec["minReplicaCount"],
        most=spec["maxReplicaCount"],
        threshold=float(work["threshold"]),
        scheduled=int(schedule["desiredReplicas"]) if schedule else 0,
        opens=_hour(schedule["start"]) if schedule else 0.0,
        closes=_hour(schedule["end"]) if schedule else 0.0,
        up=_policies(behavior["scaleUp"]),
        up_window=float(behavior["scaleUp"]["stabilizationWindowSeconds"]),
        down=_policies(behavior["scaleDown"]),
        down_window=float(behavior["scaleDown"]["stabilizationWindowSeconds"]),
        places=int(variables["KEFU_GENERATION_MAX_RUNNING"]),
        drain=float(variables["KEFU_DRAIN_SECONDS"]),
    )


def _hour(cron: str) -> float:
    minute, hour, *rest = cron.split()
    if rest != ["*", "*", "*"]:
        raise ValueError(f"{cron!r} is not every day, which is all that is played here")
    return int(hour) + int(minute) / 60


def _policies(scaling: dict[str, Any]) -> tuple[Policy, ...]:
    if scaling.get("selectPolicy", "Max") != "Max":
        raise ValueError("only the policy that allows most is played here")
    return tuple(
        Policy(**{one["type"].lower(): one["value"]}, period=float(one["periodSeconds"])) for one in scaling["policies"]
    )


@dataclass
class Autoscaler:
    """What the horizontal pod autoscaler does with them; call it every SYNC_SECONDS."""

    rules: Rules
    replicas: int
    _recommended: deque[tuple[float, int]] = field(default_factory=deque[tuple[float, int]])
    _added: deque[tuple[float, int]] = field(default_factory=deque[tuple[float, int]])
    _taken: deque[tuple[float, int]] = field(default_factory=deque[tuple[float, int]])

    def decide(self, now: float, work: float) -> int:
        """The number of replicas from now on, for so many running and waiting turns as were last seen."""
        rules, current = self.rules, self.replicas
        wanted = math.ceil(work / rules.threshold)
        if abs(work / (rules.threshold * current) - 1) <= _TOLERANCE:
            wanted = current
        if rules.scheduled and rules.opens <= now / _HOUR % 24 < rules.closes:
            wanted = max(wanted, rules.scheduled)
        wanted = min(max(wanted, rules.least), rules.most)
        self._recommended.append((now, wanted))
        while self._recommended and self._recommended[0][0] <= now - max(rules.down_window, rules.up_window):
            self._recommended.popleft()
        wanted = self._stable(now, wanted)
        if wanted > current:
            wanted = min(wanted, self._bound(now, rules.up, 1))
            if wanted > current:
                self._added.append((now, wanted - current))
        elif wanted < current:
            wanted = max(wanted, self._bound(now, rules.down, -1))
            if wanted < current:
                self._taken.append((now, current - wanted))
        self.replicas = wanted
        return wanted

    def _stable(self, now: float, wanted: int) -> int:
        lately = [(at, number) for at, number in self._recommended]
        at_least = min([wanted, *(number for at, number in lately if at > now - self.rules.up_window)])
        at_most = max([wanted, *(number for at, number in lately if at > now - self.rules.down_window)])
        return max(at_least, self.replicas) if at_least > self.replicas else min(at_most, self.replicas)

    def _bound(self, now: float, policies: tuple[Policy, ...], sign: int) -> int:
        bounds = [self.replicas]
        for policy in policies:
            added, taken = (
                sum(number for at, number in changes if at > now - policy.period)
                for changes in (self._added, self._taken)
            )
            before = self.replicas - added + taken  # as the period began
            bounds.append(before + sign * policy.most(before))
        return max(bounds) if sign > 0 else min(bounds)
