"""What a name and a 居民身份证号 (GB 11643) look like, before anybody is asked about them."""

import re
import unicodedata

from app.foundation import id_numbers
from app.foundation.errors import InvalidInput

INDEX = "identity_account.id_number"
"""Under which name the index key is bound to ID numbers."""
INDEX_BYTES = 16
"""How much of a person's index a data platform delivers: enough to tell everybody apart."""
_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U000323af]+(?:·[\u3400-\u9fff\U00020000-\U000323af]+)*")
NAME_CHARACTERS = 2, 30
_DOTS = str.maketrans("•‧・．", "····")


def checked(name: str, id_number: str) -> tuple[str, str]:
    """Return both as they are compared and stored: NFKC, no spaces, X upper case; raises InvalidInput."""
    errors: dict[str, list[str]] = {}
    clean_name = "".join(unicodedata.normalize("NFKC", name).split()).translate(_DOTS)
    clean_number = "".join(unicodedata.normalize("NFKC", id_number).split()).upper()
    if not (NAME_CHARACTERS[0] <= len(clean_name) <= NAME_CHARACTERS[1] and _NAME.fullmatch(clean_name)):
        errors["name"] = ["请填写身份证上的中文姓名"]
    if not id_numbers.is_valid(clean_number):
        errors["id_number"] = ["身份证号有误，请核对18位号码"]
    if errors:
        raise InvalidInput(errors)
    return clean_name, clean_number
