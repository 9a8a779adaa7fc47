"""Joules by pod and namespace of a node of Kubernetes, while they run."""
