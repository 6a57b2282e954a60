"""A person is told in Chinese what to mend, whatever found it."""

import marshmallow
import pytest
from marshmallow import fields, validate

from blueprints.support.wording import HAN, UNTOLD, in_chinese
from tests.support.people import SignIn

WIRE = (fields.String, fields.Integer, fields.Float, fields.Decimal, fields.Boolean, fields.Date, fields.Time)
SHAPES = (fields.AwareDateTime, fields.UUID, fields.List, fields.Nested, fields.Mapping)


def refusals():
    """What marshmallow says of everything that our schemas can refuse."""
    for kind in (*WIRE, *SHAPES):
        for base in kind.__mro__:
            for key, text in getattr(base, "default_error_messages", {}).items():
                if key not in {
                    "validator_failed",
                    "format",
                }:  # the first is always replaced, the second is ours
                    yield text.format(obj_type=getattr(kind, "OBJ_TYPE", "datetime"), awareness="aware")
    yield from marshmallow.Schema._default_error_messages.values()
    for validator, values in (
        (validate.Length(1, 5), ("", "x" * 6)),
        (validate.Length(min=2), ("x",)),
        (validate.Length(max=2), ("xxx",)),
        (validate.Length(equal=2), ("x",)),
        (validate.Range(1, 5), (0,)),
        (validate.Range(min=1), (0,)),
        (validate.Range(max=1), (2,)),
        (validate.OneOf(["a", "b"]), ("c",)),
        (validate.Regexp("a"), ("b",)),
    ):
        for value in values:
            with pytest.raises(marshmallow.ValidationError) as refused:
                validator(value)
            yield str(refused.value.messages[0])


def test_whatever_a_schema_refuses_is_said_in_chinese_and_says_what():
    assert [
        text for text in set(refusals()) if in_chinese(text) == UNTOLD or not HAN.search(in_chinese(text))
    ] == []


def test_what_nobody_foresaw_is_still_chinese():
    assert in_chinese("Colourless green ideas") == UNTOLD


def test_a_refused_form_reads_in_chinese(client):
    client = SignIn(client).resident().client
    reply = client.post("/api/v1/applications", json={"service_id": 7, "colour": "red"})
    assert reply.status_code == 422
    told = [text for texts in reply.json["errors"].values() for text in texts]
    assert len(told) >= 3
    assert all(HAN.search(text) for text in told), told
