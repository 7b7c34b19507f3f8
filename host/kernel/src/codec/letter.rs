//! Sealing letters and opening them again.

use sha2::{Digest, Sha256};

use super::wire;
use crate::model::{Letter, LetterNo};

/// A letter as it is kept until it is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedLetter {
    /// Its number.
    pub no: LetterNo,
    /// The first 16 bytes of SHA-256 over the number and the body.
    pub sum: [u8; 16],
    /// The encoded letter.
    pub body: Vec<u8>,
}

/// Encodes a letter.
pub fn seal_letter(no: LetterNo, letter: &Letter) -> SealedLetter {
    let body = wire::encode_letter(letter);
    SealedLetter { no, sum: sum(no, &body), body }
}

/// Opens a letter, or says what is wrong with it.
pub fn open_letter(sealed: &SealedLetter) -> Result<Letter, String> {
    if sum(sealed.no, &sealed.body) != sealed.sum {
        return Err(format!("the checksum of letter {} does not match", sealed.no.0));
    }
    wire::decode_letter(&sealed.body).map_err(|error| format!("letter {} cannot be decoded: {error}", sealed.no.0))
}

fn sum(no: LetterNo, body: &[u8]) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(b"letter");
    hash.update(no.0.to_le_bytes());
    hash.update(body);
    let mut sum = [0; 16];
    sum.copy_from_slice(&hash.finalize()[..16]);
    sum
}
