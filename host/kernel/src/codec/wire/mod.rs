//! The types that are written to disk, and their translation from and to the model.
//!
//! A body is one byte of format number followed by the postcard encoding of a record or a letter. Once there is a
//! release, fields and variants are only ever added at the end, under a new format number; golden files freeze what is
//! here. The same types, as JSON, are what a history is exported as.

mod entity;
mod event;
mod letter;
mod parts;

use serde::{Deserialize, Serialize};

use crate::model as m;

const FORMAT: u8 = 2;

/// The row of an entity is not a record, and must not pass for one.
const ENTITY_FORMAT: u8 = 0x82;

pub(super) fn encode_record(record: &m::Record) -> Vec<u8> {
    encode(FORMAT, &event::Record::from(record))
}

pub(super) fn decode_record(body: &[u8]) -> Result<m::Record, String> {
    decode::<event::Record<'_>>(FORMAT, body)?.try_into()
}

pub(super) fn encode_letter(letter: &m::Letter) -> Vec<u8> {
    encode(FORMAT, &letter::Letter::from(letter))
}

pub(super) fn decode_letter(body: &[u8]) -> Result<m::Letter, String> {
    decode::<letter::Letter<'_>>(FORMAT, body)?.try_into()
}

pub(super) fn encode_entity(entity: &m::Entity) -> Vec<u8> {
    encode(ENTITY_FORMAT, &entity::Entity::from(entity))
}

pub(super) fn decode_entity(body: &[u8]) -> Result<m::Entity, String> {
    decode::<entity::Entity<'_>>(ENTITY_FORMAT, body)?.try_into()
}

pub(super) fn record_to_json(record: &m::Record) -> serde_json::Result<Box<serde_json::value::RawValue>> {
    serde_json::value::to_raw_value(&event::Record::from(record))
}

pub(super) fn record_from_json(text: &str) -> Result<m::Record, String> {
    serde_json::from_str::<event::Record<'_>>(text).map_err(|error| error.to_string())?.try_into()
}

fn encode(format: u8, body: &impl Serialize) -> Vec<u8> {
    // Room for a typical row, so that it is written without growing.
    let mut buffer = Vec::with_capacity(256);
    buffer.push(format);
    postcard::to_extend(body, buffer)
        .expect("postcard fails only on types without a known length, and there are none here")
}

fn decode<'a, T: Deserialize<'a>>(known: u8, body: &'a [u8]) -> Result<T, String> {
    let Some((&format, rest)) = body.split_first() else {
        return Err("the row is empty".to_owned());
    };
    if format != known {
        return Err(format!("format {format} is unknown; this host reads format {known}"));
    }
    let (value, rest) = postcard::take_from_bytes(rest).map_err(|error| error.to_string())?;
    if rest.is_empty() { Ok(value) } else { Err(format!("{} bytes follow the record", rest.len())) }
}
