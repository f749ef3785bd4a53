# Plenaria in a container: the hashed lock, then the wheel of this checkout. compose.yaml puts it together with PostgreSQL.
# Debian bookworm's PostgreSQL programs are of version 15, as the server in compose.yaml: `plenaria backup` needs both alike.

FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
RUN python -m venv /opt/plenaria
COPY requirements.lock .
RUN /opt/plenaria/bin/python -m pip install --require-hashes --only-binary :all: -r requirements.lock
# .dockerignore lets nothing in but what the wheel is made of.
COPY . .
RUN /opt/plenaria/bin/python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/plenaria/bin/python -m pip install --no-deps /wheels/*.whl \
    && /opt/plenaria/bin/plenaria --version

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/plenaria --shell /usr/sbin/nologin plenaria
COPY --from=build /opt/plenaria /opt/plenaria
ENV PATH=/opt/plenaria/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# Relative paths of the settings (the signing key, an SQLite file) lead here: keep it in a volume.
WORKDIR /var/lib/plenaria
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["plenaria"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
