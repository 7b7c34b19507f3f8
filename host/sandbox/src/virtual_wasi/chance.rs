//! The generator behind `wasi:random`: SplitMix64 (Steele, Lea, Flood 2014).
//!
//! Its numbers go into decisions, hence they are part of the contract: `wit/README.md` says how they are made.

/// Sets this stream apart from the one that the guest's SDK seeds with the same number.
const WASI: u64 = 0x7761_7369_0000_0002;

/// The state of a generator.
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    /// The stream that belongs to a seed of the contract.
    pub(super) fn of(seed: u64) -> Self {
        Self(Self(seed ^ WASI).next())
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// So many bytes: draws from their lowest byte on; what is left of the last one is dropped.
    pub(super) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count.next_multiple_of(8));
        while bytes.len() < count {
            bytes.extend(self.next().to_le_bytes());
        }
        bytes.truncate(count);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draws_of_the_contract() {
        let check = |mut chance: Chance, expect: [u64; 2]| assert_eq!([chance.next(), chance.next()], expect);
        check(Chance(0), [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]);
        check(Chance(1_234_567), [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn bytes_are_draws() {
        let check = |count: usize| {
            let mut draws = Chance::of(7);
            let expect: Vec<u8> = std::iter::repeat_with(|| draws.next().to_le_bytes()).take(2).flatten().collect();
            assert_eq!(Chance::of(7).bytes(count), expect[..count]);
        };
        [0, 1, 8, 13, 16].into_iter().for_each(check);
        assert_ne!(Chance::of(7).next(), Chance(7).next(), "the SDK has a stream of its own");
    }
}
