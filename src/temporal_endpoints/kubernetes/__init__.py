"""The Kubernetes API: requests, and a view of it that follows what changes."""
