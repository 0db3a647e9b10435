"""The manifests in k8s/, as kubectl renders them."""
