# The control plane, `temporal-endpoints serve`: docker build --tag registry.example.com/temporal-endpoints:0.1.0 .
#
# The base of every stage is pinned in this one place, by an exact version that the wheels are for. A registry can move a tag, but
# not a digest, so build a release with the same tag and its digest: --build-arg PYTHON=...:TAG@sha256:...
# Everything else is pinned by hash: both lock files are generated from requirements.lock by `make docs`.
ARG PYTHON=docker.io/library/python:3.13.7-slim-trixie

FROM ${PYTHON} AS build
WORKDIR /build
COPY distributions/temporal-endpoints/build.lock distributions/temporal-endpoints/build.lock
COPY distributions/temporal-endpoints/requirements.lock distributions/temporal-endpoints/requirements.lock
RUN ["python", "-m", "venv", "/opt/builder"]
RUN ["/opt/builder/bin/python", "-m", "pip", "install", "--no-cache-dir", "--only-binary=:all:", "--require-hashes", "--requirement", "distributions/temporal-endpoints/build.lock"]
RUN ["python", "-m", "venv", "/opt/temporal-endpoints"]
RUN ["/opt/temporal-endpoints/bin/python", "-m", "pip", "install", "--no-cache-dir", "--only-binary=:all:", "--require-hashes", "--requirement", "distributions/temporal-endpoints/requirements.lock"]
COPY distributions/nested-templates distributions/nested-templates
COPY distributions/temporal-endpoints distributions/temporal-endpoints
COPY schemas/contract.schema.json schemas/contract.schema.json
COPY src/nested_templates src/nested_templates
COPY src/temporal_endpoints src/temporal_endpoints
RUN ["/opt/builder/bin/python", "-m", "pip", "wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", "wheels", "distributions/nested-templates", "distributions/temporal-endpoints"]
RUN ["/opt/temporal-endpoints/bin/python", "-m", "pip", "install", "--no-index", "--no-deps", "--find-links", "wheels", "nested-templates", "temporal-endpoints"]

FROM ${PYTHON}
COPY --from=build /opt/temporal-endpoints /opt/temporal-endpoints
ENV PATH=/opt/temporal-endpoints/bin:/usr/local/bin:/usr/bin:/bin PYTHONDONTWRITEBYTECODE=1
# Nobody, as a number, so that Kubernetes can see that it is not root.
USER 65534:65534
EXPOSE 8080
ENTRYPOINT ["temporal-endpoints"]
CMD ["serve"]
