"""A network, or a whole model, as one C file without dependencies."""

from __future__ import annotations

import os
from pathlib import Path

from rewire.graph import Network
from rewire.io import atomic_write
from rewire.validation import of_type

from . import c_model
from .c_network import check_name, check_numbers, kind, needs_math, network
from .common import built_in_names
from .formats import Format, registry
from .model import Model
from .whole import Whole

__all__ = ["save_c", "to_c"]

TEMPLATE = """\
/* {title}
 *
 *     void {name}_predict(const {real} *x, {real} *y);
 *     void {name}_predict_in(const {real} *x, {real} *y, {real} *workspace);
 *
 * x has {inputs} numbers, y gets {outputs}. The first function has one workspace, so only one
 * thread may call it at a time; the second is given its own, of {neurons} numbers.
 * C99, compiled alone{libm}. Written by rewire.
 */
{includes}

{network}

void {name}_predict_in(const {real} *x, {real} *y, {real} *workspace)
{{
    size_t t;
    for (t = 0; t < {inputs}; ++t)
        workspace[t] = x[t];
    {name}_forward(workspace);
    for (t = 0; t < {outputs}; ++t)
        y[t] = workspace[t + {first_output}];
}}

void {name}_predict(const {real} *x, {real} *y)
{{
    static {real} workspace[{neurons}];
    {name}_predict_in(x, y, workspace);
}}
"""


def save_c(
    net: Network | Model,
    path: str | os.PathLike[str],
    name: str | None = None,
    strip: bool = True,
) -> None:
    """Write the C file of :func:`to_c`; the parameters are the same.

    Examples
    --------
    >>> import tempfile, rewire
    >>> path = tempfile.mkdtemp() + "/net.c"
    >>> save_c(rewire.mlp([2, 8, 2], density=0.5, seed=0), path, name="small")
    >>> "void small_predict(" in Path(path).read_text()
    True
    """
    source = to_c(net, name, strip)
    with atomic_write(path) as temporary:
        temporary.write_text(source, encoding="ascii")


def to_c(net: Network | Model, name: str | None = None, strip: bool = True) -> str:
    """Return a C99 source file that computes a network, or a whole model, for one sample.

    *A network:* the file defines ``void NAME_predict(const float *x, float *y)`` (``double`` for
    float64), and ``NAME_predict_in``, which takes a workspace, for several threads. The only
    library functions are ``tanh`` and ``exp``, where activations need them. Each sum starts with
    the bias and adds the connections in the order of the table; compiled without fused
    multiply-add (``-ffp-contract=off``), it is the same on every machine with IEEE arithmetic.

    *A model:* the file defines ``struct NAME_row``, with a member for each column of the table that
    the model reads, and ``NAME_predict_row``, which fills in what is missing, looks up texts,
    standardizes in double precision, and returns the number of the class (``NAME_labels`` has the
    names) and the probabilities, or the value of a regression. A model of plain arrays takes
    ``const double *row``. See the comment at the top of the file.

    Tables are constants; indices have the smallest sufficient integer type, and numbers are in
    hexadecimal, which is exact.

    Parameters
    ----------
    net : Network or model
        With built-in activations and finite numbers; left as it is. A model is what
        :class:`rewire.experiment.Predictor` is.
    name : str, optional
        A C identifier; prefix of all names in the file. By default "network", or "model" for one.
    strip : bool, default True
        Whether dead neurons are left out; see :meth:`Network.strip`.

    Raises
    ------
    ValueError
        For a name that is no C identifier, custom activations, or numbers that are not finite.

    Examples
    --------
    >>> net = Network.from_connections([2, 1, 1], [0, 1, 2, 1], [2, 2, 3, 3], [1, -1, 2, 0.5])
    >>> print(to_c(net, "small").splitlines()[2].strip(" *"))
    void small_predict(const float *x, float *y);
    """
    of_type(net, "net", Network, Model)
    if not isinstance(net, Network):
        return c_model.source(Whole.of(net, strip), _prefix(name, "model"))
    name = _prefix(name, "network")
    built_in_names(net, "C")  # of all ranks, as stripping may empty some
    net = net.strip() if strip else net
    check_numbers(net)
    headers = [*(["math.h"] if needs_math(net) else []), "stddef.h", "stdint.h"]
    return TEMPLATE.format(
        title=f"A sparse network of {'-'.join(map(str, net.ranks))} neurons and "
        f"{len(net.connections)} connections.",
        name=name,
        real=kind(net)[0],
        inputs=net.ranks[0],
        outputs=net.ranks[-1],
        neurons=net.size,
        first_output=net.rank_start[-2],
        libm=" and linked with -lm" if "math.h" in headers else "",
        includes="\n".join(f"#include <{header}>" for header in headers),
        network=network(net, name),
    )


def example_c(
    model: Model, path: str | os.PathLike[str], name: str | None = None, strip: bool = True
) -> str:
    """Return a program that calls the file of a model."""
    return c_model.example(Whole.of(model, strip), _prefix(name, "model"), Path(path).name)


def _prefix(name: str | None, default: str) -> str:
    if name is None:
        return default
    check_name(of_type(name, "name", str))
    return name


registry.add("c", Format(save_c, None, (".c",), example_c))
