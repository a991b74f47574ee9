"""gradcheck/pieces.py: sums, moves and copies of arrays that are larger than the cache."""

import gc
import io
import tracemalloc

import numpy as np
import pytest

from gradcheck import check_gradients, pieces
from gradcheck.direction import Direction

SHAPES = [
    (),
    (1,),
    (5,),
    (3, 4),
    (2, 70_000),
    (100_000,),
    (700, 100),
    (3, 2, 40_000),
    (1, 1, 99_999),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_pieces_cover_every_entry_once_in_order(shape):
    numbers = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    parts = [numbers[at] for at in pieces.pieces(shape)]
    assert all(part.size <= pieces.PIECE for part in parts)
    assert np.array_equal(np.concatenate([np.ravel(part) for part in parts]), numbers.ravel())


@pytest.mark.parametrize("shape", SHAPES)
def test_sums_are_those_of_numpy(shape):
    rng = np.random.default_rng(0)
    a, b = np.array(rng.normal(size=shape)), np.array(rng.normal(size=shape))
    assert pieces.dot(a, b) == pytest.approx(np.sum(a * b), rel=1e-12)
    assert pieces.squares(a) == pytest.approx(np.sum(a * a), rel=1e-12)
    assert pieces.norm(a) == pytest.approx(np.linalg.norm(a.ravel()), rel=1e-12)
    whole, spread = pieces.products(a, b)
    assert whole == pieces.dot(a, b)
    assert spread == pytest.approx(np.linalg.norm((a * b).ravel()), rel=1e-12)
    assert pieces.rms(a) == pytest.approx(np.sqrt(np.mean(a * a)), rel=1e-12)
    assert pieces.largest(a) == np.max(np.abs(a))
    assert pieces.largest(a, b) == np.max(np.abs(a - b))


def test_the_size_of_values_whose_squares_overflow():
    assert pieces.rms(np.array([1e200, -2e200])) == pytest.approx(np.sqrt(2.5) * 1e200)
    assert pieces.rms(np.array([])) == pieces.largest(np.array([])) == 0
    for size in (1e200, 1e-200):
        assert pieces.norm(np.full(4, size)) == pytest.approx(2 * size)
        assert pieces.norm(np.full(90_000, size)) == pytest.approx(300 * size)


def test_values_that_are_not_finite_are_seen():
    for n in (4, 90_000):
        a = np.zeros(n)
        assert pieces.all_finite(a)
        a[-1] = np.nan
        assert not pieces.all_finite(a)


def test_arrays_that_are_done_with_are_used_again():
    spare = pieces.Spare()
    first = spare.array((300, 200))
    spare.take_back(first)
    second = spare.array((300, 300), np.float32)
    assert np.shares_memory(first, second)
    assert (second.shape, second.dtype) == ((300, 300), np.float32)
    assert not np.shares_memory(second, spare.array((300, 200)))
    spare.take_back(second)
    assert spare.array((300, 200)).base is not None  # all of the first, again
    for _ in range(3):
        spare.take_back(np.empty(90_000))
    kept = [spare.array((90_000,)).base is not None for _ in range(3)]
    assert kept == [True, True, False]


@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray, lambda a: a[::-1]])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_move_is_the_same_in_pieces(layout, dtype):
    rng = np.random.default_rng(1)
    origin = layout(rng.normal(size=(300, 200)).astype(dtype))
    direction, out = rng.normal(size=(300, 200)), np.empty_like(origin)
    pieces.move(out, origin, direction, 0.3)
    whole = np.empty_like(origin)
    np.multiply(direction, 0.3, out=whole, casting="same_kind")
    assert out.tobytes() == (whole + origin).tobytes()


@pytest.mark.parametrize("n", [3, 100, 100_000])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int8, np.longdouble, object])
def test_bits_are_compared_and_not_values(n, dtype):
    a = np.zeros(n, dtype)
    b = a.copy()
    assert pieces.same_bits(a, b)
    b[-1] = 1
    assert not pieces.same_bits(a, b)
    if dtype in (np.float64, np.float32):
        b[-1] = -0.0
        assert not pieces.same_bits(a, b)
        a[0] = b[0] = np.nan
        a[-1] = b[-1]
        assert pieces.same_bits(a, b)


