"""The API document of a running host, held to OpenAPI 3.1 by a validator of the public."""
import copy
import json
import os
import subprocess
import unittest

import e2e
import npm_packages

DOCUMENT = "/api/v1/openapi.json"


class OpenapiTest(e2e.HostTest):
    def setUp(self):
        super().setUp()
        self.directory_of_validator = npm_packages.installed(
            os.path.join(e2e.SOURCE, "tests/e2e/openapi"), e2e.BUILD, "openapi")

    def verdict(self, document):
        path = self.write("openapi.json", json.dumps(document))
        done = subprocess.run(["node", "validate.mjs", path], cwd=self.directory_of_validator,
                              text=True, capture_output=True, timeout=e2e.PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def document(self, config="presets/embedded.yaml"):
        host = self.host(config).start()
        with e2e.contextlib.closing(host.client()) as client:
            document = client.get(DOCUMENT).json
        host.stop()
        return document

    def assert_valid(self, document):
        verdict = self.verdict(document)
        self.assertEqual(verdict["errors"], [])
        self.assertGreater(verdict["schemas"], 20)
        self.assertGreater(verdict["examples"], 3)

    def test_that_of_the_preset_is_valid(self):
        self.assert_valid(self.document())

    def test_that_of_another_configuration_is_valid(self):
        with open(os.path.join(e2e.SOURCE, "presets/embedded.yaml")) as file:
            text = file.read()
        keys = os.path.join(self.directory, "keys")
        subprocess.run([e2e.HOST_BINARY, "keys", "new", "k", "--scope", "read", "--file", keys],
                       check=True, capture_output=True, timeout=e2e.PATIENCE)
        text = text.replace("\nhttp:\n", "\nhttp:\n  auth: { keys: %s }\n" % keys)
        text = text.replace("\nreading:\n", "\nreading:\n  unknown_fields: keep\n")
        text = text.replace("  fields:\n", """  fields:
    state: { type: string, required: true }
    count: { type: integer, description: "With \\"quotes\\", <tags> and °." }
    open: { type: boolean }
    seen: { type: timestamp }
""")
        document = self.document(self.write("other.yaml", text))
        self.assertIn("securitySchemes", document["components"])
        self.assert_valid(document)

    def test_faults_are_found(self):
        document = self.document()
        ingest = "/api/v1/sensors/ingest"

        def broken(change):
            changed = copy.deepcopy(document)
            change(changed)
            return self.verdict(changed)["errors"]

        def media(changed):
            return changed["paths"][ingest]["post"]["requestBody"]["content"]["application/json"]

        self.assertEqual(broken(lambda d: None), [])
        for name, change in {
                "no title": lambda d: d["info"].pop("title"),
                "a status that is none": lambda d: d["paths"][ingest]["post"]["responses"].update(
                    {"twohundred": {"description": ""}}),
                "an answer without description": lambda d: d["paths"][ingest]["post"][
                    "responses"]["201"].pop("description"),
                "a reference to nothing": lambda d: media(d).update(
                    schema={"$ref": "#/components/schemas/nothing"}),
                "a schema of no type": lambda d: media(d).update(schema={"type": "double"}),
                "an older version": lambda d: d.update(openapi="3.0.3"),
                "an example that does not fit": lambda d: media(d).update(
                    example={"equipment_id": 5}, examples={}),
        }.items():
            with self.subTest(name):
                self.assertNotEqual(broken(change), [])


if __name__ == "__main__":
    unittest.main()
