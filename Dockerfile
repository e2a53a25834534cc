# The base can be replaced where no registry is reachable: --build-arg BASE=…
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY mailguard ./mailguard
RUN python3 -m venv /opt/mailguard \
    && /opt/mailguard/bin/pip install --no-cache-dir ".[postgres]"

FROM ${BASE}
COPY --from=build /opt/mailguard /opt/mailguard
ENV PATH="/opt/mailguard/bin:${PATH}" \
    MAILGUARD_CONFIG=/etc/mailguard/mailguard.toml \
    MAILGUARD_RELAY__LISTEN=0.0.0.0:2525 \
    MAILGUARD_HTTP__LISTEN=0.0.0.0:8025 \
    MAILGUARD_DATABASE__URL=sqlite:////var/lib/mailguard/mailguard.db
RUN install -d -o 65532 -g 65532 /var/lib/mailguard /etc/mailguard \
    && touch /etc/mailguard/mailguard.toml
WORKDIR /var/lib/mailguard
VOLUME ["/var/lib/mailguard"]
USER 65532:65532
EXPOSE 2525 8025
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8025/healthz', timeout=4)"]
ENTRYPOINT ["mailguard"]
CMD ["serve"]
