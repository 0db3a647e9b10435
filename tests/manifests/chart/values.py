"""The chart's values: what may be set, said once for values.yaml, its schema and the table of its README."""

import json
from dataclasses import dataclass
from typing import Any

import yaml

from tests.manifests.chart.source import COMPONENTS, profiles
from tests.manifests.chart.tokens import SECRETS

_NAME = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"
_TEXT: dict[str, Any] = {"type": "string"}
_TEXTS: dict[str, Any] = {"type": "object", "additionalProperties": {"type": ["string", "null"]}}
_SETTINGS: dict[str, Any] = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
_OBJECTS: dict[str, Any] = {"type": "array", "items": {"type": "object"}}
_NETWORKS: dict[str, Any] = {"type": "array", "items": {"type": "string", "pattern": "^[0-9a-fA-F.:]+/[0-9]+$"}}
_COUNT: dict[str, Any] = {"type": ["integer", "null"], "minimum": 1}
_AMOUNTS: dict[str, Any] = {"type": "object", "additionalProperties": {"type": ["string", "number"]}}


_OURS = ("router", "gateway", "retrieval", "retrieval-gpu", "generation", "generation-cpu", "generation-gpu")
_IMAGES = (*_OURS, "nginx", "redis", "redis_exporter")


@dataclass(frozen=True)
class Value:
    """A value: where it stands, what it is without anybody's doing, what it may be, and what it is for."""

    path: str
    default: Any
    schema: dict[str, Any]
    what: str


def _choice(pattern: str = "", **more: Any) -> dict[str, Any]:
    return _TEXT | ({"pattern": pattern} if pattern else {}) | more


