"""flask-smorest's Blueprint, reading bodies and query strings strictly; every blueprint is one of these."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any, TypeVar

import flask_smorest
from flask import Request, request
from marshmallow import RAISE, Schema
from webargs import core
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType

from blueprints.support import strict_json

V = TypeVar("V", bound=Callable[..., Any])
_ELSEWHERE = frozenset({"query", "header", "path", "cookie"})


class StrictParser(FlaskParser):
    """Reads arguments; unknown ones are refused wherever they stand."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 webargs declares it without ClassVar
        "json": None,
        "form": RAISE,
        "json_or_form": None,
        "querystring": RAISE,
        "query": RAISE,
        "headers": None,
        "cookies": None,
        "files": RAISE,
        "view_args": RAISE,
        "path": RAISE,
    }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._of_nothing: dict[Schema, dict[str, Any]] = {}

    def parse(self, argmap: Any, req: Request | None = None, **options: Any) -> Any:
        """Read arguments; what an empty query string means is worked out once per schema."""
        if options.get("location") != "query" or (req or request).environ.get("QUERY_STRING"):
            return super().parse(argmap, req, **options)
        if (known := self._of_nothing.get(argmap)) is not None:
            return dict(known)
        parsed = super().parse(argmap, req, **options)
        if all(isinstance(value, str | int | None) for value in parsed.values()):
            self._of_nothing[argmap] = dict(parsed)
        return parsed

    def _raw_load_json(self, req: Request) -> Any:
        """Return the body's value; raises BadJson, or 415 where there is a body that is not JSON."""
        body = req.get_data(cache=True)
        if not body:
            return core.missing
        if not core.is_json(req.mimetype):
            raise UnsupportedMediaType
        return strict_json.parse(body)


class Blueprint(flask_smorest.Blueprint):
    """A blueprint whose arguments are read strictly."""

    ARGUMENTS_PARSER = StrictParser()

    def arguments(self, schema: type[Schema] | Schema, *, location: str = "json", **options: Any) -> Any:
        """Read arguments by a schema made once; a body is documented as required where a field of it is."""
        made = schema() if isinstance(schema, type) else schema
        needed = any(field.required for field in made.fields.values())
        return super().arguments(made, location=location, **{"required": needed, **options})


@cache
def takes_query(view: Callable[..., Any]) -> bool:
    """Say whether a view declares arguments of the query string."""
    documented = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
    return any(parameter["in"] == "query" for parameter in documented)


@cache
def takes_body(view: Callable[..., Any]) -> bool:
    """Say whether a view declares arguments of the body, or reads it raw (`reads_raw_body`)."""
    documented = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
    return any(parameter["in"] not in _ELSEWHERE for parameter in documented) or hasattr(view, "raw_body")


def reads_raw_body(view: V) -> V:
    """Mark a view that reads the body as it came."""
    view.__dict__["raw_body"] = True
    return view


def document_header(
    view: Callable[..., Any], name: str, description: str, *, required: bool, pattern: str
) -> None:
    """Add a request header to a view's documentation."""
    documented = deepcopy(getattr(view, "_apidoc", {}))
    header = {
        "in": "header",
        "name": name,
        "required": required,
        "description": description,
        "schema": {"type": "string", "maxLength": 255, "pattern": pattern},
    }
    documented.setdefault("arguments", {}).setdefault("parameters", []).append(header)
    view.__dict__["_apidoc"] = documented
