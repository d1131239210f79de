"""Models that nobody here wrote, from the transformers package.

They are built from configurations, so nothing is downloaded.
"""

import copy
import io

import numpy as np
import pytest
import torch

import rewire.torch as rt

transformers = pytest.importorskip("transformers")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]

SMALL = {"hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 128}
MODELS = {
    "GPT2": {"vocab_size": 60, "n_positions": 16, "n_embd": 64, "n_layer": 2, "n_head": 4},
    "Bert": {**SMALL, "vocab_size": 60, "num_hidden_layers": 2},
    "ViT": {**SMALL, "num_hidden_layers": 2, "image_size": 32, "patch_size": 8},
    "ResNet": {"embedding_size": 16, "hidden_sizes": [32, 64], "depths": [1, 1]},
    "ConvNext": {"hidden_sizes": [32, 64], "depths": [1, 1], "num_stages": 2},
}
IMAGES = ("ViT", "ResNet", "ConvNext")


class FirstOutput(torch.nn.Module):
    """A model as a function of one tensor, with its last hidden state as the output."""

    def __init__(self, name):
        super().__init__()
        torch.manual_seed(0)
        config = getattr(transformers, f"{name}Config")(**MODELS[name])
        config.bos_token_id = config.eos_token_id = None
        self.model = getattr(transformers, f"{name}Model")(config)

    def forward(self, x):
        return self.model(x)[0]


def inputs(name, number=2):
    generator = torch.Generator().manual_seed(1)
    if name in IMAGES:
        return torch.randn(number, 3, 32, 32, generator=generator)
    return torch.randint(0, 60, (number, 12), generator=generator)


@pytest.fixture(params=MODELS)
def name(request):
    return request.param


def test_at_full_density_it_computes_what_it_did(name):
    model, x = FirstOutput(name).eval(), inputs(name)
    with torch.no_grad():
        expected = model(x)
        with pytest.warns(UserWarning, match="dense layers are faster on a CPU"):
            rt.sparsify(model, density=1, distribution="uniform", start="magnitude")
        kinds = {type(module) for module in model.modules()}
        assert kinds & {rt.Linear, rt.Conv2d}
        torch.testing.assert_close(model(x), expected, rtol=1e-4, atol=1e-5)


def test_at_a_tenth_it_learns_and_survives_saving(name):
    model, x = FirstOutput(name), inputs(name)
    rt.sparsify(model, density=0.1, distribution="uniform", seed=0)
    target = torch.randn(model(x).shape, generator=torch.Generator().manual_seed(2))
    optimizer = torch.optim.AdamW(rt.parameter_groups(model, weight_decay=0.01), lr=3e-3)
    losses = []
    for _ in range(15):
        loss = (model(x) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.95 * losses[0]
    memory = io.BytesIO()
    torch.save(model.state_dict(), memory)
    memory.seek(0)
    again = rt.sparsify(FirstOutput(name), density=0.1, distribution="uniform", seed=9)
    again.load_state_dict(torch.load(memory))
    assert torch.equal(again.eval()(x), model.eval()(x))


@pytest.mark.filterwarnings("ignore")  # PyTorch's exporter by tracing has much to say
@pytest.mark.parametrize("name", IMAGES)
def test_densified_it_runs_in_onnxruntime(name, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    model, x = FirstOutput(name).eval(), inputs(name)
    rt.sparsify(model, density=0.1, distribution="uniform", seed=0)
    with torch.no_grad():
        expected = model(x)
    dense = rt.densify(copy.deepcopy(model))
    path = str(tmp_path / "model.onnx")
    torch.onnx.export(dense, (x,), path, dynamo=False, opset_version=17)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["ViT", "ResNet"])
def test_it_compiles_and_is_exported(name):
    model, x = FirstOutput(name).eval(), inputs(name)
    rt.sparsify(model, density=0.1, distribution="uniform", seed=0)
    with torch.no_grad():
        expected = model(x)
        exported = torch.export.export(model, (x,)).module()
        torch.testing.assert_close(exported(x), expected, rtol=1e-4, atol=1e-5)
        compiled = torch.compile(model)
        torch.testing.assert_close(compiled(x), expected, rtol=1e-4, atol=1e-5)
