"""nets/faults.py: each row does the damage that it promises, where it promises, and no other.

(That the checker finds each of them is the subject of test_faults.py.)
"""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nets.faults import CATALOGUE, KINDS, Fault, damaged_blocks, generic_point, parse
from nets.layers import ACTIVATIONS
from nets.mlp import MLP
from nets.xor import T as XOR_T
from nets.xor import X as XOR_X
from nets.xor import question_net, question_params

# Between them these nets have every property that a row may ask for.
NETS = {
    "question": (question_net(), 4),
    "tanh": (MLP((2, 4, 4, 3, 3, 1), "tanh", "sigmoid", "binary_cross_entropy", 0.1), 7),
    "relu": (MLP((3, 5, 5, 4), "relu", "identity", "softmax_cross_entropy", 0.05), 5),
    "leaky": (MLP((4, 3, 5, 2), "leaky_relu", "identity", "binary_cross_entropy_logits"), 6),
    "gelu": (MLP((3, 3, 2, 3, 2), "gelu", "tanh", "mse"), 3),
    "softplus": (MLP((2, 6, 1), "softplus", "identity", "mse", 0.2), 9),
}
EVERY = pytest.mark.parametrize("fault", CATALOGUE.values(), ids=CATALOGUE)
SITES = pytest.mark.parametrize(
    ("fault", "net", "batch"),
    [
        pytest.param(fault, net, batch, id=f"{fault.name}-{name}")
        for fault in CATALOGUE.values()
        for name, (net, batch) in NETS.items()
        if fault.layers(net, batch)
    ],
)


@EVERY
def test_a_row_is_well_formed(fault: Fault) -> None:
    assert CATALOGUE[fault.name] is fault
    assert fault.kind in KINDS
    assert fault.sentence.endswith(".")
    assert len(fault.sentence) < 80
    assert fault.where.words


def test_every_kind_has_a_row_and_names_are_unique() -> None:
    assert {fault.kind for fault in CATALOGUE.values()} == set(KINDS)
    sentences = [fault.sentence for fault in CATALOGUE.values()]
    assert len(set(sentences)) == len(sentences)


@EVERY
def test_every_row_can_be_planted_somewhere(fault: Fault) -> None:
    assert any(fault.layers(net, batch) for net, batch in NETS.values())


def reach(fault: Fault, net: MLP, layer: int) -> set[str]:
    """The blocks that a changed step can touch at all, from the chain rule alone."""
    names = {
        "output_cotangent": [(k, p) for k in range(1, layer + 1) for p in "Wb"],
        "dZ": [(k, p) for k in range(1, layer + 1) for p in "Wb"],
        "passed_down": [(k, p) for k in range(1, layer) for p in "Wb"],
        "dW": [(layer, "W")],
        "penalty": [(layer, "W")],
        "db": [(layer, "b")],
    }
    blocks = {f"layer{k}.{p}" for step in fault.lines for k, p in names[step]}
    if fault.kind in ("aliasing", "swapped-gradients"):  # they spoil the twin above, too
        (p,) = {name[-1] for name in blocks}
        blocks |= {f"layer{k}.{p}" for k in range(layer + 1, net.depth + 1)}
    return blocks


@SITES
def test_damage_is_done_within_reach_and_nowhere_else(fault: Fault, net: MLP, batch: int) -> None:
    for layer in fault.layers(net, batch):
        damaged: set[str] = set()
        for seed in range(100, 108):  # points that layers() has not seen
            gradients = fault.plant(net, layer)
            damaged |= set(damaged_blocks(gradients, net, batch, seed, fault.effect))
            params, X, T = generic_point(net, batch, seed)
            got, right = fault.plant(net, layer)(params, X, T), net.gradients(params, X, T)
            for name, block in right.items():
                for p, value in block.items():
                    same = np.array_equal(got[name][p], value)
                    assert same or f"{name}.{p}" in reach(fault, net, layer), layer
        assert damaged, layer
        assert damaged <= reach(fault, net, layer), layer


@SITES
def test_effect_is_as_declared(fault: Fault, net: MLP, batch: int) -> None:
    for layer in fault.layers(net, batch):
        params, X, T = generic_point(net, batch, 100)
        got, right = fault.plant(net, layer)(params, X, T), net.gradients(params, X, T)
        pairs = [(got[name][p], v) for name, block in right.items() for p, v in block.items()]
        fits = all(g.shape == v.shape for g, v in pairs)
        assert fits == (fault.effect != "shape"), layer
        if fault.effect == "calls":  # right the first time
            assert all(np.array_equal(g, v) for g, v in pairs), layer


@EVERY
def test_where_nothing_is_damaged_layers_says_so(fault: Fault) -> None:
    for net, batch in NETS.values():
        kept = fault.layers(net, batch)
        for layer in range(1, net.depth + 1):
            if fault.where.holds(net, layer) and layer not in kept:
                gradients = fault.plant(net, layer)
                for seed in (100, 101, 102):
                    assert not damaged_blocks(gradients, net, batch, seed, fault.effect)


