"""What a resident at a phone and an officer at a desk do, through HTTP alone."""

import itertools

from flask.testing import FlaskClient

from app.applications import automatic

APPLICATIONS, TASKS, STAGES = "/api/v1/applications", "/api/v1/staff/tasks", "/api/v1/staff/stages"
STEPS = {
    1: {"live_region": "500103", "lives_alone": True},
    2: {"account_type": "social_card"},
    3: {"is_proxy": False, "phone": "13812345678"},
    4: {"promise": True, "sign": {"kind": "typed", "text": "陈渝珍"}},
}
"""高龄津贴, filled in by an applicant who takes the social card."""
_keys = itertools.count()


def key():
    return {"Idempotency-Key": f"k{next(_keys)}"}


def match(version):
    return {"If-Match": f'"{version}"'}


def in_a_thread(client, token):
    """A plain client for one thread of many: the usual one watches sessions of the whole process."""
    plain = FlaskClient(client.application, client.application.response_class)
    plain.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return plain


class Errand:
    """One resident's 高龄津贴."""

    def __init__(self, person, *, service="svc-elder-allowance", region="500103"):
        self.person, self.client = person, person.client
        self.body = {"service_id": service, "region_code": region}
        self.id = None

    def open(self):
        reply = self.client.post(APPLICATIONS, json=self.body)
        assert reply.status_code in {200, 201}, reply.json
        self.id = reply.json["id"]
        return self

    def other_thumb(self):
        """The same person on the same case, for a thread of its own."""
        other = Errand(self.person)
        other.client, other.id = in_a_thread(self.client, self.person.token), self.id
        return other

    @property
    def url(self):
        return f"{APPLICATIONS}/{self.id}"

    def read(self):
        reply = self.client.get(self.url)
        assert reply.status_code == 200, reply.json
        return reply.json

    def step(self, number):
        reply = self.client.get(f"{self.url}/steps/{number}")
        assert reply.status_code == 200, reply.json
        return reply.json

    def fields(self, number):
        return {field["key"]: field for field in self.step(number)["fields"]}

    def put(self, number, answers, *, final=True, version=None):
        version = self.read()["version"] if version is None else version
        address = f"{self.url}/steps/{number}?final={str(final).lower()}"
        return self.client.put(address, json={"answers": answers}, headers=match(version))

    def save(self, number, answers, **how):
        reply = self.put(number, answers, **how)
        assert reply.status_code == 200, reply.json
        return reply.json

    def fill(self):
        for number, answers in STEPS.items():
            saved = self.save(number, answers)
            assert saved["errors"] == {}, saved
        return self

    def submission(self, **headers):
        return self.client.post(f"{self.url}/submission", headers=headers or key())

    def submit(self):
        reply = self.submission()
        assert reply.status_code == 201, reply.json
        return reply.json

    def submitted(self):
        self.open().fill().submit()
        return self

    def supplement(self, answers=None, note=""):
        body = {"answers": answers or {}, "note": note}
        return self.client.post(f"{self.url}/supplement", json=body)

    def withdraw(self):
        return self.client.post(f"{self.url}/withdrawal", json={})

    def timeline(self):
        return self.client.get(f"{self.url}/timeline").json["items"]


class Desk:
    """One officer."""

    def __init__(self, officer):
        self.officer, self.client = officer, officer.client

    def tasks(self, **query):
        reply = self.client.get(TASKS, query_string=query)
        assert reply.status_code == 200, reply.json
        return reply.json["items"]

    def get(self, case_id):
        return self.client.get(f"{TASKS}/{case_id}")

    def read(self, case_id):
        reply = self.get(case_id)
        assert reply.status_code == 200, reply.json
        return reply.json

    def claim(self, case_id):
        return self.client.post(f"{TASKS}/{case_id}/claim")

    def post(self, case_id, action, *, version=None, **decision):
        version = self.read(case_id)["version"] if version is None else version
        return self.client.post(
            f"{TASKS}/{case_id}/decision",
            json={"action": action, **decision},
            headers=match(version) | key(),
        )

    def stages(self, case_id=None):
        reply = self.client.get(STAGES)
        assert reply.status_code == 200, reply.json
        return [stage for stage in reply.json["items"] if case_id in (None, stage["case_id"])]

    def end(self, stage, outcome="passed", *, reason="", version=None):
        version = stage["version"] if version is None else version
        return self.client.post(
            f"{STAGES}/{stage['id']}/result",
            json={"outcome": outcome, "reason": reason},
            headers=match(version) | key(),
        )

    def handle(self, case_id):
        """Let the machine do its stages, and do those of one's own department."""
        while True:
            automatic.advance_due()
            waiting = self.stages(case_id)
            if not waiting:
                return
            for stage in waiting:
                reply = self.end(stage)
                assert reply.status_code == 200, reply.json

    def decide(self, case_id, action, **decision):
        if action == "approve":
            self.handle(case_id)
        reply = self.post(case_id, action, **decision)
        assert reply.status_code == 200, reply.json
        return reply.json["status"]
