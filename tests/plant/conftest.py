"""Makes the helpers beside the plant tests importable, and the synthetic plant once a run."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory):
    """Folder of the synthetic plant with its year and log, and the truth of each line."""
    spec = importlib.util.spec_from_file_location("make_plant", ROOT / "sample_data" / "make_plant.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_plant"] = module
    spec.loader.exec_module(module)
    folder = tmp_path_factory.mktemp("synthetic")
    module.make(folder)
    lines = {
        line: module.make_line(line, np.random.default_rng([module.SEED, n])) for n, line in enumerate(module.METERS)
    }
    return folder, lines
