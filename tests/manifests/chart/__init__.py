"""The Helm chart: generated from the kustomize tree, so that there is one truth."""
