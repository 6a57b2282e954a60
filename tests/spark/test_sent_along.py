"""A cluster whose machines have our requirements, but not our program: it is sent as an archive."""

import os
import subprocess
import sys
import tarfile

from tests.support.sources import ROOT

DRIVER = """
from app.eligibility.population.edition import edition
from app.eligibility.population.placing import placed

def there(_):
    from app.eligibility.population import edition, running
    return edition.edition(), running.__file__

with placed("spark:local-cluster[1,1,1024]") as cluster:
    ((found, file),) = cluster.context.parallelize([1], 1).map(there).collect()
print(found == edition(), file)
"""
DEFAULTS = """
spark.driver.bindAddress 127.0.0.1
spark.driver.host 127.0.0.1
spark.ui.enabled false
spark.archives {archive}#program
spark.executorEnv.PYTHONPATH program
"""


def test_the_program_sent_along_with_its_catalogue_runs_on_the_executors(tmp_path):
    archive = tmp_path / "program.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        for folder in ("app", "config"):
            packed.add(ROOT / folder, folder)
    (tmp_path / "spark-defaults.conf").write_text(DEFAULTS.format(archive=archive))
    (tmp_path / "driver.py").write_text(f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{DRIVER}")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {
        "SPARK_CONF_DIR": str(tmp_path),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(tmp_path),
    }
    environment["PYSPARK_PYTHON"] = sys.executable
    asked = [sys.executable, tmp_path / "driver.py"]
    said = subprocess.run(asked, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    same, file = said.stdout.split()
    assert same == "True"
    assert file.endswith("/program/app/eligibility/population/running.py")
    assert not file.startswith(str(ROOT / "app"))
