"""What a person reads when a cluster is ready."""

from __future__ import annotations

from local_cluster.cluster import Cluster


def introduction(cluster: Cluster) -> str:
    """How to use this cluster, and what it is not."""
    took = ", ".join(f"{what} {seconds:.0f} s" for what, seconds in cluster.seconds.items())
    address, tools = cluster.temporal.address, cluster.tools
    return f"""
Ready ({took}).
  Kubernetes  KUBECONFIG={cluster.plane.kubeconfig}
  Temporal    {address}, namespace default
  KEDA        with its admission webhooks
  Pods        run as processes of this machine, without their images: test equipment, not a node

In another terminal:
  export KUBECONFIG={cluster.plane.kubeconfig} PATH={tools.installed}:$PATH
  {tools("helm4")} install temporal-endpoints charts/temporal-endpoints --namespace temporal-endpoints \\
    --create-namespace --set temporal.scaling=keda --set temporal.connection.address={address} \\
    --set temporal.serviceAccount.create=true --set temporal.install.priorityClasses=true
  kubectl get configmaps --all-namespaces
  temporal workflow list --address {address}
Logs are in {cluster.folder / "logs"}. Ctrl-C ends it, and leaves nothing behind."""
