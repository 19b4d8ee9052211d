"""The power goes: a loop-mounted ext4 stops writing, at random, with readings nowhere else."""
import fcntl
import os
import signal
import struct
import subprocess

import own_mounts
import own_stores
from harness import RETRY_SOON, Skip, expect, poll
from scenarios.crash_points import points_of_the_binary, two_configs, way_to

SUMMARY = "an ext4 below the spool loses power (EXT4_IOC_SHUTDOWN without flushing its journal)"
SHORT = {"cycles": 8}
LONG = {"cycles": 100}

IMAGE_BYTES = 64 << 20
# _IOR('X', 125, __u32) with EXT4_GOING_FLAGS_NOLOGFLUSH, fs/ext4/ext4.h of Linux: from then on
# nothing reaches the device, what the journal has not committed included.
EXT4_IOC_SHUTDOWN = 0x8004587D
NOLOGFLUSH = struct.pack("=I", 2)

ANSWERS_MAX = 300


def run(fault):
    trial = Trial(fault)
    for cycle in range(fault.cycles):
        # One in four delivers meanwhile: cursors move and segments go while the power does.
        trial.lose_power(with_stores=fault.random.random() < 0.25, at_a_point=cycle % 2 == 1)
        if fault.random.random() < 0.5:
            trial.deliver()
    trial.deliver()
    fault.figures["power_losses"] = fault.cycles
    fault.verify(postgres=trial.database_url, redis=(trial.redis_url, trial.queue))


class Disk:
    """An ext4 in a file, mounted where only this process and its children see it."""

    def __init__(self, fault):
        self.image = os.path.join(fault.directory, "disk.img")
        self.path = fault.subdirectory("disk")
        try:
            own_mounts.unshare_mounts()
            with open(self.image, "wb") as file:
                file.truncate(IMAGE_BYTES)
            subprocess.run(["mkfs.ext4", "-q", self.image], check=True)
            self.mount()
            fault.stack.callback(subprocess.run, ["umount", "-q", "-l", self.path])
            self.lose_power()
        except (OSError, subprocess.CalledProcessError) as error:
            raise Skip("it takes root, mkfs.ext4 and loop devices: %s" % error) from error
        self.power_on()

    def mount(self):
        subprocess.run(["mount", "-o", "loop", self.image, self.path], check=True)

    def lose_power(self):
        directory = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(directory, EXT4_IOC_SHUTDOWN, NOLOGFLUSH)
        finally:
            os.close(directory)

    def power_on(self):
        """What the machine finds when it starts again: the journal is replayed."""
        subprocess.run(["umount", self.path], check=True)
        self.mount()


class Trial:
    def __init__(self, fault):
        self.fault = fault
        self.disk = Disk(fault)
        self.database_url, _ = fault.database()
        self.redis_url, self.queue, _ = fault.queue()
        self.stores = own_stores.store_environment(self.database_url, self.redis_url, self.queue)
        self.configs = two_configs(fault, "32MiB", database=RETRY_SOON, redis=RETRY_SOON)
        self.host = fault.host(self.configs[0])
        try:
            # Those that are reached without damage done by hand.
            self.points = [point for point in points_of_the_binary()
                           if not way_to(point).by_hand and not way_to(point).poison]
        except Skip:
            self.points = []

    def start(self, with_stores, wait=True, **environment):
        stores = self.stores if with_stores else own_stores.NO_STORES
        self.host.environment = {**stores, **environment,
                                 "SPOOL_DIR": os.path.join(self.disk.path, "spool")}
        self.host.start(wait)

    def lose_power(self, with_stores, at_a_point):
        """Under load; when the host has just died at a crash point, or while it runs. Dying
        first leaves in the page cache what the host was about to sync."""
        random = self.fault.random
        crash = {}
        enough = random.randrange(ANSWERS_MAX)
        if at_a_point and self.points:
            point = random.choice(self.points)
            way = way_to(point)
            crash["INGEST_CRASH_AT"] = "%s:%d" % (point, random.randint(1, way.passes))
            enough += ANSWERS_MAX
            with_stores = with_stores if way.delivering is None else way.delivering
            if way.other_config:
                self.host.config = self.configs[self.host.config == self.configs[0]]
        self.start(with_stores, wait=False, **crash)
        process = self.host.process
        load = self.fault.load(self.host.port)
        poll(lambda: load.answered >= enough or process.poll() is not None,
             "%d requests were answered" % enough)
        self.fault.add("at_crash_points", process.poll() is not None)
        # A moment later it may still say that the disk has gone, on a machine that has gone.
        load.doubts_refusals = True
        self.disk.lose_power()
        self.host.kill()
        expect(process.returncode == -signal.SIGKILL, "it ended with %d" % process.returncode)
        load.stop()
        expect(not load.refusals, "while it lived, it refused: %s" % load.refusals[:3])
        self.disk.power_on()

    def deliver(self):
        self.start(with_stores=True)
        spool = self.fault.settle(self.host)["spool"]
        expect(spool["lost"] == spool["quarantined_ranges"] == 0,
               "the spool is damaged: %s" % spool)
        expect(self.host.stop() == 0, "the host did not end well")
