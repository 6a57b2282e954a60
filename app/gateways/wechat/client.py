"""wechatpy 1.8.18, hardened: its API methods, our transport, token, retries and errors.

What stock wechatpy does and this client does not: recurse on a refused token, fetch a token for login, ignore
timeouts, talk to a hard-coded host, return a page of HTML as if it were an answer, leak secrets in errors.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from redis import Redis
from wechatpy import WeChatClient
from wechatpy.client.api import WeChatWxa

from app.gateways.wechat import tokens
from app.gateways.wechat.errors import NotSent, OutcomeUnknown, TokenRefused, refusal
from app.gateways.wire import Unanswered, Unreached, Wire

LOGIN: Final = "sns/jscode2session"
_JSON: Final = {"Content-Type": "application/json"}
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_OK = 200


@dataclass(frozen=True, slots=True)
class Response:
    """What wechatpy reads of a `requests.Response`."""

    status_code: int
    content: bytes
    request: None = None

    def raise_for_status(self) -> None:
        """Refuse everything but 200: WeChat's business errors are 200 too, so this is not its answer."""
        if self.status_code != _OK:
            raise OutcomeUnknown(reason=f"http_{self.status_code}")


class Http:
    """What wechatpy uses of a `requests.Session`, over urllib3 at half the cost."""

    def __init__(self, base_url: str, wire: Wire) -> None:
        self._base_url, self._wire = base_url, wire

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | Iterable[tuple[str, Any]] = (),
        data: Mapping[str, Any] | bytes | str | None = None,
        timeout: object = None,
    ) -> Response:
        """Ask once, within the wire's own limits; raises NotSent or OutcomeUnknown."""
        del timeout  # the wire's limits hold for everything
        if not url.startswith(self._base_url):
            raise ValueError("wechatpy asked for a host that is not configured")
        pairs = params.items() if isinstance(params, Mapping) else params
        query = urlencode([(name, value) for name, value in pairs if value is not None], doseq=True)
        path = "/" + url.removeprefix(self._base_url) + (f"?{query}" if query else "")
        body, headers = _encoded(data)
        failure: NotSent | OutcomeUnknown
        try:
            reply = self._wire.request(method.upper(), path, body=body, headers=headers)
        except Unreached as error:
            failure = NotSent(reason=str(error))
        except Unanswered as error:
            failure = OutcomeUnknown(reason=str(error))
        else:
            return Response(reply.status, reply.body)
        raise failure

    def get(self, url: str, **kwargs: Any) -> Response:
        """Ask with GET."""
        return self.request("GET", url, **kwargs)

    def post(self, url: str, **kwargs: Any) -> Response:
        """Ask with POST."""
        return self.request("POST", url, **kwargs)


class _Wxa(WeChatWxa):
    """wechatpy's mini-program methods, at the configured host."""

    @property
    def API_BASE_URL(self) -> str:  # noqa: N802 wechatpy's name for it
        base_url: str = self._client.base_url
        return base_url


