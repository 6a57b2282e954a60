"""The published test vectors, both directions."""

import base64
import hashlib
import hmac
import json

import pytest

from sandbox.wechat import crypto

ZERO_KEY = "A" * 43
APPID = "wxba5fad812f8e6fb9"
PUSHED = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR"
    "8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km3"
    "2IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
PUSHED_MESSAGE = (
    b'{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445,'
    b'"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}'
)
REPLIED = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
SESSION_KEY, VECTOR = "tiihtNczf5v6AKRyjwEUhQ==", "r7BXXKkLb8qrSNn05n0qiA=="
OPEN_DATA = (
    "CiyLU1Aw2KjvrjMdj8YKliAjtP4gsMZMQmRzooG2xrDcvSnxIMXFufNstNGTyaGS9uT5geRa0W4oTOb1WT7fJlAC+oNPdbB+3hVbJSRgv+4lGOET"
    "KUQz6OYStslQ142dNCuabNPGBzlooOmB231qMM85d2/fV6ChevvXvQP8Hkue1poOFtnEtpyxVLW1zAo6/1Xx1COxFvrc2d7UL/lmHInNlxuacJXw"
    "u0fjpXfz/YqYzBIBzD6WUfTIF9GRHpOn/Hz7saL8xz+W//FRAUid1OksQaQx4CMs8LOddcQhULW4ucetDf96JcR3g0gfRK4PC7E/r7Z6xNrXd2UI"
    "eorGj5Ef7b1pJAYB6Y5anaHqZ9J6nKEBvB4DnNLIVWSgARns/8wR2SiRS7MNACwTyrGvt9ts8p12PKFdlqYTopNHR1Vf7XjfhQlVsAJdNiKdYmYV"
    "oKlaRv85IfVunYzO0IKXsyl7JCUjCpoG20f0a04COwfneQAGGwd5oa+T8yO5hzuyDb/XcxxmK01EpqOyuxINew=="
)
RAW_DATA = (
    '{"nickName":"Band","gender":1,"language":"zh_CN","city":"Guangzhou","province":"Guangdong","country":"CN",'
    '"avatarUrl":"http://wx.qlogo.cn/mmopen/vi_32/1vZvI39NWFQ9XM4LtQpFrQJ1xlgZxx3w7bQxKARol6503Iuswjjn6nIGBiaycAjAtpu'
    'jxyzYsrztuuICqIM5ibXQ/0"}'
)


@pytest.mark.parametrize(
    ("parts", "signature"),
    [
        (("AAAAA", "1714036504", "1514711492"), "f464b24fc39322e44b38aa78f5edd27bd1441696"),
        (("AAAAA", "1714037059", "486452656"), "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
        (("AAAAA", "1714112445", "415670741"), "6c5c811b55cc85e0e1b54100749188c20beb3f5d"),
        (("AAAAA", "1714112445", "415670741", PUSHED), "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"),
        (("AAAAA", "1713424427", "415670741", REPLIED), "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"),
        (("test", "1410685589", "test"), "f21891de399b4e33a1a93c9a7b8a8fffb5a443ff"),
    ],
)
def test_a_signature_covers_the_sorted_parts(parts, signature):
    assert crypto.signature_of(*parts) == signature
    assert crypto.signature_of(*reversed(parts)) == signature


def test_the_official_push_is_decrypted():
    plain = crypto.decrypt_push(PUSHED, encoding_aes_key=ZERO_KEY)

    assert plain == crypto.PushPlaintext(b"a8eedb185eb2fecf", PUSHED_MESSAGE, APPID)
    assert len(PUSHED_MESSAGE) == 167


def test_the_official_push_is_encrypted_to_the_same_text():
    encrypted = crypto.encrypt_push(
        PUSHED_MESSAGE, encoding_aes_key=ZERO_KEY, appid=APPID, random=b"a8eedb185eb2fecf"
    )

    assert encrypted == PUSHED


def test_the_official_reply_goes_both_ways():
    reply = crypto.encrypt_push(
        b'{"demo_resp":"good luck"}', encoding_aes_key=ZERO_KEY, appid=APPID, random=b"707722b803182950"
    )

    assert reply == REPLIED
    assert crypto.decrypt_push(REPLIED, encoding_aes_key=ZERO_KEY).message == b'{"demo_resp":"good luck"}'


def test_raw_data_is_signed_with_the_session_key():
    signature = crypto.raw_data_signature(RAW_DATA, "HyVFkGl5F5OQWJZZaNzBBg==")

    assert signature == "75e81ceda165f4ffa64f4068af58c64b8f54b88c"


def test_the_official_open_data_is_decrypted():
    found = crypto.decrypt_open_data(OPEN_DATA, session_key=SESSION_KEY, iv=VECTOR)

    assert found["openId"] == "oGZUI0egBJY1zhBYw2KhdUfwVJJE"
    assert found["unionId"] == "ocMvos6NjeKLIBqg5Mr9QjxrP1FA"
    assert found["watermark"] == {"timestamp": 1477314187, "appid": "wx4f4bc4dec97d474b"}


def test_open_data_goes_both_ways():
    payload = {"purePhoneNumber": "13812345678", "watermark": {"appid": APPID}}

    encrypted = crypto.encrypt_open_data(payload, session_key=SESSION_KEY, iv=VECTOR)

    assert crypto.decrypt_open_data(encrypted, session_key=SESSION_KEY, iv=VECTOR) == payload


def test_the_document_digest_is_the_official_one():
    digest = crypto.cert_hash(cert_type="IDENTITY_CARD", cert_name="张三", cert_no="310101199801011234")

    assert digest == "3c241f7ff324977aeb91f173bb2a7b06569e6fd784d5573db34a636d8671108b"


def test_the_session_is_signed_with_the_key_as_text():
    signature = crypto.session_signature("o0q0otL8aEzpcZL/FT9WsQ==", '{"foo":"bar"}')

    assert signature == "654571f79995b2ce1e149e53c0a33dc39c0a74090db514261454e8dbe432aa0b"
    decoded = hmac.new(base64.b64decode("o0q0otL8aEzpcZL/FT9WsQ=="), b'{"foo":"bar"}', hashlib.sha256)
    assert signature != decoded.hexdigest()


@pytest.mark.parametrize(
    "damaged", ["", "%%%", PUSHED[:-4], base64.b64encode(bytes(32)).decode(), json.dumps({"a": 1})]
)
def test_a_damaged_cipher_is_refused(damaged):
    with pytest.raises(crypto.BadCiphertext):
        crypto.decrypt_push(damaged, encoding_aes_key=ZERO_KEY)
