//! The generator of an execution: SplitMix64, the same in every language, seeded by the host.
//!
//! Its stream is part of the contract (`wit/README.md` has the test vectors): changing it changes recorded decisions.

use crate::bindings::types::Seed;

impl From<u64> for Seed {
    fn from(bits: u64) -> Self {
        Seed { high: (bits >> 32) as u32, low: bits as u32 }
    }
}

impl From<Seed> for u64 {
    fn from(seed: Seed) -> Self {
        u64::from(seed.high) << 32 | u64::from(seed.low)
    }
}

/// SplitMix64.
#[derive(Clone, Debug)]
pub(crate) struct SplitMix64(u64);

impl SplitMix64 {
    pub(crate) fn new(seed: u64) -> Self {
        SplitMix64(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// At least 0 and less than 1, from the upper 53 bits of one draw.
    pub(crate) fn next_f64(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A UUID of version 4 from two draws, the first being the upper half.
    pub(crate) fn next_guid(&mut self) -> String {
        let high = (self.next() & !0xF000) | 0x4000;
        let low = (self.next() & !(0b11 << 62)) | (0b10 << 62);
        let (a, b, c) = (high >> 32, (high >> 16) & 0xFFFF, high & 0xFFFF);
        let (d, e) = (low >> 48, low & 0xFFFF_FFFF_FFFF);
        format!("{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_that_of_the_contract() {
        let mut random = SplitMix64::new(1_234_567);
        let drawn: Vec<u64> = (0..5).map(|_| random.next()).collect();
        assert_eq!(
            drawn,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821
            ]
        );
        assert_eq!(SplitMix64::new(0).next(), 0xE220_A839_7B1D_CDAF);
        assert_eq!(SplitMix64::new(0).next_f64(), 0.883_310_808_213_642_6);
    }

    #[test]
    fn guids_have_the_form_of_version_4() {
        let guid = SplitMix64::new(0).next_guid();
        assert_eq!(guid, "e220a839-7b1d-4daf-ae78-9e6aa1b965f4");
    }
}
