# syntax=docker/dockerfile:1
# One final target for each service: docker build --target kms .

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# The caches keep dependencies built between builds; the binaries leave them by way of /out.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked \
        --bin keywright-identity \
        --bin keywright-kms \
        --bin keywright-params \
        --bin keywright-secrets \
        --bin keywright-audit \
        --bin keywright-front \
        --bin keywright \
    && install -D --strip --target-directory=/out \
        target/release/keywright-identity \
        target/release/keywright-kms \
        target/release/keywright-params \
        target/release/keywright-secrets \
        target/release/keywright-audit \
        target/release/keywright-front \
        target/release/keywright

FROM debian:bookworm-slim AS runtime
# The libraries that librdkafka is linked with, and the public roots for what is outside.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o 65532 -g 65532 -m 0700 /var/lib/keywright
USER 65532:65532
# The journal, and where it is kept in a file the root key.
VOLUME /var/lib/keywright
# The API; probes and metrics.
EXPOSE 8080 9100

FROM runtime AS identity
COPY --from=build /out/keywright-identity /usr/local/bin/
ENTRYPOINT ["/usr/local/bin/keywright-identity"]

FROM runtime AS kms
COPY --from=build /out/keywright-kms /usr/local/bin/
ENTRYPOINT ["/usr/local/bin/keywright-kms"]

FROM runtime AS params
COPY --from=build /out/keywright-params /usr/local/bin/
ENTRYPOINT ["/usr/local/bin/keywright-params"]

FROM runtime AS secrets
COPY --from=build /out/keywright-secrets /usr/local/bin/
ENTRYPOINT ["/usr/local/bin/keywright-secrets"]

FROM runtime AS audit
COPY --from=build /out/keywright-audit /usr/local/bin/
ENTRYPOINT ["/usr/local/bin/keywright-audit"]

FROM runtime AS front
COPY --from=build /out/keywright-front /usr/local/bin/
EXPOSE 4566
ENTRYPOINT ["/usr/local/bin/keywright-front"]

FROM runtime AS cli
COPY --from=build /out/keywright /usr/local/bin/
ENTRYPOINT ["/usr/local/bin/keywright"]
