# metrogis as a command, as a Dask scheduler or worker, as whatever `compose.yaml` makes of it.
# It is built from this folder: the wheel first, then an image that has nothing but the wheel and
# what it needs.
#   docker build -t metrogis .
#   docker run --rm -v "$PWD/public:/srv/public" metrogis metrogis atlas demo -o /srv/public
FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY metrogis metrogis
COPY layers layers
COPY docs docs
COPY scripts scripts
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.12-slim
# libexpat is what rasterio's wheel expects of the system
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libexpat1 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /wheels /wheels
COPY constraints.txt /wheels/
RUN wheel="$(ls /wheels/metrogis-*.whl)" \
    && python -m pip install --no-cache-dir --constraint /wheels/constraints.txt "${wheel}[dask]" \
    && rm -rf /wheels
# the program never needs to be root; folders it writes into belong to it
RUN useradd --create-home --uid 1000 metrogis \
    && mkdir -p /srv/layers /srv/data /srv/work /srv/public \
    && chown -R metrogis /srv/work /srv/public
USER metrogis
WORKDIR /srv
# one thread of numba a process, as workers need it; kernels and scripts of maps are kept at /srv/work
ENV NUMBA_NUM_THREADS=1 \
    METROGIS_CACHE=/srv/work/cache \
    METROGIS_DATA=/srv/data \
    NUMBA_CACHE_DIR=/srv/work/numba
CMD ["metrogis", "--help"]
