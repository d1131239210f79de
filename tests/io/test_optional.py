"""Packages that may be missing, and what only looks like them."""

import json

import pytest

from rewire.io import import_optional


def test_a_package_that_is_there_is_returned():
    assert import_optional("json", "data") is json


def test_a_package_that_is_missing_is_named_with_its_extra():
    with pytest.raises(ImportError, match=r"no_such_package is needed .*'rewire-nn\[data\]'"):
        import_optional("no_such_package", "data")


def test_a_folder_of_that_name_is_no_package(tmp_path, monkeypatch):
    (tmp_path / "no_such_package").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    for _ in range(2):
        with pytest.raises(ImportError, match="no_such_package is needed"):
            import_optional("no_such_package", "data")
