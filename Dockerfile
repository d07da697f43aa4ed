# The image: docker build --build-arg VERSION="$(cat VERSION)" -t keyhook .

FROM debian:12-slim AS builder
WORKDIR /src
COPY scripts/deps scripts/packages scripts/
RUN scripts/deps build image && rm -rf /var/lib/apt/lists/*
COPY . .
# A label cannot be read from a file, hence the argument; the file decides.
ARG VERSION
RUN test "$VERSION" = "$(cat VERSION)" || { echo "--build-arg VERSION=$(cat VERSION)" >&2; exit 1; }
RUN make -j"$(nproc)" && scripts/image-root /image

FROM scratch
COPY --from=builder /image /
ARG VERSION
LABEL org.opencontainers.image.title="keyhook" \
      org.opencontainers.image.description="Adds Vault and OpenBao secrets to Kubernetes pods" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION"
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/keyhook"]
