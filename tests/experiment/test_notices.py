"""What is said about a training that came to nothing, and about rare classes."""

import numpy as np
import pytest

from rewire.data import Dataset
from rewire.experiment.notices import below_trivial, rare_classes
from rewire.experiment.parts import Parts

FLOWERS = np.array([0, 0, 0, 1, 2])
NAMES = ("iris", "rose", "lily")


def test_classes_are_held_against_the_most_frequent_of_the_training():
    y = np.array([0, 0, 1, 2])  # always answering iris is right twice
    assert below_trivial(np.array([0, 1, 1, 1]), y, FLOWERS, "validation", NAMES) is None
    said = below_trivial(np.array([0, 1, 2, 1]), y, FLOWERS, "validation", NAMES)
    assert said.startswith(
        "accuracy on the validation samples is 25.0%, worse than the 50.0% of always answering iris"
    )


def test_numbers_are_held_against_the_mean_of_the_training():
    y, seen = np.array([1.0, 3.0]), np.array([0.0, 2.0])  # the mean, 1, errs by 0 and 2: 4 in all
    assert below_trivial(np.array([2.0, 4.5]), y, seen, "training") is None  # 3.25
    said = below_trivial(np.array([2.0, 5.0]), y, seen, "training")  # 5
    assert said.startswith("R² on the training samples is -0.25, worse than 0")


def test_a_constant_that_is_hit_but_for_rounding_is_not_worse():
    y = np.full(4, 1e6)
    assert below_trivial(y + 0.01, y, y, "training") is None
    assert "below any number" in below_trivial(y + 10, y, y, "training")


@pytest.mark.parametrize(
    ("y", "said"), [([0] * 6 + [1], "class 1 is"), ([0] * 6 + [1, 2], "classes 1, 2 is")]
)
def test_classes_that_are_not_held_out_are_named(y, said):
    data = Dataset.from_arrays(np.arange(float(len(y)))[:, None], y)
    counts = Parts(data, *data.split(0.4, seed=0)).class_counts()
    assert said in rare_classes(data.classes, *counts)
    assert rare_classes(data.classes, counts[0]) is None
    common = Dataset.from_arrays(np.arange(6.0)[:, None], [0, 0, 0, 1, 1, 1])
    counts = Parts(common, *common.split(0.5, seed=0)).class_counts()
    assert rare_classes(common.classes, *counts) is None
