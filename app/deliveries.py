"""Takes what a data platform delivered: `python -m app.deliveries [--day DAY]`.

`--accept-fewer --by NAME --reason TEXT` is an operator's word that a refused day with far fewer people is
meant so. A process of its own: it loads NumPy and Arrow, which no web process, worker or scheduler does. The
scheduler starts it when something has arrived; two at once do not disturb each other.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from app import wiring
from app.eligibility.outreach import accounts, taking
from app.eligibility.outreach.errors import DeliveryRefused
from app.eligibility.outreach.taking import Folders
from app.eligibility.outreach.types import DeliveryState, Override
from app.foundation import logging
from config.settings import Settings

CONNECTIONS = 3
RESULTS = "deliveries"
REASON = 200


def parser() -> argparse.ArgumentParser:
    """Describe the command."""
    described = argparse.ArgumentParser(prog="python -m app.deliveries", description=__doc__)
    described.add_argument("--day", type=date.fromisoformat, help="this day only, also one that was refused")
    described.add_argument("--accept-fewer", action="store_true", help="far fewer people are meant so")
    described.add_argument("--by", help="who says so")
    described.add_argument("--reason", help="and why")
    return described


def main(arguments: Sequence[str] | None = None) -> int:
    """Take what is there; returns 0, 1 where a delivery was refused, 2 where nothing can be taken."""
    asked = parser().parse_args(arguments)
    if asked.accept_fewer and not (asked.day and asked.by and asked.reason):
        return _say("加 --accept-fewer 时要写 --day、--by 和 --reason", code=2)
    settings = Settings.model_validate({})  # reads the environment
    logging.configure(settings)
    if settings.delivery_folder is None or settings.snapshot_folder is None:
        return _say("没有设置 DELIVERY_FOLDER，不处理数据平台的交付", code=2)
    if not settings.delivery_folder.is_dir():
        return _say("DELIVERY_FOLDER 指向的文件夹不存在，请核对设置", code=2)
    folders = Folders(settings.delivery_folder, settings.snapshot_folder / RESULTS)
    wiring.open_process(settings, pool=CONNECTIONS)
    try:
        return take(folders, asked)
    except DeliveryRefused as refusal:
        return _say(refusal.message, code=1)
    finally:
        wiring.close_process()


def take(folders: Folders, asked: argparse.Namespace) -> int:
    """Take deliveries, unless another process does; returns the exit code."""
    with taking.alone() as mine:
        if not mine:
            return _say("另一个进程正在处理交付", code=0)
        if asked.day is None:
            taken = taking.take_newest(folders)
        else:
            meant = Override(asked.by, asked.reason[:REASON]) if asked.accept_fewer else None
            taken = [taking.take_day(asked.day, folders, override=meant)]
    if not taken:
        return _say("没有新的交付", code=0)
    return max(_told(delivery) for delivery in taken)


def _told(delivery: UUID) -> int:
    view = accounts.view(delivery)
    if view.state is DeliveryState.APPLIED:
        return _say(f"{view.as_of} 的交付：{view.people}人，已处理", code=0)
    return _say(f"{view.as_of} 的交付没有处理：{view.error_message or view.state.value}", code=1)


def _say(line: str, *, code: int) -> int:
    sys.stdout.write(line + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
