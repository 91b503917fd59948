#!/usr/bin/env python3
"""Hashes the events of a document with the Python reference, and prints what it took.

Usage: measure.py FILE TIMES

The time is that of reading the text (already in memory) and hashing all its events, without the
interpreter's start and its imports. The reference does no validation.
"""
import json
import sys
import time

from epcis_event_hash_generator import hash_generator, json_to_py


def main():
    path, times = sys.argv[1], int(sys.argv[2])
    with open(path, encoding="utf-8") as file:
        text = file.read()
    seconds = []
    for _ in range(times):
        begin = time.perf_counter()
        events = json_to_py.event_list_from_epcis_document_str(text)
        hashes = hash_generator.epcis_hashes_from_events(events)
        seconds.append(time.perf_counter() - begin)
    print(json.dumps({"seconds": seconds, "hashes": hashes}))


main()
