"""The digest by which a 人脸核身 result is asked for, so that name and ID number need not be kept."""

import base64
import hashlib

ID_CARD = "IDENTITY_CARD"


def cert_hash(name: str, id_number: str) -> str:
    """Return WeChat's cert_hash of a 居民身份证 (api_queryverifyinfo)."""
    fields = {"cert_type": ID_CARD, "cert_name": name, "cert_no": id_number}
    joined = "&".join(f"{key}={base64.b64encode(text.encode()).decode()}" for key, text in fields.items())
    return hashlib.sha256(joined.encode()).hexdigest()
