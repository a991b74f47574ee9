"""Where it started, from the pattern of the blocks alone."""

import pytest

from gradcheck.origin import Cause, causes, layers, roles

THREE = [[0, 1], [2, 3], [4, 5]]  # W and b of three layers, from the input to the loss


def states(text: str) -> list[str]:
    return [{"r": "right", "w": "wrong", ".": "silent"}[letter] for letter in text.replace(" ", "")]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("rr rr rr", []),
        ("rr wr rr", [Cause("formula", 1, (2,))]),
        ("rr ww rr", [Cause("formula", 1, (2, 3))]),
        ("ww rr rr", [Cause("cotangent", 0, (0, 1))]),
        ("ww ww rr", [Cause("cotangent", 1, (2, 3), (0, 1))]),
        ("ww ww ww", [Cause("loss", 2, (4, 5), (2, 3, 0, 1))]),
        ("ww rr ww", [Cause("formula", 2, (4, 5)), Cause("cotangent", 0, (0, 1))]),
        ("wr rr rw", [Cause("formula", 2, (5,)), Cause("formula", 0, (0,))]),
        ("ww wr rr", [Cause("formula", 1, (2,)), Cause("cotangent", 0, (0, 1))]),
        (".. ww rr", [Cause("cotangent", 1, (2, 3))]),
        ("ww .. rr", [Cause("cotangent", 0, (0, 1))]),
        ("ww ww ..", [Cause("loss", 1, (2, 3), (0, 1))]),
    ],
)
def test_causes_come_in_the_order_of_mending(pattern: str, expected: list[Cause]) -> None:
    assert causes(THREE, states(pattern)) == expected


def test_without_an_order_only_a_lone_block_is_an_origin() -> None:
    assert roles(causes(None, states("rwr"))) == {1: "origin"}
    assert roles(causes(None, states("wwr"))) == {0: "unknown", 1: "unknown"}


@pytest.mark.parametrize(
    ("names", "shapes", "expected"),
    [
        ("W1 b1 W2 b2", [(2, 3), (3,), (3, 1), (1,)], [[0, 1], [2, 3]]),
        ("W1 W2 b1 b2", [(2, 3), (3, 1), (3,), (1,)], [[0, 2], [1, 3]]),
        ("W10 W9", [(2, 3), (3, 1)], [[1], [0]]),
        ("w_in b_in w_out b_out", [(2, 3), (3,), (3, 1), (1,)], [[0, 1], [2, 3]]),
        ("layers.0.W layers.0.b layers.1.W", [(2, 3), (3,), (3, 1)], [[0, 1], [2]]),
        ("ws.0 ws.1 bs.0 bs.1", [(2, 3), (3, 1), (3,), (1,)], [[0, 2], [1, 3]]),
        ("0.0 0.1 1.0 1.1", [(2, 3), (3,), (3, 1), (1,)], [[0, 1], [2, 3]]),
        ("0.0 0.1 1.0 1.1", [(2, 3), (3, 1), (3,), (1,)], [[0, 2], [1, 3]]),
        ("0 1 2 3", [(2, 3), (3,), (3, 1), (1,)], [[0, 1], [2, 3]]),
        ("conv.W conv.b fc.W", [(3, 3), (1,), (9, 2)], [[0, 1], [2]]),
        ("W b", [(2, 3), (3,)], [[0, 1]]),
        ("Wxh Whh Why", [(2, 3), (3, 3), (3, 1)], None),
    ],
)
def test_layers_by_name(names: str, shapes: list[tuple[int, ...]], expected: object) -> None:
    assert layers(names.split(), shapes) == expected
