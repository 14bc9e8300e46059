# Two commands: `make demo` runs the main job on the sample data, `make test` runs the tests. Both set up everything.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test lint bench trials docs clean

$(STAMP): setup.cfg pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version) if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade "setuptools>=68" wheel
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --editable ".[coverage,plant,eos,test]"
	touch $(STAMP)

demo: $(STAMP)
	$(BIN)/bluecarbon run sample_data/survey.toml --out out/survey
	$(BIN)/bluecarbon run sample_data/survey_measured.toml --out out/survey-measured
	$(BIN)/bluecarbon run sample_data/survey_db4403.toml --out out/survey-zh --lang zh
	$(BIN)/methodology recompute out/survey/statement.json
	$(BIN)/python sample_data/make_plant.py out/plant-data
	$(BIN)/ccus status out/plant-data/plant.toml
	$(BIN)/methodology batch sample_data/portfolio.toml --out out/portfolio -j 2
	@echo
	@echo "Open in a browser: out/survey/report.html (defaults), out/survey-measured/report.html (plots and cores), out/survey-zh/report.html (中文),"
	@echo "out/portfolio/portfolio.html (surveys and plant on one page)."
	@echo "Open out/survey/worksheet.xlsx in a spreadsheet and out/survey/layers.gpkg in QGIS."

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: $(STAMP)
	for script in monte_carlo polygon_area trajectories projection cores_chain co2_density hourly_table; do \
	  echo "== $$script"; $(BIN)/python -m benchmarks.$$script || exit 1; done

trials: $(STAMP)
	$(BIN)/python benchmarks/ledger_trials.py
	$(BIN)/python benchmarks/forecast_backtest.py

docs: $(STAMP)
	$(BIN)/python docs/make_pages.py

clean:
	rm -rf $(VENV) out build *.egg-info
