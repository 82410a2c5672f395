//! Whether a figure changed from one build to the next, or only trembles.
//!
//! How that is decided: the builds before it that are like it, at most [`WINDOW`], tell how much the
//! figure changes from one build to the next when nothing is the matter: [`SPREADS`] times the median of
//! those changes, each as a ratio, and never less than the figure's floor. A build has changed where it
//! differs by more than that from the build before it *and* from the median of the last [`RECENT`]. So a
//! single slow build is one change and not two, a lasting one is marked where it began, and a figure that
//! always trembles is never marked. With fewer than [`ENOUGH`] builds before it nothing is claimed.
//!
//! Successive changes, not distances from a mean, measure the trembling: a site that grew, or a build
//! that became slower for good, does not hide the next change.

/// How many builds before one tell how much a figure trembles.
pub const WINDOW: usize = 20;

/// How many of them it is compared with.
pub const RECENT: usize = 5;

/// With fewer builds before it than these nothing is known of a build's noise.
pub const ENOUGH: usize = 5;

/// How many times the median change a change must exceed. Four and a half medians are three standard
/// deviations of normal noise; a median of few changes is itself uncertain, hence more. The test
/// `noise_is_seldom_called_a_change` has the rates.
const SPREADS: f64 = 6.0;

/// What can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floor {
    /// Times: 5 % is never claimed to be more than noise.
    Time,
    /// Sizes that depend on which worker is where: 2 %.
    Size,
}

impl Floor {
    fn ratio(self) -> f64 {
        match self {
            Self::Time => 1.05,
            Self::Size => 1.02,
        }
    }
}

/// How a build's figure stands to the build before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// There is no build before it that is like it.
    First,
    /// The ratio to the build before; too few builds came before to tell whether it is noise.
    Unjudged(f64),
    /// The ratio, which is within what the figure trembles.
    Noise(f64),
    /// The ratio, which is more than that.
    Real(f64),
}

impl Change {
    /// New against old: above 1 is slower, or more.
    pub fn ratio(self) -> Option<f64> {
        match self {
            Self::First => None,
            Self::Unjudged(ratio) | Self::Noise(ratio) | Self::Real(ratio) => Some(ratio),
        }
    }
}

/// How `new` stands to `before`, the same figure of the builds before it that are like it, oldest first.
pub fn judge(before: &[f64], new: f64, floor: Floor) -> Change {
    let sound = |value: &f64| value.is_finite() && *value > 0.0;
    let before: Vec<f64> = before.iter().copied().filter(sound).collect();
    let before = &before[before.len().saturating_sub(WINDOW)..];
    let Some(last) = before.last().filter(|_| sound(&new)) else { return Change::First };
    let ratio = new / last;
    if before.len() < ENOUGH {
        return Change::Unjudged(ratio);
    }
    let steps = before.windows(2).map(|pair| (pair[1] / pair[0]).ln().abs());
    let spread = (SPREADS * median(steps.collect())).max(floor.ratio().ln());
    let recent = median(before[before.len() - RECENT..].to_vec());
    let moved = ratio.ln();
    let shifted = (new / recent).ln();
    let real = moved.abs() > spread && shifted.abs() > spread && (moved > 0.0) == (shifted > 0.0);
    if real { Change::Real(ratio) } else { Change::Noise(ratio) }
}

/// The median of `values`; 0 where there are none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[odd / 2],
        even => f64::midpoint(values[even / 2 - 1], values[even / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perf::sample::Seeded;

    /// How many of `of` histories of `builds` builds are said to have changed in the last, which is
    /// `slower` times what it would have been.
    fn claimed(builds: usize, noise: f64, slower: f64, of: u32) -> f64 {
        let mut random = Seeded(7);
        let claimed = (0..of).filter(|_| {
            let before: Vec<f64> = (0..builds).map(|_| random.time(noise)).collect();
            matches!(judge(&before, random.time(noise) * slower, Floor::Time), Change::Real(_))
        });
        claimed.count() as f64 / f64::from(of)
    }

    #[test]
    fn noise_is_seldom_called_a_change() {
        for noise in [0.005, 0.02, 0.1] {
            for (builds, bound) in [(ENOUGH, 0.02), (10, 0.01), (WINDOW, 0.005)] {
                let rate = claimed(builds, noise, 1.0, 10_000);
                assert!(rate < bound, "{rate} of {builds} builds of noise {noise}");
            }
        }
    }

    #[test]
    fn what_is_slower_than_the_noise_is_mostly_found() {
        for (noise, slower) in [(0.005, 1.1), (0.02, 1.25), (0.1, 3.0)] {
            let rate = claimed(WINDOW, noise, slower, 10_000);
            assert!(rate > 0.85, "{rate} of noise {noise}");
        }
    }

    #[test]
    fn a_slow_build_among_others_is_one_change_and_a_lasting_one_is_marked_where_it_began() {
        let steady = [100.0, 101.0, 99.0, 100.0, 102.0, 100.0];
        let at = |history: &[f64], new| judge(history, new, Floor::Time);
        assert_eq!(at(&steady, 150.0), Change::Real(1.5));
        let spike = [&steady[..], &[150.0]].concat();
        assert_eq!(at(&spike, 100.0), Change::Noise(100.0 / 150.0));
        assert_eq!(at(&spike, 150.0), Change::Noise(1.0));
        assert_eq!(at(&steady, 70.0), Change::Real(0.7));
    }

    #[test]
    fn little_is_known_of_few_builds_and_nothing_of_none() {
        assert_eq!(judge(&[], 5.0, Floor::Time), Change::First);
        assert_eq!(judge(&[1.0, 2.0], 4.0, Floor::Time), Change::Unjudged(2.0));
        assert_eq!(judge(&[1.0, 0.0, f64::NAN], 4.0, Floor::Time), Change::Unjudged(4.0));
        assert_eq!(judge(&[1.0; 9], f64::INFINITY, Floor::Time), Change::First);
    }

    #[test]
    fn less_than_the_floor_is_noise_however_steady_the_figure() {
        assert_eq!(judge(&[100.0; 9], 104.0, Floor::Time), Change::Noise(1.04));
        assert_eq!(judge(&[100.0; 9], 103.0, Floor::Size), Change::Real(1.03));
    }

    #[test]
    fn medians() {
        assert_eq!(
            (median(vec![]), median(vec![3.0, 1.0, 2.0]), median(vec![4.0, 1.0])),
            (0.0, 2.0, 2.5)
        );
    }
}
