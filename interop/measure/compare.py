#!/usr/bin/env python3
"""Times whole commands in turn, A B A B ..., and prints medians and the ratio pair by pair, so that
a comparison holds while the machine's speed drifts. Memory is the peak of the process tree's
largest member, as the kernel accounts it.

    python3 interop/measure/compare.py [-n 3] --peer 'COMMAND' --ours 'COMMAND'

Each command is split as a shell splits words. One uncounted run of each comes first.
"""
import argparse
import os
import shlex
import statistics
import subprocess
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("-n", type=int, default=3, help="counted runs of each command")
parser.add_argument("--peer", required=True)
parser.add_argument("--ours", required=True)
a = parser.parse_args()


def run(command):
    start = time.monotonic()
    process = subprocess.Popen(
        shlex.split(command), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    if status:
        sys.exit(f"{command}\nexited with {os.waitstatus_to_exitcode(status)}\n{error.decode()}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


results = {"peer": [], "ours": []}
for i in range(a.n + 1):
    for who, command in (("peer", a.peer), ("ours", a.ours)):
        measured = run(command)
        if i > 0:
            results[who].append(measured)
for who, rows in results.items():
    wall, cpu, rss = (statistics.median(column) for column in zip(*rows))
    print(f"{who}: wall {wall:7.2f} s   cpu {cpu:7.2f} s   peak {rss:6.0f} MiB")
ratios = [p[0] / o[0] for p, o in zip(results["peer"], results["ours"])]
print(
    f"peer / ours: median {statistics.median(ratios):.2f}"
    f"   (min {min(ratios):.2f}, max {max(ratios):.2f}, {a.n} pairs)"
)
