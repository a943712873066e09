"""The program `temporal-endpoints`: the control plane, and its command line."""

from __future__ import annotations

import io
import os
import signal
import sys

# As a shell has it of a process that a signal ended: SIGINT, and SIGPIPE.
_INTERRUPTED, _UNHEARD = 130, 141


def main() -> int:
    """Run one command; neither Ctrl-C nor a reader that has had enough ends it with a traceback."""
    # While modules are loaded it ends the process at once: native code among them tells an exception as its own fault.
    is_taken = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_taken:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from temporal_endpoints import cli

    if is_taken:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A name that the terminal's encoding does not have is written out, as on the standard error.
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            return cli.main()
        finally:
            for stream in (sys.stdout, sys.stderr):
                if stream is not None:
                    stream.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # What is still to be written would be tried once more at the end of the process, and fail again.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere, stream.fileno())
        return _UNHEARD


if __name__ == "__main__":
    sys.exit(main())
