"""What a request may look like at all, checked before a view sees it."""

from flask import Request

from app.foundation.errors import DomainError, InvalidInput, NotFound

JSON_BYTES, FORM_BYTES = 1 << 20, 11 << 20


class BadRequest(DomainError):
    """The request cannot be read."""

    code = "http.bad_request"
    message = "请求格式有误，请检查后再试"


class UnknownArguments(InvalidInput):
    """An argument of the query string that the route does not know."""

    code = "http.unknown_arguments"
    message = "网址中有无法识别的参数"


class BoundedRequest(Request):
    """A request whose body is bounded by what it claims to be."""

    @property
    def max_content_length(self) -> int | None:
        """Allow files more than JSON."""
        return FORM_BYTES if self.mimetype == "multipart/form-data" else JSON_BYTES

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        """Refuse to be changed: the bound belongs to the kind of body."""
        raise AttributeError(value)


def check_address(asked: Request, *, takes_query: bool) -> None:
    """Refuse NUL in path or query, and any query argument where the route takes none."""
    if "\0" in asked.path:
        raise NotFound
    query = asked.environ.get("QUERY_STRING", "")
    if not query:
        return
    if "%00" in query or "\0" in query:
        raise InvalidInput({"query": ["不能包含空字符"]})
    if not takes_query:
        raise UnknownArguments({name: ["未知参数"] for name in asked.args} or {"query": ["未知参数"]})
