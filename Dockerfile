# Three steps: the dashboard, the environment, the image that runs a stage as an ordinary user.
FROM node:24-slim AS dashboard
WORKDIR /app
COPY dashboard/package.json dashboard/package-lock.json dashboard/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY dashboard ./
RUN npm run build

FROM python:3.11-slim AS environment
WORKDIR /app
COPY requirements.lock ./
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --quiet uv==0.13.8 \
    && /venv/bin/uv pip sync --no-cache --require-hashes --python /venv/bin/python requirements.lock
COPY . .
RUN /venv/bin/uv pip install --no-cache --no-deps --python /venv/bin/python .

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 navstream
COPY --from=environment /venv /venv
COPY --from=dashboard /app/dist /srv/dashboard
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NAVSTREAM_DASHBOARD_DIR=/srv/dashboard
USER navstream
WORKDIR /home/navstream
CMD ["navstream", "--help"]
