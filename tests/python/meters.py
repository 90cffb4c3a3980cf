#!/usr/bin/env python3
"""What a Prometheus server reads: OpenMetrics text on the standard input, by the strict parser of PyPI's `prometheus_client`.

    meters.py < text    prints every sample as [name, labels, value]
"""
import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

samples = [
    [sample.name, sample.labels, sample.value]
    for family in text_string_to_metric_families(sys.stdin.read())
    for sample in family.samples
]
print(json.dumps(samples))
