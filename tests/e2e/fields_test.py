"""A new sensor field is a line in the configuration: then it is everywhere, without a rebuild."""
import json
import os
import unittest

import e2e

RPM = '    rpm: { type: integer, unit: "1/min", description: "Turns of the shaft." }\n'


class FieldsTest(e2e.HostTest):
    def with_rpm(self):
        with open(os.path.join(e2e.SOURCE, "config.yaml")) as file:
            lines = file.readlines()
        at = next(i for i, line in enumerate(lines) if line.startswith("    voltage:"))
        return self.write("with-rpm.yaml", "".join(lines[:at + 1] + [RPM] + lines[at + 1:]))

    def test_rpm(self):
        environment, db, redis, queue = self.stores()
        environment["PLUGIN_DIR"] = os.path.join(e2e.BUILD, "plugins")
        before = self.host("config.yaml", environment).start()
        with e2e.contextlib.closing(before.client()) as client:
            self.assertEqual(client.ingest(e2e.reading(1)).status, 201)
        self.assertEqual(before.stop(), 0)

        host = self.host(self.with_rpm(), environment).start()
        with e2e.contextlib.closing(host.client()) as client:
            answer = client.ingest(e2e.reading(2, equipment_id="PUMP-A1-001", rpm=1480))
            self.assertEqual(answer.status, 201, answer.body)
            refused = client.ingest(e2e.reading(2, rpm=1480.5))
            self.assertEqual(refused.status, 422)
            self.assertEqual(refused.json["errors"][0]["field"], "rpm")
            # The documentation.
            document = client.get("/api/v1/openapi.json").json
            rpm = document["components"]["schemas"]["Reading"]["properties"]["rpm"]
            self.assertEqual(rpm["type"], ["integer", "null"])
            self.assertEqual(rpm["x-unit"], "1/min")
            # latest, with the reading from before the field was there.
            latest = client.get("/api/v1/sensors/PUMP-A1-001/latest").json["readings"]
            self.assertEqual([r["rpm"] for r in latest], [1480, None])
        # The table: a nullable column.
        cursor = db.cursor()
        cursor.execute("SELECT data_type, is_nullable FROM information_schema.columns "
                       "WHERE table_name = 'sensor_data' AND column_name = 'rpm'")
        self.assertEqual(cursor.fetchall(), [("bigint", "YES")])
        cursor.execute("SELECT rpm FROM sensor_data ORDER BY created_at")
        self.assertEqual(cursor.fetchall(), [(None,), (1480,)])
        # The message.
        e2e.poll(lambda: redis.llen(queue) == 2, "both are published")
        newest = json.loads(redis.lindex(queue, 0))
        self.assertEqual(newest["rpm"], 1480)

    def test_a_backlog_from_before_the_field_is_delivered(self):
        environment, db, redis, queue = self.stores()
        environment["PLUGIN_DIR"] = os.path.join(e2e.BUILD, "plugins")
        down = dict(environment, DATABASE_URL="postgresql://nobody@127.0.0.1:%d/none"
                    % e2e.free_port())
        before = self.host("config.yaml", down).start()
        with e2e.contextlib.closing(before.client()) as client:
            self.assertEqual(client.ingest(e2e.reading(1)).status, 202)
        before.kill()
        host = self.host(self.with_rpm(), environment).start()

        def stored():
            cursor = db.cursor()
            cursor.execute("SELECT to_regclass('sensor_data') IS NOT NULL")
            if not cursor.fetchone()[0]:
                return None
            cursor.execute("SELECT temperature, rpm FROM sensor_data")
            return cursor.fetchall()

        rows = e2e.poll(stored, "the old reading is stored")
        self.assertEqual(rows, [(e2e.reading(1)["temperature"], None)])
        self.assertEqual(host.stop(), 0)


class UnknownMembersTest(e2e.HostTest):
    def start(self, policy):
        with open(os.path.join(e2e.SOURCE, "presets/embedded.yaml")) as file:
            text = file.read().replace("\nreading:\n",
                                       "\nreading:\n  unknown_fields: %s\n" % policy)
        self.assertIn("unknown_fields: " + policy, text)
        return self.host(self.write(policy + ".yaml", text),
                         {"PLUGIN_DIR": os.path.join(e2e.BUILD, "plugins")}).start().client()

    def test_ignore(self):
        with e2e.contextlib.closing(self.start("ignore")) as client:
            self.assertEqual(client.ingest(e2e.reading(colour="red")).status, 201)

    def test_reject(self):
        with e2e.contextlib.closing(self.start("reject")) as client:
            answer = client.ingest(e2e.reading(colour="red"))
            self.assertEqual(answer.status, 422)
            self.assertEqual(answer.json["errors"][0]["field"], "colour")

    def test_keep(self):
        with e2e.contextlib.closing(self.start("keep")) as client:
            answer = client.ingest(e2e.reading(equipment_id="PUMP-A1-001", colour="red", n=[1, 2]))
            self.assertEqual(answer.status, 201, answer.body)
            kept = client.get("/api/v1/sensors/PUMP-A1-001/latest").json["readings"][0]["metadata"]
            self.assertEqual(json.loads(kept), {"colour": "red", "n": [1, 2]})


if __name__ == "__main__":
    unittest.main()
