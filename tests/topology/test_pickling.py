"""Methods travel to other processes and into files."""

import copy
import pickle

import pytest

from rewire import methods
from rewire.topology import Method, drop_criteria, drop_criterion
from rewire.topology.criteria import magnitude, magnitude_and_gradient


@pytest.mark.parametrize("name", methods.registry)
def test_every_method_survives_pickling_and_copying(name):
    method = methods.registry[name]()
    for again in (pickle.loads(pickle.dumps(method)), copy.deepcopy(method)):
        assert repr(again) == repr(method)
        assert (again.needs, again.initial) == (method.needs, method.initial)


def test_a_copy_of_a_part_is_the_part():
    rigl = methods.registry["rigl"]()
    assert pickle.loads(pickle.dumps(rigl)) == copy.deepcopy(rigl) == rigl


def test_options_are_kept():
    part = magnitude_and_gradient.using(balance=0.25)
    again = pickle.loads(pickle.dumps(part))
    assert again.options == {"balance": 0.25}
    assert again.function.func is part.function.func
    assert pickle.loads(pickle.dumps(magnitude)) is magnitude


def test_a_criterion_that_no_module_has_travels_with_its_code():
    cloudpickle = pytest.importorskip("cloudpickle")

    @drop_criterion("signed, for a test")
    def signed(ctx):
        return ctx.weight

    drop_criteria.remove("signed, for a test")
    method = Method(name="mine", drop=signed)
    again = pickle.loads(cloudpickle.dumps(method))
    assert again.drop.name == "signed, for a test"
    assert again.drop is not signed
