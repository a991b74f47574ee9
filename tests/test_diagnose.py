"""What kind of mistake: named with proof, or `unknown`; never named wrongly."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import Problem, nets, seeds
from told import SCENES, TOLD, expected, home, report_of, told

from benchmarks.diagnosis import Case, examine
from gradcheck import Report, check_gradients
from gradcheck.kinds import KINDS, to_markdown
from gradcheck.recognition.context import Context
from nets import xor
from nets.faults import CATALOGUE
from nets.faults import KINDS as PLANTED
from nets.mlp import MLP

NET = MLP((3, 4, 4, 3, 2), "tanh", "sigmoid", l2=0.1)
SOFTMAX = MLP((3, 4, 3), "relu", "identity", "softmax_cross_entropy")
BINARY = MLP((3, 4, 2), "tanh", "sigmoid", "binary_cross_entropy")
TWINS = MLP((3, 4, 4, 4, 4, 2), "tanh", "sigmoid")
SINGLE = MLP((3, 4, 1), "tanh", "sigmoid")


def check(problem: Problem, grads: object, **options: object) -> Report:
    return check_gradients(problem.loss, problem.params, grads, **options)


def kinds(report: Report) -> list[str]:
    return [f.kind for f in report.findings]


EXPECTED = expected()


@pytest.mark.parametrize("alone", [False, True], ids=["net", "alone"])
@pytest.mark.parametrize("fault", TOLD, ids=lambda f: f.name)
def test_every_row_of_the_catalogue_is_told_as_it_should_be(fault, alone: bool) -> None:
    """Word by word; and where the net behind the loss is seen, by its name."""
    report = report_of(fault.name, alone=alone)
    assert told(report) == EXPECTED[f"{fault.name}, alone" if alone else fault.name]
    if fault.kind != "unknown" and not alone:
        assert fault.kind in kinds(report), report
        assert "unknown" not in kinds(report), report


@pytest.mark.parametrize("scene", SCENES)
def test_what_no_single_fault_makes_is_told_as_it_should_be(scene: str) -> None:
    assert told(SCENES[scene]()) == EXPECTED[scene]


def test_every_planted_kind_has_a_row() -> None:
    assert set(PLANTED) <= KINDS.keys()
    page = to_markdown()
    assert all(f"## {kind}\n" in page for kind in KINDS)


def test_an_offset_is_unknown_and_its_facts_are_told() -> None:
    problem, layer = home("offset")
    backward = CATALOGUE["offset"].plant(problem.net, layer)
    (finding,) = check(problem, backward(problem.params, problem.X, problem.T)).findings
    assert finding.kind == "unknown"
    assert "off by the same +0.01" in finding.evidence


def test_the_questions_backward_pass() -> None:
    net = xor.question_net()
    params = xor.question_params(net)
    backward = CATALOGUE["question"].plant(net)
    report = check_gradients(
        lambda: net.loss(params, xor.X, xor.T),
        params,
        lambda: backward(params, xor.X, xor.T),
    )
    told = " ".join(f.sentence for f in report.findings if not f.instead)
    assert "What reaches layer4 has the opposite sign" in told
    assert "averaged over the samples" in told
    assert "averages over the samples, where the products should be averaged" in told
    assert "summed over the units before it is passed down" in told
    assert all(f.verified for f in report.findings)


def test_the_classic_exam() -> None:
    """Coursera's planted bugs: dW2 twice, db1 four times; both local, both with their factor."""
    rng = np.random.default_rng(0)
    sizes = (3, 5, 3, 1)
    p = {
        f"{kind}{k}": rng.normal(size=(n_out, n_in if kind == "W" else 1))
        for k, (n_in, n_out) in enumerate(pairwise(sizes), start=1)
        for kind in "Wb"
    }
    data = rng.normal(size=(3, 7))
    labels = (rng.random((1, 7)) > 0.5) * 1.0

    def forward():
        A1 = np.maximum(p["W1"] @ data + p["b1"], 0)
        A2 = np.maximum(p["W2"] @ A1 + p["b2"], 0)
        return A1, A2, 1 / (1 + np.exp(-(p["W3"] @ A2 + p["b3"])))

    def loss():
        Y = forward()[-1]
        return float(-(labels * np.log(Y) + (1 - labels) * np.log(1 - Y)).mean())

    def grads():
        A1, A2, Y = forward()
        d3 = (Y - labels) / 7
        d2 = (p["W3"].T @ d3) * (A2 > 0)
        d1 = (p["W2"].T @ d2) * (A1 > 0)
        g = {"W1": d1 @ data.T, "W2": d2 @ A1.T * 2, "W3": d3 @ A2.T}
        sums = {f"b{k}": d.sum(1, keepdims=True) for k, d in ((1, 4 * d1), (2, d2), (3, d3))}
        return g | sums

    report = check_gradients(loss, p, grads)
    assert [f.sentence for f in report.findings] == [
        "W2 is exactly 2 times the right gradient.",
        "b1 is exactly 4 times the right gradient.",
    ]
    assert {b.name: b.role for b in report if b.role} == {"W2": "origin", "b1": "origin"}


