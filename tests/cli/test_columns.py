import json

import pytest
from typer.testing import CliRunner

from rewire.cli.app import app

TABLE = "area;heating;price\n1.200;gas;10,5\n950;wood;20,5\n?;gas;30,5\n"


def run(*arguments, **options):
    return CliRunner().invoke(app, ["inspect", *map(str, arguments)], **options)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "houses.csv"
    path.write_text(TABLE)
    return path


def test_columns_are_shown_and_nothing_is_trained(path):
    result = run(path, "--target", "price")
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["heating", "category", "2", "2", "different"] in lines
    assert "target, number" in result.stdout
    assert "'?' (1 row)" in result.stdout
    assert list(path.parent.iterdir()) == [path]


def test_standard_input_is_read():
    assert run("-", input=TABLE).exit_code == 0


def test_what_is_written_for_editing_is_read_again(path, tmp_path):
    spec = tmp_path / "columns.json"
    assert run(path, "--out", spec).exit_code == 0
    columns = json.loads(spec.read_text())
    assert columns == json.loads(run(path, "--json").stdout)
    area = next(one for one in columns["columns"] if one["name"] == "area")
    assert area["number"]["thousands"] == "."
    area["kind"] = "category"
    spec.write_text(json.dumps(columns))
    found = json.loads(run(path, "--columns", spec, "--json").stdout)["columns"]
    assert [one["kind"] for one in found] == ["category", "category", "number"]


def test_what_is_open_is_asked_with_the_options_of_the_command(tmp_path):
    path = tmp_path / "open.csv"
    path.write_text("a;b\n1,234;01/02/2020\n5,678;03/04/2020\n")
    result = run(path)
    assert result.exit_code == 2
    for part in ("2 things", "--decimal .", "--decimal ,", "--date b=DD/MM/YYYY"):
        assert part in result.stderr
    assert run(path, "--decimal", ",", "--date", "b=DD/MM/YYYY").exit_code == 0


def test_many_columns_share_lines_unless_all_are_asked_for(tmp_path):
    path = tmp_path / "wide.csv"
    names = [f"g{i}" for i in range(100)]
    path.write_text("\n".join([",".join(names), ",".join(["1.5"] * 100), ",".join(["2"] * 100)]))
    assert "g0 … g99 (100)" in run(path).stdout
    assert len(run(path).stdout.splitlines()) < 10
    told = run(path, "--all").stdout
    assert all(name in told for name in names)


def test_only_json_is_written(path):
    result = run(path, "--out", path.parent / "columns.txt")
    assert (result.exit_code, ".json" in result.stderr) == (2, True)


def test_what_is_left_out_is_named_with_the_options_that_use_it(tmp_path):
    path = tmp_path / "cars.csv"
    rows = [f"{i + 1},K-{i:03},name of {i % 29},{i}.5" for i in range(30)]
    path.write_text("\n".join(["n,code,name,weight", *rows]))
    said = " ".join(run(path).stdout.split())
    for part in ("4 columns, 1 input ", "(--numeric)", "(--categorical)", "(--text)"):
        assert part in said