def _shape(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


_WORKLOAD = {
    "replicas": _COUNT,
    "minReplicas": _COUNT,
    "maxReplicas": _COUNT,
    "resources": _shape({"requests": _AMOUNTS, "limits": _AMOUNTS}),
    "nodeSelector": _TEXTS,
    "tolerations": _OBJECTS,
}
_SERVICE = _WORKLOAD | {"env": _SETTINGS}
_CHANGE = _shape(
    {
        "kind": _TEXT,
        "name": _TEXT,
        "path": {"type": "array", "items": _TEXT, "minItems": 1},
        "set": {},
        "remove": {"const": True},
        "prepend": {"type": "array"},
        "append": {"type": "array"},
    }
) | {"required": ["kind", "name", "path"]}


def _workload(name: str, shape: dict[str, Any], what: str) -> Value:
    return Value(name, {}, _shape(shape), what)


VALUES = (
    Value(
        "profile",
        "cpu-demo",
        {"enum": list(profiles())},
        "What it is sized for: an overlay of k8s/overlays. Its README says how much.",
    ),
    Value(
        "components",
        {},
        {"type": "object", "propertyNames": {"enum": list(COMPONENTS)}, "additionalProperties": {"type": "boolean"}},
        "Components of k8s/components, `true` or `false`; those of the profile are there unless they are `false`.",
    ),
    Value(
        "fullnameOverride",
        "",
        _choice("^([a-z]([a-z0-9-]{0,28}[a-z0-9])?)?$"),
        "What all names begin with. Empty: the release's name, with `-kefu` behind it where that is not in it.",
    ),
    Value(
        "domain",
        "kefu.example.com",
        _choice("^[a-z0-9.*-]+$"),
        "The name in the certificate of the component `cert-manager`.",
    ),
    Value("logLevel", "", {"enum": ["", "debug", "info", "warning", "error"]}, "`KEFU_LOG_LEVEL` of all services."),
    Value(
        "streams",
        None,
        {"type": ["integer", "null"], "minimum": 50, "maximum": 200000},
        "Answers open at once: nginx's limits and `KEFU_ROUTER_MAX_CONCURRENT_TURNS`. Unset: the profile's.",
    ),
    Value(
        "image.registry",
        "",
        _choice("^([a-z0-9.:/_-]*[a-z0-9])?$"),
        "A registry, and a folder of it, for every image in place of its own.",
    ),
    Value(
        "image.pullSecrets",
        [],
        {"type": "array", "items": _TEXT},
        "Names of secrets of the type `kubernetes.io/dockerconfigjson`.",
    ),
    Value(
        "images",
        {},
        {
            "type": "object",
            "propertyNames": {"enum": [*_IMAGES]},
            "additionalProperties": _shape(
                {"repository": _TEXT, "tag": _TEXT, "digest": _choice("^(sha256:[0-9a-f]{64})?$")}
            ),
        },
        "By image: `repository` (with its registry), `tag`, `digest`. `generation-gpu` is before `generation`.",
    ),
    *(Value(f"secrets.{value}", "", _choice(f"^({_NAME[1:-1]})?$"), what) for value, what in SECRETS.values()),
    Value(
        "priorityClasses.path",
        "kefu-path",
        _choice(f"^({_NAME[1:-1]})?$"),
        "The class of what all answers pass through; k8s/cluster has it.",
    ),
    Value("priorityClasses.model", "kefu-model", _choice(f"^({_NAME[1:-1]})?$"), "The class of replicas of the model."),
    Value(
        "storage.className",
        "",
        _TEXT,
        "The class of all volumes. Empty: the cluster's default. Before the first install only.",
    ),
    Value("storage.redis", "", _TEXT, "Redis' volume, such as `100Gi`. Before the first install only."),
    Value("storage.models", "", _TEXT, "A replica's volume for weights. Before the first install only."),
    Value("redis.maxMemory", "", _choice("^([0-9]+(mb|gb))?$"), "Redis' own limit: half of its container's."),
    Value(
        "edge.nginxConf",
        "",
        _TEXT,
        "All of nginx.conf (`--set-file`, `python -m kefu.edge.kubernetes`): behind a WAF or CDN.",
    ),
    Value(
        "edge.service.type", "", {"enum": ["", "ClusterIP", "NodePort", "LoadBalancer"]}, "Of the customers' service."
    ),
    Value("edge.service.annotations", {}, _TEXTS, "What a cloud's balancer reads."),
    Value("edge.service.loadBalancerClass", "", _TEXT, "Before the first install only."),
    Value("edge.service.loadBalancerSourceRanges", [], _NETWORKS, "Who may come to the balancer."),
    Value(
        "edge.issuer.kind",
        "",
        {"enum": ["", "Issuer", "ClusterIssuer"]},
        "cert-manager's issuer of the edge's certificate.",
    ),
    Value("edge.issuer.name", "", _TEXT, "Its name; `letsencrypt` without one."),
    Value(
        "desk.annotations", {}, _TEXTS, "Of the internal balancer of the component `desk`, beside those that it has."
    ),
    Value("desk.networks", [], _NETWORKS, "Networks from which the desk is reached. Empty: all private ones."),
    Value(
        "monitoring.labels",
        {},
        _TEXTS,
        "Labels that your Prometheus selects pod monitors and rules by, such as `release:`.",
    ),
    Value("monitoring.namespace", "monitoring", _choice(_NAME), "Where Prometheus runs: it is let in."),
    Value(
        "monitoring.prometheus",
        "http://prometheus-operated.monitoring.svc:9090",
        _choice("^https?://[^\\s\"']+$"),
        "What the autoscalers ask.",
    ),
    _workload("nginx", _WORKLOAD, "See below."),
    _workload("router", _SERVICE, "See below."),
    _workload("gateway", _SERVICE, "See below."),
    _workload("retrieval", _SERVICE, "See below."),
    _workload("generation", _SERVICE | {"model": _TEXT, "runtimeClassName": _TEXT}, "See below."),
    Value("redis.resources", {}, _WORKLOAD["resources"], "As those of a workload."),
    Value("redis.nodeSelector", {}, _TEXTS, "As that of a workload."),
    Value("redis.tolerations", [], _OBJECTS, "As those of a workload."),
    Value(
        "changes",
        [],
        {"type": "array", "items": _CHANGE},
        "Anything else, as the files in files/components do it. Last of all.",
    ),
)
WORKLOAD_VALUES = """\
nginx, router, gateway, retrieval and generation each take `replicas` (not where an autoscaler has them: then
`minReplicas` and `maxReplicas`), `resources` (`requests` and `limits`, by amount, over the profile's),
`nodeSelector` (beside the profile's) and `tolerations` (behind the profile's); all but nginx `env`, any variable of
docs/reference/configuration.md, over the profile's; generation also `model` and `runtimeClassName`."""


def _nested(leaf: Any, parts: list[str]) -> Any:
    return {parts[0]: _nested(leaf, parts[1:])} if parts else leaf


def values_yaml() -> str:
    """values.yaml: every value with its default and what it is for."""
    lines = [
        "# What may be set. Written by python -m tests.manifests.chart; values.schema.json refuses what is not here."
    ]
    open_groups: list[str] = []
    for one in _grouped():
        *groups, key = one.path.split(".")
        same = 0
        while same < min(len(groups), len(open_groups)) and groups[same] == open_groups[same]:
            same += 1
        lines += [f"{'  ' * depth}{groups[depth]}:" for depth in range(same, len(groups))]
        open_groups = groups
        lead = "  " * len(groups)
        what = WORKLOAD_VALUES.replace("\n", f"\n{lead}# ") if one.path == "nginx" else one.what
        lines += [f"{lead}# {what}"] if what != "See below." else []
        lines.append(f"{lead}{key}: {json.dumps(one.default)}".replace(": null", ":"))
    text = "\n".join(lines) + "\n"
    assert yaml.safe_load(text)
    return text


def _grouped() -> list[Value]:
    """The values, those of one group together."""
    order = list(dict.fromkeys(one.path.partition(".")[0] for one in VALUES))
    return sorted(VALUES, key=lambda one: order.index(one.path.partition(".")[0]))


def schema() -> str:
    """values.schema.json."""
    root: dict[str, Any] = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "kefu"} | _shape({})
    for one in _grouped():
        *groups, key = one.path.split(".")
        place = root
        for group in groups:
            place = place["properties"].setdefault(group, _shape({}))
        described = {} if one.what == "See below." else {"description": one.what}
        place["properties"][key] = described | one.schema
    root["properties"]["global"] = {"type": "object"}  # of a chart that has this one among its dependencies
    return json.dumps(root, indent=1, ensure_ascii=False) + "\n"


def reference() -> str:
    """The table of all values."""
    rows = ["| value | default | for |", "|---|---|---|"]
    for one in _grouped():
        if one.what != "See below.":
            default = "" if one.default in ("", None) else f"`{json.dumps(one.default)}`"
            rows.append(f"| `{one.path}` | {default} | {one.what} |")
    return "\n".join(rows) + f"\n\n{WORKLOAD_VALUES}\n"
