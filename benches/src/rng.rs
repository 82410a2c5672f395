//! The chance in a generated site: splitmix64.
//!
//! **Invariant:** the sequence depends on the seed alone: no clock, no address, no platform.

/// Sebastiano Vigna's splitmix64 (<https://prng.di.unimi.it/splitmix64.c>).
#[derive(Debug, Clone)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// The stream of numbers numbered `stream` of `seed`, independent of the seed's others.
    pub fn new(seed: u64, stream: u64) -> Self {
        // Both are scrambled first: states that differ by the increment give the same
        // sequence, shifted by one, so `seed + stream × increment` would not do.
        let state = scramble(seed.wrapping_add(scramble(stream.wrapping_add(INCREMENT))));
        Self { state }
    }

    /// The next number, any of 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(INCREMENT);
        scramble(self.state)
    }

    /// A number in `0..bound`; 0 where `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        // The high half of the product: no modulo, and a bias too small to matter here.
        #[expect(clippy::cast_possible_truncation, reason = "less than `bound`, which is a usize")]
        let number = ((u128::from(self.next_u64()) * bound as u128) >> 64) as usize;
        number
    }

    /// A number in `low..=high`.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// True once in `n` times, on average.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of `items`, which may not be empty.
    pub fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }
}

const INCREMENT: u64 = 0x9e37_79b9_7f4a_7c15;

fn scramble(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_published_sequence() {
        let mut rng = SplitMix64 { state: 1_234_567 };
        let numbers: Vec<u64> = (0..3).map(|_| rng.next_u64()).collect();
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn stays_within_its_bounds_and_reaches_them() {
        let mut rng = SplitMix64::new(1, 0);
        let drawn: Vec<usize> = (0..200).map(|_| rng.between(3, 5)).collect();
        assert!(drawn.iter().all(|n| (3..=5).contains(n)));
        assert!((3..=5).all(|n| drawn.contains(&n)));
    }

    #[test]
    fn neighbouring_streams_are_not_shifts_of_each_other() {
        let mut first = SplitMix64::new(1, 0);
        let mut second = SplitMix64::new(1, 1);
        let first: Vec<u64> = (0..50).map(|_| first.next_u64()).collect();
        assert!((0..50).all(|_| !first.contains(&second.next_u64())));
    }
}
