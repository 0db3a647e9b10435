"""The manifests before a real API server: where KUBEBUILDER_ASSETS has one, else skipped."""
