"""The study of docs/results-torch.md: what it trains, measures and says, at toy size."""

import gzip
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import rewire

torch = pytest.importorskip("torch")
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module", autouse=True)
def benchmarks():
    sys.path.insert(0, str(BENCHMARKS))
    yield
    sys.path.remove(str(BENCHMARKS))


@pytest.fixture
def study(benchmarks, monkeypatch, tmp_path):
    """The study of a GPT of one block on a text of one sentence, again and again."""
    import torch_study
    from torch_models import GPT

    (tmp_path / "text").mkdir()
    text = b"In the beginning there was a sparse network. " * 200
    (tmp_path / "text" / "kjv.txt.gz").write_bytes(gzip.compress(text))
    monkeypatch.setenv("REWIRE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(torch_study, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(torch_study, "GPT", partial(GPT, layers=1))
    monkeypatch.setattr(torch_study, "CONTEXT", 16)
    monkeypatch.setattr(torch_study, "WINDOWS", 4)
    return torch_study


@pytest.fixture
def curves(benchmarks):
    import torch_study_curves

    return torch_study_curves


@pytest.fixture
def page(benchmarks):
    return pytest.importorskip("torch_results_page")


def test_the_parts_of_the_text_do_not_overlap(study):
    learn, measure = study.text()
    again, held_back = study.text(held_back=True)
    assert len(learn) == 8100
    assert len(measure) == 900
    assert torch.equal(torch.cat((again, held_back)), learn)


def test_targets_are_the_characters_after_the_inputs(study):
    x, y = study.batch(torch.arange(100), seed=3, step=5)
    assert torch.equal(x + 1, y)
    assert torch.equal(x, study.batch(torch.arange(100), 3, 5)[0])
    assert not torch.equal(x, study.batch(torch.arange(100), 3, 6)[0])


def test_half_of_the_channels_are_those_of_the_character_before(study):
    x = torch.arange(12.0).reshape(1, 3, 4)
    assert study.TokenShift()(x)[0].tolist() == [[0, 1, 0, 0], [4, 5, 2, 3], [8, 9, 6, 7]]


@pytest.mark.parametrize("density", [None, 0.3])
def test_characters_generated_one_by_one_have_the_scores_of_all_at_once(study, density):
    from torch_study_generator import Generator

    model, text = study.build(study.Setting(density, width=64), 0), study.text()[0][:20]
    generate = Generator(model)
    scores = torch.stack([generate(character) for character in text.tolist()])
    with torch.no_grad():
        torch.testing.assert_close(scores, model(text[None])[0], atol=1e-5, rtol=1e-4)


def test_a_training_that_was_killed_goes_on_to_the_same_bits(study, monkeypatch):
    often = rewire.methods.RigL(every=2)
    setting = study.Setting(0.3, often, 64, steps=6, rate=3e-3)
    monkeypatch.setattr(study, "SETTINGS", {"small": setting})
    monkeypatch.setattr(study, "marks", lambda steps: [2, 4, steps])
    whole = study.train("small", 0)

    measured, bits = [], study.bits

    def until_killed(*arguments):
        measured.append(bits(*arguments))
        if len(measured) == 3:
            raise KeyboardInterrupt
        return measured[-1]

    study.saved("small", 0).unlink()
    monkeypatch.setattr(study, "bits", until_killed)
    with pytest.raises(KeyboardInterrupt):
        study.train("small", 0)
    monkeypatch.setattr(study, "bits", bits)
    again = study.train("small", 0)
    assert again["curve"] == whole["curve"]
    assert again["rewirings"] == whole["rewirings"]
    assert [step for step, _ in whole["curve"]] == [2, 4, 6]
    assert whole["curve"][-1][1] < whole["curve"][0][1] < 6


@pytest.mark.parametrize(("name", "density"), [("one-shot, 90%", 0.1), ("gradual, 80%", 0.2)])
def test_a_pruning_ends_at_its_density(study, monkeypatch, name, density):
    pruning = pytest.importorskip("torch_study_pruning")
    monkeypatch.setattr(pruning, "STEPS", 40)
    start, method, options = pruning.plan(name)
    model = pruning.pruned(study.build(study.Setting(width=128), 0), start)
    training = pruning.further(model, method, rate=1e-3, seed=0, **options)
    for step in range(pruning.STEPS):
        training.step(*study.batch(study.text()[0], 0, step))
    assert model.blocks[0].mlp[0].density == pytest.approx(density, abs=0.005)


def test_shares_of_a_profile_are_of_the_whole(study):
    import torch_study_costs as costs

    training = study.begin(study.Setting(0.3, width=64, steps=9), 0)
    shares = costs.shares(training, study.batch(study.text()[0], 0, 0), 1)
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["sparse layers"] > 0
    assert shares["attention"] > 0


def test_time_counts_steps_and_the_rewirings_among_them(curves):
    run = {"rewirings": [[50, 9], [100, 4]]}
    costs = {"step": 0.1, "rewiring": 2.0}
    assert curves.seconds_at(run, costs, np.array([49, 50, 120])) == pytest.approx([4.9, 7, 16])


def test_readings_of_a_curve_by_hand(curves):
    runs = {"0": {"curve": [[10, 4.0], [20, 3.0]]}, "1": {"curve": [[10, 4.2], [20, 3.4]]}}
    curve = curves.Curve(runs, {"step": 0.5}, {})
    assert curve.after_steps(15).tolist() == pytest.approx([3.5, 3.8])
    assert curve.after_seconds(10).tolist() == pytest.approx([3.0, 3.4])
    assert curve.steps_in(7.5) == 15
    assert curve.seconds_to(3.65) == pytest.approx(7.5)  # halfway from 4.1 to 3.2
    assert curve.seconds_to(3.0) is None


def test_the_page_says_what_was_measured(page):
    assert page.PAGE.read_text() == page.page()
