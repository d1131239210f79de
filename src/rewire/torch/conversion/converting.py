"""Whole models: dense layers replaced by sparse ones, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from torch import nn

from rewire.connectivity import densities
from rewire.io import warn

from ..layers.attention import MultiheadAttention
from ..layers.convolutions import Conv1d, Conv2d
from ..layers.layer import SparseLayer
from ..layers.linear import Linear
from ..layers.wiring import density_from, generator_from, warn_of_unfed
from .replacing import STARTS, sparse_twin
from .survey import Selection, dense_layers, shapes_of

__all__ = ["LEFT_DENSE", "densify", "sparsify"]

LEFT_DENSE = "left_dense_by_rewire"  # where a converted model keeps the reasons
FAST_PATH = "fast_path_before_rewire"  # where encoders keep what is switched off
# Densities above which a dense layer is faster on the slower of the CPUs measured; see
# docs/torch.md.
CROSSOVER = {nn.Linear: 0.4, nn.MultiheadAttention: 0.4, nn.Conv1d: 0.3, nn.Conv2d: 0.3}


def sparsify(
    model: nn.Module,
    *,
    density: float | None = None,
    sparsity: float | None = None,
    distribution: str | Mapping[str, float] = "erk",
    include: Sequence[str] = ("*",),
    exclude: Sequence[str] = (),
    start: str = "random",
    slack: float = 0.0,
    min_weights: int = 1024,
    min_sources: int = 16,
    seed: int | np.random.Generator | None = None,
    backend: str = "auto",
) -> nn.Module:
    """Replace a model's Linear, convolution and attention layers by sparse ones, in place.

    An optimiser must be made afterwards, as the parameters are new ones. :func:`summary` shows what
    became of each layer, and why some stayed dense.

    Parameters
    ----------
    model : nn.Module
        Any model. Layers are replaced where they are attributes of another module; a model that is
        a single layer is returned as a new one.
    density, sparsity : float, optional
        Density in (0, 1] or sparsity in [0, 1), of all replaced layers together; give one of the
        two. With a mapping as ``distribution`` neither is needed.
    distribution : {"erk", "er", "uniform"} or mapping of str to float, default "erk"
        How the density is spread over the layers; see :func:`rewire.connectivity.densities`. Layers
        that it makes dense are left as they are. A mapping has the density for each glob over
        names; the first that matches counts, and other layers get ``density``, if it is given, or
        stay dense.
    include, exclude : sequence of str
        Globs over the names of modules, as ``model.named_modules()`` has them.
    start : {"random", "magnitude", "zeros"}, default "random"
        ``"random"``: connections at random, with the dense layer's weights there, enlarged by
        sqrt(inputs / fan-in) so that signals keep their size under the model's own
        initialisation. ``"magnitude"``: the largest weights of each layer, as they are, for models
        that are trained already. ``"zeros"``: at random, with weights of zero.
    slack : float, default 0.0
        Spare entries of each layer, as a share of its connections: room for those that a
        :class:`Rewirer` moves there from other layers. A spare entry takes memory and nothing else.
    min_weights, min_sources : int, default 1024 and 16
        Layers with fewer possible connections, or with fewer for each target (as in a depthwise
        convolution), stay dense, as they would be slower sparse.
    seed : int or numpy.random.Generator, optional
        Without one the choice follows ``torch.manual_seed``.
    backend : {"auto", "sparse", "dense"}, default "auto"
        See :class:`Linear`.

    Returns
    -------
    nn.Module
        The same model.

    Raises
    ------
    ValueError
        For numbers outside their range, both or neither of density and sparsity, or if no layer is
        left to be replaced.

    Examples
    --------
    >>> import torch
    >>> model = torch.nn.Sequential(
    ...     torch.nn.Linear(784, 300), torch.nn.ReLU(), torch.nn.Linear(300, 10)
    ... )
    >>> sparsify(model, density=0.05, exclude=("2",), seed=0)
    Sequential(
      (0): Linear(in_features=784, out_features=300, bias=True, density=0.05)
      (1): ReLU()
      (2): Linear(in_features=300, out_features=10, bias=True)
    )
    """
    _check_choice("start", start, STARTS)
    globs = _globs("include", include), _globs("exclude", exclude)
    selection = Selection.of(model, *globs, min_weights, min_sources)
    reasons = {name: selection.reason_to_stay(name, module) for name, module in dense_layers(model)}
    chosen = {name: model.get_submodule(name) for name, reason in reasons.items() if reason is None}
    if not chosen:
        found = "; ".join(f"{name}: {reason}" for name, reason in reasons.items()) or "no layers"
        raise ValueError(f"model must have layers that can be sparse; got {found}")
    wanted = _densities(chosen, density, sparsity, distribution)
    generator, replaced = generator_from(seed), {}
    for name, module in chosen.items():
        parts = [wanted[name + end] for end in shapes_of(module)]
        if None in parts:
            reasons[name] = "not named by distribution"
            continue
        given = [part for part in parts if part is not None]
        if distribution in ("er", "erk") and min(given) >= 1:
            reasons[name] = "dense by the distribution"
            continue
        replaced[name] = sparse_twin(module, given, start, generator, slack=slack, backend=backend)
        for end, layer in _layers(replaced[name]):
            warn_of_unfed(layer.indptr.cpu().numpy(), layer.density, f"{name}.{end}".strip("."))
    _warn_above_crossover(chosen, replaced)
    model = _replace(model, replaced)
    setattr(model, LEFT_DENSE, {name: reason for name, reason in reasons.items() if reason})
    _leave_fast_paths(model)
    return model


def densify(model: nn.Module) -> nn.Module:
    """Replace a model's sparse layers by dense ones that compute the same, in place.

    The weights are the same numbers, and 0 where there was no connection; for export to formats
    and tools that do not know sparse layers.

    Returns
    -------
    nn.Module
        The same model; a model that is a single sparse layer is returned as a new one.

    Examples
    --------
    >>> import torch
    >>> densify(torch.nn.Sequential(Linear(8, 4, density=0.5, seed=0)))
    Sequential(
      (0): Linear(in_features=8, out_features=4, bias=True)
    )
    """
    attention = [n for n, m in model.named_modules() if isinstance(m, MultiheadAttention)]
    replaced: dict[str, nn.Module] = {}
    for name, module in model.named_modules():
        inside = any(name.startswith(f"{outer}." if outer else "") for outer in attention)
        if name in attention or (isinstance(module, SparseLayer) and not inside):
            assert isinstance(module, (Linear, Conv1d, Conv2d, MultiheadAttention))
            replaced[name] = module.to_dense()
    model = _replace(model, replaced)
    if hasattr(model, LEFT_DENSE):
        delattr(model, LEFT_DENSE)
    _return_to_fast_paths(model)
    return model


# ------------------------------------------------------------------------------------- how dense


def _densities(
    chosen: Mapping[str, nn.Module],
    density: float | None,
    sparsity: float | None,
    distribution: str | Mapping[str, float],
) -> dict[str, float | None]:
    """Return the density of each weight by its name; None for layers that are not named."""
    shapes = {
        name + end: shape
        for name, module in chosen.items()
        for end, shape in shapes_of(module).items()
    }
    if isinstance(distribution, str):
        _check_choice("distribution", distribution, ("erk", "er", "uniform"))
        whole = density_from(density, sparsity)
        spread = densities(list(shapes.values()), density=whole, distribution=distribution)
        return dict(zip(shapes, spread, strict=True))
    rest = None if density is None and sparsity is None else density_from(density, sparsity)
    found: dict[str, float | None] = {}
    for name, module in chosen.items():
        named = (value for glob, value in distribution.items() if fnmatchcase(name, glob))
        value = next(named, rest)
        if value is not None:
            density_from(value, None)
        found |= {name + end: value for end in shapes_of(module)}
    return found


def _layers(module: nn.Module) -> list[tuple[str, SparseLayer]]:
    """Return the sparse layers of a module, which may be one itself."""
    found = module.named_modules()
    return [(name, layer) for name, layer in found if isinstance(layer, SparseLayer)]


def _warn_above_crossover(chosen: Mapping[str, nn.Module], replaced: Mapping[str, Any]) -> None:
    """Say which layers will be slower than dense ones, if they hold much of the model."""
    slow, slow_connections, connections = [], 0, 0
    for name, module in replaced.items():
        limit = CROSSOVER.get(type(chosen[name]), CROSSOVER[nn.Linear])
        layers = [layer for _, layer in _layers(module)]
        size = sum(layer.n_connections for layer in layers)
        connections += size
        density = max(layer.density for layer in layers)
        if density > limit:
            slow.append(f"{name} ({density:.2g})")
            slow_connections += size
    if slow and 4 * slow_connections >= connections:
        shown = ", ".join(slow[:5]) + (f" and {len(slow) - 5} more" if len(slow) > 5 else "")
        warn(
            f"dense layers are faster on a CPU at these densities: {shown}; "
            "exclude them or give a lower density",
        )


# -------------------------------------------------------------------------------- fast paths


def _leave_fast_paths(model: nn.Module) -> None:
    """Keep PyTorch's encoders from the fast path of evaluation, which reads dense weights."""
    for module in model.modules():
        if not any(isinstance(inner, SparseLayer) for inner in module.modules()):
            continue
        if isinstance(module, nn.TransformerEncoderLayer) and not hasattr(module, FAST_PATH):
            setattr(module, FAST_PATH, module.activation_relu_or_gelu)
            module.activation_relu_or_gelu = 0
        if isinstance(module, nn.TransformerEncoder) and not hasattr(module, FAST_PATH):
            setattr(module, FAST_PATH, module.use_nested_tensor)
            module.use_nested_tensor = False


def _return_to_fast_paths(model: nn.Module) -> None:
    for module in model.modules():
        if hasattr(module, FAST_PATH):
            layer = isinstance(module, nn.TransformerEncoderLayer)
            name = "activation_relu_or_gelu" if layer else "use_nested_tensor"
            setattr(module, name, getattr(module, FAST_PATH))
            delattr(module, FAST_PATH)


# ----------------------------------------------------------------------------------- small things


def _replace(model: nn.Module, replaced: Mapping[str, nn.Module]) -> nn.Module:
    """Put modules where those of the same name were; return the model, or what replaces it.

    A module that is used in several places is replaced in all of them.
    """
    if "" in replaced:
        return replaced[""]
    new = {id(model.get_submodule(name)): module for name, module in replaced.items()}
    for name, module in list(model.named_modules(remove_duplicate=False)):
        if id(module) in new:
            model.set_submodule(name, new[id(module)])
    return model


def _globs(name: str, globs: Sequence[str]) -> Sequence[str]:
    if isinstance(globs, str):
        raise TypeError(
            f"{name} must be a sequence of globs; got the string {globs!r}: ({globs!r},)"
        )
    return tuple(globs)


def _check_choice(name: str, value: Any, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}; got {value!r}")
