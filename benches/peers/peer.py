#!/usr/bin/env python3
"""Answers for PostgreSQL in the peer benchmark: one request a line of JSON on standard input, one answer a line on
standard output. All that is measured is done by the peer's own bench.py, which lies beside this file when it runs.

usage: peer.py FOLDER      FOLDER holds events.ndjson as bench.py reads it
"""
import contextlib
import io
import json
import sys
import time

import psycopg

import bench

# Beyond this many events capture() would hold them all in memory; load() does the same work as a stream.
HELD_EVENTS_MAX = 200_000


def said(work):
    """The last line of JSON that one of bench.py's functions prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        work()
    return json.loads(out.getvalue().strip().splitlines()[-1])


def copy(folder, events):
    """The COPY path, batches of 500, with the client's parsing."""
    if events > HELD_EVENTS_MAX:
        answer = said(lambda: bench.load(folder))
        return {"events": answer["load_copy_batch500"], "per_second": answer["events_per_s_with_parse"]}
    answer = said(lambda: bench.capture(folder, [(500, events)], bench.send_copy, "COPY"))
    return {"events": answer["events"], "per_second": answer["with_client_parse"]}


def writers(folder, writers, each):
    """Single events by so many writers side by side."""
    answer = said(lambda: bench.writers(folder, [(writers, 1, each)]))
    return {"events": answer["events"], "per_second": answer["events_per_s"], "p99_ms": answer["p99"]}


def settle(connection):
    connection.execute("VACUUM ANALYZE")
    connection.execute("CHECKPOINT")
    return {}


def timed(connection, sql, uri):
    began = time.perf_counter()
    rows = connection.execute(sql, (bench.hid(uri),), prepare=True, binary=True).fetchall()
    return (time.perf_counter() - began) * 1e3, rows


def trace(connection, direction, uris, tell):
    """The identifiers of a closure, as bench.py asks for them."""
    sql = (bench.FWD if direction == "forward" else bench.BWD) + bench.URI
    answers = []
    for uri in uris:
        milliseconds, rows = timed(connection, sql, uri)
        answers.append({"ms": milliseconds, "nodes": len(rows), "ids": [row[0] for row in rows] if tell else []})
    return {"answers": answers}


def history(connection, containment, uris, tell):
    """An item's events as documents; with those of what it was in, if asked."""
    sql = bench.HF if containment else bench.HD
    answers = []
    for uri in uris:
        milliseconds, rows = timed(connection, sql, uri)
        ids = [json.loads(row[0])["eventID"] for row in rows] if tell else []
        answers.append({"ms": milliseconds, "nodes": len(rows), "ids": ids})
    return {"answers": answers}


def size():
    return {"bytes_an_event": said(bench.size)["bytes_per_event_on_disk"]}


def answer(request, folder, connection):
    do = request["do"]
    if do == "copy":
        return copy(folder, request["events"])
    if do == "writers":
        return writers(folder, request["writers"], request["each"])
    if do == "settle":
        return settle(connection)
    if do == "trace":
        return trace(connection, request["direction"], request["uris"], request["tell"])
    if do == "history":
        return history(connection, request["containment"], request["uris"], request["tell"])
    if do == "size":
        return size()
    raise ValueError(do)


def main():
    folder = sys.argv[1]
    answers = sys.stdout
    for line in sys.stdin:
        # bench.py drops and makes its tables: a connection that prepared statements on the old ones is of no use.
        request = json.loads(line)
        with psycopg.connect(bench.DSN, autocommit=True) as connection:
            if request["do"] in ("trace", "history"):
                # The first call plans and reads; it is nobody's measure.
                answer({**request, "uris": request["uris"][:1], "tell": False}, folder, connection)
            given = answer(request, folder, connection)
        answers.write(json.dumps(given) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
