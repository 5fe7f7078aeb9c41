# One image for every worker and command: `docker run … worker consolidate`, `… topics check`, `… search …`.
# The same Debian in both stages, so that what was built runs.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/anpr
COPY requirements/base.lock /tmp/base.lock
RUN /opt/anpr/bin/pip install --no-deps --require-hashes --only-binary :all: --requirement /tmp/base.lock
COPY schemas /app/schemas
COPY topics /app/topics
COPY pipeline /app/pipeline
COPY sinks /app/sinks
COPY replay /app/replay
COPY console /app/console
COPY anpr /app/anpr
# compiled here, since at run time nothing may be written
RUN /opt/anpr/bin/python -m compileall -q --invalidation-mode unchecked-hash /app

FROM python:3.11-slim-bookworm
# libgl1 and libglib2.0-0: OpenCV loads them
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --user-group --uid 10001 --no-create-home --shell /usr/sbin/nologin anpr \
    && install --directory --owner anpr --group anpr --mode 0750 /var/lib/anpr/evidence /var/lib/anpr/api /var/lib/anpr/work
COPY --from=build /opt/anpr /opt/anpr
COPY --from=build /app /app
ENV PATH=/opt/anpr/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    ANPR_DATA_DIR=/tmp/anpr
WORKDIR /app
USER 10001:10001
STOPSIGNAL SIGTERM
# a worker's own page; it answers 503 when the loop has shown no life for a minute
HEALTHCHECK --interval=15s --timeout=5s --start-period=90s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['ANPR_SERVICE_PORT'] + '/health', timeout=4)"]
ENTRYPOINT ["python", "-m", "anpr"]
CMD ["--help"]
