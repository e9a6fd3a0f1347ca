# The worker. With another command, the same image runs the endpoint (docs/deploy-livekit-cloud.md).
#
# Python packages are installed from uv.lock with hashes. The digests are of the images for all
# platforms. A pinned image gets no security fixes: renew it (docs/upgrading.md, "Renew the images").
ARG PYTHON=python:3.11.17-slim-bookworm@sha256:0a310eeecf4e1f5a0743f9a6520c90c88d089c903ca5fd283f501e3a805f5f89
ARG NODE=node:22.23.3-bookworm-slim@sha256:c3de60bf2f9dd0ac6370e6117950ff62d6e339527e7472301c9c78a017978392

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
