"""A stand-in for a kubelet: test equipment, which runs the command of each pod's containers as local processes.

Real are the environment, the volumes (ConfigMap, Secret, emptyDir, mounted where the pod says if we are root), waiting
for what is missing, probes, hooks, SIGTERM and the grace period, restarts, status and events.
Not real are images (a command must exist on this machine), scheduling, limits, security contexts and networks.
"""
