//! Finds ids that were mistyped, by their check digits.

use ingest_plugin::{ingest_validator, Error, Host, Options, Row, Schema, Text, Typed, Validator};

mod digits;
use digits::Algorithm;

struct CheckDigit {
    column: Typed<Text>,
    algorithm: Algorithm,
    prefix: String,
}

impl Validator for CheckDigit {
    fn create(_: Host, options: &Options, schema: &Schema) -> Result<Self, Error> {
        let column = match options.get::<String>("/column")? {
            Some(name) => schema.column_for(&name, "/column")?,
            None => ingest_plugin::EQUIPMENT_ID,
        };
        let algorithm = match options.need::<String>("/algorithm")?.as_str() {
            "luhn" => Algorithm::Luhn,
            "mod97" => Algorithm::Mod97,
            _ => return Err(Error::config("/algorithm", "must be luhn or mod97")),
        };
        let prefix = options.get("/prefix")?.unwrap_or_default();
        Ok(CheckDigit { column, algorithm, prefix })
    }

    fn check(&mut self, row: &Row) -> Result<(), Error> {
        let text = match row.get(self.column) {
            Some(text) if text.starts_with(&self.prefix) => text,
            _ => return Ok(()),
        };
        match digits::judge(text, self.algorithm) {
            Ok(()) => Ok(()),
            Err(why) => row.reject(self.column, "check_digit", &why),
        }
    }
}

ingest_validator!(
    CheckDigit,
    r#"{
  "kind": "validator",
  "options": [
    { "name": "algorithm", "type": "string", "required": true, "enum": ["luhn", "mod97"],
      "description": "luhn: the last digit, over digits; mod97: the last two, over letters too" },
    { "name": "column", "type": "string", "default": "equipment_id",
      "description": "a column of texts" },
    { "name": "prefix", "type": "string", "default": "",
      "description": "only ids that begin so are checked" } ],
  "reads": ["*"],
  "writes": [],
  "issues": [ { "code": "check_digit", "description": "the check digits do not fit" } ]
}"#
);
