"""The chart's generated files: what stands in each, and whether they are current."""

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

from kefu.testing.kustomize import K8S, ROOT
from tests.manifests.chart.source import COMPONENTS, profiles, source
from tests.manifests.chart.tokens import SECRETS
from tests.manifests.chart.values import reference, schema, values_yaml

CHART = K8S / "chart"
_HEAD = "# Generated from {of} by python -m tests.manifests.chart: change that, not this.\n"
_ORDER = {
    "inOrder": list(COMPONENTS),
    "secrets": {value: name.removeprefix("kefu-") for name, (value, _) in SECRETS.items()},
}
_RELEASES = re.compile(r"((?:targetRevision|tag): v?)\d+\.\d+\.\d+")
_BEGIN, _END = "<!-- values -->\n", "<!-- /values -->"


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as such, and nothing by reference."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(_: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _yaml(of: str, content: Any) -> str:
    return _HEAD.format(of=of) + yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True)


def release() -> str:
    """The version of this release."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def files() -> dict[Path, str]:
    """The generated files of the chart, by their path in it. Raises BuildFailed."""
    found = {Path("files/base.yaml"): _yaml("k8s/base", {"add": source().base()})}
    for name, folder in COMPONENTS.items():
        found[Path(f"files/components/{name}.yaml")] = _yaml(f"k8s/components/{folder}", source().component(name))
    for name, components in profiles().items():
        layer, streams = source().profile(name)
        content = {"components": components, "streams": streams, **layer}
        found[Path(f"files/profiles/{name}.yaml")] = _yaml(f"k8s/overlays/{name}", content)
    found[Path("files/components.yaml")] = _yaml("tests/manifests/chart/source.py", _ORDER)
    found[Path("values.yaml")] = values_yaml()
    found[Path("values.schema.json")] = schema()
    found[Path("README.md")] = _with_reference((CHART / "README.md").read_text("utf-8"))
    found[Path("Chart.yaml")] = _with_version((CHART / "Chart.yaml").read_text("utf-8"))
    for path in (K8S / "gitops").glob("*/*.yaml"):
        found[Path("..") / path.relative_to(K8S)] = _RELEASES.sub(rf"\g<1>{release()}", path.read_text("utf-8"))
    return found


def _with_reference(page: str) -> str:
    before, rest = page.split(_BEGIN)
    return before + _BEGIN + "\n" + reference() + "\n" + _END + rest.split(_END)[1]


def _with_version(page: str) -> str:
    given = {"version": release(), "appVersion": f'"{release()}"'}
    lines = [(line, line.partition(":")[0]) for line in page.splitlines()]
    return "".join(f"{key}: {given[key]}\n" if key in given else f"{line}\n" for line, key in lines)


def not_current() -> list[Path]:
    """Files of the chart that are not what is generated, and such that are not generated any more."""
    wanted = files()
    stale = [
        path
        for path, text in wanted.items()
        if not (CHART / path).exists() or (CHART / path).read_text("utf-8") != text
    ]
    left = [path.relative_to(CHART) for path in (CHART / "files").rglob("*.yaml")]
    return stale + [path for path in left if path not in wanted]


def write() -> None:
    """Write the generated files."""
    wanted = files()
    for path in (CHART / "files").rglob("*.yaml"):
        if path.relative_to(CHART) not in wanted:
            path.unlink()
    for path, text in wanted.items():
        (CHART / path).parent.mkdir(parents=True, exist_ok=True)
        (CHART / path).write_text(text, "utf-8")
