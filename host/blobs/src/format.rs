//! What is in the object of a blob: a header, and the text compressed with zstd in one frame.
//!
//! ```text
//! 0   8   magic
//! 8   4   format number, little-endian
//! 12  8   length of the text in bytes, little-endian
//! 20      zstd
//! ```
//!
//! It trusts no object: not its size, not its header, not what the frame says of itself. The only measure is the name of
//! the blob, which comes from a sealed row. It knows neither where objects are nor how they get there.

use std::io;

use bytes::Bytes;
use kernel::model::{BlobRef, Payload};
use object_store::PutPayload;

const MAGIC: [u8; 8] = *b"dcpoblob";
const FORMAT: u32 = 1;
const HEADER_BYTES: usize = 20;
/// A text is written once and seldom read; more effort buys a few percent of space for twice the time.
const LEVEL: i32 = 1;

/// The object of a text. Beside the text itself it takes what is left of it after compression.
pub(crate) fn pack(text: &[u8]) -> io::Result<PutPayload> {
    let mut body = zstd::bulk::compress(text, LEVEL)?;
    // It was made for the worst case.
    body.shrink_to_fit();
    let header = [&MAGIC[..], &FORMAT.to_le_bytes(), &(text.len() as u64).to_le_bytes()].concat();
    Ok([header, body].into_iter().map(Bytes::from).collect())
}

/// Whether an object of that many bytes can be the one of this blob. To be asked before it is read.
pub(crate) fn check_size(blob: BlobRef, bytes: u64) -> Result<(), String> {
    let most = HEADER_BYTES as u64 + zstd::compress_bound(length(blob)) as u64;
    match bytes {
        _ if bytes < HEADER_BYTES as u64 => Err(format!("it has {bytes} bytes, which is less than a header")),
        _ if bytes > most => Err(format!("it has {bytes} bytes; a text of {} has at most {most}", blob.length)),
        _ => Ok(()),
    }
}

/// The text in an object, or why this is not the one that the blob is named after.
/// It takes the object, so that never more than two of the object, the text and its copy for the payload are there at once.
pub(crate) fn unpack(blob: BlobRef, object: Bytes) -> Result<Payload, String> {
    let (header, body) = object.split_at_checked(HEADER_BYTES).ok_or("it is shorter than a header")?;
    let (magic, rest) = header.split_at(MAGIC.len());
    let (format, text_length) = rest.split_at(size_of_val(&FORMAT));
    if magic != MAGIC {
        return Err("it does not begin like a blob".to_owned());
    }
    if format != FORMAT.to_le_bytes() {
        return Err(format!("this host reads format {FORMAT}, and it has another one"));
    }
    if text_length != blob.length.to_le_bytes() {
        return Err("its header names another length".to_owned());
    }
    // No more than the text is ever written, whatever the frame promises.
    let text = zstd::bulk::decompress(body, length(blob)).map_err(|error| format!("it cannot be unpacked: {error}"))?;
    drop(object);
    if BlobRef::of(&text) != blob {
        return Err("its text has another digest".to_owned());
    }
    Ok(Payload::trusted(&text))
}

fn length(blob: BlobRef) -> usize {
    usize::try_from(blob.length).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        Bytes::from(pack(text).unwrap()).to_vec()
    }

    /// An object with a frame of one's own.
    fn forged(length: usize, body: &[u8]) -> Vec<u8> {
        [&MAGIC[..], &FORMAT.to_le_bytes(), &(length as u64).to_le_bytes(), body].concat()
    }

    #[test]
    fn objects() {
        let text = b"[\"a text that is long enough to be compressed, compressed, compressed\"]";
        let blob = BlobRef::of(text);
        let check = |object: &[u8], expect: Result<(), &str>| {
            let got = check_size(blob, object.len() as u64).and_then(|()| unpack(blob, Bytes::copy_from_slice(object)));
            match expect {
                Ok(()) => assert_eq!(got.unwrap().inline(), Some(&text[..])),
                Err(part) => assert!(got.as_ref().is_err_and(|why| why.contains(part)), "{got:?} has no {part:?}"),
            }
        };
        let good = packed(text);
        let changed = |at: usize| {
            let mut object = good.clone();
            object[at] ^= 1;
            object
        };
        check(&good, Ok(()));
        check(b"", Err("less than a header"));
        check(&good[..HEADER_BYTES - 1], Err("less than a header"));
        check(&good[..HEADER_BYTES], Err("another digest"));
        check(&good[..good.len() - 1], Err("cannot be unpacked"));
        check(&[&good[..], &[0; 4096]].concat(), Err("at most"));
        check(&changed(0), Err("does not begin like a blob"));
        check(&changed(8), Err("format 1"));
        check(&changed(12), Err("another length"));
        check(&changed(HEADER_BYTES), Err("cannot be unpacked"));
        check(&packed(&text.map(|byte| byte ^ 1)), Err("another digest"));
        check(&forged(text.len(), &zstd::bulk::compress(&text[1..], LEVEL).unwrap()), Err("another digest"));
        // Frames that unpack to a gigabyte, whose header says so and whose header does not.
        let bomb = zstd::bulk::compress(&[0; 1 << 20], LEVEL).unwrap().repeat(1 << 10);
        let said = unpack(blob, forged(text.len(), &bomb).into());
        assert!(said.as_ref().is_err_and(|why| why.contains("cannot be unpacked")), "{said:?}");
        let silent = zstd::stream::encode_all(&[0; 1 << 20][..], LEVEL).unwrap();
        let silent = unpack(blob, forged(text.len(), &silent).into());
        assert!(silent.as_ref().is_err_and(|why| why.contains("cannot be unpacked")), "{silent:?}");
    }

    /// What lies in stores must be readable for ever.
    #[test]
    fn the_format_is_frozen() {
        let object = b"dcpoblob\x01\0\0\0\x07\0\0\0\0\0\0\0\x28\xb5\x2f\xfd\x20\x07\x39\0\0[1,2,3]";
        assert_eq!(unpack(BlobRef::of(b"[1,2,3]"), Bytes::from_static(object)), Ok(Payload::trusted(b"[1,2,3]")));
        assert_eq!(packed(b"[1,2,3]")[..HEADER_BYTES], object[..HEADER_BYTES]);
    }
}
