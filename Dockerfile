# One image for all parts; compose.yaml says which command each of them runs.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PORTAL_ENV_FILE="" \
    PORTAL_VAR=/var/lib/crossdock

WORKDIR /srv/crossdock

COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements.txt

COPY . .
# The pages' files are made here; the two keys are needed to start and protect nothing at this moment.
RUN useradd --system --uid 10001 --home-dir /srv/crossdock --shell /usr/sbin/nologin crossdock \
    && mkdir --parents "$PORTAL_VAR" \
    && SECRET_KEY=while-the-image-is-made SALT_KEY=while-the-image-is-made \
       python manage.py collectstatic --no-input \
    && chown --recursive crossdock "$PORTAL_VAR"

USER 10001
EXPOSE 8000

# Everything in one container, on SQLite, unless DATABASE_URL says otherwise.
CMD ["python", "manage.py", "portal", "--bind", "0.0.0.0:8000"]
