"""The user's side waits for a time only, and then says what Temporal knows of the workflows that did not end."""

from __future__ import annotations

import pytest

from local_cluster.errors import ClusterError
from local_cluster.load import Load


def test_workflows_that_do_not_end_are_told_with_what_they_wait_for(load: Load) -> None:
    """A test that waited for ever would say nothing, and one that gave up in silence hardly more."""
    handles = load.start("endless", "no-worker-polls-this-queue", 6, 1, 1)
    try:
        with pytest.raises(ClusterError) as caught:
            load.attempts(handles, 3)
        first, *others = str(caught.value).splitlines()
        assert first == "6 of 6 workflows have not ended within 3 s; look for their workers:"
        assert len(others) == 5
        assert all(line.endswith("activity 1 on attempt 1, which no worker has taken") for line in others), others
    finally:
        load.end(handles)
