from sqlalchemy import text

from app.foundation import database
from app.foundation.transaction import atomic


def test_a_read_inside_a_unit_of_work_sees_what_was_written_and_takes_no_second_connection(committed):
    with atomic():
        database.session.execute(text("CREATE TABLE noted (word text)"))
        database.session.execute(text("INSERT INTO noted VALUES ('here')"))
        with database.reading() as connection:
            assert connection.scalar(text("SELECT word FROM noted")) == "here"
        assert database.engine().pool.checkedout() == 1
