"""`python -m sandbox.registries generate`: write a made-up population as one day's delivery."""

import argparse
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np

from sandbox.registries.population.folder import FolderTaken, Order, generate
from sandbox.registries.population.shares import read_shares

SEED = 20261123
MOST_PEOPLE = 100_000_000


def _people(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST_PEOPLE:
        raise argparse.ArgumentTypeError(f"1 to {MOST_PEOPLE}")
    return number


def main(arguments: list[str] | None = None) -> int:
    """Return 0, or 1 with one sentence where the folder cannot be used."""
    shares = read_shares()
    parser = argparse.ArgumentParser(prog="python -m sandbox.registries generate", description=__doc__)
    parser.add_argument("--people", type=_people, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--as-of", type=date.fromisoformat, default=shares.people["as_of"])
    parser.add_argument("--day", type=date.fromisoformat, help="the day of the delivery; else as-of")
    parser.add_argument("--register", type=Path, help="keep who the people are, for the answering side")
    asked = parser.parse_args(arguments)
    as_of, day = (np.datetime64(one, "D") for one in (asked.as_of, asked.day or asked.as_of))
    order = Order(asked.people, abs(asked.seed), as_of, asked.out, day, asked.register)
    started = time.monotonic()
    try:
        generate(order, shares, print)
    except FolderTaken:
        sys.stderr.write(f"population: {order.folder} is not empty, nothing was written\n")
        return 1
    except OSError as refused:
        sys.stderr.write(f"population: {asked.out} cannot be written: {refused.strerror}\n")
        return 1
    sys.stdout.write(f"population ready in {time.monotonic() - started:.1f} s: {asked.out}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
