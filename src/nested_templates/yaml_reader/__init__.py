"""Readers of YAML: the same text is not the same document to Kubernetes and to a Python program."""
