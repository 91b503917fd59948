"""Holds packets for some milliseconds (NFQUEUE 1), where the kernel has no netem. usage: delay.py MILLISECONDS"""
import collections
import select
import sys
import time

from netfilterqueue import NetfilterQueue

DELAY = float(sys.argv[1]) / 1000
held = collections.deque()


def take(packet):
    packet.retain()
    held.append((time.monotonic() + DELAY, packet))


queue = NetfilterQueue()
queue.bind(1, take, max_len=65536)
while True:
    wait = 1.0 if not held else max(0.0, held[0][0] - time.monotonic())
    if select.select([queue.get_fd()], [], [], wait)[0]:
        queue.run(block=False)
    while held and held[0][0] <= time.monotonic():
        held.popleft()[1].accept()
