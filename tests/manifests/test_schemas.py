"""The validation itself: a mistake is found."""

import copy

import pytest

from kefu.testing.kustomize import K8S, Object, named
from tests.manifests.schemas import problems_of

EVERYTHING, ELSE = K8S / "checks" / "everything", K8S / "checks" / "everything-else"
YOURS = K8S / "checks" / "your-cluster"


@pytest.mark.parametrize(
    ("one", "where", "value", "says"),
    [
        (named(EVERYTHING, "Deployment", "kefu-router"), ("spec", "template", "spec", "prestop"), {}, "prestop"),
        (named(EVERYTHING, "Deployment", "kefu-router"), ("spec", "replicas"), "two", "two"),
        (named(EVERYTHING, "ScaledObject", "kefu-generation"), ("spec", "maxReplicas"), 8, "maxReplicas"),
        (named(EVERYTHING, "ScaledObject", "kefu-generation"), ("spec", "fallback", "behavior"), "more", "more"),
        (named(EVERYTHING, "PodMonitor", "kefu-redis"), ("spec", "podMetricsEndpoint"), [], "podMetricsEndpoint"),
        (named(EVERYTHING, "PrometheusRule", "kefu"), ("spec", "group"), [], "group"),
        (named(EVERYTHING, "Certificate", "kefu-edge"), ("spec", "privateKey", "algorithm"), "DSA", "DSA"),
        (named(ELSE, "GRPCRoute", "kefu"), ("spec", "timeouts"), {}, "timeouts"),
        (named(ELSE, "BackendTrafficPolicy", "kefu"), ("spec", "timeout", "grpc"), {}, "grpc"),
        (named(ELSE, "ClientTrafficPolicy", "kefu"), ("spec", "http2", "streams"), 1, "streams"),
        (named(ELSE, "Gateway", "kefu"), ("spec", "listener"), [], "listener"),
        (
            named(YOURS, "CiliumNetworkPolicy", "kefu-router-apiserver"),
            ("spec", "egress"),
            {"toEntity": "all"},
            "toEntity",
        ),
    ],
)
def test_a_wrong_field_or_value_is_found_and_named(
    one: Object, where: tuple[str, ...], value: object, says: str
) -> None:
    assert problems_of(one) == []
    wrong = copy.deepcopy(one)
    part = wrong
    for key in where[:-1]:
        part = part[key]
    part[where[-1]] = value
    problems = problems_of(wrong)
    assert problems
    assert says in "".join(problems)
