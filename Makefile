# Every target calls one Python module, so that everything also works without make.
# uv is taken from PATH, or installed once into .cache.
UV := $(shell command -v uv 2>/dev/null || echo .cache/uv/bin/uv)
# The first run installs the dependencies and shows progress; later runs find them installed.
RUN := $(UV) run --locked

.PHONY: help demo dev test check packages unit variants faults soak fuzz bench endpoint turns capacity evals audit fix

help: ## list these commands
	@grep -E '^[a-z]+:.* ## ' Makefile | sed -E 's/^([a-z]+):.* ## /\1\t/' | expand -t 12

demo: $(UV) ## run the whole product on this machine, without keys
	$(RUN) --extra demo python -m agent.demo $(ARGS)

dev: $(UV) ## run the product with the real providers and the keys in .env
	$(RUN) --extra demo python -m agent.demo --real $(ARGS)

test: $(UV) ## run lint, types, unit tests, product tests, the page in Chromium
	$(RUN) --extra demo --group deploy python -m tests $(ARGS)

check: $(UV) ## run lint and types only
	$(RUN) --extra demo python -m tests --only check

packages: $(UV) ## install the built packages into fresh projects and open them in Chromium
	$(RUN) --extra demo python -m tests --only packages $(ARGS)

unit: $(UV) ## run the unit tests only
	$(RUN) --extra demo python -m tests --only unit $(ARGS)

variants: $(UV) ## run the further cases that `make test` leaves out
	$(RUN) --extra demo --group deploy python -m tests --only variants $(ARGS)

faults: $(UV) ## simulate every provider fault and write docs/faults.md
	$(RUN) --extra demo python -m tests.faults $(ARGS)

soak: $(UV) ## run a hundred greetings with random faults through one worker
	$(RUN) --extra demo python -m pytest -s tests/soak --greetings 100 $(ARGS)

fuzz: $(UV) ## send generated requests to the token endpoint, two minutes for each kind of caller
	FUZZ_S=120 $(RUN) --extra demo python -m pytest --timeout 400 tests/integration/test_endpoint_fuzz.py $(ARGS)

bench: $(UV) ## measure the time to the first word and to an answer, next to a plain worker
	$(RUN) --extra demo python -m tests.bench $(ARGS)

endpoint: $(UV) ## measure the rate of the token endpoint, next to LiveKit's own CreateRoom
	$(RUN) --extra demo python -m tests.bench.endpoint $(ARGS)

turns: $(UV) ## measure replies with recorded speech, and write the table into docs/performance.md
	$(RUN) --extra demo python -m tests.bench.turns $(ARGS)

capacity: $(UV) ## measure the CPU and memory that a greeting takes on this machine
	$(RUN) --extra demo python -m tests.bench.capacity $(ARGS)

evals: $(UV) ## judge conversations with the real model; needs GOOGLE_API_KEY
	$(RUN) --extra demo python -m pytest tests/evals $(ARGS)

audit: $(UV) ## look up known vulnerabilities of the locked packages and write SBOMs to .audit/
	$(RUN) --extra demo --group audit python -m tests.audit

fix: $(UV) ## format the code and fix what ruff can fix
	$(RUN) ruff check --fix agent tests examples integrations
	$(RUN) ruff format agent tests examples integrations
	cd web && npx prettier --write --log-level warn .

.cache/uv/bin/uv:
	@echo "installing uv into .cache (once)"
	python3 -m venv .cache/uv
	.cache/uv/bin/pip install --disable-pip-version-check uv
