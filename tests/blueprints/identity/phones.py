"""A resident's phone: it logs in, shares its number and shows a face, over HTTP and with the sandbox."""

from tests.support import canary

LOGIN, PHONE, IDENTITY = "/api/v1/auth/wechat/login", "/api/v1/auth/wechat/phone", "/api/v1/auth/identity"


class Phone:
    """One demo person's phone."""

    def __init__(self, client, wechat, person):
        self._client, self._wechat, self.person = client, wechat, person
        self.client, self.token, self.id = None, None, None
        canary.register(person["openid"], person["id_number"], person["phone"])

    def code(self):
        """What wx.login hands out."""
        return self._wechat.login_code(self.person["openid"])

    def log_in(self):
        """Log in and keep the token."""
        reply = self._client.post(LOGIN, json={"code": self.code()})
        assert reply.status_code == 200, reply.json
        self.token, self.id = reply.json["token"], reply.json["resident"]["id"]
        self.client = self._client.bearer(self.token)
        return reply.json

    def bind_phone(self):
        """Press the phone-number button."""
        code = self._wechat.post("phone_code", openid=self.person["openid"])["code"]
        return self.client.post(PHONE, json={"code": code})

    def start(self, **changes):
        """Start real-name verification with one's own name and number."""
        body = {"name": self.person["name"], "id_number": self.person["id_number"], **changes}
        return self.client.post(IDENTITY, json=body)

    def show_face(self, ticket, outcome="pass"):
        """Go through the face check."""
        self._wechat.post("face", verify_id=ticket, outcome=outcome)

    def confirm(self, verification_id):
        """Ask the server to ask the provider."""
        return self.client.post(f"{IDENTITY}/{verification_id}/confirm")

    def verify(self):
        """Log in if need be, and get one's real name."""
        if self.client is None:
            self.log_in()
        started = self.start().json
        self.show_face(started["ticket"])
        confirmed = self.confirm(started["verification_id"])
        assert confirmed.json["assurance"] == "real_name", confirmed.json
        return self
