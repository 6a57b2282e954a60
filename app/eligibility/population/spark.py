"""Partitions as tasks of Spark: it places them, tries again what died, and knows nothing of policies.

`parallelize(parts).map(work)`: no row passes through Java; a task reads its partition from the shared folder
and writes its result there. Needs `requirements-spark.txt` and Java 17 on the machine that drives.
"""

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any, Self

from app.eligibility.population.placement import (
    Interrupted,
    Item,
    Made,
    PlacementUnknown,
    accepted,
    attempted,
)

_JAVA = "Java 17 或更高版本（Debian：openjdk-17-jre-headless）"
_DIED = "匹配的分布式任务多次中断，请查看 Spark 日志，排除故障后重新运行；已完成的分区不会重做"


class OnSpark:
    """The executors of a Spark context, which is stopped at the end of `with`."""

    def __init__(self, context: Any) -> None:
        self.context = context

    @classmethod
    def at(cls, master: str) -> Self:
        """Open a context at a cluster's address; everything else is in Spark's own spark-defaults.conf.

        Raises PlacementUnknown where pyspark or Java is missing, or no cluster answers.
        """
        try:
            pyspark = import_module("pyspark")  # an optional install: nothing else needs it
        except ImportError as error:
            raise PlacementUnknown(
                f"没有安装 pyspark：请安装 requirements-spark.txt，以及 {_JAVA}"
            ) from error
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        conf = pyspark.SparkConf().setMaster(master).setIfMissing("spark.app.name", "zhangshangban-matching")
        try:
            return cls(pyspark.SparkContext(conf=conf))
        except (pyspark.errors.PySparkException, _java_error()) as error:
            raise PlacementUnknown(
                f"连不上 Spark（{master}）：请检查集群地址，以及本机是否装有 {_JAVA}"
            ) from error

    def each(self, work: Callable[[Item], Made], items: Sequence[Item]) -> list[Made]:
        """Do the work for every item, a task each; raises the first refusal, or Interrupted."""
        if not items:
            return []
        held = self.context.broadcast(work)
        try:
            tasks = self.context.parallelize(list(items), len(items))
            return accepted(tasks.map(partial(_worked, held)).collect())
        except _java_error() as error:
            raise Interrupted(_DIED) from error
        finally:
            held.destroy()

    def __enter__(self) -> Self:
        """Use the context as it is."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the context."""
        self.context.stop()


def _worked(held: Any, item: Any) -> Any:
    return attempted(held.value, item)


def _java_error() -> type[Exception]:
    found: type[Exception] = import_module("py4j.protocol").Py4JError
    return found
