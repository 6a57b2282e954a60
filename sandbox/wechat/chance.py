"""Randomness (随机数) that a seed can repeat: tokens, codes, nonces, request ids, delays."""

import base64
import random
import string

TOKEN_ALPHABET = string.ascii_letters + string.digits + "-_"
CODE_ALPHABET = string.ascii_letters + string.digits
TOKEN_LENGTH = 133


class Chance:
    """One source for everything random in the stand-in."""

    def __init__(self, seed: int | None = None) -> None:
        self.random = random.Random(seed)

    def reseed(self, seed: int) -> None:
        """Begin a known sequence."""
        self.random.seed(seed)

    def token(self) -> str:
        """Return an access token: a small number, an underscore and 133 characters."""
        return f"{self.random.randint(60, 99)}_{self.text(TOKEN_LENGTH, TOKEN_ALPHABET)}"

    def text(self, length: int, alphabet: str = CODE_ALPHABET) -> str:
        """Characters drawn from an alphabet."""
        return "".join(self.random.choices(alphabet, k=length))

    def hex(self, length: int) -> str:
        """Hexadecimal digits."""
        return self.text(length, "0123456789abcdef")

    def digits(self, length: int) -> str:
        """Decimal digits, as WeChat's nonces and echostr are."""
        return self.text(length, string.digits)

    def bytes(self, length: int) -> bytes:
        """Raw bytes."""
        return self.random.randbytes(length)

    def session_key(self) -> str:
        """16 bytes in base64 (24 characters)."""
        return base64.b64encode(self.bytes(16)).decode()

    def request_id(self, now: float) -> str:
        """Return a rid; its first group is the hexadecimal Unix time of the request."""
        bits = self.random.getrandbits(64)
        return f"{int(now):08x}-{bits >> 32:08x}-{bits & 0xFFFFFFFF:08x}"