@EVERY
def test_planting_leaves_the_net_and_its_own_gradients_alone(fault: Fault) -> None:
    for net, batch in NETS.values():
        if not fault.layers(net, batch):
            continue
        params, X, T = generic_point(net, batch, 0)
        before = net.gradients(params, X, T)
        kept = copy.deepcopy((params, X, T))
        gradients = fault.plant(net, batch=batch)
        gradients(params, X, T)
        gradients(params, X, T)
        after = net.gradients(params, X, T)
        for layer, block in before.items():
            for p, value in block.items():
                assert np.array_equal(after[layer][p], value)
                assert np.array_equal(kept[0][layer][p], params[layer][p])
        assert np.array_equal(kept[1], X)
        assert np.array_equal(kept[2], T)


@given(
    st.sampled_from(sorted(CATALOGUE)),
    st.lists(st.integers(1, 5), min_size=2, max_size=5),
    st.sampled_from(sorted(ACTIVATIONS)),
    st.integers(1, 6),
)
@settings(max_examples=150, deadline=None)
def test_any_shape_can_be_asked(name: str, sizes: list[int], activation: str, batch: int) -> None:
    fault, net = CATALOGUE[name], MLP(sizes, activation)
    for layer in fault.layers(net, batch):
        gradients = fault.plant(net, layer)
        assert any(damaged_blocks(gradients, net, batch, s, fault.effect) for s in range(50, 80))


def test_state_is_fresh_with_each_planting() -> None:
    net = question_net()
    params, X, T = generic_point(net, 4, 0)
    for _ in range(2):
        gradients = CATALOGUE["accumulation"].plant(net, 2)
        once = gradients(params, X, T)["layer2"]["W"].copy()
        np.testing.assert_array_equal(once, net.gradients(params, X, T)["layer2"]["W"])
        np.testing.assert_array_equal(gradients(params, X, T)["layer2"]["W"], 2 * once)


def question_backward(params: dict, X: np.ndarray, y: np.ndarray) -> dict:
    """The question's lines, in its own order and shapes, with the else that its page lost."""
    layers, x = [{"W": p["W"], "b": p["b"][:, None]} for p in params.values()], X
    for layer in layers:
        layer["output"] = x @ layer["W"] + layer["b"].T
        x = layer["activation_output"] = 1 / (1 + np.exp(-layer["output"]))
    m, grads = len(y), []
    dlda = np.sum(2 * (y - x), axis=0, keepdims=True) / m
    for i in range(len(layers) - 1, -1, -1):
        sig = 1 / (1 + np.exp(-layers[i]["output"]))
        dadz = np.sum(sig * (1 - sig), axis=0, keepdims=True) / m
        below = X if i == 0 else layers[i - 1]["activation_output"]
        dzdw = np.sum(below, axis=0, keepdims=True) / m
        grads.insert(0, {"W": dlda.dot(dadz).T.dot(dzdw).T, "b": dlda.dot(dadz).T[:, 0]})
        dlda = np.sum(dlda.dot(dadz).dot(layers[i]["W"].T), axis=1, keepdims=True)
    return {f"layer{i}": grad for i, grad in enumerate(grads, start=1)}


@pytest.mark.parametrize("hidden", [(2, 2, 2), (3, 5)])
def test_question_is_the_question_s_own_backward_pass(hidden: tuple[int, ...]) -> None:
    net = question_net(hidden)
    params = question_params(net, 3)
    gradients = CATALOGUE["question"].plant(net)(params, XOR_X, XOR_T)
    for layer, block in question_backward(params, XOR_X, XOR_T).items():
        for p, expected in block.items():
            np.testing.assert_allclose(gradients[layer][p], expected, rtol=1e-12)


def test_parse() -> None:
    assert parse("sign@2") == (CATALOGUE["sign"], 2)
    assert parse("question") == (CATALOGUE["question"], None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sig@2", "expected a name in the catalogue, got 'sig'. Did you mean 'sign'?"),
        ("sign@", "expected the number of a layer after @, got ''. Write sign@1, or sign alone."),
        ("sign@0", "expected the number of a layer after @, got '0'. Write sign@1, or sign alone."),
        ("sign@x", "expected the number of a layer after @, got 'x'. Write sign@1, or sign alone."),
    ],
)
def test_error_texts_of_parse(text: str, message: str) -> None:
    with pytest.raises(ValueError) as error:
        parse(text)
    assert str(error.value) == f"fault: {message}"


def test_error_texts_of_plant() -> None:
    net = MLP((2, 3, 1))
    with pytest.raises(ValueError) as error:
        CATALOGUE["cut"].plant(net, 1)
    assert str(error.value) == (
        f"fault: cut, expected a layer above the first, got layer 1 of {net}. Choose layer 2."
    )
    with pytest.raises(ValueError) as error:
        CATALOGUE["sign"].plant(net, 3)
    assert str(error.value) == (
        "fault: expected a layer of the net, which has 1 to 2, got 3. Choose layer 1 or 2."
    )
    with pytest.raises(ValueError) as error:
        CATALOGUE["regulariser-missing"].plant(net)
    assert str(error.value) == (
        "fault: regulariser-missing, expected any layer of a net with l2 > 0 where it does damage, "
        f"got none in {net} with 4 samples. Choose another net or fault."
    )
