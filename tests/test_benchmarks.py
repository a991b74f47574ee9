"""benchmarks/: peers.py runs, counts and reads each answer; what the others need is there."""

import pytest

from benchmarks import mutation, peers, startup

OURS = peers.TOOLS[peers.OURS]
XOR = peers.CASES["xor"]


@pytest.mark.parametrize("name", ["tanh", "xor", "relu", "kink"])
def test_gradcheck_itself(name):
    case = peers.CASES[name]
    results = peers.compare([case], [OURS], seeds=1)
    assert [fault for _, _, fault in results] == list(peers.FAULTS)
    for (_, _, fault), (run,) in results.items():
        assert run.accused is (fault is not peers.RIGHT), fault
        assert run.ratio == 1
        if run.accused:
            assert run.block_named
            assert run.entry_named is not fault.whole_block


def test_counts_are_those_of_the_report():
    task = peers.Task(XOR, 0, peers.RIGHT)
    report = peers.check_gradients(
        lambda params: task.loss([v for block in params.values() for v in block.values()]),
        task.params,
        task.net.gradients(task.params, task.X, task.T),
    )
    assert task.counts() == (report.evaluations, 0)


@pytest.mark.parametrize(
    "tool", [t for t in peers.TOOLS.values() if t is not OURS], ids=lambda t: t.name
)
def test_each_peer_accuses_a_flipped_sign_and_no_right_gradient(tool):
    pytest.importorskip(tool.package)
    flipped = peers.FAULTS[-1]
    right, wrong = (peers.judge(tool, peers.Task(XOR, 0, f)) for f in (peers.RIGHT, flipped))
    assert (right.accused, wrong.accused) == (False, True)
    assert right.losses >= 2
    assert right.backwards >= 1
    assert wrong.answer.message
    assert wrong.block_named is (tool.names != "nothing")


def test_what_is_not_installed_is_skipped_with_the_way_to_install_it(monkeypatch, capsys):
    monkeypatch.setattr(peers.util, "find_spec", lambda package: package == "gradcheck" or None)
    peers.main(["--nets", "xor", "--seeds", "1"])
    skipped, tables = capsys.readouterr().out.split("| tool |", 1)
    assert skipped.count("skipped") == len(peers.TOOLS) - 1
    assert "torch gradcheck: skipped, no torch here. pip install -e '.[peers]'" in skipped
    assert "| gradcheck | 0/1 | 1/1 | 1/1 | 1/1 | 1/1 | 1/1 |" in tables


def test_tables_are_written_between_the_marks(tmp_path, capsys):
    file = tmp_path / "README.md"
    begin, end = "<!-- peers: begin -->", "<!-- peers: end -->"
    file.write_text(f"above\n{begin}\nold\n{end}\nbelow\n", encoding="utf-8")
    words = ["--nets", "xor", "--tools", "gradcheck", "--seeds", "1", "--markdown", str(file)]
    peers.main(words)
    text = file.read_text(encoding="utf-8")
    assert text.startswith(f"above\n{begin}\n| tool |")
    assert text.endswith(f"\n{end}\nbelow\n")
    assert "old" not in text


@pytest.mark.parametrize("seed", range(6))
def test_a_fault_changes_what_it_says_and_nothing_else(seed):
    case = peers.CASES["kink"]
    for fault in peers.FAULTS:
        task = peers.Task(case, seed, fault)
        block, index = task.place
        right = peers.Task(case, seed, peers.RIGHT).gradient(task.arrays)
        for i, (a, b) in enumerate(zip(right, task.gradient(task.arrays), strict=True)):
            changed = [tuple(map(int, at)) for at in zip(*(a != b).nonzero(), strict=True)]
            if i != block or fault is peers.RIGHT:
                assert not changed
            elif fault.whole_block:
                assert (b == -a).all()
            else:
                assert changed == [index]
                assert b[index] == a[index] * fault.factor


def test_the_wrong_entry_is_no_chance_zero():
    for seed in range(300):
        task = peers.Task(peers.CASES["relu"], seed, peers.RIGHT)
        block, index = task.place
        sizes = abs(task.gradient(task.arrays)[block])
        assert sizes[index] > 1e-3 * sizes.max()


def test_startup_measures_every_process():
    best = startup.measure(rounds=1)
    assert list(best) == list(startup.PROCESSES)
    assert best["python -c pass"] < best["import numpy"] < best["gradcheck xor --no-train"]


@pytest.mark.parametrize("name", mutation.MODULES)
def test_what_is_mutated_and_what_should_notice_is_there(name):
    module = mutation.MODULES[name]
    assert list((mutation.ROOT / "gradcheck").glob(module.sources))
    for tests in (*module.near, *module.far):
        assert (mutation.ROOT / "tests" / f"test_{tests}.py").is_file()