def test_strided_arrays_are_compared_by_their_own_entries():
    a = np.arange(200_000.0).reshape(500, 400)
    assert pieces.same_bits(a[:, ::2], a[:, ::2].copy())
    assert not pieces.same_bits(a[:, ::2], a[:, 1::2].copy())


def test_large_copies_lie_in_files_once_there_is_no_room(monkeypatch):
    monkeypatch.setattr(pieces, "ROOM", pieces._held["bytes"] + 1_000_000)
    values = np.arange(100_000.0)  # 800 kB
    first, second, third = pieces.kept(values), pieces.kept(values), pieces.kept(values[:10])
    assert type(first) is np.ndarray
    assert isinstance(second, np.memmap)
    assert type(third) is np.ndarray
    for copy in (first, second):
        assert copy.tobytes() == values.tobytes()
        assert not np.shares_memory(copy, values)
    del first, copy
    gc.collect()
    assert type(pieces.kept(values)) is np.ndarray  # its room is free again
    assert pieces.kept(values.astype(np.float32), np.float64).dtype == np.float64


def test_where_no_file_can_be_made_copies_stay_in_memory(monkeypatch):
    def refuse(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pieces, "ROOM", 0)
    monkeypatch.setattr(pieces.tempfile, "TemporaryFile", refuse)
    values = np.arange(100_000.0)
    assert type(pieces.kept(values)) is np.ndarray


@pytest.mark.parametrize("shape", [(100_000,), (300, 400), (2, 70_000)])
def test_a_large_direction_is_its_seed(shape):
    direction = Direction(np.random.default_rng(3), shape)
    values = direction.values
    assert values.tobytes() == direction.values.tobytes()
    assert values.tobytes() == Direction(np.random.default_rng(3), shape).values.tobytes()
    assert values.tobytes() != Direction(np.random.default_rng(4), shape).values.tobytes()
    size = np.abs(values)
    assert 0.5 <= size.min() < 0.501
    assert 1.499 < size.max() <= 1.5
    assert abs(np.mean(values > 0) - 0.5) < 0.01
    assert abs(size.mean() - 1) < 0.005
    assert abs(np.corrcoef(size.ravel(), values.ravel())[0, 1]) < 0.02
    twice = Direction(np.random.default_rng(3), shape, 2.0).values
    assert np.array_equal(twice, 2 * values)


@pytest.mark.parametrize("blocks", [1, 8])
def test_memory_of_a_check_is_twice_the_largest_block(monkeypatch, blocks):
    monkeypatch.setattr(pieces, "ROOM", 0)
    rng = np.random.default_rng(0)
    params = [rng.normal(size=400_000 // blocks) for _ in range(blocks)]
    before = [p.tobytes() for p in params]
    grads = [2 * p for p in params]
    largest = params[0].nbytes
    tracemalloc.start()
    try:
        report = check_gradients(lambda: sum(float(p @ p) for p in params), params, grads)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert report
    assert peak <= 2 * largest + 3_000_000  # pieces, and what Python itself needs
    assert [p.tobytes() for p in params] == before


def test_a_direction_in_a_file_is_the_one_in_memory(monkeypatch):
    values = np.linspace(-1.0, 1.0, 100_000).reshape(250, 400)
    direction = Direction(np.random.default_rng(3), values.shape, 2.0).in_units_of_entries(0.25)
    file = direction.filed(values)
    assert isinstance(file, np.memmap)
    assert file.tobytes() == direction.at(values).tobytes()
    assert Direction(np.random.default_rng(3), (4,)).filed(np.ones(4)) is None


class Full(io.BytesIO):
    def write(self, _):
        raise OSError(28, "No space left on device")


def test_where_the_disk_is_full_copies_stay_in_memory(monkeypatch):
    monkeypatch.setattr(pieces, "ROOM", 0)
    monkeypatch.setattr(pieces.tempfile, "TemporaryFile", lambda **_: Full())
    values = np.arange(100_000.0)
    assert type(pieces.kept(values)) is np.ndarray
    assert Direction(np.random.default_rng(3), values.shape).filed(values) is None
