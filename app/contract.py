"""The interface as a document: `python -m app.contract --write FILE` or `--check FILE`."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from app import factory, wiring
from app.foundation import logging
from config.settings import Settings


def document(settings: Settings) -> str:
    """Return the OpenAPI document as its file holds it."""
    app = factory.create_app(settings)
    served = app.test_client().get("/openapi.json").get_json()
    wiring.close_process()
    return json.dumps(served, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the contract to a file, or check that the file still is the contract; returns the exit code."""
    described = argparse.ArgumentParser(prog="python -m app.contract", description=__doc__)
    which = described.add_mutually_exclusive_group(required=True)
    which.add_argument("--check", type=Path, metavar="FILE")
    which.add_argument("--write", type=Path, metavar="FILE")
    chosen = described.parse_args(arguments)
    settings = Settings.model_validate({})  # reads the environment
    logging.configure(settings)
    contract = document(settings)
    if chosen.write is not None:
        chosen.write.write_text(contract, encoding="utf-8")
        return 0
    if chosen.check.read_text(encoding="utf-8") == contract:
        return 0
    sys.stdout.write(f"接口已改变：请运行 python -m app.contract --write {chosen.check} 并提交\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
