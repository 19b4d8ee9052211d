"""A limit on the size of files (`ulimit -f`) is as a full disk: 503, and no end by SIGXFSZ."""
import os
import resource
import unittest

import e2e

SPOOL = "\nspool: { dir: \"${SPOOL_DIR}\", segment_size: 1MiB, size_max: 8MiB }\n"
LIMIT = 64 << 10


class FileLimitTest(e2e.HostTest):
    def limit(self, host, size):
        _, hard = resource.prlimit(host.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(host.process.pid, resource.RLIMIT_FSIZE, (size, hard))

    def test_readings_are_refused_until_there_is_room(self):
        with open(os.path.join(e2e.SOURCE, "presets/embedded.yaml")) as file:
            before, _, rest = file.read().partition("\nspool:\n")
        self.assertIn("storage:", rest)
        config = self.write("limit.yaml", before + SPOOL + rest[rest.index("storage:"):])
        host = self.host(config, {"PLUGIN_DIR": os.path.join(e2e.BUILD, "plugins")}).start()
        load = self.load(host.port, connections=4, sizes=(20, 100))
        e2e.poll(lambda: load.accepted or load.error, "readings are accepted")
        self.limit(host, LIMIT)
        e2e.poll(lambda: load.refusals or load.error, "readings are refused")
        e2e.poll(lambda: host.ledger()["spool"]["state"] == "full", "the spool is full")
        self.assertIsNone(host.process.poll())
        self.limit(host, resource.RLIM_INFINITY)
        accepted = load.accepted
        e2e.poll(lambda: load.accepted > accepted + 5 or load.error, "they are accepted again")
        load.stop()
        self.assertEqual(load.no_answer, [])
        self.assertEqual({status for status, _, _ in load.refusals}, {503})
        e2e.poll(lambda: host.ledger()["sinks"][0]["waiting"] == 0, "everything is delivered")
        self.assertEqual(host.stop(), 0, host.log())
        self.assert_kept(load, sqlite=[os.path.join(host.directory, "readings.db")])


if __name__ == "__main__":
    unittest.main()
