# The host with the shipped plugins. Built from the root of the repository: see deploy/README.md.

FROM debian:bookworm-slim AS build
ENV DEBIAN_FRONTEND=noninteractive
WORKDIR /src
# The packages first: this layer changes only when the list does.
COPY cmake/packages/build.txt cmake/packages/build.txt
RUN apt-get update \
    && sed 's/#.*//' cmake/packages/build.txt | awk 'NF { print $1 }' \
    | xargs apt-get install -y --no-install-recommends \
    && rm -rf /var/lib/apt/lists/*
COPY . .
ARG JOBS=
RUN cmake --preset release && cmake --build build/release -j ${JOBS:-$(nproc)} \
    && strip --strip-unneeded build/release/bin/* build/release/plugins/*.so

FROM debian:bookworm-slim
ENV DEBIAN_FRONTEND=noninteractive
COPY cmake/packages/runtime.txt /tmp/runtime.txt
RUN apt-get update \
    && sed 's/#.*//' /tmp/runtime.txt | awk 'NF { print $1 }' \
    | xargs apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* /tmp/runtime.txt \
    && groupadd --system --gid 10001 ingest \
    && useradd --system --uid 10001 --gid ingest --home-dir /var/lib/ingest --no-create-home ingest \
    && install -d -o ingest -g ingest -m 750 /var/lib/ingest

COPY --from=build /src/build/release/bin/ingest-host /usr/bin/
COPY --from=build /src/build/release/plugins/*.so /usr/lib/ingest/plugins/
COPY config.yaml /etc/ingest/config.yaml
COPY presets/*.yaml /etc/ingest/presets/
# A library that runtime.txt lacks shows here, not when the container starts.
RUN for file in /usr/bin/ingest-host /usr/lib/ingest/plugins/*.so; do \
        if ldd "$file" | grep 'not found'; then echo "$file: add it to cmake/packages/runtime.txt"; \
            exit 1; fi; \
    done

ENV PLUGIN_DIR=/usr/lib/ingest/plugins \
    SPOOL_DIR=/var/lib/ingest/spool \
    SQLITE_PATH=/var/lib/ingest/sensors.db
USER ingest
WORKDIR /var/lib/ingest
VOLUME /var/lib/ingest
EXPOSE 8001
STOPSIGNAL SIGTERM
# With http.tls: --health-cmd 'ingest-host probe --insecure --url https://127.0.0.1:8001/health'
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/usr/bin/ingest-host", "probe"]
ENTRYPOINT ["/usr/bin/ingest-host"]
CMD ["serve", "--config", "/etc/ingest/presets/embedded.yaml"]
