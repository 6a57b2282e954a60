"""Bodies that break naive JSON readers."""

import json

HOSTILE = {
    "one hundred thousand levels": b"[" * 100_000 + b"]" * 100_000,
    "thirty-three levels": b"[" * 33 + b"]" * 33,
    "deep behind a string": b'{"a":"]]]]","b":' + b"[" * 33 + b"]" * 33 + b"}",
    "a whole number of 5,000 digits": b'{"text":' + b"9" * 5_000 + b"}",
    "nineteen digits": b'{"text":1234567890123456789}',
    "not a number": b'{"text":NaN}',
    "infinity": b'{"text":-Infinity}',
    "a float beyond all floats": b'{"text":1e999}',
    "a key twice": b'{"text":"a","text":"b"}',
    "a key twice, written differently": b'{"text":"a","te\\u0078t":"b"}',
    "a lone surrogate": b'{"text":"\\ud800"}',
    "a lone surrogate as a key": b'{"\\udfff":1}',
    "NUL": b'{"text":"a\\u0000b"}',
    "a raw NUL": b'{"text":"a\0b"}',
    "not UTF-8": b'{"text":"\xff"}',
    "a surrogate in UTF-8": b'{"text":"\xed\xa0\x80"}',
    "UTF-16": '{"text":"a"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"text":"a"}',
    "a string of 10,001 characters": b'{"text":"' + b"a" * 10_001 + b'"}',
    "two thousand and one keys": json.dumps({str(n): 0 for n in range(2_001)}).encode(),
    "keys spread over objects": json.dumps([{str(n): 0} for n in range(2_001)]).encode(),
    "cut off": b'{"text":',
    "two values": b'{"text":"a"} {}',
    "only a quote": b'"',
    "blank": b" ",
}
