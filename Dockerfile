# The worker, in LiveKit Cloud's form; the same image runs the endpoint (see README, Deployment).
FROM ghcr.io/astral-sh/uv:python3.11-bookworm-slim AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-dev --no-install-project
RUN .venv/bin/python -m livekit.agents download-files
COPY agent ./agent
COPY prompts ./prompts

FROM python:3.11-slim-bookworm
ENV PYTHONUNBUFFERED=1 PATH="/app/.venv/bin:$PATH"
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin greeter
WORKDIR /app
COPY --from=build --chown=10001:10001 /app /app
# The store of worker and endpoint: keep this volume, or use REDIS_URL.
ENV STATE_DIR=/app/.state
RUN install -d -m 700 -o 10001 -g 10001 "$STATE_DIR"
VOLUME /app/.state
# Recordings on their way to the bucket; mount a volume here where there is none.
ENV RECORDINGS_DIR=/app/.recordings
RUN install -d -m 700 -o 10001 -g 10001 "$RECORDINGS_DIR"
USER 10001
EXPOSE 8081
CMD ["python", "-m", "agent", "start"]
