//! Refuses the value that a sensor sends when it has not measured: a DS18B20 thermometer, for
//! example, says 85 after its supply failed.

use ingest_plugin::{ingest_validator, Error, Host, Options, Row, Schema, Typed, Validator};

/// An instance per core, without state between readings.
struct MyPluginValidator {
    field: Typed<f64>,
    value: f64,
}

impl Validator for MyPluginValidator {
    fn create(_: Host, options: &Options, schema: &Schema) -> Result<Self, Error> {
        let field: String = options.need("/field")?;
        Ok(MyPluginValidator {
            field: schema.column_for(&field, "/field")?,
            value: options.need("/value")?,
        })
    }

    fn check(&mut self, row: &Row) -> Result<(), Error> {
        if row.get(self.field) == Some(self.value) {
            let message = "is what the sensor says when it has not measured";
            row.reject(self.field, "not_measured", message)?;
        }
        Ok(())
    }
}

ingest_validator!(
    MyPluginValidator,
    r#"{
  "kind": "validator",
  "options": [
    { "name": "field", "type": "string", "default": "temperature",
      "description": "the field that the sensor measures" },
    { "name": "value", "type": "number", "default": 85,
      "description": "what the sensor says when it has not measured" } ],
  "reads": ["*"],
  "issues": [ { "code": "not_measured", "description": "the sensor has not measured" } ]
}"#
);
