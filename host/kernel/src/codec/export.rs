//! A history as a JSON document, for people, for tests of authors and for other machines.
//!
//! It carries no checksums: who edits it gets what the edited history says.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::wire;
use crate::model::Record;

const FORMAT: &str = "dacapo-history/1";

/// The history of the present execution of an instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// Its records, the first one first.
    pub records: Vec<Record>,
}

/// Why a text is not an exported history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// It is something else, or of a newer host.
    #[error("not an exported history: {0}; `dacapo history ID --export` writes one")]
    Format(String),
    /// A record of it makes no sense.
    #[error("record {number} of the history cannot be read: {what}")]
    Record {
        /// Counted from 1.
        number: usize,
        /// What is wrong.
        what: String,
    },
}

#[derive(Deserialize)]
struct Read<'a> {
    format: String,
    #[serde(borrow)]
    records: Vec<&'a RawValue>,
}

impl Export {
    /// The document, one record a line.
    pub fn to_json(&self) -> String {
        let mut text = format!("{{\"format\":\"{FORMAT}\",\"records\":[");
        for (index, record) in self.records.iter().enumerate() {
            text.push_str(if index == 0 { "\n" } else { ",\n" });
            text.push_str(wire::record_to_json(record).expect("records have no keys that are not text").get());
        }
        text.push_str("\n]}\n");
        text
    }

    /// Reads a document.
    pub fn from_json(text: &str) -> Result<Self, ExportError> {
        let read: Read<'_> = serde_json::from_str(text).map_err(|error| ExportError::Format(error.to_string()))?;
        if read.format != FORMAT {
            return Err(ExportError::Format(format!(
                "its format is {:?}, and this host reads {FORMAT:?}",
                read.format
            )));
        }
        let numbered = (1..).zip(read.records);
        let records = numbered.map(|(number, record)| {
            wire::record_from_json(record.get()).map_err(|what| ExportError::Record { number, what })
        });
        Ok(Self { records: records.collect::<Result<_, _>>()? })
    }
}
