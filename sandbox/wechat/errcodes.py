"""WeChat's global return codes (全局返回码) and the refusal that carries one."""

from enum import IntEnum


class Errcode(IntEnum):
    """The codes that this stand-in can answer with."""

    SYSTEM_ERROR = -1
    OK = 0
    INVALID_CREDENTIAL = 40001
    INVALID_GRANT_TYPE = 40002
    INVALID_OPENID = 40003
    INVALID_APPID = 40013
    INVALID_ACCESS_TOKEN = 40014
    INVALID_CODE = 40029
    INVALID_CHARSET = 40033
    INVALID_TEMPLATE_ID = 40037
    INVALID_URL = 40066
    INVALID_APPSECRET = 40125
    BAD_SCENE = 40129
    CODE_USED = 40163
    IP_NOT_WHITELISTED = 40164
    CODE_BLOCKED = 40226
    SECRET_FROZEN = 40243
    TOKEN_MISSING = 41001
    APPID_MISSING = 41002
    APPSECRET_MISSING = 41004
    CODE_MISSING = 41008
    INVALID_PAGE = 41030
    TOKEN_EXPIRED = 42001
    REQUIRE_GET = 43001
    REQUIRE_POST = 43002
    REQUIRE_HTTPS = 43003
    REFUSED_BY_USER = 43101
    APPID_OPENID_MISMATCH = 43104
    MESSAGES_BANNED = 43107
    CONCURRENT_OPENID = 43108
    USE_POST = 43302
    EMPTY_POST = 44002
    CONTENT_TOO_LONG = 45002
    DAILY_QUOTA = 45009
    MINUTE_QUOTA = 45011
    SENSITIVE_WORDS = 45168
    DATA_FORMAT = 47001
    INVALID_ARGUMENT = 47003
    UNAUTHORIZED = 48001
    FORBIDDEN = 48004
    CLEAR_LIMIT = 48006
    USER_LIMITED = 50002
    ACCESS_RECORD_EXPIRED = 61010
    PATH_NOT_FOUND = 76021
    PATH_NOT_PERMITTED = 76022
    INVALID_IDENTIFY_ID = 84001
    CERT_MISMATCH = 84006
    SEQUENCE_REPEATED = 84007
    SESSION_KEY_EXPIRED = 87007
    INVALID_SIG_METHOD = 87008
    INVALID_SIGNATURE = 87009


# 84006 and 84007 are this stand-in's guess: the stored pages of the face interfaces list no errcodes.
TEXTS: dict[Errcode, str] = {
    Errcode.SYSTEM_ERROR: "system error",
    Errcode.OK: "ok",
    Errcode.INVALID_CREDENTIAL: (
        "invalid credential, access_token is invalid or not latest, could get access_token by"
        " getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r"
    ),
    Errcode.INVALID_GRANT_TYPE: "invalid grant_type",
    Errcode.INVALID_OPENID: "invalid openid",
    Errcode.INVALID_APPID: "invalid appid",
    Errcode.INVALID_ACCESS_TOKEN: "invalid access_token",
    Errcode.INVALID_CODE: "invalid code",
    Errcode.INVALID_CHARSET: "invalid charset. please check your request, if include \\uxxxx"
    " will create fail!",
    Errcode.INVALID_TEMPLATE_ID: "invalid template_id",
    Errcode.INVALID_URL: "invalid url",
    Errcode.INVALID_APPSECRET: "invalid appsecret",
    Errcode.BAD_SCENE: "bad scene",
    Errcode.CODE_USED: "code been used",
    Errcode.IP_NOT_WHITELISTED: "invalid ip, not in whitelist",
    Errcode.CODE_BLOCKED: "code blocked",
    Errcode.SECRET_FROZEN: "AppSecret is frozen",
    Errcode.TOKEN_MISSING: "access_token missing",
    Errcode.APPID_MISSING: "appid missing",
    Errcode.APPSECRET_MISSING: "appsecret missing",
    Errcode.CODE_MISSING: "missing code",
    Errcode.INVALID_PAGE: "invalid page",
    Errcode.TOKEN_EXPIRED: "access_token expired",
    Errcode.REQUIRE_GET: "require GET method",
    Errcode.REQUIRE_POST: "require POST method",
    Errcode.REQUIRE_HTTPS: "require https",
    Errcode.REFUSED_BY_USER: "user refuse to accept the msg",
    Errcode.APPID_OPENID_MISMATCH: "appid and openid not match",
    Errcode.MESSAGES_BANNED: "subscribe message capability is banned",
    Errcode.CONCURRENT_OPENID: "Cannot make concurrent calls to the same OpenID, please try again",
    Errcode.USE_POST: "please use the POST method",
    Errcode.EMPTY_POST: "empty post data",
    Errcode.CONTENT_TOO_LONG: "content size out of limit",
    Errcode.DAILY_QUOTA: "reach max api daily quota limit",
    Errcode.MINUTE_QUOTA: "api minute-quota reach limit must slower retry next minute",
    Errcode.SENSITIVE_WORDS: "message contains sensitive words",
    Errcode.DATA_FORMAT: "data format error",
    Errcode.INVALID_ARGUMENT: "argument invalid!",
    Errcode.UNAUTHORIZED: "api unauthorized",
    Errcode.FORBIDDEN: "api forbidden for irregularities",
    Errcode.CLEAR_LIMIT: "forbid to clear quota because of reaching the limit",
    Errcode.USER_LIMITED: "user limited",
    Errcode.ACCESS_RECORD_EXPIRED: "user access record expired",
    Errcode.PATH_NOT_FOUND: "cgi_path not found",
    Errcode.PATH_NOT_PERMITTED: "no permission to use this cgi_path",
    Errcode.INVALID_IDENTIFY_ID: "invalid identify id",
    Errcode.CERT_MISMATCH: "cert info not match",
    Errcode.SEQUENCE_REPEATED: "out_seq_no repeated",
    Errcode.SESSION_KEY_EXPIRED: "session_key is expired",
    Errcode.INVALID_SIG_METHOD: "invalid sig_method",
    Errcode.INVALID_SIGNATURE: "invalid signature",
}


class Refusal(Exception):
    """A business error: HTTP 200 with `errcode` and `errmsg`; `text` replaces the code's usual wording."""

    def __init__(self, errcode: Errcode, text: str = "") -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.text = text or TEXTS[errcode]


def text_of(errcode: int) -> str:
    """Return the usual wording of a code, also for codes that only a fault rule can name."""
    try:
        return TEXTS[Errcode(errcode)]
    except ValueError:
        return "system error"
