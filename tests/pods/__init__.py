"""The manifests' pods, started by podman: `make kube-play`."""
