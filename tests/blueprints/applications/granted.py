"""A policy that is granted unasked, the service it is given through, and whom it is for."""

import shutil

import yaml

from app.catalogue import edition, loading
from app.eligibility import runs
from app.foundation.transaction import atomic
from app.identity.types import Role
from config import files
from tests.app.eligibility.conftest import APPROVAL, draft, preview
from tests.blueprints.applications.errands import key, match

GRANTS, POLICY, SERVICE = "/api/v1/me/grants", "cq-yuzhong-warm", "svc-winter-warmth"
PROMISE = "本人承诺信息真实，同意发放到社会保障卡"
FIELDS = [
    {
        "key": "name", "label": "姓名", "type": "text", "required": True, "maxlen": 50,
        "prefill": "实名.姓名", "readonly": True,
    },
    {
        "key": "id_no", "label": "身份证号", "type": "idcard", "required": True, "pattern": "idcard",
        "prefill": "实名.证件号", "readonly": True, "sensitive": True,
    },
    {
        "key": "hukou", "label": "户籍所在地", "type": "region", "required": True,
        "prefill": "证照.居民户口簿.户籍地", "readonly": True,
    },
    {"key": "by_card", "label": "发放到社会保障卡", "type": "bool", "required": True, "default": True},
    {"key": "promise", "label": PROMISE, "type": "declaration", "required": True, "must_be": True},
    {"key": "sign", "label": "签名", "type": "signature", "required": True},
]  # fmt: skip


def service(fields=FIELDS):
    """高龄津贴's service as another one, whose form fills itself in."""
    raw = next(one for one in files.read_all("services") if one["id"] == "svc-elder-allowance")
    return dict(raw) | {
        "id": SERVICE,
        "name": "冬季取暖慰问金领取",
        "basic_code": "000511900099",
        "form_steps": [{"title": "核对", "fields": fields}],
        "materials": [],
    }


def load_service(folder, **changed):
    """Load config/ with that service added, as a deployment of that region would."""
    root = folder / "config"
    shutil.copytree(files.FOLDER, root, dirs_exist_ok=True)
    text = yaml.safe_dump(loading.plain(service(**changed)), allow_unicode=True)
    (root / "services" / f"{SERVICE}.yaml").write_text(text, encoding="utf-8")
    edition.forget()
    with atomic():
        loading.load(root=root)
    edition.forget()


BODY = {
    "id": POLICY,
    "title": "渝中区高龄老人冬季取暖慰问金",
    "summary": "渝中区户籍80周岁以上老人，今冬一次性发放200元。",
    "region_code": "500103",
    "department": "民政",
    "audience": "person",
    "mode": "免申即享",
    "valid_from": "2026-01-01",
    "benefit": {"type": "cash", "amount": 200, "unit": "元", "frequency": "once"},
    "service_id": SERVICE,
    "conditions": {
        "all": [
            {"fact": "age", "op": "ge", "value": 80},
            {"fact": "hukou_region", "op": "prefix", "value": "500103"},
        ]
    },
    "source": {"name": "测试", "doc_no": "测试〔2026〕1号", "url": None, "date": "2026-01-01"},
}


class Office:
    """The officers who write and approve policies."""

    def __init__(self, sign_in):
        self.author = sign_in.officer(Role.POLICY_AUTHOR, region_code="000000").client
        self.approvers = [
            sign_in.officer(Role.POLICY_APPROVER, region_code="000000").client for _ in range(2)
        ]

    def publish(self, **changed):
        """Publish a first version, or another where there is one, and match everyone."""
        body = BODY | changed
        if self.author.get(f"/api/v1/staff/policies/{body['id']}").status_code == 404:
            draft(self.author, body)
        else:
            found = self.author.get(f"/api/v1/staff/policies/{body['id']}").json
            plain = {name: value for name, value in body.items() if name != "id"}
            path = f"/api/v1/staff/policies/{body['id']}"
            reply = self.author.put(path, json=plain, headers=match(found["revision"]))
            assert reply.status_code == 200, reply.json
        preview(self.author, body["id"])
        for approver in self.approvers:
            path = f"/api/v1/staff/policies/{body['id']}/publication"
            reply = approver.post(path, json=APPROVAL)
            assert reply.status_code == 202, reply.json
            if reply.json["state"] != "awaiting_second_approval":
                break
        runs.advance_due()


class Hand:
    """One person in front of what they are granted."""

    def __init__(self, person, policy=POLICY):
        self.person, self.client, self.policy = person, person.client, policy

    def listed(self, **query):
        reply = self.client.get(GRANTS, query_string=query)
        assert reply.status_code == 200, reply.json
        return reply.json["items"]

    def get(self, **query):
        return self.client.get(f"{GRANTS}/{self.policy}", query_string=query)

    def read(self, **query):
        reply = self.get(**query)
        assert reply.status_code == 200, reply.json
        return reply.json

    def tap(self, grant, *, version=None, **headers):
        sent = (headers or key()) | match(grant["version"] if version is None else version)
        return self.client.post(f"{GRANTS}/{grant['id']}/confirmation", headers=sent)

    def confirmed(self):
        reply = self.tap(self.read())
        assert reply.status_code == 201, reply.json
        return reply.json

    def refuse(self, grant, **body):
        return self.client.post(f"{GRANTS}/{grant['id']}/refusal", json=body)

    def case(self, receipt):
        return self.client.get(f"/api/v1/applications/{receipt['application_id']}").json
