"""Every return code that WeChat's pages name has its reaction, and nothing is forgotten."""

import pytest

from app.gateways.wechat import errors
from app.gateways.wechat.errors import Reaction

SEND, TOKEN, PHONE = errors.SUBSCRIBE_SEND, "/cgi-bin/stable_token", "/wxa/business/getuserphonenumber"
LOGIN, CHECK, QR = "/sns/jscode2session", "/wxa/msg_sec_check", "/wxa/getwxacodeunlimit"

ROWS = [
    (-1, SEND, errors.Busy, Reaction.RETRY),
    (40001, SEND, errors.TokenRefused, Reaction.REFRESH),
    (40001, TOKEN, errors.Misconfigured, Reaction.ALERT),
    (40001, "/cgi-bin/token", errors.Misconfigured, Reaction.ALERT),
    (40014, SEND, errors.TokenRefused, Reaction.REFRESH),
    (42001, SEND, errors.TokenRefused, Reaction.REFRESH),
    (41001, SEND, errors.Misconfigured, Reaction.ALERT),
    (40002, TOKEN, errors.Misconfigured, Reaction.ALERT),
    (40013, LOGIN, errors.Misconfigured, Reaction.ALERT),
    (40125, LOGIN, errors.Misconfigured, Reaction.ALERT),
    (40164, TOKEN, errors.Misconfigured, Reaction.ALERT),
    (40243, TOKEN, errors.Misconfigured, Reaction.ALERT),
    (41002, LOGIN, errors.Misconfigured, Reaction.ALERT),
    (41004, LOGIN, errors.Misconfigured, Reaction.ALERT),
    (41008, LOGIN, errors.Misconfigured, Reaction.ALERT),
    (40029, LOGIN, errors.Relogin, Reaction.RELOGIN),
    (40029, PHONE, errors.Relogin, Reaction.RELOGIN),
    (40163, LOGIN, errors.Relogin, Reaction.RELOGIN),
    (40226, LOGIN, errors.LoginBlocked, Reaction.DENY),
    (45011, LOGIN, errors.MinuteQuota, Reaction.WAIT_MINUTE),
    (45009, SEND, errors.DailyQuota, Reaction.WAIT_DAY),
    (45009, QR, errors.MinuteQuota, Reaction.WAIT_MINUTE),
    (40003, SEND, errors.BadTemplateData, Reaction.DROP),
    (40003, CHECK, errors.Uncheckable, Reaction.DROP),
    (40037, SEND, errors.BadTemplateData, Reaction.DROP),
    (41030, SEND, errors.BadTemplateData, Reaction.DROP),
    (41030, QR, errors.Rejected, Reaction.DROP),
    (43101, SEND, errors.Unsubscribed, Reaction.UNSUBSCRIBE),
    (43107, SEND, errors.SendBanned, Reaction.PAUSE),
    (43108, SEND, errors.Concurrent, Reaction.RETRY),
    (45168, SEND, errors.BadTemplateData, Reaction.DROP),
    (47003, SEND, errors.BadTemplateData, Reaction.DROP),
    (40033, SEND, errors.Misconfigured, Reaction.ALERT),
    (47001, SEND, errors.Misconfigured, Reaction.ALERT),
    (43001, LOGIN, errors.Misconfigured, Reaction.ALERT),
    (43002, SEND, errors.Misconfigured, Reaction.ALERT),
    (43003, SEND, errors.Misconfigured, Reaction.ALERT),
    (43302, CHECK, errors.Misconfigured, Reaction.ALERT),
    (44002, SEND, errors.Misconfigured, Reaction.ALERT),
    (40066, SEND, errors.Misconfigured, Reaction.ALERT),
    (48001, PHONE, errors.Misconfigured, Reaction.ALERT),
    (48004, SEND, errors.Misconfigured, Reaction.ALERT),
    (48006, "/cgi-bin/clear_quota", errors.Misconfigured, Reaction.ALERT),
    (50002, SEND, errors.Misconfigured, Reaction.ALERT),
    (40129, CHECK, errors.Uncheckable, Reaction.DROP),
    (43104, CHECK, errors.Uncheckable, Reaction.DROP),
    (61010, CHECK, errors.Uncheckable, Reaction.DROP),
    (87014, CHECK, errors.Rejected, Reaction.DROP),
    (87007, "/wxa/checksession", errors.Relogin, Reaction.RELOGIN),
    (87008, "/wxa/checksession", errors.Relogin, Reaction.RELOGIN),
    (87009, "/wxa/checksession", errors.Relogin, Reaction.RELOGIN),
    (40169, QR, errors.Misconfigured, Reaction.ALERT),
    (45063, QR, errors.Busy, Reaction.RETRY),
    (76021, "/cgi-bin/openapi/quota/get", errors.Misconfigured, Reaction.ALERT),
    (76022, "/cgi-bin/openapi/quota/get", errors.Misconfigured, Reaction.ALERT),
    (12345, SEND, errors.Unrecognised, Reaction.DROP),
]


@pytest.mark.parametrize(("errcode", "path", "kind", "reaction"), ROWS)
def test_a_return_code_has_its_reaction(errcode, path, kind, reaction):
    error = errors.refusal(path, errcode, "text rid: 6a0b1c2d-00000001-00000002")
    assert type(error) is kind
    assert error.reaction is reaction
    assert (error.errcode, error.rid) == (errcode, "6a0b1c2d-00000001-00000002")


def test_no_return_code_is_in_the_table_untested():
    assert {errcode for errcode, *_ in ROWS} - {12345} == set(errors.REACTIONS)
    assert {(path, errcode) for errcode, path, *_ in ROWS} >= set(errors.REACTIONS_AT)


def test_every_kind_of_error_says_what_to_do():
    def kinds(root):
        for kind in root.__subclasses__():
            yield kind
            yield from kinds(kind)

    abstract = {errors.Answered}
    assert all(
        isinstance(kind.reaction, Reaction) for kind in kinds(errors.WeChatError) if kind not in abstract
    )


def test_wechats_own_text_is_not_repeated():
    text = (
        "invalid ip 203.0.113.9, not in whitelist, see https://x.cn/?secret=1 rid: 6a0b1c2d-00000001-00000002"
    )
    assert str(errors.refusal(TOKEN, 40164, text)) == "errcode=40164 rid=6a0b1c2d-00000001-00000002"
