#!/usr/bin/env python3
"""bound.py FILE VERSION PERCENT: of the requests that `ask.py` tells of in the file, how many came to harm by that version, the only one on trial: it
answered them wrongly, or they got no answer. Fails if there is none, or if they are more than the share of all that its weight gave it.
"""

import json
import pathlib
import sys


def main():
    told = json.loads(pathlib.Path(sys.argv[1]).read_text())
    version, percent = sys.argv[2], float(sys.argv[3])
    seen = told["versions"].get(version, {"answers": 0, "wrong": 0})
    harmed = seen["wrong"] + told["unanswered"]
    share = 100 * harmed / told["requests"]
    print(f"version {version}: {seen['wrong']} wrong answers, {told['unanswered']} requests without one: {share:.2f} % of {told['requests']}")
    print(f"its weight was {percent:g} %, so that is {'within' if share <= percent else 'beyond'} the bound")
    sys.exit(0 if 0 < share <= percent else 1)


if __name__ == "__main__":
    main()
