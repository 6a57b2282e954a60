"""An errand with its materials."""

from tests.blueprints.applications.errands import Errand, match
from tests.support.uploads import Phone


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

    def phone(self):
        return Phone(self.client)
