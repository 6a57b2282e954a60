"""The questions that departments accept: anything missing, wrong or besides is refused with a code."""

import hmac
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from sandbox.registries.identifiers import id_number_ok, uscc_ok

KEY_HEADER: Final = "X-Sharing-Key"
LONGEST_TEXT: Final = 128
_INDEX: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Question:
    """Who is asked about, why, and under which number of the asker; `more` holds `type` or `share`."""

    subject: str
    purpose: str
    request_id: str
    more: dict[str, str]

    def for_journal(self) -> dict[str, str]:
        """Return what the journal keeps (it masks the subject itself)."""
        return {"subject": self.subject, "purpose": self.purpose, "request_id": self.request_id}


def refusal(kind: type[web.HTTPError], code: str, message: str) -> web.HTTPError:
    """Build an error answer `{code, message}`."""
    return kind(text=json.dumps({"code": code, "message": message}), content_type="application/json")


def must_hold_key(request: web.Request, key: str) -> None:
    """Refuse (401) a caller whose `X-Sharing-Key` is not the agreed one."""
    if not hmac.compare_digest(request.headers.get(KEY_HEADER, "").encode(), key.encode()):
        raise refusal(web.HTTPUnauthorized, "bad_key", f"{KEY_HEADER} is missing or not the agreed one")


async def body_of(request: web.Request) -> dict[str, Any]:
    """Read a JSON object or refuse (400)."""
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise refusal(web.HTTPBadRequest, "not_json", "the body is not JSON") from None
    if not isinstance(body, dict):
        raise refusal(web.HTTPBadRequest, "not_an_object", "the body is not a JSON object")
    return body


async def person_question_of(request: web.Request) -> Question:
    """Read `{person_index, purpose, request_id}` or refuse (400); the index is 32 hexadecimal digits."""
    body = await body_of(request)
    texts = {name: value for name, value in body.items() if isinstance(value, str)}
    if set(texts) != {"person_index", "purpose", "request_id"} or set(body) != set(texts):
        raise refusal(web.HTTPBadRequest, "bad_question", "person_index, purpose and request_id are needed")
    if not _INDEX.fullmatch(texts["person_index"]):
        raise refusal(web.HTTPBadRequest, "bad_person_index", "person_index is 32 hexadecimal digits")
    return Question(texts["person_index"], texts["purpose"], texts["request_id"], {})


async def question_of(request: web.Request, *more: str) -> Question:
    """Read `{id_number | uscc, purpose, request_id, *more}` or refuse (400)."""
    body = await body_of(request)
    texts = {name: value for name, value in body.items() if isinstance(value, str) and value.strip()}
    wanted = {"purpose", "request_id", *more}
    unfit = wanted - set(texts) | set(body) - set(texts) | set(texts) - wanted - {"id_number", "uscc"}
    if unfit or any(len(value) > LONGEST_TEXT for value in texts.values()):
        raise refusal(
            web.HTTPBadRequest, "bad_question", f"missing, wrong or unknown: {', '.join(sorted(unfit))}"
        )
    return Question(
        _subject(texts), texts["purpose"], texts["request_id"], {name: texts[name] for name in more}
    )


def _subject(texts: dict[str, str]) -> str:
    match texts:
        case {"id_number": _, "uscc": _}:
            raise refusal(web.HTTPBadRequest, "two_subjects", "ask about a person or an enterprise, not both")
        case {"id_number": number} if id_number_ok(number):
            return number
        case {"uscc": code} if uscc_ok(code):
            return code
        case {"id_number": _}:
            raise refusal(web.HTTPBadRequest, "bad_id_number", "the ID number fails GB 11643")
        case {"uscc": _}:
            raise refusal(web.HTTPBadRequest, "bad_uscc", "the code fails GB 32100")
        case _:
            raise refusal(web.HTTPBadRequest, "no_subject", "id_number or uscc is needed")
