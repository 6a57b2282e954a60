import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.crypto import Algorithm, FieldCipher, Undecipherable, new_token, token_hash

CIPHER = FieldCipher({1: b"1" * 32, 2: b"2" * 32}, 1, b"i" * 32)
PLACE = "identity_account|name|1"


@pytest.fixture(params=list(Algorithm))
def cipher(request):
    return dataclasses.replace(CIPHER, algorithm=request.param)


def test_what_was_sealed_is_read_again_and_never_looks_the_same(cipher):
    first, second = (cipher.encrypt("陈桂英", place=PLACE) for _ in range(2))
    assert first != second
    assert cipher.decrypt(first, place=PLACE) == "陈桂英"
    assert "陈桂英".encode() not in first


def test_a_ciphertext_cannot_move_to_another_row(cipher):
    with pytest.raises(Undecipherable):
        cipher.decrypt(cipher.encrypt("x", place=PLACE), place="identity_account|name|2")


@given(st.data())
def test_one_altered_bit_anywhere_is_noticed(data):
    cipher = dataclasses.replace(CIPHER, algorithm=data.draw(st.sampled_from(Algorithm)))
    sealed = bytearray(cipher.encrypt("500103194403077429", place=PLACE))
    sealed[data.draw(st.integers(1, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Undecipherable):
        cipher.decrypt(bytes(sealed), place=PLACE)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01\x01\x01", b"\x01\x01\x09" + b"0" * 40])
def test_what_is_no_ciphertext_is_undecipherable(cipher, sealed):
    with pytest.raises(Undecipherable):
        cipher.decrypt(sealed, place=PLACE)


def test_after_a_rotation_the_old_key_still_reads():
    old = CIPHER.encrypt("x", place=PLACE)
    rotated = dataclasses.replace(CIPHER, current=2)
    assert rotated.decrypt(old, place=PLACE) == "x"
    assert rotated.encrypt("x", place=PLACE)[2] == 2


def test_an_index_finds_the_same_value_in_the_same_column_only():
    assert CIPHER.index("50010319440307742x", column="id") == CIPHER.index(
        " 50010319440307742X ", column="id"
    )
    assert CIPHER.index("5", column="id") != CIPHER.index("5", column="phone")


def test_the_keys_never_show_in_a_representation():
    assert "1111" not in repr(CIPHER)
    assert "iiii" not in repr(CIPHER)


def test_tokens_do_not_repeat_and_are_kept_as_hashes():
    tokens = {new_token() for _ in range(1_000)}
    assert len(tokens) == 1_000
    assert all(len(token) == 43 and len(token_hash(token)) == 32 for token in tokens)
