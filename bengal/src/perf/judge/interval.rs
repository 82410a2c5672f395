//! How far two sets of runs lie apart, whatever the shape of their noise.
//!
//! The differences of every run of the one set from every run of the other are sorted; their order statistics
//! bound the shift between the sets, and the bounds leave out 0 exactly where the Mann-Whitney test finds
//! the sets different. Nothing is assumed but that an unchanged tree's runs could have come in any order, and
//! nothing is drawn at random. Source: Hollander, Wolfe and Chicken, *Nonparametric Statistical Methods*,
//! 4.1 to 4.3.

/// The probability that an unchanged tree's shift lies above the interval, and that it lies below: with
/// five runs a side the interval leaves out 0 only where all of one side lie beyond all of the other, which
/// happens by chance once in 252 times (0.4 %) each way.
pub const TAIL: f64 = 0.005;

/// Pairs of runs up to which the distribution is counted out; beyond, the normal one is as good.
const COUNTED: usize = 2_500;

/// The quantile of the normal distribution that leaves [`TAIL`] above it.
const NORMAL: f64 = 2.575_829_303_548_901;

/// The interval that the shift from `old` to `new` lies in, but for [`TAIL`] on each side. With fewer runs
/// than can tell that much it is the span of all differences. `None` where a side has no run.
pub fn shift(old: &[f64], new: &[f64]) -> Option<(f64, f64)> {
    let mut differences: Vec<f64> =
        new.iter().flat_map(|new| old.iter().map(move |old| new - old)).collect();
    differences.sort_by(f64::total_cmp);
    let outer = outermost(old.len(), new.len()).min(differences.len().checked_sub(1)? / 2);
    Some((differences[outer], differences[differences.len() - 1 - outer]))
}

/// How many of the smallest differences, and of the largest, the interval leaves out.
fn outermost(old: usize, new: usize) -> usize {
    if old * new > COUNTED {
        let (old, new) = (old as f64, new as f64);
        let spread = (old * new * (old + new + 1.0) / 12.0).sqrt();
        let rank = (old * new / 2.0 - NORMAL * spread).floor();
        #[expect(clippy::cast_possible_truncation, reason = "at most half the pairs")]
        return if rank > 0.0 { rank as usize } else { 0 };
    }
    let mut below = 0.0;
    let mut within = |probability: &f64| {
        below += probability;
        below <= TAIL
    };
    // The interval ends *at* the difference of that rank: one less than the ranks that are too unlikely.
    probabilities(old, new).iter().take_while(|p| within(p)).count().saturating_sub(1)
}

/// The probability of each value of Mann and Whitney's U, the pairs in which the new run is the smaller, if
/// nothing differs. Of all runs the largest is a new one in `new` of `old + new` cases, and then in no pair the
/// smaller; else it is an old one, and the smaller is the new one in all its pairs.
fn probabilities(old: usize, new: usize) -> Vec<f64> {
    let certain = vec![1.0];
    // Row `n` has the distributions for `n` new runs and 0, 1, 2 … old ones.
    let mut row: Vec<Vec<f64>> = vec![certain.clone(); old + 1];
    for n in 1..=new {
        let mut next = vec![certain.clone()];
        for o in 1..=old {
            let (share_new, share_old) = (n as f64 / (n + o) as f64, o as f64 / (n + o) as f64);
            let mut sums = vec![0.0; n * o + 1];
            row[o].iter().enumerate().for_each(|(u, p)| sums[u] += share_new * p);
            next[o - 1].iter().enumerate().for_each(|(u, p)| sums[u + n] += share_old * p);
            next.push(sums);
        }
        row = next;
    }
    row.pop().unwrap_or(certain)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often each U comes in all ways to deal `old + new` ranks out.
    fn dealt(old: usize, new: usize) -> Vec<u32> {
        let mut counts = vec![0; old * new + 1];
        for deal in 0u32..1 << (old + new) {
            if deal.count_ones() as usize == new {
                let is_new = |rank: usize| deal >> rank & 1 == 1;
                let new_ranks = (0..old + new).filter(|rank| is_new(*rank));
                let u: usize =
                    new_ranks.map(|rank| (rank..old + new).filter(|r| !is_new(*r)).count()).sum();
                counts[u] += 1;
            }
        }
        counts
    }

    #[test]
    fn the_distribution_is_that_of_all_deals() {
        for (old, new) in [(1, 1), (2, 3), (5, 5), (7, 4), (1, 9)] {
            let counts = dealt(old, new);
            let all: u32 = counts.iter().sum();
            let counted = probabilities(old, new);
            assert_eq!(counted.len(), counts.len());
            for (probability, count) in counted.iter().zip(&counts) {
                let expected = f64::from(*count) / f64::from(all);
                assert!(
                    (probability - expected).abs() < 1e-12,
                    "{old} {new}: {probability} {expected}"
                );
            }
        }
    }

    /// Against the table of critical values (two-sided, 0.01): U may be at most this.
    #[test]
    fn ranks_are_those_of_the_published_table() {
        for (old, new, critical) in
            [(5, 5, 0), (6, 6, 2), (7, 7, 4), (8, 8, 7), (10, 10, 16), (20, 20, 105)]
        {
            assert_eq!(outermost(old, new), critical, "{old} {new}");
        }
        assert_eq!(outermost(5, 10), 4);
        assert_eq!((outermost(1, 1), outermost(3, 3), outermost(4, 5)), (0, 0, 0));
    }

    #[test]
    fn the_normal_distribution_goes_on_where_counting_ends() {
        let (old, new) = (50, 50);
        let counted = outermost(old, new) as f64;
        let (o, n) = (50.0_f64, 50.0);
        let normal = o * n / 2.0 - NORMAL * (o * n * (o + n + 1.0) / 12.0).sqrt();
        assert!((counted - normal).abs() < 5.0, "{counted} {normal}");
        assert!(outermost(51, 51) > outermost(50, 50));
    }

    #[test]
    fn five_runs_a_side_are_told_apart_only_where_none_overlap() {
        let old = [1.0, 2.0, 3.0, 4.0, 5.0];
        assert_eq!(shift(&old, &[6.0, 7.0, 8.0, 9.0, 10.0]), Some((1.0, 9.0)));
        let (low, high) = shift(&old, &[4.5, 7.0, 8.0, 9.0, 10.0]).unwrap();
        assert!(low < 0.0 && high > 0.0);
    }

    #[test]
    fn one_run_a_side_has_one_difference_and_none_has_none() {
        assert_eq!(shift(&[3.0], &[5.0]), Some((2.0, 2.0)));
        assert_eq!(shift(&[3.0], &[]), None);
        assert_eq!(shift(&[], &[]), None);
    }
}
