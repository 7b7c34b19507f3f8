//! What a row looks like: one JSON object a line on stdout. Everything else goes to stderr.

use serde_json::{Map, Value, json};

use crate::limits::Limits;
use crate::load::Sample;
use crate::stats::median;

/// One row of the benchmark.
#[derive(Debug)]
pub struct Row {
    name: String,
    callers: usize,
    fields: Map<String, Value>,
}

impl Row {
    pub fn new(name: impl Into<String>, callers: usize) -> Self {
        Self { name: name.into(), callers, fields: Map::new() }
    }

    /// Adds a figure, rounded to what can be told apart.
    pub fn with(mut self, field: &str, figure: f64) -> Self {
        self.fields.insert(field.to_owned(), rounded(figure));
        self
    }

    /// Adds the medians of several runs.
    pub fn samples(self, samples: &[Sample]) -> Self {
        self.with("per_s", median(samples.iter().map(|sample| sample.per_s)))
            .with("p50_ms", median(samples.iter().map(|sample| sample.p50_ms)))
            .with("p99_ms", median(samples.iter().map(|sample| sample.p99_ms)))
    }

    /// Adds the limits that were measured between the runs.
    pub fn limits(mut self, limits: &[Limits]) -> Self {
        let limit = Limits::median(limits);
        let limit = json!({
            "fdatasync_per_s": rounded(limit.fdatasync_per_s),
            "fdatasync_p50_ms": rounded(limit.fdatasync_p50_ms),
            "sqlite_rows_per_s": rounded(limit.sqlite_rows_per_s),
            "http_per_s": rounded(limit.http_per_s),
        });
        self.fields.insert("limit".to_owned(), limit);
        self
    }

    /// Prints the row.
    pub fn print(self) {
        println!("{}", self.line());
    }

    /// Prints that the row has no figures, and why.
    pub fn void(name: &str, why: &anyhow::Error) {
        println!("{}", json!({ "name": name, "void": format!("{why:#}") }));
    }

    /// In an order that can be read: name first.
    fn line(&self) -> String {
        let mut line = format!("{{\"name\":{},\"callers\":{}", json!(self.name), self.callers);
        let order = ["per_s", "p50_ms", "p99_ms", "rss_mib", "of_bare"];
        let known = order.iter().filter_map(|field| Some((*field, self.fields.get(*field)?)));
        let others = self.fields.iter().map(|(field, value)| (field.as_str(), value));
        for (field, value) in known.chain(others.filter(|(field, _)| !order.contains(field))) {
            line += &format!(",{}:{value}", json!(field));
        }
        line + "}"
    }
}

/// Four digits are more than any of this is worth.
fn rounded(figure: f64) -> Value {
    if figure == 0.0 || !figure.is_finite() {
        return json!(0);
    }
    let digits = 3 - figure.abs().log10().floor() as i32;
    match digits {
        ..=0 => json!(figure.round() as i64),
        _ => {
            let scale = 10f64.powi(digits);
            json!((figure * scale).round() / scale)
        }
    }
}
