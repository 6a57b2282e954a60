"""Phone numbers (手机号快速验证): getuserphonenumber."""

from sandbox.wechat.api.routing import Payload, done, post
from sandbox.wechat.call import Call
from sandbox.wechat.codes import CodeKind
from sandbox.wechat.errcodes import Errcode, Refusal
from sandbox.wechat.world import World

CHINA = "86"


@post("/wxa/business/getuserphonenumber")
def getuserphonenumber(world: World, call: Call) -> Payload:
    """Exchange a phone code, once; an openid sent along must be its owner's."""
    text = call.text("code")
    if not text:
        raise Refusal(Errcode.CODE_MISSING)
    code = world.codes.valid(text, CodeKind.PHONE, appid=call.account.appid)
    openid = call.fields.get("openid")
    if openid is not None and openid != code.openid:
        raise Refusal(Errcode.INVALID_CODE)
    code.used = True
    call.openid = code.openid
    world.phone_numbers_sold += 1
    country, _, pure = code.phone.lstrip("+").rpartition("-")
    country = country or CHINA
    # The documentation promises a string and shows a number: both occur, so both are sent in turn.
    wobbling: str | int = country if world.phone_numbers_sold % 2 else int(country)
    return done(
        phone_info={
            "phoneNumber": pure if country == CHINA else f"+{country}{pure}",
            "purePhoneNumber": pure,
            "countryCode": wobbling,
            "watermark": {"timestamp": int(world.clock.now()), "appid": call.account.appid},
        }
    )
