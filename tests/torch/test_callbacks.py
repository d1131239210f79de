"""The callbacks for Lightning and transformers, against a training loop written out."""

import re
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

import rewire.torch as rt
from rewire.report import Recorder

# What these packages warn of concerns the trainings, which are as small as can be.
pytestmark = pytest.mark.filterwarnings("ignore")

STEPS, EVERY = 24, 4
OPTIONS = {"every": EVERY, "seed": 0}
X = torch.randn(48, 16, generator=torch.Generator().manual_seed(1))
Y = (X[:, :3].sum(1) > 0).long()


def make_model():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 2))
    return rt.sparsify(model, density=0.4, min_weights=1, seed=0)


def make_optimizer(model):
    return torch.optim.AdamW(rt.parameter_groups(model, weight_decay=0.1), lr=0.01)


def batches(size=8):
    return [(X[i : i + size], Y[i : i + size]) for i in range(0, len(X), size)]


@pytest.fixture(scope="module")
def written_out():
    """Return the model of a training without callbacks, and the records of its rewirings."""
    model = make_model()
    optimizer = make_optimizer(model)
    rewirer = rt.Rewirer(model, optimizer, "rigl", steps=STEPS, **OPTIONS)
    for _ in range(STEPS // len(batches())):
        for x, y in batches():
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
            rewirer.step()
    assert len(rewirer.history) == STEPS * 3 // 4 // EVERY
    return model, rewirer.history


def assert_same(model, rewirer, expected):
    reference, history = expected
    assert rewirer.history == history
    assert rewirer.steps_made == STEPS
    for name, value in reference.state_dict().items():
        assert torch.equal(model.state_dict()[name], value), name


# ------------------------------------------------------------------------------------- Lightning


@pytest.fixture(scope="module")
def lightning():
    return pytest.importorskip("lightning.pytorch")


@pytest.fixture
def fit(lightning, tmp_path):
    """Train by Lightning; returns the module and the callback."""
    from rewire.torch.lightning import RewirerCallback

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.model = make_model()

        def training_step(self, batch, _):
            x, y = batch
            return F.cross_entropy(self.model(x), y)

        def validation_step(self, batch, _):
            x, y = batch
            out = self.model(x)
            self.log("val_loss", F.cross_entropy(out, y))
            self.log("val_acc", (out.argmax(1) == y).float().mean())

        def configure_optimizers(self):
            return make_optimizer(self.model)

    def fit_(ckpt_path=None, size=8, epochs=STEPS // 6, callbacks=(), options=OPTIONS, **trainer):
        callback = RewirerCallback("rigl", **options)
        module = Module()
        loader = DataLoader(TensorDataset(X, Y), batch_size=size)
        trainer = lightning.Trainer(
            max_epochs=epochs,
            accelerator="cpu",
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=tmp_path,
            callbacks=[callback, *callbacks],
            **({"enable_checkpointing": bool(callbacks)} | trainer),
        )
        trainer.fit(module, loader, loader, ckpt_path=ckpt_path)
        return module.model, callback

    return fit_


def test_lightning_trains_to_the_bits_of_a_loop(fit, written_out):
    model, callback = fit()
    assert_same(model, callback.rewirer, written_out)


def test_batches_that_lightning_joins_are_one_step(fit):
    joined, callback = fit(size=4, accumulate_grad_batches=2)
    assert callback.rewirer.steps_made == STEPS
    alone, other = fit(size=8)
    assert len(callback.rewirer.history) == len(other.rewirer.history)
    assert torch.equal(joined[0].source, alone[0].source)
    torch.testing.assert_close(joined[0].weight, alone[0].weight, rtol=1e-3, atol=1e-4)


def test_lightning_resumes_from_its_checkpoint_to_the_same_bits(
    fit, lightning, written_out, tmp_path
):
    saves = lightning.callbacks.ModelCheckpoint(tmp_path, "{step}", save_top_k=-1)
    fit(callbacks=[saves])
    halfway = tmp_path / "step=12.ckpt"
    model, callback = fit(ckpt_path=halfway)
    assert_same(model, callback.rewirer, written_out)


def test_lightning_tells_the_recorder(fit):
    recorder = Recorder()
    _, callback = fit(options={**OPTIONS, "recorder": recorder})
    recording = recorder.recording
    assert [row["step"] for row in recording.rows] == list(range(1, STEPS + 1))
    assert all("loss" in row for row in recording.rows)
    validated = [row["step"] for row in recording.rows if "validation_accuracy" in row]
    assert validated == [6, 12, 18, 24]
    assert len(recording.rewirings) == len(callback.rewirer.history)
    assert recording.frames[-1].step == STEPS


def test_a_training_without_end_needs_steps(fit):
    with pytest.raises(ValueError, match=r"steps must be known.*the trainer plans inf.*steps="):
        fit(epochs=-1)
    _, callback = fit(epochs=-1, max_steps=6, options={**OPTIONS, "steps": STEPS})
    assert callback.rewirer.steps == STEPS
    assert callback.rewirer.steps_made == 6


# ---------------------------------------------------------------------------------- transformers


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = make_model()

    def forward(self, x, labels):
        logits = self.model(x)
        return {"loss": F.cross_entropy(logits, labels), "logits": logits}


@pytest.fixture
def train(tmp_path):
    """Train by transformers; returns the model and the callback."""
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    from rewire.torch.transformers import RewirerCallback

    class Trainer(transformers.Trainer):
        def _get_train_sampler(self, *_):
            return torch.utils.data.SequentialSampler(self.train_dataset)

    def train_(resume=None, folder=tmp_path, **options):
        arguments = transformers.TrainingArguments(
            str(folder),
            num_train_epochs=STEPS // 6,
            per_device_train_batch_size=8,
            use_cpu=True,
            report_to="none",
            disable_tqdm=True,
            max_grad_norm=0,
            lr_scheduler_type="constant",
            save_steps=6,
            logging_steps=3,
        )
        callback, model = RewirerCallback("rigl", **OPTIONS, **options), Classifier()
        data = [{"x": x, "labels": y} for x, y in zip(X, Y, strict=True)]
        optimizers = make_optimizer(model.model), None
        trainer = Trainer(
            model, arguments, train_dataset=data, callbacks=[callback], optimizers=optimizers
        )
        trainer.train(resume_from_checkpoint=resume)
        # Tables that DistributedDataParallel is not to send along.
        assert "model.0.source" in model._ddp_params_and_buffers_to_ignore
        return model.model, callback

    return train_


def test_transformers_trains_to_the_bits_of_a_loop_and_resumes_to_them(
    train, written_out, tmp_path
):
    recorder = Recorder()
    model, callback = train(recorder=recorder)
    assert_same(model, callback.rewirer, written_out)
    assert [row["step"] for row in recorder.recording.rows] == list(range(3, STEPS + 1, 3))
    assert len(recorder.recording.rewirings) == len(callback.rewirer.history)

    halfway = tmp_path / "checkpoint-12"
    model, callback = train(resume=str(halfway))
    assert_same(model, callback.rewirer, written_out)
    model, callback = train(resume=str(halfway), folder=tmp_path / "b", resume_from=halfway)
    assert_same(model, callback.rewirer, written_out)
    (halfway / "rewirer.pt").unlink()
    with pytest.raises(FileNotFoundError, match=r"rewirer.pt is not there.*resume_from="):
        train(resume=str(halfway))


# ------------------------------------------------------------------------------------------ both


def test_a_rewirer_is_attached_to_the_optimizer_that_holds_the_sparse_weights():
    from rewire.torch.callbacks import Rewires

    model, other = make_model(), nn.Linear(2, 2)
    optimizers = [torch.optim.SGD(other.parameters(), lr=0.1), make_optimizer(model)]
    callback = Rewires("set", **OPTIONS)
    callback.begin(model, optimizers, STEPS, None)
    for _ in range(EVERY):
        model(X).square().sum().backward()
        optimizers[0].step()
        optimizers[1].step()
    assert callback.rewirer.steps_made == EVERY
    assert len(callback.rewirer.history) == 1
    callback.end()
    optimizers[1].step()
    assert callback.rewirer.steps_made == EVERY


@pytest.mark.parametrize("package", ["lightning", "transformers"])
def test_the_page_shows_how(package, tmp_path, monkeypatch):
    pytest.importorskip("lightning.pytorch" if package == "lightning" else "accelerate")
    monkeypatch.chdir(tmp_path)
    page = (Path(__file__).parents[2] / "docs" / "torch.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```py\n(.*?)^```$", page, re.S | re.M)
    (code,) = [block for block in blocks if f"rewire.torch.{package}" in block]
    names = {
        "torch": torch,
        "nn": nn,
        "rt": rt,
        "X": torch.rand(64, 1, 8, 8),
        "y": torch.arange(64) % 10,
    }
    exec(code, names)
    assert names["callback"].rewirer.history
