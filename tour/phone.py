"""A resident's phone: what the mini-program would ask the server, and what its owner does in WeChat."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from tour.places import Places
from tour.telling import Surprise
from tour.wire import Wire, new_key, until

SHANGHAI = ZoneInfo("Asia/Shanghai")
CONSENTS = ("matching", "push", "prefill", "certificates")


@dataclass(slots=True)
class Phone:
    """One person's phone: the mini-program (`api`) and WeChat itself (`wechat`)."""

    owner: dict[str, Any]
    api: Wire
    wechat: Wire
    resident: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, places: Places, key: str) -> "Phone":
        """Return the phone of a demo person."""
        return cls(places.people[key], Wire(f"{places.api}/api/v1"), Wire(f"{places.wechat_control}/__emu__"))

    @property
    def name(self) -> str:
        """The owner's name."""
        return str(self.owner["name"])

    def log_in(self) -> dict[str, Any]:
        """Open the mini-program: wx.login, then our session."""
        code = self.wechat.post("/login_code", {"openid": self.owner["openid"]})["code"]
        self.api.token = None
        session: dict[str, Any] = self.api.post("/auth/wechat/login", {"code": code})
        self.api.token, self.resident = session["token"], session["resident"]
        return session

    def prove_identity(self) -> str:
        """Go through 人脸核身: started here, done in front of the camera, asked for by the server."""
        if self.resident["assurance"] == "real_name":
            return "passed"
        asked = {"name": self.owner["name"], "id_number": self.owner["id_number"]}
        started = self.api.post("/auth/identity", asked, expect=201)
        confirm = f"/auth/identity/{started['verification_id']}/confirm"
        early = self.api.send("POST", confirm, {}).body
        if early.get("state") == "passed":
            raise Surprise("人还没有做人脸核身，服务器就认了")
        self.wechat.post("/face", {"verify_id": started["ticket"], "outcome": "pass"})
        return str(self.api.post(confirm)["state"])

    def share_number(self) -> str:
        """Press the phone-number button."""
        code = self.wechat.post("/phone_code", {"openid": self.owner["openid"]})["code"]
        return str(self.api.post("/auth/wechat/phone", {"code": code})["phone"])

    def allow_everything(self) -> None:
        """Read the notices and agree to each purpose."""
        for notice in self.api.get("/me/consents")["items"]:
            path = f"/me/consents/{notice['purpose']}"
            self.api.put(path, {"notice_version": notice["notice_version"]}, Idempotency_Key=new_key())

    def fetch_facts(self) -> dict[str, Any]:
        """Let the server ask the departments."""
        fetched: dict[str, Any] = self.api.post("/me/facts/refresh", {"purposes": ["matching"]})
        return fetched

    def known_facts(self) -> list[dict[str, Any]]:
        """Return the facts that are known."""
        items: list[dict[str, Any]] = self.api.get("/me/facts")["items"]
        return [item for item in items if item["known"]]

    def matches(self, outcome: str) -> dict[str, dict[str, Any]]:
        """Return my matches by policy."""
        found = self.api.get(f"/me/matches?outcome={outcome}")["items"]
        return {item["policy"]["id"]: item for item in found}

    def why(self, policy_id: str) -> dict[str, Any]:
        """Return the full assessment of one policy."""
        told: dict[str, Any] = self.api.get(f"/me/matches/{policy_id}")
        return told

    def accept_prompt(self, moment: str) -> list[str]:
        """Answer the subscription prompt of a moment with 允许; returns the titles that were asked for."""
        prompt = self.api.get(f"/me/subscriptions/prompts?moment={moment}")["items"]
        choices = {item["template_id"]: "accept" for item in prompt}
        self.wechat.post("/subscribe", {"openid": self.owner["openid"], "choices": choices})
        self.api.post("/me/subscriptions", {"results": choices}, expect=204)
        return [item["title"] for item in prompt]

    def message_about(self, text: str, *, state: str | None = None, link: str = "") -> dict[str, Any]:
        """Wait for a message whose title says `text` and whose link holds `link`, in a delivery state."""

        def look() -> dict[str, Any] | None:
            for message in self.api.get("/me/messages?page_size=20")["items"]:
                fits = text in message["title"] and link in message["link"]
                if fits and state in {None, message["delivery"]["state"]}:
                    found: dict[str, Any] = message
                    return found
            return None

        return until(look, what=f"{self.name}的消息“{text}”（{state or '任何状态'}）", seconds=12)

    def wechat_inbox(self) -> list[dict[str, Any]]:
        """Return what WeChat has shown on this phone."""
        shown: list[dict[str, Any]] = self.wechat.get(f"/inbox/{self.owner['openid']}")["messages"]
        return shown

    def sleep_at_another_time(self) -> str:
        """Choose quiet hours far from now: the walk is taken at any hour, and at night nobody is pushed."""
        begin = datetime.fromtimestamp(time.time(), SHANGHAI) + timedelta(hours=12)
        quiet = {"from": f"{begin:%H:%M}", "to": f"{begin + timedelta(hours=1):%H:%M}"}
        version = self.api.get("/me")["version"]
        self.api.send("PATCH", "/me", {"quiet_hours": quiet}, If_Match=f'"{version}"', expect=HTTPStatus.OK)
        return f"{quiet['from']}至{quiet['to']}"

    def pushed_this_week(self) -> int:
        """Count the pushes about policies of the last seven days, as the inbox shows them."""
        since = datetime.fromtimestamp(time.time(), UTC) - timedelta(days=7)
        sent = [
            message["delivery"]
            for message in self.api.get("/me/messages?page_size=100")["items"]
            if message["template"] == "policy_match" and message["delivery"]["note"] is None
        ]
        shown = [
            one for one in sent if one["sent_at"] and one["state"] in {"accepted", "delivered", "unknown"}
        ]
        return sum(datetime.fromisoformat(one["sent_at"]) > since for one in shown)

    def become_known(self) -> list[dict[str, Any]]:
        """Do all of the first errand: log in, prove who one is, agree, let facts come."""
        self.log_in()
        if self.prove_identity() != "passed":
            raise Surprise(f"{self.name}的实名认证没有通过")
        self.share_number()
        self.allow_everything()
        self.fetch_facts()
        return self.known_facts()
