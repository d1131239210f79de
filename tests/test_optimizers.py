"""Optimisers by name, and their state; tests/train/test_trainer.py compares them with PyTorch."""

import json

import pytest

from rewire import optimizers
from rewire.optimizers import SGD, Adam, AdamW, Optimizer


@pytest.mark.parametrize(("name", "type_"), [("sgd", SGD), ("adam", Adam), ("adamw", AdamW)])
def test_optimizers_go_by_their_names(name, type_):
    made = optimizers.get(name, lr=0.25)
    assert type(made) is type_
    assert made.lr == 0.25
    assert optimizers.get(made) is made


def test_an_optimizer_of_your_own_goes_by_its_name():
    @optimizers.registry.register("mine")
    class Mine(SGD):
        pass

    try:
        assert isinstance(optimizers.get("mine", momentum=0.5), Mine)
    finally:
        optimizers.registry.remove("mine")


@pytest.mark.parametrize(
    ("given", "options", "error", "message"),
    [
        ("adm", {}, ValueError, "optimizer must be one of adam, adamw, sgd; got 'adm'; did you me"),
        (3, {}, TypeError, r"optimizer must be a name \(.*\) or an object of type Optimizer; got"),
        (SGD(0.1), {"lr": 1}, ValueError, r"options must go with a name.*\['lr'"),
        ("adam", {"momentum": 0.9}, TypeError, "momentum"),
    ],
)
def test_what_is_no_optimizer_is_refused(given, options, error, message):
    with pytest.raises(error, match=message):
        optimizers.get(given, **options)


@pytest.mark.parametrize("name", optimizers.registry)
def test_the_state_survives_json(name):
    first: Optimizer = optimizers.get(name, lr=0.5)
    first.steps = 7
    first.lr = 0.05
    second: Optimizer = optimizers.get(name)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert (second.lr, second.steps) == (0.05, 7)
