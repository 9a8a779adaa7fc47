# `wattline web` and `wattline proxy`, slim, as a user without rights, on a read-only file system:
#
#   docker build -t wattline .
#   docker run --rm --read-only --tmpfs /tmp -p 127.0.0.1:8200:8200 -e WATTLINE_WEB_TOKEN=choose-one wattline
#   docker run --rm --read-only --tmpfs /tmp wattline proxy --listen 0.0.0.0 --upstream http://model:8000 --journal none
ARG BASE=python:3.12-slim
FROM ${BASE} AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY src src
RUN python3 -m venv /opt/wattline \
 && /opt/wattline/bin/pip install --no-cache-dir -c constraints.txt '.[web,sim,proxy,meter,nvidia,cluster]'
# the compiled simulator, and Python's own compiled files, so that nothing need be written later
ENV NUMBA_CACHE_DIR=/opt/wattline/numba
RUN /opt/wattline/bin/wattline serve llama-3.1-8b --rate 1/s --duration "1 min" --draws 5 --json > /dev/null \
 && /opt/wattline/bin/python -m compileall -q /opt/wattline/lib

FROM ${BASE}
# letters of figures that are downloaded as PNG, Chinese ones too
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends fonts-dejavu-core fonts-wqy-zenhei \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin wattline
COPY --from=build /opt/wattline /opt/wattline
# Numba uses no cache that it cannot write to, so that each start takes its own copy of it to /tmp
ENV PATH=/opt/wattline/bin:$PATH NUMBA_CACHE_DIR=/tmp/numba PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
USER 10001
WORKDIR /tmp
EXPOSE 8200
ENTRYPOINT ["sh", "-c", "[ -e $NUMBA_CACHE_DIR ] || cp -r /opt/wattline/numba $NUMBA_CACHE_DIR; exec wattline \"$@\"", "wattline"]
CMD ["web", "--listen", "0.0.0.0"]
