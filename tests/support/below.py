"""The processes below one of ours, from /proc."""

import os
from pathlib import Path


def below(pid=None):
    """Yield (pid, command line) of every process below one, by default below this one."""
    above = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except (OSError, ProcessLookupError):
                continue
            above.setdefault(parent, []).append((int(folder.name), command))
    waiting = [os.getpid() if pid is None else pid]
    while waiting:
        for child in above.get(waiting.pop(), []):
            waiting.append(child[0])
            yield child
