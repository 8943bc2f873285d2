# Two images: `app` runs every process of the Procfile, `front` is Caddy with our Caddyfile.
#   docker compose build   (docs/running.md)

FROM python:3.13-slim AS environment
WORKDIR /app
COPY requirements.lock .
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --no-compile --require-hashes -r requirements.lock

FROM python:3.13-slim AS app
ARG COMMIT=""
ENV PATH="/venv/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=comm100.settings \
    COMM100_COMMIT=$COMMIT \
    COMM100_DATA=/data \
    COMM100_STATIC=/app/static-build \
    CELERY_SKIP_CHECKS=1 \
    MALLOC_ARENA_MAX=2 \
    GRANIAN_HOST=0.0.0.0 \
    GRANIAN_PORT=8000
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin comm100 \
 && install -d -o comm100 -g comm100 /data
WORKDIR /app
COPY --from=environment /venv /venv
COPY . .
# The files of all apps, compressed and named by their hash; the values only let settings load.
RUN COMM100_SECRET_KEY=build COMM100_HOST=build COMM100_COMPANY=build \
    DATABASE_URL=postgres://build/build REDIS_URL=redis://build SMTP_URL=smtp://build \
    python manage.py collectstatic --noinput --verbosity 0 \
 && python -m compileall -q /app /venv
USER 10001:10001
VOLUME /data
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--blocking-threads", "4", "--log-level", "warning", "comm100.wsgi:application"]

FROM caddy:2 AS front
COPY Caddyfile /etc/caddy/Caddyfile
RUN mkdir -p /data/caddy /config/caddy && chown -R 10001:10001 /data /config
USER 10001:10001
