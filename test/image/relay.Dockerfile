# What stands in for coturn/coturn where the public registry is out of reach: Debian's, with the file capability that the
# public image gives its program.
FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends coturn libcap2-bin \
  && setcap CAP_NET_BIND_SERVICE=+ep /usr/bin/turnserver