def test_several_bugs_at_once_in_the_order_of_mending() -> None:
    problem = Problem.at(NET, 5, 3)
    backward = CATALOGUE["missing-derivative"].plant(NET, 3)

    def grads():
        g = backward(problem.params, problem.X, problem.T)
        g["layer1"]["b"] = -g["layer1"]["b"]
        return g

    report = check(problem, grads)
    assert kinds(report) == ["missing-activation-derivative", "sign"]
    assert {b.name: b.role for b in report if b.role} == {
        "layer3.W": "origin",
        "layer3.b": "origin",
        "layer2.W": "inherited",
        "layer2.b": "inherited",
        "layer1.W": "inherited",
        "layer1.b": "origin",
    }


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        (lambda g, W: -g, "sign", "has the opposite sign"),
        (lambda g, W: g / 7, "scale", "is exactly 1/7 times"),
        (lambda g, W: 0 * g, "missing-gradient", "is zero everywhere"),
        (lambda g, W: g.T, "transpose", "is the transpose"),
        (lambda g, W: g + 0.3 * W, "regulariser", "has 0.3 times"),
        (lambda g, W: 3 * g - 0.2 * W, "scale", "but for a multiple"),
        (lambda g, W: np.roll(g, 1, 0), "indexing", "rows shifted by one"),
        (lambda g, W: g * 1.2345, "unknown", "no known kind"),
        (lambda g, W: np.tanh(30 * g), "unknown", "no known kind"),
    ],
)
def test_from_gradients_alone(change, kind: str, says: str) -> None:
    """A loss that is no stack of layers: only blocks and their gradients can be seen."""
    rng = np.random.default_rng(1)
    params = {"A": rng.normal(size=(5, 5)), "c": rng.normal(size=5)}
    M = rng.normal(size=(5, 5))

    def loss():
        return float(np.sin(params["A"] * M).sum() + np.cos(params["c"]).sum())

    def grads():
        g = np.cos(params["A"] * M) * M
        return {"A": change(g, params["A"]), "c": -np.sin(params["c"])}

    for handed in (grads, grads()):
        (finding,) = check_gradients(loss, params, handed).findings
        assert finding.kind == kind
        assert says in finding.sentence


