"""Fills in any form of the catalogue as a person would: what shows and is empty, step by step."""

from app.materials import scanning
from tests.blueprints.applications.papers import Papers
from tests.support.uploads import noise

ID_NUMBER, CARD, USCC = "340102198012059273", "6222020000000000000", "91110000600037341L"
NOTHING = {"missing", "may_be_promised", "may_follow"}
BY_TYPE = {
    "text": "张三",
    "textarea": "用于购置设备",
    "idcard": ID_NUMBER,
    "phone": "13812345678",
    "date": "2026-11-02",
    "region": "500103",
    "address": "大坪街道长江二路1号2栋3-4",
    "bankcard": CARD,
    "uscc": USCC,
    "signature": {"kind": "typed", "text": "张三"},
    "declaration": True,
    "bool": True,
}


class Filling(Papers):
    """One application of any service; `wishes` are answers that differ from the usual ones."""

    def __init__(self, person, service, region, *, subject=None, **wishes):
        super().__init__(person, service=service, region=region)
        if subject is not None:
            self.body["subject_id"] = subject
        self.wishes = wishes

    def fill(self):
        number = 1
        while number is not None:
            number = self._fill(number)
        return self

    def submitted(self):
        self.open().fill().hand_in().submit()
        return self

    def hand_in(self):
        """Promise what may be promised, upload the rest that is required and stands on nothing."""
        content = noise()
        for position, material in self.materials().items():
            if not material["required"] or material["state"] not in NOTHING:
                continue
            if "promise" in material["ways"]:
                reply = self.promise(position, name="张三")
            else:
                upload = self.phone().upload(content + b"\n" * position, f"{position}.jpg")
                reply = self.attach(position, upload)
            assert reply.status_code == 200, reply.json
        scanning.scan_due()
        return self

    def _fill(self, number):
        """Answer what shows until nothing new shows; then leave the step."""
        answered = {}
        while True:
            asked = {one["key"]: one for one in self.step(number)["fields"]}
            new = {key: self._answer(one) for key, one in asked.items() if key not in answered and _open(one)}
            new = {key: value for key, value in new.items() if value is not None}
            if not new:
                break
            answered |= new
            self.save(number, new, final=False)
        saved = self.save(number, {}, final=True)
        assert saved["errors"] == {}, (self.body["service_id"], number, saved["errors"])
        return saved["next_step"]

    def _answer(self, field):
        if field["key"] in self.wishes:
            return self.wishes[field["key"]]
        return None if field["value"] is not None else _usual(field)


def _open(field):
    return not field["readonly"]


def _usual(field):
    match field["type"]:
        case "select":
            return field["options"][0]["value"]
        case "multiselect":
            return [field["options"][0]["value"]] if field["options"] else None
        case "number" | "money":
            least = field["minimum"] or "1"
            return least if field["type"] == "money" else float(least)
        case "list":
            return [{one["key"]: _usual(one) for one in field["item_fields"]}] if field["required"] else None
        case kind:
            return BY_TYPE.get(kind)
