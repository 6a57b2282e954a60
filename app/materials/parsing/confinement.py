"""What a parser may still do once it has begun: compute, within bounds, and write to where it was told.

Called after everything is imported and before a byte of the content is read. Without file descriptors to
spare there is no file to open and no socket to make; without processes to spare there is nothing to start.
"""

import os
import resource
from typing import Final

SECONDS: Final = 5
"""Of processor time; a picture of 40 million pixels takes about two."""
NOBODY: Final = 65534
LARGEST_ANSWER: Final = 40 << 20


def confine(memory: int) -> None:
    """Bound this process to `memory` bytes of address space, seconds, no new file, socket or process."""
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, LARGEST_ANSWER),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    if os.geteuid() == 0:  # root could lift what follows
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
