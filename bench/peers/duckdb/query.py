"""The statistics over the same passes with DuckDB, which scans columns instead of keeping roll-ups. Prints milliseconds as one JSON line; medians of three."""
import json
import os
import sqlite3
import sys
import tempfile
import time

import duckdb

source = sys.argv[1]
folder = tempfile.mkdtemp()
store = duckdb.connect(os.path.join(folder, "passes.duckdb"))
store.execute("SET threads TO 2")
store.execute("CREATE TABLE pass (area VARCHAR, industry VARCHAR, stage VARCHAR, fuel VARCHAR, plate VARCHAR, passed_at BIGINT, tonnes DOUBLE, verdict VARCHAR)")
columns = "area, industry, emission_stage, fuel, plate_no, passed_at, cargo_tonnes, verdict"
begun = time.perf_counter()
try:
    store.execute("INSTALL sqlite; LOAD sqlite")
    store.execute(f"INSERT INTO pass SELECT {columns} FROM sqlite_scan('{source}', 'gate_pass')")
except duckdb.Error:
    import csv

    reader = sqlite3.connect(f"file:{source}?mode=ro", uri=True)
    path = os.path.join(folder, "passes.csv")
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(reader.execute(f"SELECT {columns} FROM gate_pass"))
    store.execute(f"COPY pass FROM '{path}' (HEADER false)")
    os.unlink(path)
rows = store.execute("SELECT count(*) FROM pass").fetchone()[0]
expected = sqlite3.connect(f"file:{source}?mode=ro", uri=True).execute("SELECT count(*) FROM gate_pass").fetchone()[0]
assert rows == expected, (rows, expected)
loading = time.perf_counter() - begun


def milliseconds(statement):
    times = []
    for _ in range(3):
        start = time.perf_counter()
        store.execute(statement).fetchall()
        times.append((time.perf_counter() - start) * 1000)
    return round(sorted(times)[1], 1)


plate = store.execute("SELECT plate FROM pass LIMIT 1 OFFSET 12345").fetchone()[0]
month = "strftime(to_timestamp(passed_at / 1000 + 28800), '%Y%m')"
print(json.dumps({
    "rows": rows, "loading": round(loading * 1000),
    "statistics": milliseconds("SELECT area, industry, stage, fuel, count(*), sum(tonnes), count(*) FILTER (verdict = 'refuse') FROM pass GROUP BY ALL"),
    "plate": milliseconds(f"SELECT * FROM pass WHERE plate = '{plate}' ORDER BY passed_at DESC LIMIT 50"),
    "distinct": milliseconds(f"SELECT area, {month}, count(DISTINCT plate) FROM pass GROUP BY ALL"),
}))
store.close()
for name in os.listdir(folder):
    os.unlink(os.path.join(folder, name))
os.rmdir(folder)
