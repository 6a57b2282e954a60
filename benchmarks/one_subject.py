"""What one resident costs: microseconds per real policy to decide, to explain, to say the amount.

Run it from the root of the checkout: `python -m benchmarks.one_subject`.
"""

import time
from collections.abc import Callable
from typing import Any

from app.rules.amounts import assess_amount, parse_benefit
from app.rules.compilation import compile_condition
from app.rules.evaluation import evaluate
from app.rules.explanation import explain
from app.rules.syntax import parse
from app.rules.vocabulary import build_vocabulary, resolve_params
from config.files import read, read_all

SECONDS = 1.0


def measured(work: Callable[[], object], runs_of_work: int) -> float:
    """Return the microseconds of one run, from the best of many rounds."""
    best, until = float("inf"), time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best / runs_of_work * 1e6


def main() -> None:
    """Print one line for each thing that is asked of the rules."""
    vocabulary = build_vocabulary(read("facts"), read("params"))
    policies = [policy for policy in read_all("policies") if policy["audience"] == "person"]
    nodes = [parse(policy["conditions"], vocabulary) for policy in policies]
    benefits = [parse_benefit(policy["benefit"], vocabulary) for policy in policies]
    cases = read("worked_cases")
    subjects: list[Any] = [case["facts"] for case in cases["cases"] if case["subject"] == "person"]
    context: Any = {"as_of": cases["as_of"], "params": resolve_params(vocabulary, "500103")}
    conditions = [compile_condition(node, **context) for node in nodes]
    asked = len(nodes) * len(subjects)

    print(f"{len(nodes)} rules x {len(subjects)} subjects, microseconds per rule and subject (best round)")
    lines: dict[str, Callable[[], object]] = {
        "compiled": lambda: [condition(subject) for subject in subjects for condition in conditions],
        "evaluate": lambda: [evaluate(node, subject, **context) for subject in subjects for node in nodes],
        "explain": lambda: [explain(node, subject, **context) for subject in subjects for node in nodes],
        "amount": lambda: [
            assess_amount(one, subject, **context) for subject in subjects for one in benefits
        ],
    }
    for name, work in lines.items():
        print(f"{name:10} {measured(work, asked):8.2f}")
    compiling = measured(lambda: [compile_condition(node, **context) for node in nodes], len(nodes))
    print(f"compile    {compiling:8.2f}  (per rule, once a day and region)")


if __name__ == "__main__":
    main()
