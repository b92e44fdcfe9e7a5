#!/usr/bin/env python3
"""Keeps the include map: who may include what. The map is the two tables below; `./dev check` runs this.

    check_includes.py               checks the tree, prints a line for each wrong include
    check_includes.py --self-test   checks the checker
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What each folder of ours may include besides itself; the longest matching path counts. None: everything of ours.
BASE = ["runtime/base"]
WITH_OIP = BASE + ["runtime/oip"]
SIDES = BASE + ["runtime/policy"]
BELOW_ACTORS = SIDES + ["runtime/oip", "runtime/serving", "storage", "cluster"]
BELOW_GATEWAY = BELOW_ACTORS + ["actors"]
FOLDERS = {
    "runtime/base": [],
    "runtime/policy": BASE,
    "runtime/oip": BASE,
    "runtime/serving": SIDES,
    "storage": SIDES,
    "cluster": SIDES + ["storage"], # for records between machines
    "actors": BELOW_ACTORS,
    "runtime/gateway": BELOW_GATEWAY,
    "runtime/grpc": BELOW_GATEWAY,
    "runtime/lan": BASE,
    "runtime/host": WITH_OIP,
    "runtime/cli": WITH_OIP + ["cluster"], # to log in, and to talk to the nodes of one by TLS
    "runtime/node": None,
    "tests": None,
    "examples": None,
}

# What is found by its spelling, and the paths (by their beginnings) that alone may include it. The first match counts.
TESTS = ["tests/", "examples/"]
RPC_PLACES = ["runtime/gateway/", "runtime/cli/", "runtime/node/", "cluster/"] + TESTS
KINDS = [
    ("libtorch", r"(torch|ATen|c10|caffe2)/", ["runtime/host/", "tests/bench/torch_floor.cpp"]),
    ("RocksDB", r"rocksdb/", ["storage/rocks_", "runtime/node/"] + TESTS),
    ("simdjson", r"simdjson\.h", ["runtime/oip/query_", "runtime/oip/infer_query.cpp"]),
    ("muParser", r"muParser", ["runtime/base/expression.cpp"]),
    ("prometheus-cpp", r"prometheus/", ["runtime/gateway/"]),
    ("Avahi", r"avahi-", ["runtime/lan/"]),
    ("CAF", r"caf/", ["actors/", "runtime/gateway/", "runtime/node/"] + TESTS),
    ("KJ's loop and Cap'n Proto RPC", r"kj/(async|compat/|timer)|capnp/(rpc|ez-rpc|capability|membrane|compat/)", RPC_PLACES),
    ("Cap'n Proto's schemas and serialization", r"schemas/.*\.capnp\.h|capnp/|kj/",
     ["runtime/host/", "runtime/serving/process_hosts", "storage/"] + RPC_PLACES),
]

INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')


def folder_of(path):
    """The folder of the map that a path of ours is in, or None."""
    fits = [folder for folder in FOLDERS if path.startswith(folder + "/")]
    return max(fits, key=len, default=None)


def objection(path, quote, target, exists):
    """Why the file at `path` may not include `target`, or None. `exists` says whether a path of ours is there."""
    for name, spelling, places in KINDS:
        if re.match(spelling, target):
            if any(path.startswith(place) for place in places):
                return None
            return f"{name} only in {', '.join(place.rstrip('/') for place in places)}"
    if quote == "<":
        return None
    if not exists(target):
        return "no such file; ours are named from the repository root"
    source, other = folder_of(path), folder_of(target)
    allowed = FOLDERS[source]
    if allowed is None or other == source or other in allowed:
        return None
    return f"{source} may include {', '.join(allowed) or 'nothing else of ours'}"


def objections(path, text, exists):
    """One line for each include of the file that the map forbids."""
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        why = found and objection(path, found[1], found[2], exists)
        if why:
            shown = found[1] + found[2] + (">" if found[1] == "<" else '"')
            yield f"{path}:{number}: may not include {shown}: {why}"


def sources():
    for top in sorted({folder.split("/")[0] for folder in FOLDERS}):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in (".cpp", ".hpp"):
                yield path


def check_tree():
    count, wrong = 0, []
    for path in sources():
        count += 1
        name = path.relative_to(ROOT).as_posix()
        if folder_of(name) is None:
            wrong.append(f"{name}:1: its folder is not in the include map (FOLDERS in cmake/check_includes.py)")
            continue
        wrong += objections(name, path.read_text(), lambda target: (ROOT / target).is_file())
    print("\n".join(wrong + [f"include map: {count} files, {len(wrong)} wrong includes"]))
    return 1 if wrong or count == 0 else 0


# (file, include, allowed)
CASES = [
    ("runtime/base/x.cpp", '"runtime/base/error.hpp"', True),
    ("runtime/base/x.cpp", "<vector>", True),
    ("runtime/base/x.cpp", '"runtime/policy/batch_plan.hpp"', False),
    ("runtime/base/x.cpp", "<caf/all.hpp>", False),
    ("runtime/policy/x.cpp", '"runtime/base/error.hpp"', True),
    ("runtime/policy/x.cpp", '"actors/protocol.hpp"', False),
    ("runtime/policy/x.cpp", "<kj/async.h>", False),
    ("runtime/oip/x.cpp", '"runtime/base/error.hpp"', True),
    ("runtime/oip/x.cpp", '"runtime/policy/batch_plan.hpp"', False),
    ("runtime/oip/query_json.hpp", "<simdjson.h>", True),
    ("runtime/oip/infer_query.hpp", "<simdjson.h>", False),
    ("runtime/gateway/http_server.cpp", "<simdjson.h>", False),
    ("runtime/gateway/metrics_text.cpp", "<prometheus/text_serializer.h>", True),
    ("actors/pool.cpp", "<prometheus/metric_family.h>", False),
    ("runtime/serving/pool.cpp", '"runtime/policy/batch_plan.hpp"', True),
    ("runtime/serving/pool.cpp", '"runtime/oip/oip_json.hpp"', False),
    ("runtime/serving/pool.cpp", '"storage/store.hpp"', False),
    ("runtime/serving/pool.cpp", '"schemas/host.capnp.h"', False),
    ("runtime/serving/process_hosts.cpp", '"schemas/host.capnp.h"', True),
    ("runtime/serving/process_hosts.cpp", "<capnp/rpc-twoparty.h>", False),
    ("storage/state_store.cpp", "<capnp/message.h>", True),
    ("storage/state_store.cpp", "<rocksdb/db.h>", False),
    ("storage/rocks_store.cpp", "<rocksdb/db.h>", True),
    ("storage/rocks_store.cpp", '"cluster/transport.hpp"', False),
    ("actors/pool.cpp", '"runtime/serving/hosts.hpp"', True),
    ("actors/pool.cpp", "<caf/all.hpp>", True),
    ("actors/pool.cpp", '"runtime/gateway/bridge.hpp"', False),
    ("actors/pool.cpp", '"schemas/records.capnp.h"', False),
    ("runtime/gateway/rpc.cpp", '"actors/protocol.hpp"', True),
    ("runtime/gateway/rpc.cpp", "<capnp/rpc-twoparty.h>", True),
    ("runtime/gateway/rpc.cpp", '"runtime/node/options.hpp"', False),
    ("runtime/cli/status.cpp", '"schemas/control.capnp.h"', True),
    ("runtime/cli/status.cpp", '"runtime/serving/pool.hpp"', False),
    ("runtime/host/main.cpp", "<torch/script.h>", True),
    ("runtime/host/main.cpp", '"runtime/serving/pool.hpp"', False),
    ("runtime/lan/main.cpp", "<avahi-core/core.h>", True),
    ("runtime/lan/main.cpp", '"cluster/sightings.hpp"', False),
    ("cluster/lan_discovery.cpp", "<avahi-core/core.h>", False),
    ("runtime/node/main.cpp", '"runtime/cli/verbs.hpp"', True),
    ("runtime/node/main.cpp", "<ATen/ATen.h>", False),
    ("tests/actors/pool_test.cpp", '"runtime/gateway/rpc.hpp"', True),
    ("tests/actors/pool_test.cpp", "<torch/script.h>", False),
    ("runtime/base/x.cpp", '"error.hpp"', False),
]


def self_test():
    wrong = []
    for path, include, allowed in CASES:
        found = list(objections(path, f"\n#include {include}\n", lambda target: "/" in target))
        if bool(found) == allowed or any(not line.startswith(f"{path}:2: ") for line in found):
            wrong.append(f"self-test: {path} includes {include}: expected {'no objection' if allowed else 'one'}, found {found}")
    print("\n".join(wrong + [f"include map's self-test: {len(CASES)} cases, {len(wrong)} wrong"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(self_test() if sys.argv[1:] == ["--self-test"] else check_tree())
