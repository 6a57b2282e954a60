from app.eligibility.population import running
from tests.app.eligibility.population import people as some
from tests.app.eligibility.population.snapshots import contents, snapshot


def test_a_result_made_on_spark_is_the_serial_one_to_the_byte(tmp_path, cluster):
    made = snapshot(tmp_path, some.rows(some.people(400)))
    serial = running.run(made, some.book(), tmp_path / "serial")
    placed = running.run(made, some.book(), tmp_path / "placed", placement=cluster)
    assert contents(placed.folder) == contents(serial.folder)
