"""Strict validation: Kubernetes' own objects by kubernetes-validate, others' by the schemas beside this file."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate

from kefu.testing.kustomize import Object

KUBERNETES = "1.37"
_SCHEMAS = Path(__file__).with_name("schemas")
_OTHERS = ("keda.sh/", "gateway.", "cert-manager.io/", "monitoring.", "cilium.io/", "external-secrets.io/")
_GITOPS = ("argoproj.io/", "helm.toolkit.fluxcd.io/", "kustomize.toolkit.fluxcd.io/", "source.toolkit.fluxcd.io/")


@cache
def _validator(kind: str) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads((_SCHEMAS / f"{kind}.json").read_text("utf-8")))


def problems_of(one: Object) -> list[str]:
    """What is wrong with an object: unknown fields, wrong types, values that do not exist."""
    return list(_problems_of(json.dumps(one, sort_keys=True)))


@cache
def _problems_of(written: str) -> tuple[str, ...]:
    """Builds have most of their objects in common: each is validated once."""
    one: Object = json.loads(written)
    if one["apiVersion"].startswith(_OTHERS + _GITOPS):
        errors: Any = _validator(one["kind"]).iter_errors(one)  # pyright: ignore[reportUnknownMemberType] - typed in part
        return tuple(f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in errors)
    try:
        kubernetes_validate.validate(one, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        return (f"{'.'.join(map(str, error.path))}: {error.message}",)
    return ()
