//! The golden validator in Rust, with the crate in plugin-api/rust. What it does is in README.md.

use ingest_plugin::{
    ingest_validator, At, Batch, Error, Host, Options, Report, Schema, Typed, Validator,
    EQUIPMENT_ID, READING_ID, RECEIVED_AT, TIMESTAMP,
};

struct Limit {
    column: Typed<f64>,
    min: f64,
    max: f64,
}

struct Golden {
    limits: Vec<Limit>,
    strip: String,
    fails_on: String,
    bug_on: String,
    temperature: Option<Typed<f64>>,
    null_below_zero: Option<Typed<f64>>,
    counter: Option<Typed<i64>>,
    idle_unless: Option<Typed<bool>>,
    next: i64,
}

fn need<K: ingest_plugin::Kind>(
    schema: &Schema,
    pointer: &str,
    name: &str,
    kind: &str,
) -> Result<Typed<K>, Error> {
    let no_column = |_| Error::config(pointer, format!("there is no column of {kind} '{name}'"));
    schema.column(name).map_err(no_column)
}

fn column<K: ingest_plugin::Kind>(
    options: &Options,
    schema: &Schema,
    pointer: &str,
    kind: &str,
) -> Result<Option<Typed<K>>, Error> {
    match options.get::<String>(pointer)? {
        Some(name) => need(schema, pointer, &name, kind).map(Some),
        None => Ok(None),
    }
}

fn limit(options: &Options, schema: &Schema, name: &str) -> Result<Limit, Error> {
    let pointer = format!("/limits/{name}");
    let limit = Limit {
        column: need(schema, &pointer, name, "numbers")?,
        min: options.get(&format!("{pointer}/min"))?.unwrap_or(f64::NEG_INFINITY),
        max: options.get(&format!("{pointer}/max"))?.unwrap_or(f64::INFINITY),
    };
    if limit.min > limit.max {
        return Err(Error::config(&pointer, "min is above max"));
    }
    Ok(limit)
}

impl Golden {
    fn check_row(&self, batch: &Batch, row: usize, report: &Report) -> Result<(), Error> {
        for limit in &self.limits {
            match batch.get(limit.column, row) {
                Some(value) if value > limit.max => {
                    let message = format!("is above {}", limit.max);
                    report.reject(row, limit.column, "out_of_limits", &message)?;
                }
                Some(value) if !(value >= limit.min) => {
                    let message = format!("is below {}", limit.min);
                    report.reject(row, limit.column, "out_of_limits", &message)?;
                }
                _ => {}
            }
        }
        let time = |column| batch.get(column, row).unwrap_or(0);
        let late = time(TIMESTAMP) - time(RECEIVED_AT);
        if late > 0 {
            let message = format!("is {late} us after its arrival");
            report.warn(row, TIMESTAMP, "early", &message)?;
        }
        if self.idle_unless.and_then(|column| batch.get(column, row)) == Some(false) {
            let id = batch.get(READING_ID, row).copied().unwrap_or_default();
            let end: String = id[12..].iter().map(|byte| format!("{byte:02x}")).collect();
            let message = format!("reading {end} is of an idle machine");
            report.warn(row, At::READING, "idle", &message)?;
        }
        Ok(())
    }

    fn change_row(&self, batch: &Batch, row: usize, report: &Report) -> Result<(), Error> {
        let id = batch.get(EQUIPMENT_ID, row).unwrap_or("");
        if let Some(rest) = id.strip_prefix(self.strip.as_str()) {
            if !self.strip.is_empty() && !rest.is_empty() {
                report.set(row, EQUIPMENT_ID, rest)?;
            }
        }
        if let Some(column) = self.temperature {
            if let Some(value) = batch.get(column, row) {
                report.set(row, column, value.floor())?;
            }
        }
        match self.null_below_zero {
            Some(column) if batch.get(column, row).map_or(false, |value| value < 0.0) => {
                report.set_null(row, column)
            }
            _ => Ok(()),
        }
    }
}

impl Validator for Golden {
    fn create(host: Host, options: &Options, schema: &Schema) -> Result<Self, Error> {
        if host.now_ns() <= 0 {
            return Err(Error::fatal("this host has no options or no clock"));
        }
        let text = |pointer: &str| options.get::<String>(pointer).map(Option::unwrap_or_default);
        let names = options.names("/limits")?;
        let limits: Result<_, _> = names.iter().map(|name| limit(options, schema, name)).collect();
        let rounds = options.get("/floor")?.unwrap_or(false);
        let golden = Golden {
            limits: limits?,
            strip: text("/strip")?,
            fails_on: text("/fails_on")?,
            bug_on: text("/bug_on")?,
            temperature: if rounds { schema.column("temperature").ok() } else { None },
            null_below_zero: column(options, schema, "/null_below_zero", "numbers")?,
            counter: column(options, schema, "/counter", "integers")?,
            idle_unless: column(options, schema, "/idle_unless", "booleans")?,
            next: options.get("/start")?.unwrap_or(0),
        };
        for index in 0..options.size("/lines")?.unwrap_or(0) {
            host.info(&text(&format!("/lines/{index}"))?);
        }
        Ok(golden)
    }

    fn check(&mut self, _: &ingest_plugin::Row) -> Result<(), Error> {
        unreachable!("check_batch goes over the rows")
    }

    fn check_batch(&mut self, batch: &Batch, report: &Report) -> Result<(), Error> {
        let mut next = self.next;
        for row in (0..batch.rows()).filter(|&row| !batch.refused(row)) {
            let id = batch.get(EQUIPMENT_ID, row).unwrap_or("");
            if !self.fails_on.is_empty() && id == self.fails_on {
                return Err(Error::fatal("told to fail"));
            }
            if !self.bug_on.is_empty() && id == self.bug_on {
                panic!("a bug");
            }
            self.check_row(batch, row, report)?;
            self.change_row(batch, row, report)?;
            if let Some(column) = self.counter {
                report.set(row, column, next)?;
                next += 1;
            }
        }
        if !batch.trial() {
            self.next = next;
        }
        Ok(())
    }
}

ingest_validator!(
    Golden,
    r#"{"kind":"validator","shared_state":true,"options":[
        {"name":"limits","type":"object","description":"bounds by column",
         "options":[{"name":"*","type":"object","options":[
            {"name":"min","type":"number","constrains":"minimum"},
            {"name":"max","type":"number","constrains":"maximum"}]}]},
        {"name":"strip","type":"string","default":"","column":"equipment_id",
         "description":"taken off the beginning of equipment_id"},
        {"name":"floor","type":"boolean","default":false,"description":"round temperature down"},
        {"name":"null_below_zero","type":"string","description":"a column"},
        {"name":"counter","type":"string","description":"a column of integers"},
        {"name":"start","type":"integer","default":0,"minimum":0},
        {"name":"idle_unless","type":"string","description":"a column"},
        {"name":"fails_on","type":"string","description":"an equipment_id"},
        {"name":"bug_on","type":"string","description":"an equipment_id"},
        {"name":"lines","type":"array","items":{"type":"string"}}],
        "reads":["*"],"writes":["equipment_id","temperature","humidity","seen"],
        "issues":[{"code":"out_of_limits","description":"beyond a bound"},
            {"code":"early"},{"code":"idle"}]}"#
);