def test_one_factor_in_everything_is_told_once_of_the_loss() -> None:
    """Names that tell no order of layers, and a loss that is no stack of them."""
    rng = np.random.default_rng(1)
    params = {name: rng.normal(size=size) for name, size in (("A", 4), ("r", 3), ("q", 2))}

    def loss() -> float:
        return float(sum(np.sin(values).sum() for values in params.values()) ** 2)

    def grads(factor: float, of_q: float) -> dict[str, np.ndarray]:
        outer = 2 * sum(np.sin(values).sum() for values in params.values())
        right = {name: outer * np.cos(values) for name, values in params.items()}
        return {name: g * (of_q if name == "q" else factor) for name, g in right.items()}

    (finding,) = check_gradients(loss, params, lambda: grads(3, 3)).findings
    assert finding.kind == "scale"
    assert finding.verified
    says = "Every gradient is exactly 3 times the right gradient."
    assert finding.sentence == says
    assert kinds(check_gradients(loss, params, lambda: grads(3, 5))) == ["scale"] * 3
    assert kinds(check_gradients(loss, params, lambda: grads(3, 1))) == ["scale"] * 2


def test_a_large_block_is_named_by_directions() -> None:
    rng = np.random.default_rng(2)
    params = {"A": rng.normal(size=(200, 300))}
    M = rng.normal(size=(200, 300))
    report = check_gradients(
        lambda: float(np.sin(params["A"] * M).sum()),
        params,
        lambda: {"A": np.cos(params["A"] * M) * M / 2 + 0.01 * params["A"]},
    )
    assert kinds(report) == ["scale"]
    assert report.evaluations < 200


def test_right_gradients_cost_no_evaluation() -> None:
    problem = Problem.at(NET, 5, 3)
    report = check(problem, problem.gradients)
    assert report.verdict == "agrees"
    assert not report.findings
    assert not any(block.role for block in report)


def test_a_spent_budget_leaves_what_was_found() -> None:
    problem, layer = home("sign")
    backward = CATALOGUE["sign"].plant(problem.net, layer)
    grads = lambda: backward(problem.params, problem.X, problem.T)
    full = check(problem, grads).evaluations
    for less in range(1, full, 23):
        report = check(problem, grads, max_evaluations=less)
        assert report.evaluations <= less


@pytest.mark.parametrize(
    ("ratio", "name"),
    [
        (0.25, "1/4"),
        (-3.0, "-3"),
        (1 / 6, "1/6 (1 over the number of samples)"),
        (0.2, "0.2 (lr)"),
        (1.2345, None),
    ],
)
def test_names_of_factors(ratio: float, name: str | None) -> None:
    context = Context(numbers=(("lr", 0.2),), known=((6, "the number of samples"),))
    told = context.factor(ratio, 1e-9)
    assert told == name or (name == "0.2 (lr)" and told == "1/5")


def test_equal_units_are_remarked_on_and_change_no_verdict() -> None:
    problem = Problem.at(NET, 4, 3)
    for block in problem.params.values():
        block["W"][:] = 0.0
    report = check(problem, problem.gradients)
    assert report.verdict != "disagrees"
    assert any("Start from small random weights" in note for note in report.notes)


def test_rivals_stand_behind_what_they_rival() -> None:
    """A mean over the samples is also a factor 1 / N: both are told, one as the other's rival."""
    problem, layer = home("bias-mean")
    backward = CATALOGUE["bias-mean"].plant(problem.net, layer)
    report = check(problem, lambda: backward(problem.params, problem.X, problem.T))
    assert [(f.kind, f.instead) for f in report.findings] == [
        ("scale", False),
        ("bias-reduction", True),
    ]


def test_a_factor_that_holds_at_one_point_only_is_no_name() -> None:
    """Short numbers: the wrong line gives exactly a sixth here, and something else elsewhere."""
    p = {"a": np.array(0.3), "b": np.array(0.5), "c": np.array(3.0)}

    def loss():
        return float(p["a"] ** 2 * p["c"] + np.sin(p["b"]) + np.cos(p["c"]))

    def grads():
        da = 2 * p["a"] * p["b"]  # b for c
        return {"a": da, "b": np.cos(p["b"]), "c": p["a"] ** 2 - np.sin(p["c"])}

    assert kinds(check_gradients(loss, p, grads)) == ["unknown"]
    assert kinds(check_gradients(loss, p, grads())) == ["scale"]


