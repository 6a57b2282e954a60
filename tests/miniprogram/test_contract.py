import re

import pytest
import yaml

from app.applications.types import Status
from app.forms.types import FieldType
from tests.miniprogram.calls import calls
from tests.miniprogram.phone import CLIENT, PREFIX
from tests.support.sources import ROOT

FIELD = CLIENT / "components/form-field/form-field"


@pytest.fixture
def operations(contract):
    """`{("get", "/me/matches/{}"): operation}`."""
    return {
        (method, re.sub(r"\{[^}]*\}", "{}", path.removeprefix(PREFIX))): operation
        | {"parameters": item.get("parameters", []) + operation.get("parameters", [])}
        for path, item in contract["paths"].items()
        for method, operation in item.items()
        if method in {"get", "post", "put", "patch", "delete"}
    }


def header(operation, name):
    """A header of an operation, None where it does not read it."""
    return next(
        (one for one in operation["parameters"] if (one["in"], one["name"]) == ("header", name)), None
    )


def body_schema(contract, operation):
    content = (
        operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    )
    return (
        contract["components"]["schemas"][content["$ref"].rpartition("/")[2]]
        if "$ref" in content
        else content
    )


def test_every_call_of_the_client_is_an_operation_of_the_server(operations):
    asked = calls()
    assert len(asked) > 30
    assert [
        f"{one.place} {one.method} {one.path}" for one in asked if (one.method, one.path) not in operations
    ] == []


def test_every_query_argument_of_the_client_is_one_the_server_reads(operations):
    unknown = []
    for one in calls():
        read = {
            each["name"] for each in operations[one.method, one.path]["parameters"] if each["in"] == "query"
        }
        unknown += [f"{one.place} {name}" for name in one.query if name not in read]
    assert unknown == []


def test_every_body_field_of_the_client_is_one_the_server_takes_and_none_it_needs_is_missing(
    contract, operations
):
    wrong = []
    for one in calls():
        schema = body_schema(contract, operations[one.method, one.path])
        if one.body is None:
            continue
        wrong += [f"{one.place} {name}" for name in one.body if name not in schema.get("properties", {})]
        wrong += [f"{one.place} lacks {name}" for name in schema.get("required", []) if name not in one.body]
    assert wrong == []


def test_the_client_names_its_intent_and_the_version_it_saw_where_the_server_wants_it(operations):
    wrong = []
    for one in calls():
        operation = operations[one.method, one.path]
        key, version = header(operation, "Idempotency-Key"), header(operation, "If-Match")
        if (key and key["required"] and not one.keyed) or (one.keyed and not key):
            wrong.append(f"{one.place} Idempotency-Key")
        if (version and version["required"]) != (one.versioned or None):
            wrong.append(f"{one.place} If-Match")
    assert wrong == []


def test_every_page_that_a_push_opens_exists_and_reads_its_parameters():
    document = yaml.safe_load((ROOT / "config/notifications.yaml").read_text(encoding="utf-8"))
    for key, template in document["templates"].items():
        for opened in (template, *template.get("variants", {}).values()):
            assert (CLIENT / f"{opened['page']}.wxml").is_file(), key
            script = (CLIENT / f"{opened['page']}.js").read_text(encoding="utf-8")
            assert [name for name in opened["page_params"] if f"options.{name}" not in script] == [], key


def test_every_moment_that_the_client_prepares_is_one_the_server_knows():
    document = yaml.safe_load((ROOT / "config/notifications.yaml").read_text(encoding="utf-8"))
    pages = [path.read_text(encoding="utf-8") for path in CLIENT.glob("pages/**/*.js")]
    named = {found for page in pages for found in re.findall(r"const MOMENT = '(\w+)'", page)}
    assert named == set(document["moments"])


def test_every_field_type_of_a_form_is_drawn():
    script, markup = (
        FIELD.with_suffix(".js").read_text("utf-8"),
        FIELD.with_suffix(".wxml").read_text("utf-8"),
    )
    table = script[script.index("const CONTROLS") : script.index("const YES_OR_NO")]
    drawn = dict(re.findall(r"^  (\w+): \{ control: '(\w+)'", table, re.MULTILINE))
    assert set(drawn) == {kind.value for kind in FieldType}
    assert [control for control in drawn.values() if f"control === '{control}'" not in markup] == []


def test_every_status_of_a_case_has_its_tone():
    written = (CLIENT / "services" / "words.js").read_text(encoding="utf-8")
    tones = written[written.index("STATUS_TONES") : written.index("}")]
    assert [status.value for status in Status if f"  {status.value}:" not in tones] == []
