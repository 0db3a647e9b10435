"""
Tokens in the chart's data, `%{name}`, for what an installation decides: its names, its namespace, its secrets.

With a release that is called `kefu` in the namespace `kefu` they read as in the overlays.
"""

import re
from collections.abc import Callable
from hashlib import sha256
from json import dumps
from typing import Any, cast

from kefu.edge.kubernetes import render_pod
from kefu.testing.kustomize import Object

NAMESPACE = "kefu"
HASHED = "-%{hash}"
SECRETS = {
    "kefu-keys": ("keys", "A secret that exists: `internal`, `bootstrap`, `visitors`. Empty: NAME-keys."),
    "kefu-redis": ("redis", "`url` and `requirepass.conf`. Empty: NAME-redis."),
    "kefu-edge-tls": ("edgeTls", "`tls.crt` and `tls.key` of the edge. Empty: NAME-edge-tls."),
    "kefu-inside-tls": ("insideTls", "Of the component `inside-tls`. Empty: NAME-inside-tls."),
    "kefu-model-hub": ("modelHub", "`token` of a model hub, where there is one. Empty: NAME-model-hub."),
    "kefu-model-server": ("modelServer", "Of the component `model-elsewhere`. Empty: NAME-model-server."),
    "kefu-milvus": ("milvus", "Of the component `egress-milvus`. Empty: NAME-milvus."),
    "kefu-archive": ("archive", "`access-key` and `secret-key` of the archive's bucket. Empty: NAME-archive."),
    "kefu-backup": ("backup", "`access-key` and `secret-key` of the backups' bucket. Empty: NAME-backup."),
    "kefu-backup-identity": (
        "backupIdentity",
        "`identity`, for a restore of encrypted backups. Empty: NAME-backup-identity.",
    ),
    "kefu-redis-authority": ("redisAuthority", "`ca.crt` of an external Redis. Empty: NAME-redis-authority."),
    "kefu-operations": ("operations", "`key` of the toolbox and the smoke test. Empty: NAME-operations."),
}
"""Secrets that an operator makes, with the value that names another one and what it is for."""
PRIORITIES = {"kefu-path": "path", "kefu-model": "model"}
_SECRET_NAMES = ("secretKeyRef", "secretRef", "certificateRefs", "secret")
_STREAMS = 7919  # a number that nothing else in nginx.conf is
_NGINX_NUMBERS = {
    str(200 * _STREAMS): "%{requests}",
    str(2 * (2 * _STREAMS + 64)): "%{connections-of-all}",
    str(2 * _STREAMS + 64 + 256): "%{descriptors}",
    str(2 * _STREAMS + 64): "%{connections}",
    str(_STREAMS): "%{streams}",
}


def nginx_conf(*, inside_tls: bool = False) -> str:
    """nginx's configuration with tokens for what follows from the number of streams."""
    text = render_pod(_STREAMS, inside_tls=inside_tls)
    for number, token in _NGINX_NUMBERS.items():
        text = re.sub(rf"\b{number}\b", token, text)
    return text


def hash_of(data: dict[str, str]) -> str:
    """The end of a generated ConfigMap's name, as kustomize makes it."""
    text = dumps(
        {"data": data, "kind": "ConfigMap", "name": ""}, separators=(",", ":"), ensure_ascii=False, sort_keys=True
    )
    for sign, escape in (
        ("&", "\\u0026"),
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(sign, escape)
    return sha256(text.encode()).hexdigest()[:10].translate(str.maketrans("013ae", "ghkmt"))


def plain_name(config_map: Object) -> str | None:
    """The name of a ConfigMap before kustomize put a hash behind it; none where it did not."""
    name, _, end = config_map["metadata"]["name"].rpartition("-")
    return name if name and hash_of(config_map["data"]) == end else None


class Tokens:
    """Puts tokens into the objects of a build."""

    def __init__(self, names: set[str]) -> None:
        """`names` are those of all objects of all builds, without hashes."""
        ours = sorted({name.removeprefix("kefu-") for name in names if name.startswith("kefu-")}, key=len, reverse=True)
        pods = r"(?:-\d+)?"
        self._names = re.compile(
            rf"(?<!/etc/)(?<!/run/)(?<![\w-])kefu-({'|'.join(map(re.escape, ours))})({pods})(?!\w|-\w)"
        )
        self._patterns: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
            (self._names, r"%{name}-\1\2"),
            (re.compile(r'namespace=(\\?")kefu(\\?")'), r"namespace=\1%{namespace}\2"),
            (re.compile(r"\bsystem:serviceaccounts:kefu\b"), "system:serviceaccounts:%{namespace}"),
            (re.compile(r"\bhttp://prometheus-operated\.monitoring\.svc:9090\b"), "%{prometheus}"),
            (re.compile(r"\bkefu\.example\.com\b"), "%{domain}"),
        )

    def put(self, objects: tuple[Object, ...], streams: int) -> list[Object]:
        """The objects of a build for so many streams, with tokens."""
        plain = {one["metadata"]["name"]: plain_name(one) for one in objects if one["kind"] == "ConfigMap"}
        hashed = {name: f"%{{name}}-{before.removeprefix('kefu-')}{HASHED}" for name, before in plain.items() if before}
        return [self._object(one, hashed, streams) for one in objects]

    def _object(self, one: Object, hashed: dict[str, str], streams: int) -> Object:
        found = self._walk(one, (), hashed)
        if found["metadata"]["name"] == "kefu":
            found["metadata"]["name"] = "%{name}"
        if one["kind"] == "ConfigMap" and "nginx.conf" in one["data"]:
            inside_tls = "/etc/kefu-inside/" in one["data"]["nginx.conf"]
            if one["data"]["nginx.conf"] != render_pod(streams, inside_tls=inside_tls):
                raise ValueError(f"nginx.conf is not the one of {streams} streams")
            found["data"]["nginx.conf"] = self._text(nginx_conf(inside_tls=inside_tls))
        turns = found.get("data", {}).get("KEFU_ROUTER_MAX_CONCURRENT_TURNS")
        if turns == str(streams):
            found["data"]["KEFU_ROUTER_MAX_CONCURRENT_TURNS"] = "%{streams}"
        return found

    def _walk(self, value: Any, path: tuple[str, ...], hashed: dict[str, str]) -> Any:
        if isinstance(value, dict):
            return {key: self._walk(one, (*path, key), hashed) for key, one in cast("Object", value).items()}
        if isinstance(value, list):
            return [self._walk(one, path, hashed) for one in cast("list[Any]", value)]
        if not isinstance(value, str):
            return value
        parent, key = ("", *path)[-2:]
        if key == "secretName" or (key == "name" and parent in _SECRET_NAMES):
            if value not in SECRETS:
                raise ValueError(f"{value} is a secret that the chart has no value for: write it into SECRETS")
            return f"%{{secret.{SECRETS[value][0]}}}"
        if key == "priorityClassName":
            return f"%{{priority.{PRIORITIES[value]}}}"
        if value == NAMESPACE and key in ("namespace", "kubernetes.io/metadata.name"):
            return "%{namespace}"
        if value == "monitoring" and key == "kubernetes.io/metadata.name":
            return "%{prometheus.namespace}"
        if value == "kefu" and parent in ("parentRefs", "targetRefs"):
            return "%{name}"
        if (parent, key) == ("issuerRef", "name"):
            return value
        return self._text(hashed.get(value, value))

    def _text(self, text: str) -> str:
        for pattern, replacement in self._patterns:
            text = pattern.sub(replacement, text)
        return text
