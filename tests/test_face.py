"""What ``import rewire`` shows, and what it costs."""

import importlib
import inspect
import re
import subprocess
import sys

import pytest

import rewire
from rewire.train import Training
from rewire.train.fitting import TrainingOptions

NAMESPACES = [name for name in rewire.__all__ if inspect.ismodule(getattr(rewire, name))]
WITH_REGISTRY = ["activations", "export", "losses", "methods", "optimizers", "schedules"]


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_importing_it_imports_nothing_else():
    code = """
import sys
before = set(sys.modules)
import rewire
dir(rewire)
print(*{name.partition(".")[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)
"""
    assert run(code) == "rewire"


@pytest.mark.parametrize("name", rewire.__all__)
def test_every_name_is_there_when_asked_for(name):
    assert getattr(rewire, name) is not None
    assert name in dir(rewire)


def test_namespaces_can_be_used_without_importing_them():
    """Each after a first import of rewire, in a process that keeps what others have written."""
    code = f"""
import sys
for name in {NAMESPACES}:
    for loaded in [module for module in sys.modules if module.partition(".")[0] == "rewire"]:
        del sys.modules[loaded]
    import rewire
    print(getattr(rewire, name).__name__)
"""
    assert run(code).split() == [f"rewire.{name}" for name in NAMESPACES]


@pytest.mark.parametrize("name", NAMESPACES)
def test_namespaces_say_what_they_are_and_hold_what_they_promise(name):
    module = getattr(rewire, name)
    assert module.__doc__
    assert len(set(module.__all__)) == len(module.__all__)
    for public in module.__all__:
        assert hasattr(module, public)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'rewire' has no attribute 'mpl'"):
        _ = rewire.mpl


def test_the_library_has_few_public_names():
    assert sum(len(getattr(rewire, name).__all__) for name in NAMESPACES) <= 200


def test_it_runs_as_a_module():
    ran = subprocess.run(
        [sys.executable, "-m", "rewire", "methods"], capture_output=True, text=True, check=True
    )
    assert "rigl" in ran.stdout


# ------------------------------------------------------------------------------------ named parts


@pytest.mark.parametrize("name", WITH_REGISTRY)
def test_every_kind_of_part_has_a_registry(name):
    module = importlib.import_module(f"rewire.{name}")
    assert len(module.registry) >= 3
    assert "registry" in module.__all__


@pytest.mark.parametrize("name", ["activations", "losses", "methods", "optimizers", "schedules"])
def test_every_named_part_can_be_made_and_is_returned_as_it_is(name):
    module = importlib.import_module(f"rewire.{name}")
    for part in module.registry:
        made = module.get(part)
        assert module.get(made) is made
    with pytest.raises(
        ValueError, match=rf"must be one of .*{part}.*; got '{part}x'; did you mean"
    ):
        module.get(f"{part}x")


# --------------------------------------------------------------------------------------- help(fit)


def test_help_shows_every_parameter_of_fit_with_its_default():
    fit = inspect.signature(rewire.fit).parameters
    training = inspect.signature(Training).parameters
    assert all(fit[name].default == one.default for name, one in training.items())
    lines = re.findall(r"^([\w, ]+) : (.*)$", inspect.getdoc(rewire.fit), re.MULTILINE)
    documented = {name: text for names, text in lines for name in names.split(", ")}
    assert list(fit) == list(documented)
    for name, one in fit.items():
        if one.default not in (None, (), inspect.Parameter.empty):
            default = str(one.default).replace("0.0", "0")
            assert re.search(f'default "?{default}"?$', documented[name])


def test_type_checkers_know_the_options_of_fit():
    training = inspect.signature(Training).parameters
    assert list(TrainingOptions.__annotations__) == [
        name for name, one in training.items() if one.kind is one.KEYWORD_ONLY
    ]
    for name, type_ in TrainingOptions.__annotations__.items():
        assert type_.__forward_arg__ == training[name].annotation
