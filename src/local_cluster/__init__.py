"""A real Kubernetes control plane, KEDA and Temporal on the loopback of one machine, without containers.

errors          one message for a person
guard           ends what was started, once the starter is gone
processes       child processes with a log each
tools           where the built programs are
certificates    one authority that signs everything
api             the Kubernetes API over HTTPS
control_plane   etcd, kube-apiserver, kube-controller-manager
keda            KEDA's definitions, operator, metrics adapter and webhooks
temporal        the Temporal server
postgresql      a PostgreSQL server, of Debian's package
tls_front       TLS before the Temporal server
gate            a way to it that can be shut
kubelet/        a stand-in that runs pods as local processes: test equipment
cluster         all of it together
"""