@pytest.mark.parametrize("mean", [True, False])
def test_gradients_of_other_data_than_the_loss(mean: bool) -> None:
    rng = np.random.default_rng(4)
    X_train, T_train = rng.normal(size=(20, 3)), rng.normal(size=(20, 2))
    X_test, T_test = rng.normal(size=(8, 3)), rng.normal(size=(8, 2))
    p = {"W1": rng.normal(size=(3, 4)), "W2": rng.normal(size=(4, 2))}

    def loss() -> float:
        error = np.tanh(X_test @ p["W1"]) @ p["W2"] - T_test
        return float(np.mean(error**2) if mean else np.sum(error**2))

    def grads() -> dict[str, np.ndarray]:
        h = np.tanh(X_train @ p["W1"])
        d = 2 * (h @ p["W2"] - T_train) / (T_train.size if mean else 1)
        return {"W1": X_train.T @ (d @ p["W2"].T * (1 - h * h)), "W2": h.T @ d}

    report = check_gradients(loss, p, grads)
    (finding,) = report.findings
    assert "right for other data than the loss is computed from" in finding.sentence
    assert "X_train (20 samples), not for the 8 samples" in finding.sentence
    assert finding.verified


@pytest.mark.blame
def test_where_all_is_explained_no_line_is_suspected_beside_it() -> None:
    rng = np.random.default_rng(1)
    X, T = rng.normal(size=(20, 2)), rng.normal(size=(20, 1))
    X_test, T_test = rng.normal(size=(12, 2)), rng.normal(size=(12, 1))
    W, b = [rng.normal(size=(2, 8)), rng.normal(size=(8, 1))], [np.zeros(8), np.zeros(1)]

    def forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        h = 1 / (1 + np.exp(-(x @ W[0] + b[0])))
        return h, h @ W[1] + b[1]

    def loss() -> float:
        return float(np.mean((forward(X_test)[1] - T_test) ** 2))

    def grads() -> dict[str, list[np.ndarray]]:
        h, y = forward(X)
        d, gradients = 2 * (y - T) / T.size, []
        for i, below in ((1, h), (0, X)):
            gradients.insert(0, (below.T @ d, d.sum(0)))
            d = d @ W[i].T * h * (1 - h) if i else d
        return {"W": [dW for dW, _ in gradients], "b": [db for _, db in gradients]}

    (finding,) = check_gradients(loss, {"W": W, "b": b}, grads).findings
    assert "right for other data than the loss is computed from" in finding.sentence


@settings(max_examples=30)
@given(nets(), st.sampled_from(sorted(CATALOGUE)), st.sampled_from([2, 3, 4, 16]), seeds)
def test_random_faults_in_random_nets_get_no_false_name(
    net: MLP, name: str, batch: int, seed: int
) -> None:
    layers = CATALOGUE[name].layers(net, batch)
    assume(layers)
    case = Case(name, layers[seed % len(layers)], net, batch, seed)
    answer = examine((case, seed % 2 == 0))
    assert answer is None or answer.word != "false", answer


def test_an_error_as_small_as_float32_rounds_is_told_with_what_makes_it():
    rng = np.random.default_rng(0)
    X, y, w = rng.normal(size=(30, 4)), rng.normal(size=30), rng.normal(size=4)

    def loss():
        return float(np.mean((X @ w - y) ** 2) + 0.01 * w @ w)

    def grads(factor=1.0, dtype=np.float32):
        data = (2 * factor * X.T @ (X @ w - y) / 30).astype(dtype)
        return data + 0.02 * w  # of float64 again: no rounding rests in it

    assert check_gradients(loss, w, grads(dtype=np.float64))
    assert check_gradients(loss, w, grads)  # its rounding shows where it is called again
    (rounded,) = check_gradients(loss, w, grads()).findings
    assert "cast" in rounded.advice
    larger = check_gradients(loss, w, grads(1 + 1e-5)).findings
    assert larger
    assert not any("cast" in finding.advice for finding in larger)
