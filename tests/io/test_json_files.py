import pytest

from rewire.io import read_json, write_json


def test_what_is_written_is_read(tmp_path):
    content = {"name": "é", "numbers": [1, 0.1, None]}
    write_json(tmp_path / "a.json", content)
    assert read_json(tmp_path / "a.json") == content
    assert (tmp_path / "a.json").read_bytes().endswith(b"}\n")


def test_what_is_no_json_is_refused_by_the_files_name(tmp_path):
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(ValueError, match=r"cannot read '.*a\.json'"):
        read_json(tmp_path / "a.json")


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "a.json")
