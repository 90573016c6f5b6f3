"""Processor time and memory of processes and their children, from /proc (Linux only)."""

import os
from collections.abc import Mapping
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(watch: Mapping[str, int]) -> dict[str, float]:
    """Processor time so far, by name, of the processes and of all their children, those that have ended among them."""
    stats = _stats()
    return {name: sum(stats[pid][1] for pid in _tree(root, stats)) for name, root in watch.items()}


def busy_seconds() -> float:
    """Processor time so far of the whole machine, whoever used it."""
    numbers = [int(number) for number in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle, waiting = numbers[3:5]
    return (sum(numbers) - idle - waiting) / _TICKS


def proportional_bytes(watch: Mapping[str, int]) -> dict[str, int]:
    """Memory, by name, of the processes and their children: PSS, so what several of them share counts once."""
    stats = _stats()
    return {name: sum(_pss(pid) for pid in _tree(root, stats)) for name, root in watch.items()}


def _stats() -> dict[int, tuple[int, float]]:
    """Process → parent and seconds."""
    found: dict[int, tuple[int, float]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                # The name, in brackets, may hold anything.
                fields = (entry / "stat").read_bytes().rpartition(b") ")[2].split()
            except OSError:
                continue
            found[int(entry.name)] = int(fields[1]), sum(map(int, fields[11:15])) / _TICKS
    return found


def _tree(root: int, stats: Mapping[int, tuple[int, float]]) -> list[int]:
    tree = [root] if root in stats else []
    for pid in tree:
        tree += [child for child, (parent, _) in stats.items() if parent == pid]
    return tree


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
