"""
The pods of an overlay as `podman kube play` takes them: what has to be changed for podman, and nothing else.

CHANGES is the whole list. What else a manifest says is played as it is rendered; NOT_PLAYED names the parts that one
machine without a scheduler has no use for. tests/manifests/test_playable.py knows both, so that a field which comes
into the manifests is either played or named here.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kefu.testing.kustomize import Object, pod_labels, pod_of, selects

CHANGES = (
    ("kind", "a StatefulSet, a Deployment and a Job become Pods, each under its own name: podman knows no StatefulSet"),
    (
        "order",
        "nginx comes last: it ends until it can look its services up, and podman starts it again without a pause",
    ),
    (
        "image",
        "nginx and Redis by KEFU_NGINX_IMAGE and KEFU_REDIS_IMAGE where they are set, as for `make compose-test`",
    ),
    ("probes", "done from outside by tests/pods/kubelet.py: podman has none for readiness and gRPC, needs curl and nc"),
    ("lifecycle", "preStop's pause is made by tests/pods/kubelet.py: podman knows no lifecycle"),
    ("volumes", "folders of this machine, filled by tests/pods/volumes.py: podman knows no fsGroup, and names alike"),
    ("Services", "names of podman's network, with an address for each pod that stays: there is no kube-proxy"),
    ("EndpointSlices", "the component replicas-by-dns: there is no API server"),
)
"""What is changed and why. Also of podman: it puts a writable tmpfs at /tmp, /run and /var/tmp of a read-only
container; the tests hold that nothing is written there but where a volume is."""

NOT_PLAYED = frozenset(
    {
        "affinity",
        "enableServiceLinks",  # no Services, no variables of theirs
        "fsGroup",
        "fsGroupChangePolicy",
        "nodeSelector",
        "priorityClassName",
        "runtimeClassName",
        "serviceAccountName",
        "tolerations",
        "topologySpreadConstraints",
    }
)
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
PLAYED = {
    "pod": {
        "automountServiceAccountToken",
        "containers",
        "initContainers",
        "restartPolicy",
        "securityContext",
        "terminationGracePeriodSeconds",  # by tests/pods/kubelet.py
        "volumes",
    },
    "security": {"runAsNonRoot", "runAsUser", "runAsGroup", "seccompProfile", "sysctls"},
    "container": {
        *("args", "command", "env", "envFrom", "image", "name", "ports", "workingDir"),
        *("resources", "securityContext", "volumeMounts"),
        *("lifecycle", *PROBES),
        "restartPolicy",  # a sidecar's: of the component jobs/backup alone, which no test plays
    },
    "container's security": {"allowPrivilegeEscalation", "capabilities", "readOnlyRootFilesystem"},
    "volume": {"configMap", "emptyDir", "name", "persistentVolumeClaim", "secret"},
}
"""All fields of pods that are played, as they are or as CHANGES says."""
LABEL = "kefu-kube-play"
POD_NAME = "statefulset.kubernetes.io/pod-name"


@dataclass(frozen=True)
class Playable:
    """One pod of a workload."""

    name: str
    workload: str
    labels: Mapping[str, str]
    spec: Object
    """As the manifest has it, with the claims of a StatefulSet among its volumes."""
    names: tuple[str, ...]
    """By which it is called: its Services'."""

    @property
    def grace_seconds(self) -> float:
        """From the order to leave until it is killed; Kubernetes' default is 30."""
        return self.spec.get("terminationGracePeriodSeconds", 30)

    @property
    def containers(self) -> list[Object]:
        """Those that stay."""
        return self.spec["containers"]

    @property
    def every_container(self) -> list[Object]:
        """Init containers too."""
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    @property
    def group(self) -> int:
        """Whose the volumes are; -1 leaves them to root's."""
        return self.spec["securityContext"].get("fsGroup", -1)

    def manifest(self, images: Mapping[str, str], volumes: Mapping[str, Path]) -> Object:
        """For podman: with these images instead of those that begin so, and these folders as its volumes."""
        spec = copy.deepcopy({key: value for key, value in self.spec.items() if key not in NOT_PLAYED})
        spec["securityContext"] = {
            key: value for key, value in spec["securityContext"].items() if key not in NOT_PLAYED
        }
        read_only = {one["name"] for one in self.spec.get("volumes", []) if one.keys() & {"secret", "configMap"}}
        for container in (*spec.get("initContainers", []), *spec["containers"]):
            for key in (*PROBES, "lifecycle"):
                container.pop(key, None)
            container["image"] = next(
                (by for name, by in images.items() if container["image"].startswith(name)), container["image"]
            )
            for mount in container.get("volumeMounts", []):
                if mount["name"] in read_only:  # as the kubelet mounts them
                    mount["readOnly"] = True
        spec["volumes"] = [
            {"name": one["name"], "hostPath": {"path": str(volumes[one["name"]]), "type": "Directory"}}
            for one in self.spec.get("volumes", [])
        ]
        annotations = {"io.podman.annotations.init.container.type": "always"}  # else they are gone before they are seen
        metadata = {"name": self.name, "labels": {**self.labels, LABEL: "yes"}, "annotations": annotations}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def playable(objects: Sequence[Object], workload: Object, number: int) -> Playable:
    """The pod of a workload with this number, from 0."""
    name = f"{workload['metadata']['name']}-{number}"
    labels = {**pod_labels(workload), POD_NAME: name}
    spec = copy.deepcopy(pod_of(workload))
    for claim in workload["spec"].get("volumeClaimTemplates", []):
        named = claim["metadata"]["name"]
        volume = {"name": named, "persistentVolumeClaim": {"claimName": f"{named}-{name}"}}
        spec.setdefault("volumes", []).append(volume)
    names = tuple(
        one["metadata"]["name"]
        for one in objects
        if one["kind"] == "Service" and selects({"matchLabels": one["spec"]["selector"]}, labels)
    )
    return Playable(name, workload["metadata"]["name"], labels, spec, names)
