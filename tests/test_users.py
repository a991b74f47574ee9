"""users.py: whose code is it?"""

import json
from pathlib import Path

import numpy as np
import rich

import gradcheck
from gradcheck import users

ROOT = Path(__file__).parent.parent


def test_a_file_of_the_user_is_theirs_and_no_other(tmp_path):
    assert users.is_users(str(tmp_path / "my_net.py"))
    for module in (json, np, rich, gradcheck):
        assert not users.is_users(module.__file__)


def test_looking_into_a_folder_leaves_the_checker_beside_it_alone(monkeypatch):
    monkeypatch.setattr(users, "EXAMINED", set())
    users.examine(ROOT / "nets")
    assert users.is_users(str(ROOT / "nets" / "mlp.py"))
    assert not users.is_users(gradcheck.__file__)
    assert not users.is_users(np.__file__)


def test_one_file_may_be_looked_into(monkeypatch, tmp_path):
    monkeypatch.setattr(users, "EXAMINED", set())
    users.examine(Path(np.__file__))
    assert users.is_users(np.__file__)
    assert not users.is_users(str(Path(np.__file__).parent / "linalg" / "_linalg.py"))
