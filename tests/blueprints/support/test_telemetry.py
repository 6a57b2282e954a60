import io
import threading

import orjson

from blueprints.support.telemetry import AccessLog, GatheredLines


class FullDisk(io.BytesIO):
    def write(self, _):
        raise OSError(28, "No space left on device")


def test_lines_of_many_threads_are_all_written_whole():
    stream = io.BytesIO()
    lines = GatheredLines(stream)
    threads = [
        threading.Thread(target=lambda n=n: [lines.info(b"%d-%d" % (n, i)) for i in range(500)])
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines.write()
    written = stream.getvalue().splitlines()
    assert sorted(written) == sorted(b"%d-%d" % (n, i) for n in range(4) for i in range(500))
    assert [line for line in written if line.startswith(b"0-")] == [b"0-%d" % i for i in range(500)]


def test_a_line_is_written_without_anybody_asking():
    written = threading.Event()

    class Stream(io.BytesIO):
        def flush(self):
            written.set()

    stream = Stream()
    GatheredLines(stream).info(b"line")
    assert written.wait(5)
    assert stream.getvalue() == b"line\n"


def test_a_full_disk_loses_lines_and_stops_nobody():
    lines = GatheredLines(FullDisk())
    lines.info(b"lost")
    lines.write()
    lines.info(b"lost too")
    lines.write()


def test_a_line_names_the_route_and_never_the_path(client, application):
    class Sink:
        def __init__(self):
            self.lines = []

        def info(self, line):
            self.lines.append(orjson.loads(line))

    sink, usual = Sink(), application.access_log
    application.access_log = AccessLog(sink)
    try:
        reply = client.get("/api/v1/services/svc-secret-word?q=1")
        client.get("/nowhere/secret-word")
    finally:
        application.access_log = usual
    assert [(line["route"], line["status"]) for line in sink.lines] == [
        ("/api/v1/services/<service_id>", reply.status_code),
        ("none", 404),
    ]
    assert sink.lines[0]["request_id"] == reply.headers["X-Request-Id"]
    assert "secret-word" not in str(sink.lines)
