"""Autoscalers: what they scale exists, what they ask is counted, and a fault of Prometheus takes nothing away."""

import math
from pathlib import Path

from kefu.testing.kustomize import K8S, Object, builds, named, of_kind, pod_of, workloads
from loadtest.simulation.autoscaling.__main__ import COLD_START
from tests.support.table import table


def autoscaled_builds() -> list[Path]:
    return [folder for folder in builds() if of_kind(folder, "ScaledObject", "HorizontalPodAutoscaler")]


autoscaled = table("folder", autoscaled_builds)


def target(one: Object) -> tuple[str, str]:
    return one["spec"]["scaleTargetRef"]["kind"], one["spec"]["scaleTargetRef"]["name"]


def test_both_kinds_of_autoscaler_are_in_some_build() -> None:
    assert any(of_kind(folder, "ScaledObject") for folder in autoscaled_builds())
    assert any(of_kind(folder, "HorizontalPodAutoscaler") for folder in autoscaled_builds())


@autoscaled
def test_each_scales_one_workload_whose_number_nobody_else_writes(folder: Path) -> None:
    scalers = of_kind(folder, "ScaledObject", "HorizontalPodAutoscaler")
    targets = [target(one) for one in scalers]
    assert len(targets) == len(set(targets))
    for kind, name in targets:
        assert "replicas" not in named(folder, kind, name)["spec"]
    others = [one for one in workloads(folder) if (one["kind"], one["metadata"]["name"]) not in targets]
    assert all("replicas" in one["spec"] for one in others)


@autoscaled
def test_one_may_go_at_any_time(folder: Path) -> None:
    for one in of_kind(folder, "ScaledObject", "HorizontalPodAutoscaler"):
        spec = one["spec"]
        least, most = (
            spec.get("minReplicaCount") or spec["minReplicas"],
            spec.get("maxReplicaCount") or spec["maxReplicas"],
        )
        assert 2 <= least < most


@autoscaled
def test_without_prometheus_there_are_as_many_as_in_business_hours(folder: Path) -> None:
    for one in of_kind(folder, "ScaledObject"):
        fallback = one["spec"]["fallback"]
        assert fallback["behavior"] == "currentReplicasIfHigher"
        crons = [trigger["metadata"] for trigger in one["spec"]["triggers"] if trigger["type"] == "cron"]
        least = max([one["spec"]["minReplicaCount"], *(int(cron["desiredReplicas"]) for cron in crons)])
        assert least <= fallback["replicas"] <= one["spec"]["maxReplicaCount"]
        for trigger in one["spec"]["triggers"]:
            if trigger["type"] == "prometheus":
                assert trigger["metricType"] == "AverageValue", "KEDA's fallback knows no other"
                assert trigger["metadata"]["ignoreNullValues"] == "false", "no series is a fault"


@autoscaled
def test_the_model_scales_up_by_the_cold_start_and_down_slower_than_it_drains(folder: Path) -> None:
    for one in of_kind(folder, "ScaledObject", "HorizontalPodAutoscaler"):
        if one["metadata"]["name"] != "kefu-generation":
            continue
        behavior = one["spec"].get("behavior") or one["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
        assert all(policy["periodSeconds"] >= COLD_START for policy in behavior["scaleUp"]["policies"])
        assert behavior["scaleUp"]["stabilizationWindowSeconds"] == 0, "the peak does not wait"
        grace = pod_of(named(folder, *target(one)))["terminationGracePeriodSeconds"]
        assert all(policy["type"] == "Pods" and policy["value"] == 1 for policy in behavior["scaleDown"]["policies"])
        assert all(policy["periodSeconds"] > 2 * grace for policy in behavior["scaleDown"]["policies"])
        assert behavior["scaleDown"]["stabilizationWindowSeconds"] >= 600


def test_keda_and_the_plain_autoscaler_scale_the_model_by_the_same_figures() -> None:
    keda = named(K8S / "checks" / "everything", "ScaledObject", "kefu-generation")["spec"]
    plain = named(K8S / "checks" / "everything-else", "HorizontalPodAutoscaler", "kefu-generation")["spec"]
    assert keda["advanced"]["horizontalPodAutoscalerConfig"]["behavior"] == plain["behavior"]
    assert (keda["minReplicaCount"], keda["maxReplicaCount"]) == (plain["minReplicas"], plain["maxReplicas"])
    work = next(one for one in keda["triggers"] if one["type"] == "prometheus")
    [metric] = plain["metrics"]
    assert metric["external"]["target"]["averageValue"] == work["metadata"]["threshold"]
    assert metric["external"]["metric"]["name"] == "kefu_work"


def test_a_replica_runs_many_times_the_turns_at_which_another_one_is_ordered() -> None:
    from loadtest.harness.suite import H100
    from loadtest.simulation.autoscaling.hpa import written
    from loadtest.simulation.autoscaling.model import capacity

    rules = written()
    share = capacity(H100, math.floor(rules.threshold)) / capacity(H100, rules.places)
    assert 0.3 < share < 0.6, "the other half is for the time until the next one is there"
