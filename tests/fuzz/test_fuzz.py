"""The targets hold for the corpus, of what once broke them or is odd, and for new texts."""

import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from run import TEXTS, corpus
from targets import TARGETS, _Unhooked, names, options, sources

import nets.mlp
from gradcheck import match
from gradcheck.run import expression


@pytest.mark.parametrize(
    ("target", "text"),
    [pytest.param(t, text, id=f"{t}-{file.stem}") for t in TARGETS for file, text in corpus(t)],
)
def test_the_corpus(target, text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        TARGETS[target](text)


@given(TEXTS["names"])
@settings(max_examples=100)
def test_names(text):
    names(text)


@given(TEXTS["options"])
@settings(max_examples=100)
def test_options(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        options(text)


@pytest.mark.parametrize("file", [nets.mlp.__file__, match.__file__, expression.__file__])
def test_sources(file):
    sources(Path(file).read_text("utf-8"))


def test_the_targets_can_fail(monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(match, "by_name", lambda *_, **__: {0: 0, 1: 0})
        with pytest.raises(AssertionError):
            names("W b | dW db")
    with monkeypatch.context() as broken:
        broken.setattr(expression, "caret", lambda *_: "x\nx")
        with pytest.raises(AssertionError):
            options("a b")
    with monkeypatch.context() as broken:
        broken.setattr(_Unhooked, "visit_Call", lambda self, node: node)
        with pytest.raises(AssertionError):
            sources("def f(x):\n    return x + 1\n")
