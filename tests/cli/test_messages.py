"""Every message of every command advises what can be done there, and nothing else.

All texts of the package are read from its source: those in which errors and warnings advise
something, and all that name an option.
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import typer.main

import rewire
from rewire.cli.app import app
from rewire.cli.common import for_command, guarded
from rewire.io import Advice, advise
from rewire.sklearn import SparseMLPClassifier, SparseMLPRegressor
from rewire.sklearn.advice import for_estimator

SOURCE = Path(rewire.__file__).parent
COMMANDS = typer.main.get_command(app).commands
OPTION = re.compile(r"--[a-z][a-z-]*[a-z](?![a-z-])")
PARAMETER = re.compile(r"\b([a-z_]+)=(?!=)")
# The command that a message tells to run, such as 'rewire train --resume FOLDER'.
QUOTED = re.compile(r"'?rewire ([a-z]+)([^'\n]*)'?")
VALUE = "\x00"


def options_of(command):
    own = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    return own | {"--help", "--version", "--install-completion"}


@cache
def trees():
    return {path: ast.parse(path.read_text()) for path in sorted(SOURCE.rglob("*.py"))}


def text_of(node):
    """Return a literal's text, with a mark for each value that is filled in; None for others."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(one.value if isinstance(one, ast.Constant) else VALUE for one in node.values)
    return None


def texts(tree):
    """Yield all texts below a node, but for docstrings."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and isinstance(node.body[0], ast.Expr)
    }
    parts = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        text = text_of(node)
        if text is not None and id(node) not in docstrings | parts:
            yield text


def sentences(tree):
    """Return the texts below a node that are more than a word or a comma."""
    return [text for text in texts(tree) if " " in text.strip(", ")]


def is_call(node, *names):
    return (
        isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", None)) in names
    )


def advice_of(path):
    """Return the remedies that a module's errors and warnings offer, as texts."""
    found = []
    for node in ast.walk(trees()[path]):
        if is_call(node, "advise", "Advice"):
            found += [text for part in node.args[1:] for text in sentences(part)]
        elif is_call(node, "prefixed"):
            found += [text for part in node.args[2:] for text in sentences(part)]
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "REMEDIES":
            found += [text_of(part) for part in node.value.elts]
    return found


@cache
def remedies():
    return sorted({text for path in trees() for text in advice_of(path)})


def test_there_are_messages_to_walk():
    assert len(remedies()) > 25
    assert "hold some samples out (validation=0.2)" in remedies()


def options_in(text):
    """Return the options in a text that are not those of a command named with them."""
    for found in QUOTED.finditer(text):
        if found[1] in COMMANDS:
            named = set(OPTION.findall(found[2]))
            assert named <= options_of(COMMANDS[found[1]]), text
    return set(OPTION.findall(QUOTED.sub("", text)))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_advises_its_own_options_alone(name):
    command = COMMANDS[name]
    for remedy in remedies():
        for others in ([], ["choose another one"]):
            said = for_command(advise("x must be y; got z", remedy, *others), command)
            assert options_in(said) <= options_of(command), said
            advised = said.partition(": ")[2]
            assert not PARAMETER.search(advised) or advised.startswith("in Python, "), said
            assert advised, said


def test_the_library_names_no_options_but_those_of_a_command_it_names():
    every = set().union(*map(options_of, COMMANDS.values()))
    for path, tree in trees().items():
        if "cli" in path.parts:
            continue
        for text in texts(tree):
            if text.startswith("--"):  # an option that a command is made of
                assert set(OPTION.findall(text)) <= every, (path, text)
            else:
                assert not options_in(text), (path, text)


# The options that modules of the command name by themselves, by the commands that use them.
USERS = {
    "train": ["train"],
    "training": ["train"],
    "live": ["train"],
    "compare": ["compare"],
    "comparing": ["compare"],
    "comparison": ["compare"],
    "drawing": ["show", "export"],
}


def test_a_command_names_its_own_options():
    for path, tree in trees().items():
        if "cli" not in path.parts:
            continue
        users = USERS.get(path.stem, [path.stem] if path.stem in COMMANDS else COMMANDS)
        known = set().union(*(options_of(COMMANDS[name]) for name in users))
        for text in texts(tree):
            assert options_in(text) <= known, (path, text)


