#!/bin/sh
# Takes from node_modules what the server does not need to run. Licences stay.
set -eu

rm -r node_modules/mediasoup/worker node_modules/better-sqlite3/deps node_modules/better-sqlite3/src
find node_modules/better-sqlite3/prebuilds -type f ! -name "linux-$(node --print process.arch).node" -delete
find node_modules -type f \
  \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' -o -name '*.md' \) \
  ! -iname 'licen[cs]e*' -delete
