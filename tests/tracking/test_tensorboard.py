"""Event files as TensorBoard itself reads them."""

from collections import Counter

import pytest

from rewire.tracking import TensorBoard

from .event_files import accumulated, read
from .trainings import REPORTS, Killed, KilledAt, expected, train


def names_and_steps(folder):
    return Counter((name, step) for name, values in read(folder).items() for step, _ in values)


def test_tensorboard_reads_every_figure(tmp_path):
    history = train(TensorBoard(tmp_path))
    assert names_and_steps(tmp_path) == expected(history)
    losses = [value for _, value in read(tmp_path)["loss"]]
    assert losses == pytest.approx(history["loss"], rel=1e-6)  # they are float32 there


def test_settings_are_among_the_hyper_parameters(tmp_path):
    train(TensorBoard(tmp_path, settings={"hidden": (8, 8)}))
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    with accumulated(tmp_path) as found:
        data = found.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    start = HParamsPluginData.FromString(data).session_start_info
    assert start.hparams["hidden"].string_value == "8,8"
    assert start.hparams["lr"].number_value == pytest.approx(0.001)


@pytest.mark.parametrize("torn", [0, 9])
def test_a_killed_training_goes_on_without_a_step_twice(tmp_path, torn):
    """Also where the last record was cut short."""
    options = {"checkpoint": tmp_path / "run.safetensors"}
    with pytest.raises(Killed):
        train(TensorBoard(tmp_path / "log"), KilledAt(REPORTS[2]), **options)
    (file,) = TensorBoard(tmp_path / "log").event_files()
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) - torn])
    history = train(TensorBoard(tmp_path / "log"), **options)
    assert names_and_steps(tmp_path / "log") == expected(history)
    assert len(TensorBoard(tmp_path / "log").event_files()) == 2


def test_what_cannot_be_written_costs_a_warning(tmp_path):
    def break_(training):
        if training.step == 20:
            tracker._writer._writer.close()

    tracker = TensorBoard(tmp_path)
    with pytest.warns(UserWarning, match="tensorboard failed with ValueError"):
        history = train(break_, tracker)
    assert history["step"] == REPORTS
    assert max(step for _, step in names_and_steps(tmp_path)) == REPORTS[0]
