# The worker. With another command, the same image runs the endpoint (docs/deploy-self-hosted.md).
#
# Python packages are installed from uv.lock with hashes. The base image is a tag, so that a rebuild
# includes security fixes of Debian and Python. For reproducible builds, pin its digest:
# --build-arg PYTHON=python:3.11-slim-bookworm@sha256:… (docker buildx imagetools inspect shows it).
ARG PYTHON=python:3.11-slim-bookworm
ARG NODE=node:22-bookworm-slim

# The custom element that the endpoint serves at /static/greeter.js.
FROM ${NODE} AS element
WORKDIR /web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web ./
RUN npm run build:element

FROM ${PYTHON} AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never \
    HF_HOME=/app/.models
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
COPY pyproject.toml uv.lock ./
# Also download the plugins' model files, if they have any, so that no job has to wait for them.
RUN uv sync --locked --no-dev --no-install-project && \
    .venv/bin/python -m livekit.agents download-files
COPY agent ./agent
COPY prompts ./prompts
RUN .venv/bin/python -m compileall -q agent

FROM ${PYTHON}
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin greeter
WORKDIR /app
# Owned by root, so that the process cannot change its own code.
COPY --from=build /app /app
COPY --from=element /web/dist /app/web/dist
ENV PATH="/app/.venv/bin:$PATH" HF_HOME=/app/.models PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# The SQLite store of the worker and the endpoint: keep this volume, or use REDIS_URL.
ENV STATE_DIR=/app/.state
RUN install -d -m 700 -o 10001 -g 10001 "$STATE_DIR"
VOLUME /app/.state
# Recordings until they are uploaded. If you use no bucket, mount a volume here.
ENV RECORDINGS_DIR=/app/.recordings
RUN install -d -m 700 -o 10001 -g 10001 "$RECORDINGS_DIR"
USER 10001
EXPOSE 8081
# For the worker. The endpoint's URL is http://127.0.0.1:8000/healthz. Kubernetes ignores HEALTHCHECK.
ENV HEALTH_URL=http://127.0.0.1:8081/
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["python", "-c", \
    "import os, urllib.request as r; r.urlopen(os.environ['HEALTH_URL'], timeout=4)"]
CMD ["python", "-m", "agent", "start"]
