"""What holds whatever happens in whatever order."""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from sandbox.wechat.control import phone
from sandbox.wechat.seed import plant
from sandbox.wechat.tokens import Family
from sandbox.wechat.world import World

OPENIDS = ("oElder", "oStranger")
TEMPLATES = ("template-once", "template-always")


class Interleavings(RuleBasedStateMachine):
    """People, servers and time act in any order; no law may break."""

    client_of = None
    document = None

    @initialize()
    def plant_a_world(self):
        world = World()
        plant(world, self.document)
        self.client = self.client_of(world)
        self.codes = []
        self.logins = Counter()
        self.sent = Counter()
        self.bought = Counter()
        self.issued = {Family.PLAIN: set(), Family.STABLE: set()}

    @rule(openid=st.sampled_from(OPENIDS))
    def open_the_app(self, openid):
        self.codes.append(self.client.login_code(openid))

    @rule(data=st.data())
    def log_in(self, data):
        if self.codes:
            code = data.draw(st.sampled_from(self.codes))
            self.logins[code] += "openid" in self.client.login(code)

    @rule(openid=st.sampled_from(OPENIDS), template=st.sampled_from(TEMPLATES))
    def accept(self, openid, template):
        self.client.subscribe(template, openid)
        self.bought[openid, template] += 1

    @rule(openid=st.sampled_from(OPENIDS), template=st.sampled_from(TEMPLATES))
    def withdraw(self, openid, template):
        phone.manage_reject(self.client.world, {"openid": openid, "template_id": template})

    @rule(openid=st.sampled_from(OPENIDS), template=st.sampled_from(TEMPLATES))
    def send(self, openid, template):
        reply = self.client.send(touser=openid, template_id=template)
        assert reply["errcode"] in {0, 43101}
        self.sent[openid, template] += reply["errcode"] == 0

    @rule()
    def ask_for_a_plain_token(self):
        self.issued[Family.PLAIN].add(self.client.plain()["access_token"])

    @rule(force=st.booleans())
    def ask_for_a_stable_token(self, force):
        reply = self.client.stable(force_refresh=force)
        if "access_token" in reply:
            self.issued[Family.STABLE].add(reply["access_token"])

    @rule(seconds=st.sampled_from([1, 31, 301, 7201]))
    def wait(self, seconds):
        self.client.advance(seconds)

    @invariant()
    def a_code_succeeds_at_most_once(self):
        assert all(count <= 1 for count in self.logins.values())

    @invariant()
    def credits_are_never_negative(self):
        for openid in OPENIDS:
            assert all(held.credits >= 0 for _, held in self.client.world.subscriptions.of(openid))

    @invariant()
    def nobody_receives_more_than_was_bought(self):
        for (openid, template), count in self.sent.items():
            assert template == "template-always" or count <= self.bought[openid, template]

    @invariant()
    def what_was_sent_lies_on_the_phones(self):
        assert self.client.world.inbox.received == sum(self.sent.values())

    @invariant()
    def the_families_never_cross(self):
        assert not self.issued[Family.PLAIN] & self.issued[Family.STABLE]

    @invariant()
    def one_stable_token_lives_unless_it_is_near_its_end(self):
        alive = [token for token in self.issued[Family.STABLE] if self.client.alive(token)]
        assert len(alive) <= 2


def test_no_interleaving_breaks_a_law(client, document):
    """The machine has a world of its own for every run; only its client's class comes from the fixture."""
    Interleavings.client_of, Interleavings.document = staticmethod(type(client)), document
    run_state_machine_as_test(
        Interleavings, settings=settings(max_examples=60, stateful_step_count=30, deadline=None)
    )
