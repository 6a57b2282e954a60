"""Several new matches in one push: what the person was really told is kept, word for word."""

from sqlalchemy import text

from app.foundation import database
from app.foundation.transaction import atomic
from app.identity.types import ResidentId, Role
from app.notifications import subscriptions


def looked_up(sign_in, person):
    client = sign_in.officer(Role.OPERATOR).client
    return client.get("/api/v1/staff/pushes", query_string={"resident_id": person.id}).json["items"]


def test_operations_read_the_words_of_a_joined_push_as_they_lay_on_the_phone(town, sign_in):
    person = town.person()
    for name in ("cq-one", "cq-two"):
        town.publish(name)
    town.push()
    (shown,) = town.phone(person)
    (push,) = looked_up(sign_in, person)
    assert push["words"] == shown
    assert push["words"]["thing1"] == "您可能符合2项惠民政策"
    assert (push["page"], push["joined"], push["template"]) == ("pages/home/index", 1, "policy_match")
    kept = database.session.execute(
        text("SELECT subject_id FROM audit_entry WHERE action = 'push.looked_up'")
    ).scalars()
    assert list(kept) == [str(person.id)]


def test_a_push_by_itself_is_kept_as_it_was_written(town, sign_in):
    person = town.person()
    town.publish("cq-one")
    town.push()
    (shown,) = town.phone(person)
    (push,) = looked_up(sign_in, person)
    assert (push["words"], push["joined"]) == (shown, 0)
    assert push["page"].startswith("pages/matches/detail")


def test_who_said_yes_for_good_is_told_of_several_in_the_words_of_that_template(town, sign_in, wechat):
    person = town.person(accepts=1)
    long_term = subscriptions.template_id("policy_match_long_term")
    wechat.post("subscribe", openid=person.openid, choices={long_term: "accept"})
    with atomic():
        subscriptions.accepted(ResidentId(person.id), "policy_match_long_term")
    for name in ("cq-one", "cq-two", "cq-three"):
        town.publish(name)
    town.push()
    words = {
        "thing1": "您可能符合3项惠民政策",
        "thing2": "共3项，点开查看",
        "thing3": "点开可看每一项的理由",
    }
    assert town.phone(person) == [words]
    (push,) = looked_up(sign_in, person)
    assert (push["words"], push["template"]) == (words, "policy_match_long_term")