def parameters():
    """Return the names of all parameters and fields of the package."""
    found = set()
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.Lambda)):
                arguments = node.args
                every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
                found |= {one.arg for one in every}
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
    return found


# Of pandas' readers, which rewire.data.load passes on, and of PyTorch's DataLoader.
OTHERS = {"keep_default_na", "encoding", "drop_last"}


def test_what_errors_advise_in_python_is_a_parameter():
    known = parameters() | OTHERS
    for remedy in remedies():
        assert set(PARAMETER.findall(remedy)) <= known, remedy


def test_errors_and_warnings_advise_parameters_as_remedies_only():
    """A parameter elsewhere in a message would reach commands that have no such option."""
    for path, tree in trees().items():
        if "scalar" in path.parts or "cli" in path.parts:
            continue
        advised = set(advice_of(path))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Raise) and not is_call(node, "warn"):
                continue
            for text in set(texts(node)) - advised:
                plain = re.sub(rf"\b[a-z_]+={VALUE}", "", text)  # what was given
                assert not PARAMETER.search(plain), (path, text)


def test_an_estimator_advises_its_own_parameters_alone():
    known = set(SparseMLPClassifier().get_params()) | set(SparseMLPRegressor().get_params())
    for remedy in [*remedies(), "give decimal=','", "(ignore='x')", "give date='x=DD/MM/YYYY'"]:
        filled_in = remedy.replace(VALUE, "x")
        said = for_estimator(advise("column 'x' is open", filled_in, "correct it"))
        assert set(PARAMETER.findall(said)) <= known, said
        assert "correct it" in said


# ------------------------------------------------------------------------------------- in words


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("train", "target must be a column", "--target must be a column"),
        (
            "train",
            "a.csv cannot be loaded: target must be",
            "a.csv cannot be loaded: --target must be",
        ),
        ("compare", "validation must be above 0", "--held-out must be above 0"),
        ("evaluate", "validation must be above 0", "validation must be above 0"),
        ("export", "path must end in .c", "OUT must end in .c"),
        ("compare", "data must be a name", "DATA must be a name"),
        (
            "train",
            advise("it is bad", "leave it out (ignore=)"),
            "it is bad: leave it out (--ignore)",
        ),
        ("train", advise("it is bad", "set validation=0"), "it is bad: set --validation 0"),
        ("compare", advise("it is bad", "set validation=0"), "it is bad: set --held-out 0"),
        ("train", advise("it is bad", "set nesterov=False"), "it is bad: set --no-nesterov"),
        (
            "compare",
            advise("bad", "measure='training'", "x (stratify=False)"),
            "bad: --measure training",
        ),
        ("train", advise("open", "give decimal=','"), "open: give --decimal ,"),
        ("train", advise("open", "(ignore='my col')"), "open: (--ignore 'my col')"),
        ("train", advise("open", "ignore='a, b'"), """open: --ignore '"a, b"'"""),
        ("train", advise("open", """ignore="it's\""""), """open: --ignore 'it'"'"'s'"""),
        ("strip", advise("it is bad", "set lr=1"), "it is bad: in Python, set lr=1"),
    ],
)
def test_parameters_in_the_words_of_a_command(name, text, said):
    assert for_command(text, COMMANDS[name]) == said


def test_python_reads_all_of_it():
    text = advise("it is bad", "correct it", "leave it out (ignore=)")
    assert str(ValueError(text)) == "it is bad: correct it, or leave it out (ignore=)"
    assert isinstance(text, Advice)


@pytest.mark.parametrize(
    ("problem", "raised"), [(advise("too busy", "wait"), typer.Exit), ("x", RuntimeError)]
)
def test_only_errors_that_advise_are_shown_in_one_line(problem, raised, capsys):
    def fail():
        raise RuntimeError(problem)

    with pytest.raises(raised):
        guarded(fail)()
    assert capsys.readouterr().err == ("error: too busy: wait\n" if raised is typer.Exit else "")
