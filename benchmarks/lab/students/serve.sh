#!/bin/sh
# Everything that the teachers serve: sh serve.sh WORK. Goes on where it was killed.
cd "$(dirname "$0")/../../.." || exit 1
while read -r mark replies from; do
  node --conditions=@taggant/source --import tsx benchmarks/lab/students/serve.ts "$1" "$mark" "$replies" --from "$from" || exit 1
done <<'LIST'
g4-d2-w1 1000 0
g4-d2-w2 2000 0
gumbel-w1 1000 4000
gumbel-w2 200 4400
g4-d3-w1 200 4800
tournament-w1 200 5200
tournament-w2 200 5600
g4-d3-w2 200 6000
g4-d1-w2 100 6400
g2-d2-w2 100 6800
g4-d2-w4 100 7200
gumbel-w4 100 7600
tournament-w4 100 8000
g2-d2-w1 100 8400
plain 100 8800
g4-d2-w2#13577 400 0
g4-d3-w1#13577 400 0
gumbel-w1#13577 200 0
LIST
