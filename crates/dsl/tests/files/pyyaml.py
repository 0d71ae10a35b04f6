"""Asks PyYAML whether what is recorded in pyyaml.jsonl is so: run it after the writer has changed.

Each line has a value, the text that PyYAML 6.0.3 made of it (`dumped`, null where it does not read its own
text back) and the text that this crate makes of it (`written`). Needs `pip install pyyaml`.
"""

import json
import pathlib

import yaml

for line in (pathlib.Path(__file__).parent / "pyyaml.jsonl").read_text("utf-8").split("\n"):
    if not line:
        continue
    vector = json.loads(line)
    assert yaml.safe_load(vector["written"]) == vector["value"], vector
    if vector["dumped"] is not None:
        assert yaml.dump(vector["value"], allow_unicode=True) == vector["dumped"], vector
