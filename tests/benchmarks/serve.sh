#!/bin/sh
# Serve on PORT, hand on to SINK_PORT, keep everything in DIR: what a generator of load needs.  serve.sh PORT SINK_PORT DIR [WORKERS]
# fan_out_limit is lifted, for smtp-source sends one text to many; everything else is as it comes. RELAY: more lines for [relay].
set -eu
port=$1 sink=$2 dir=$3 workers=${4:-2}
mkdir -p "$dir"
cat >"$dir/mailguard.toml" <<TOML
[relay]
listen = "127.0.0.1:$port"
next_hop = "smtp://127.0.0.1:$sink?tls=none"
own_domains = ["corp.example"]
workers = $workers
${RELAY:-}
[database]
url = "sqlite:///mailguard.db"
[policy]
fan_out_limit = 1000000000
[http]
listen = ""
TOML
exec "${MAILGUARD:-mailguard}" serve -c "$dir/mailguard.toml"
