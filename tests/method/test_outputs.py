"""Results into a folder: all of them or none."""

import pytest

from methodology.base.errors import InputError
from methodology.base.outputs import all_or_nothing


def states(folder):
    """Bytes of every file below a folder, by name."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def stop_half_way(out, error):
    """Write half of the results, then fail."""
    with all_or_nothing(out) as folder:
        (folder / "a.csv").write_text("half")
        raise error


def test_results_replace_those_of_an_earlier_run_and_leave_the_rest(tmp_path):
    (tmp_path / "a.csv").write_text("earlier")
    (tmp_path / "notes.txt").write_text("mine")
    with all_or_nothing(tmp_path) as folder:
        (folder / "a.csv").write_text("now")
        (folder / "part").mkdir()
        (folder / "part" / "b.csv").write_text("new")
    assert states(tmp_path) == {"a.csv": b"now", "notes.txt": b"mine", "part/b.csv": b"new"}


def test_a_stop_takes_the_folders_it_made_away_again(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        stop_half_way(tmp_path / "deep" / "out", KeyboardInterrupt())
    assert list(tmp_path.iterdir()) == []


def test_a_stop_leaves_a_folder_that_was_there_as_it_was(tmp_path):
    (tmp_path / "a.csv").write_text("earlier")
    with pytest.raises(ZeroDivisionError):
        stop_half_way(tmp_path, ZeroDivisionError())
    assert states(tmp_path) == {"a.csv": b"earlier"}
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("foreseen", [["data.csv"], []])
@pytest.mark.parametrize("link", [False, True])
def test_an_input_is_never_replaced(tmp_path, foreseen, link):
    source = tmp_path / ("mine.csv" if link else "data.csv")
    source.write_text("mine")
    if link:
        (tmp_path / "data.csv").hardlink_to(source)
    with pytest.raises(InputError) as caught, all_or_nothing(tmp_path, {source: "map 2020"}, foreseen) as folder:
        (folder / "data.csv").write_text("result")
    assert caught.value.code == "ME-OUT-02"
    assert "map 2020" in str(caught.value)
    assert source.read_text() == "mine"


def test_a_full_disk_is_told_and_another_missing_file_is_not_called_an_output(tmp_path):
    with pytest.raises(InputError, match=r"ME-OUT-01 .*No space"):
        stop_half_way(tmp_path / "out", OSError(28, "No space left on device"))
    with pytest.raises(FileNotFoundError):
        stop_half_way(tmp_path / "out", FileNotFoundError(2, "No such file", str(tmp_path / "input.csv")))
    assert not (tmp_path / "out").exists()
