# shellcheck shell=bash
# . examples/scratch_node.sh: gives this shell a node of its own, on ports that the kernel chooses, so that it is in nobody's way. It ends with the shell.
#   scratch                      its folder, which goes with it; whatever else is to go, too, can be put there
#   TROUPE_NODE, TROUPE_HTTP     where it listens: troupe, and the scripts of the examples, look there
scratch=$(mktemp -d)
troupe node --name scratch --data "$scratch/data" --listen 127.0.0.1:0 --http 127.0.0.1:0 \
  --address-file "$scratch/rpc" --http-address-file "$scratch/http" >"$scratch/node.log" 2>&1 &
scratch_node=$!
trap 'kill "$scratch_node" && wait "$scratch_node"; rm -rf "$scratch"' EXIT
for ((look = 0; look < 300; ++look)); do
  [[ -e $scratch/rpc && -e $scratch/http ]] || sleep 0.1
done
if [[ ! -e $scratch/rpc || ! -e $scratch/http ]]; then
  echo "the node doesn't come up:" >&2
  cat "$scratch/node.log" >&2
  return 1
fi
TROUPE_NODE=$(cat "$scratch/rpc")
TROUPE_HTTP=$(cat "$scratch/http")
export TROUPE_NODE TROUPE_HTTP
echo "a node listens on $TROUPE_NODE, and for HTTP on $TROUPE_HTTP"
