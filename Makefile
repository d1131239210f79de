# Every target sets up what it needs: Python 3.11 or newer and make are enough.
PYTHON  ?= python3
VENV    ?= .venv
# What to install: this folder, so that changes take effect at once, or the wheel named here.
PACKAGE ?=
install  = $(BIN)/pip install --quiet $(if $(PACKAGE),"$(PACKAGE)$(1)",--editable ".$(1)")
BIN      = $(VENV)/bin
OUT     ?= runs/post

.PHONY: help demo test test-micrograd check docs bench results results-tables results-torch gallery fuzz kill lowest without-numba clean

help:
	@echo "make demo    run the post's experiment and draw it (about a minute)"
	@echo "make test    run all tests and the examples in the documentation"
	@echo "make check   lint, types and import rules"
	@echo "make docs    build the documentation as a site, build/site/index.html"
	@echo "make fuzz    try a million damaged files and 100,000 odd arrays, and write docs/reliability.md (an hour)"
	@echo "make bench   measure speed and memory, and write docs/benchmarks.md"
	@echo "make results train what docs/results.md shows on MNIST, and write it (hours)"
	@echo "make results-tables compare with scikit-learn on twenty tables, and write it (minutes)"
	@echo "make results-torch train dense and sparse PyTorch models, measure them, and write it (hours)"
	@echo "make gallery run the examples and renew the pictures of docs/gallery.md (minutes)"
	@echo "make lowest  run all tests with the lowest versions of what is needed (before a release)"
	@echo "make without-numba run all tests in an environment without Numba (before a release)"
	@echo "make kill    kill and fork processes at random moments, and write docs/reliability.md (minutes)"
	@echo "make clean   remove the environment and everything made here"

demo: $(VENV)/.installed
	$(BIN)/rewire reproduce --out $(OUT)

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --pyargs tests rewire

# The test file of the micrograd project, from its own release, with only its import changed.
test-micrograd: $(VENV)/.installed-test
	rm -rf build/micrograd && mkdir -p build/micrograd
	$(BIN)/pip download --quiet --no-deps --no-binary :all: --dest build/micrograd micrograd==0.1.0
	tar -xzf build/micrograd/micrograd-0.1.0.tar.gz -C build/micrograd --strip-components 1
	sed -i.original 's/from micrograd.engine import/from rewire.scalar import/' \
	    build/micrograd/test/test_engine.py
	$(BIN)/python -m pytest -c /dev/null -p no:cacheprovider build/micrograd/test/test_engine.py

check: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Python for the playground in the pages comes by npm, where that is installed. The variable silences
# what Material has to say about other projects' plans.
docs: $(VENV)/.installed-docs
	$(BIN)/python docs/tools/playground.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

fuzz: $(VENV)/.installed-test
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/fuzz.py
	$(BIN)/python benchmarks/reliability_page.py

bench: $(VENV)/.installed-bench
	$(BIN)/python benchmarks/training_step.py
	$(BIN)/python benchmarks/kernels.py
	$(BIN)/python benchmarks/network_blocks.py
	$(BIN)/python benchmarks/memory.py
	$(BIN)/python benchmarks/rewiring.py
	$(BIN)/python benchmarks/small.py
	$(BIN)/python benchmarks/recording.py
	$(BIN)/python benchmarks/epoch.py
	$(BIN)/python benchmarks/scalar_engine.py
	$(BIN)/python benchmarks/first_training.py
	$(BIN)/python benchmarks/executors.py
	$(BIN)/python benchmarks/page.py

results: $(VENV)/.installed-bench
	$(BIN)/python benchmarks/mnist_results.py
	$(BIN)/python benchmarks/results_page.py

results-tables: $(VENV)/.installed-bench
	$(BIN)/python benchmarks/tables_study.py
	$(BIN)/python benchmarks/tables_page.py

# The text is read from the folder that REWIRE_DATA_DIR names.
results-torch: $(VENV)/.installed-bench
	$(BIN)/python benchmarks/torch_study.py
	$(BIN)/python benchmarks/torch_study_pruning.py
	$(BIN)/python benchmarks/torch_study_images.py
	for part in steps images token memory profile; do \
	    $(BIN)/python benchmarks/torch_study_costs.py $$part || exit 1; done
	$(BIN)/python benchmarks/torch_results_page.py

# MNIST is fetched, or read from the folder that REWIRE_DATA_DIR names.
gallery: $(VENV)/.installed-test
	for script in examples/*.py; do MPLBACKEND=Agg $(BIN)/python $$script runs/examples || exit 1; done
	cp runs/examples/*.png runs/examples/*.webp docs/images/gallery/
	$(BIN)/python docs/tools/play_picture.py

kill: $(VENV)/.installed-test
	$(BIN)/python benchmarks/kills.py
	$(BIN)/python benchmarks/forks.py
	$(BIN)/python benchmarks/reliability_page.py

# pip takes the highest versions alone; uv, which it installs, the lowest too. Tools of the tests are
# the newest: they are not what a user has. So is what the lowest versions need themselves, of whose
# deprecations they warn.
LOWEST = build/lowest/bin
lowest:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	    { echo "the lowest versions are made for Python 3.11: make lowest PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv --clear build/lowest
	$(LOWEST)/pip install --quiet uv
	$(LOWEST)/uv pip install --quiet --python $(LOWEST)/python --resolution lowest-direct \
	    --requirements pyproject.toml $(addprefix --extra ,cluster data export lightning \
	    notebook tables tensorboard torch transformers tune)
	$(LOWEST)/uv pip install --quiet --python $(LOWEST)/python \
	    hypothesis onnxruntime playwright pytest pytest-xdist
	$(LOWEST)/uv pip install --quiet --python $(LOWEST)/python --no-deps --editable .
	$(LOWEST)/python -m pytest -W ignore::DeprecationWarning --numprocesses auto --dist loadfile --pyargs tests rewire

# Tests that are about compiled kernels are skipped by name; for all others NumPy's kernels serve.
without-numba:
	$(PYTHON) -m venv --clear build/without-numba
	build/without-numba/bin/pip install --quiet --editable ".[test]"
	build/without-numba/bin/pip uninstall --quiet --yes numba llvmlite
	build/without-numba/bin/python -m pytest --numprocesses auto --dist loadfile \
	    --ignore-glob '*/kernels/numba/*' --pyargs tests rewire

clean:
	rm -rf $(VENV) build dist runs

# One environment; each stamp adds what one purpose needs.
$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "$(PYTHON) must be Python 3.11 or newer; name another: make PYTHON=python3.13"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml
	$(call install)
	touch $@

$(VENV)/.installed-%: $(VENV)/.created pyproject.toml
	$(call install,[$*])
	touch $@ $(VENV)/.installed
