#!/usr/bin/env python3
"""Payment files are what ISO 20022 says: the schema pain.001.001.09, as PyPI's `sepaxml` ships it, applied by libxml2.

    pain001.py FOLDER    every *.xml of the folder; prints how many are valid, and what is wrong with the others
"""
import json
import pathlib
import sys

import sepaxml
from lxml import etree

schemas = pathlib.Path(sepaxml.__file__).parent / "schemas"
schema = etree.XMLSchema(etree.parse(schemas / "pain.001.001.09.xsd"))
valid, refused = 0, []
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.xml")):
    if schema.validate(etree.parse(path)):
        valid += 1
    else:
        refused.append({"file": path.name, "why": str(schema.error_log.last_error)})
print(json.dumps({"valid": valid, "refused": refused}))
