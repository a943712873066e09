"""The mark of tests whose pods read a volume: where nobody may mount they are skipped at once, with the reason."""

from __future__ import annotations

import pytest

from local_cluster.kubelet.mount_rights import can_mount, why_not

needs_mounts = pytest.mark.skipif(not can_mount(), reason=f"no volume of a pod can be mounted here: {why_not()}")
