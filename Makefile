# Every target is one call of a Python module, so that what works here works without make as well.
# uv is taken from PATH, or installed once into .cache.
UV := $(shell command -v uv 2>/dev/null || echo .cache/uv/bin/uv)
# The first run installs, in sight; later ones find all in place and uv says nothing.
RUN := $(UV) run --locked

.PHONY: demo dev test check bench capacity faults soak evals audit fix

demo: $(UV) ## the whole product on this machine, no keys
	$(RUN) --extra demo python -m agent.demo $(ARGS)

dev: $(UV) ## the same product on the real providers, with the keys in .env
	$(RUN) --extra demo python -m agent.demo --real $(ARGS)

test: $(UV) ## everything: lint, types, unit, integration, the page in Chromium
	$(RUN) --extra demo python -m tests $(ARGS)

check: $(UV) ## lint and types only
	$(RUN) --extra demo python -m tests --only check

bench: $(UV) ## time to the first word and the answer, beside a plain worker
	$(RUN) --extra demo python -m tests.bench $(ARGS)

capacity: $(UV) ## what a greeting costs this machine, in CPU and memory
	$(RUN) --extra demo python -m tests.bench.capacity $(ARGS)

faults: $(UV) ## every fault there is, what the trainee is then given, as a table in docs/faults.md
	$(RUN) --extra demo python -m tests.faults $(ARGS)

soak: $(UV) ## a hundred greetings through one worker, with random faults
	$(RUN) --extra demo python -m pytest -s tests/soak --greetings 100 $(ARGS)

evals: $(UV) ## conversations with the real model, judged by another; needs GOOGLE_API_KEY
	$(RUN) --extra demo python -m pytest tests/evals $(ARGS)

audit: $(UV) ## known vulnerabilities of what is locked, and its SBOM in .audit/; 2 where it could not be looked up
	$(RUN) --extra demo --group audit python -m tests.audit

fix: $(UV) ## format, and mend what can be mended
	$(RUN) ruff check --fix agent tests examples
	$(RUN) ruff format agent tests examples
	cd web && npx prettier --write --log-level warn .

.cache/uv/bin/uv:
	@echo "installing uv into .cache (once)"
	python3 -m venv .cache/uv
	.cache/uv/bin/pip install --disable-pip-version-check uv
