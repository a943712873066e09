"""Brings the cluster to the records, and says what is seen of it."""