class MiniProgramClient(WeChatClient):
    """One per process, shared by its threads."""

    wxa = _Wxa()

    def __init__(
        self, app_id: str, secret: str, *, base_url: str, wire: Wire, redis: Callable[[], Redis]
    ) -> None:
        self.base_url = base_url.rstrip("/") + "/"
        self.API_BASE_URL = self.base_url + "cgi-bin/"
        super().__init__(app_id, secret, auto_retry=False)
        self._http = Http(self.base_url, wire)
        self._token = tokens.StableToken(app_id, fetch=self._fetch_token, redis=redis)

    @property
    def access_token(self) -> str | None:
        """The token in use; None while wechatpy inspects a half-built client."""
        return self._token.current() if "_token" in self.__dict__ else None

    def call(self, method: str, path: str, **kwargs: Any) -> dict[str, Any]:
        """Call an API that wechatpy has no method for; `path` without leading slash."""
        answer: dict[str, Any] = self._request(method, self.base_url + path, **kwargs)
        return answer

    def post_json(self, path: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Post JSON as `call` does, without wechatpy in between: for what is called by the thousand."""
        url, body = self.base_url + path, orjson.dumps(document)

        def ask(token: str) -> Any:
            response = self._http.request("POST", url, params={"access_token": token}, data=body)
            response.raise_for_status()
            return self._handle_result(response, url=url)

        answer: dict[str, Any] = self._with_token(ask)
        return answer

    def fetch_access_token(self) -> None:
        """Do nothing of what wechatpy does here: `StableToken` renews."""

    def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        """Add the token where one is needed."""
        given = kwargs.pop("params", None) or {}
        params = dict(given)
        if url_or_endpoint == LOGIN:
            return self._without_token(method, url_or_endpoint, params=params, **kwargs)
        ask = super()._request
        return self._with_token(
            lambda token: ask(method, url_or_endpoint, params={**params, "access_token": token}, **kwargs)
        )

    def _with_token(self, ask: Callable[[str], Any]) -> Any:
        """Ask with the token in use; renew once and ask once more where it is refused."""
        token = self._token.current()
        try:
            return ask(token)
        except TokenRefused:
            pass  # the renewal's own errors must not trail this one behind them
        return ask(self._token.replacement(token))

    def _without_token(
        self, method: str, url_or_endpoint: str, *, params: Mapping[str, str], **kwargs: Any
    ) -> Any:
        """Ask with the parameters as pairs: wechatpy adds a token to mappings only."""
        return super()._request(method, url_or_endpoint, params=tuple(params.items()), **kwargs)

    def _fetch_token(self, force: bool) -> tokens.Grant:  # noqa: FBT001 the one argument of a callback
        asked = {
            "grant_type": "client_credential",
            "appid": self.appid,
            "secret": self.secret,
            "force_refresh": force,
        }
        answer = self._without_token("POST", self.base_url + tokens.PATH[1:], params={}, data=asked)
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(seconds, int):
            raise OutcomeUnknown(reason="no_token_in_answer")
        return tokens.Grant(token, seconds)

    def _handle_result(
        self,
        res: Response,
        method: str | None = None,
        url: str | None = None,
        result_processor: Callable[[dict[str, Any]], Any] | None = None,
        **_: Any,
    ) -> Any:
        """Return the answer's object, or raise what its errcode stands for."""
        del method
        answer = _object(res.content)
        errcode = _errcode(answer)
        if errcode:
            path = "/" + (url or "").removeprefix(self.base_url)
            raise refusal(path, errcode, str(answer.get("errmsg", "")))
        return result_processor(answer) if result_processor else answer


def _encoded(data: Mapping[str, Any] | bytes | str | None) -> tuple[bytes | None, Mapping[str, str]]:
    """Encode a body: wechatpy hands over JSON as bytes; a mapping is a form, as in requests."""
    match data:
        case None:
            return None, {}
        case bytes():
            return data, _JSON
        case str():
            return data.encode(), _JSON
        case _:
            return urlencode(data).encode(), _FORM


def _object(content: bytes) -> dict[str, Any]:
    """Read a JSON object whatever its Content-Type says; control characters in texts are let pass."""
    text = content.removeprefix(b"\xef\xbb\xbf")
    try:
        answer = orjson.loads(text)
    except orjson.JSONDecodeError:
        answer = _leniently(text)
    if not isinstance(answer, dict):
        raise OutcomeUnknown(reason="not_an_object" if answer is not None else "not_json")
    return answer


def _leniently(text: bytes) -> Any:
    try:
        return json.loads(text.decode(errors="replace"), strict=False)
    except (ValueError, RecursionError):
        return None


def _errcode(answer: Mapping[str, Any]) -> int:
    """Return the errcode; absent means success, a numeric text happens."""
    code = answer.get("errcode") or 0
    if isinstance(code, int):
        return code
    if isinstance(code, str) and code.lstrip("-").isdecimal():
        return int(code)
    raise OutcomeUnknown(reason="errcode_unreadable")
