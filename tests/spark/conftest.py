"""A Spark of this machine's own: two executors of one core, each a process with Python workers below it."""

import os
import sys
from pathlib import Path

import pytest

from app.eligibility.population.spark import OnSpark
from tests.support.sources import ROOT

CLUSTER = "local-cluster[2,1,1024]"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    scratch = tmp_path_factory.mktemp("spark")
    os.environ |= {
        "SPARK_CONF_DIR": str(Path(__file__).parent / "conf"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(scratch),
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT),  # executors are started by this process's cluster and inherit it
    }
    with OnSpark.at(CLUSTER) as placement:
        yield placement


def pytest_collection_modifyitems(items):
    """Pyspark leaves the sockets to its Java side for the collector to close."""
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"))
