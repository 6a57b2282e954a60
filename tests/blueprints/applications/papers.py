"""An errand with its materials."""

from app.materials import scanning
from tests.blueprints.applications.errands import Errand, match
from tests.support.uploads import Phone, noise

ID_CARD, HUKOU, ALIVE, ACCOUNT = range(4)
"""Places in the list of 高龄津贴申领."""


class Papers(Errand):
    """An errand with its materials."""

    def materials(self):
        reply = self.client.get(f"{self.url}/review")
        assert reply.status_code == 200, reply.json
        return {one["position"]: one for one in reply.json["materials"]}

    def do(self, method, position, path="", json=None, version=None):
        version = self.read()["version"] if version is None else version
        address = f"{self.url}/materials/{position}{path}"
        return self.client.open(address, method=method, json=json, headers=match(version))

    def attach(self, position, *uploads, **how):
        return self.do("PUT", position, "/uploads", {"uploads": list(uploads)}, **how)

    def defer(self, position):
        return self.do("PUT", position, "/deferral")

    def promise(self, position, *, name, **other):
        """Read what is promised about a material and sign it."""
        read = self.client.get(f"{self.url}/materials/{position}/promise").json
        body = {
            "version": read["version"],
            "sha256": read["sha256"],
            "signature": {"kind": "typed", "text": name},
        }
        return self.do("PUT", position, "/promise", {**body, **other})

    def phone(self):
        return Phone(self.client)

    def but_the_register(self):
        """A filled draft with everything handed in but the household register."""
        self.open().save(1, {"live_region": "500103", "lives_alone": True, "hukou_region": "500103"})
        self.fill()
        content = noise()
        for position in (ID_CARD, ACCOUNT):
            upload = self.phone().upload(content + b"\n" * position, f"{position}.jpg")
            assert self.attach(position, upload).status_code == 200
        scanning.scan_due()
        return self
