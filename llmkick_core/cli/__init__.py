"""The command line: `python -m llmkick_core demo | run | sweep | compress | fetch | judge | live | report | export | import | rescore | rebuild | doctor`.

Every command takes `--store DIR` and `--json` (one JSON document on stdout, all else on stderr). It exits with 0 when it is done, 1 when it failed
with one clear line, 2 when the arguments cannot be used.
"""

from llmkick_core.cli import answering, commands, exporting, fetching, importing, judging, reading
from llmkick_core.cli.frame import app

__all__ = ["answering", "app", "commands", "exporting", "fetching", "importing", "judging", "reading"]
