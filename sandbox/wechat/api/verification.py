"""Face verification (人脸核身 2.0) for government accounts: getverifyid and queryverifyinfo."""

import hmac
import re

from sandbox.wechat.api.routing import Payload, done, post
from sandbox.wechat.call import Call
from sandbox.wechat.errcodes import Errcode, Refusal
from sandbox.wechat.face import LIFETIME, Cert
from sandbox.wechat.world import World

IDENTITY_CARD = "IDENTITY_CARD"
_SEQUENCE = re.compile(r"[0-9A-Za-z_-]{5,32}")


@post("/cityservice/face/identify/getverifyid")
def getverifyid(world: World, call: Call) -> Payload:
    """Open a session for a named document; the phone performs it within an hour."""
    user = world.user_of(call.account, call.text("openid"))
    out_seq_no = call.text("out_seq_no")
    if not _SEQUENCE.fullmatch(out_seq_no):
        raise Refusal(Errcode.INVALID_ARGUMENT, "argument invalid! out_seq_no")
    session = world.face.start(
        appid=user.appid,
        openid=user.openid,
        out_seq_no=out_seq_no,
        cert=_cert(call.fields.get("cert_info")),
    )
    return done(verify_id=session.verify_id, expires_in=LIFETIME)


@post("/cityservice/face/identify/queryverifyinfo")
def queryverifyinfo(world: World, call: Call) -> Payload:
    """Tell how a session ended, to the server that opened it for this person and document."""
    session = world.face.result(
        appid=call.account.appid, verify_id=call.text("verify_id"), out_seq_no=call.text("out_seq_no")
    )
    if call.text("openid") != session.openid:
        raise Refusal(Errcode.INVALID_OPENID)
    if not hmac.compare_digest(call.text("cert_hash").encode(), session.cert.digest.encode()):
        raise Refusal(Errcode.CERT_MISMATCH)
    return done(verify_ret=world.face.verify_ret(session))


def _cert(given: object) -> Cert:
    fields = given if isinstance(given, dict) else {}
    kind, name, number = (fields.get(key) for key in ("cert_type", "cert_name", "cert_no"))
    if kind != IDENTITY_CARD or not (isinstance(name, str) and name and isinstance(number, str) and number):
        raise Refusal(Errcode.INVALID_ARGUMENT, "argument invalid! cert_info")
    return Cert(IDENTITY_CARD, name, number)
