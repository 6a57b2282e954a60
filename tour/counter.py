"""An officer at work: two factors, then the staff API."""

import base64
import hashlib
import hmac
import struct
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from tour.places import Places
from tour.telling import Surprise
from tour.wire import Wire, new_key, until

STEP, DIGITS = 30, 6


@dataclass(slots=True)
class Officer:
    """One officer and their session."""

    card: dict[str, Any]
    api: Wire

    @classmethod
    def of(cls, places: Places, username: str) -> "Officer":
        """Return a demo officer, not yet logged in."""
        return cls(places.officers[username], Wire(f"{places.api}/api/v1/staff"))

    @property
    def name(self) -> str:
        """How the walk calls them."""
        return f"{self.card['name']}（{self.card['about']}）"

    def log_in(self) -> None:
        """Log in with password and dynamic code; one used just now is followed by the next one."""
        for ahead in (0, 1, 1):
            entered = {
                "username": self.card["username"],
                "password": self.card["password"],
                "otp": one_time_password(self.card["totp_secret"], ahead=ahead),
            }
            reply = self.api.send("POST", "/auth/login", entered)
            if reply.status == HTTPStatus.OK:
                self.api.token = reply.body["token"]
                return
            if ahead:
                time.sleep(STEP - time.time() % STEP + 0.2)
        raise Surprise(f"{self.name}登录失败：{reply.body}")

    def task_of(self, case_id: str) -> dict[str, Any]:
        """Open one case."""
        task: dict[str, Any] = self.api.get(f"/tasks/{case_id}")
        return task

    def decide(self, case_id: str, action: str, **more: Any) -> dict[str, Any]:
        """Take a decision on the case as it stands now."""
        version = self.task_of(case_id)["version"]
        done: dict[str, Any] = self.api.post(
            f"/tasks/{case_id}/decision",
            {"action": action, **more},
            If_Match=f'"{version}"',
            Idempotency_Key=new_key(),
        )
        return done

    def finish_stages(self, case_id: str) -> list[str]:
        """End the stages of a case that are one's own, as they open; returns their names."""
        names: list[str] = []

        def may_approve() -> bool:
            for stage in self.api.get("/stages?page_size=100")["items"]:
                if stage["case_id"] == case_id:
                    self._pass(stage)
                    names.append(stage["name"])
            return "approve" in self.task_of(case_id)["allowed_actions"]

        until(lambda: may_approve() or None, what="各环节办完，可以作决定")
        return names

    def _pass(self, stage: dict[str, Any]) -> None:
        version = f'"{stage["version"]}"'
        path = f"/stages/{stage['id']}/result"
        self.api.post(path, {"outcome": "passed"}, If_Match=version, Idempotency_Key=new_key())


def one_time_password(secret: str, *, ahead: int) -> str:
    """Return the dynamic code of a TOTP secret (RFC 6238), `ahead` steps of 30 seconds from now."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // STEP + ahead), hashlib.sha1)
    offset = digest[-1] & 0xF
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)
