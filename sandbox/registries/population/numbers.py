"""Identifiers of people and enterprises that do not exist: right check digits, areas never assigned.

The third digit of the area is 9 and the third and fourth are at least 91, which GB/T 2260 gives to no city.
"""

import numpy as np
import pyarrow as pa

from sandbox.registries.keys import INDEX_BYTES, index_of
from sandbox.registries.population.draws import Flags, Numbers

FIRST_UNASSIGNED, AREAS = 91, 100
MOST_BLOCKS = (100 - FIRST_UNASSIGNED) * AREAS
SEQUENCES = 500
ZERO, UPPER_X = ord("0"), ord("X")
ID_WEIGHTS = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
ID_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)
USCC_ALPHABET = np.frombuffer(b"0123456789ABCDEFGHJKLMNPQRTUWXY", dtype=np.uint8)
USCC_WEIGHTS = np.array([pow(3, place, 31) for place in range(17)])
ORGANISATION_WEIGHTS = np.array((3, 7, 9, 10, 5, 8, 4, 2))


def area(province: str, number: int) -> str:
    """Return the area code of one block of one province; raises ValueError beyond what six digits hold."""
    if not 0 <= number < MOST_BLOCKS:
        raise ValueError(f"a province has at most {MOST_BLOCKS} blocks")
    return f"{province[:2]}{FIRST_UNASSIGNED + number // AREAS:02d}{number % AREAS:02d}"


def keyed_indexes(identifiers: pa.Array, key: bytes) -> pa.Array:
    """Return under which index each number is delivered: the first 16 bytes of its HMAC-SHA256."""
    indexes = [index_of(number, key) for number in identifiers.to_pylist()]
    return pa.array(indexes, pa.binary(INDEX_BYTES))


def id_numbers(area_code: str, born: Numbers, men: Flags) -> pa.Array:
    """Return 公民身份号码 (GB 11643): nobody of one block shares one.

    Raises ValueError where a day has more births than there are sequence numbers.
    """
    days = born.astype("datetime64[D]")
    sequence = _nth_of(days.astype(np.int64) * 2 + men)
    if len(sequence) and sequence.max() >= SEQUENCES:
        raise ValueError("too many people of one block were born on one day")
    months = days.astype("datetime64[M]").astype(np.int64)
    year, month = months // 12 + 1970, months % 12 + 1
    day = (days - days.astype("datetime64[M]")).astype(np.int64) + 1
    count = len(born)
    digits = np.empty((count, 17), dtype=np.int64)
    digits[:, :6] = [int(digit) for digit in area_code]
    parts = year * 10**7 + month * 10**5 + day * 10**3 + sequence * 2 + men
    digits[:, 6:] = parts[:, None] // 10 ** np.arange(10, -1, -1) % 10
    checks = ID_CHECKS[digits @ ID_WEIGHTS % 11]
    return _texts(np.column_stack((digits + ZERO, checks)).astype(np.uint8))


def credit_codes(area_code: str, count: int) -> pa.Array:
    """Return 统一社会信用代码 (GB 32100) with the organisation code inside it (GB 11714), numbered from 0."""
    digits = np.empty((count, 17), dtype=np.int64)
    digits[:, :8] = [9, 1, *(int(digit) for digit in area_code)]
    digits[:, 8:16] = np.arange(count)[:, None] // 10 ** np.arange(7, -1, -1) % 10
    own = -(digits[:, 8:16] @ ORGANISATION_WEIGHTS) % 11
    text = np.empty((count, 18), dtype=np.uint8)
    text[:, :16] = digits[:, :16] + ZERO
    text[:, 16] = np.where(own == 10, UPPER_X, own + ZERO)  # noqa: PLR2004 -- X stands for 10
    digits[:, 16] = np.where(own == 10, int(np.flatnonzero(USCC_ALPHABET == UPPER_X)[0]), own)  # noqa: PLR2004
    text[:, 17] = USCC_ALPHABET[-(digits @ USCC_WEIGHTS) % 31]
    return _texts(text)


def _nth_of(keys: Numbers) -> Numbers:
    """Return for each key how many equal ones stand before it."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(keys) else np.array([], dtype=int)
    nth = np.empty(len(keys), dtype=np.int64)
    nth[order] = np.arange(len(keys)) - np.repeat(first, np.diff(np.r_[first, len(keys)]))
    return nth


def _texts(characters: Numbers) -> pa.Array:
    """Return rows of ASCII characters, all of one length, as an Arrow array of strings."""
    count, length = characters.shape
    offsets = np.arange(count + 1, dtype=np.int32) * length
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(characters))]
    return pa.Array.from_buffers(pa.string(), count, buffers)
