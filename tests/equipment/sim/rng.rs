//! SplitMix64: the one source of chance of a simulation.

/// A generator; the same seed gives the same numbers for ever.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// Begins at a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        scramble(self.0)
    }

    /// A number from 0 to `end`, without `end`, which is not zero.
    pub fn below(&mut self, end: u64) -> u64 {
        self.number() % end
    }

    /// An index into something of this length, which is not zero.
    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).expect("an index is below a length")
    }

    /// Whether something happens that happens `per_mille` times in a thousand.
    pub fn happens(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    /// A short wait that is sometimes a long one, in milliseconds.
    pub fn delay_ms(&mut self) -> u64 {
        match self.below(10) {
            0..5 => self.below(4),
            5..9 => self.below(60),
            _ => self.below(1_500),
        }
    }
}

/// Makes one number of two such that both matter and so does their order.
pub fn mix(left: u64, right: u64) -> u64 {
    scramble(left.rotate_left(17) ^ scramble(right.wrapping_add(0x9e37_79b9_7f4a_7c15)))
}

fn scramble(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
