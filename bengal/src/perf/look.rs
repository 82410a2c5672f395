//! What drawings for a terminal are made with.

use super::table::Tone;

/// How a terminal, or what stands in for one, can show things.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Characters in a line.
    pub width: usize,
    /// Whether bars are drawn beside tables.
    pub bars: bool,
    /// Whether there is more than ASCII.
    pub unicode: bool,
    /// Gives a text its colour.
    pub paint: fn(Tone, &str) -> String,
}

impl Look {
    /// For what is no terminal: no bars, no colours.
    pub fn plain(width: usize) -> Self {
        Self { width, bars: false, unicode: false, paint: |_, text| text.to_owned() }
    }

    /// `text` in the colour of `tone`.
    pub fn painted(&self, tone: Tone, text: &str) -> String {
        if text.is_empty() { String::new() } else { (self.paint)(tone, text) }
    }

    /// One of two signs: the second where there is only ASCII.
    pub fn sign(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.unicode { unicode } else { ascii }
    }

    /// A bar of `share` (0 to 1) of `width` characters; anything above 0 can be seen.
    pub fn bar(&self, share: f64, width: usize) -> String {
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        if !self.unicode {
            let full = whole(share * width as f64).max(usize::from(share > 0.0));
            return "#".repeat(full.min(width));
        }
        let eighths = whole(share * width as f64 * 8.0).max(usize::from(share > 0.0));
        let mut bar = "█".repeat(eighths / 8);
        bar.push_str(["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]);
        bar
    }
}

/// The nearest whole number that is not below 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at least 0; casts saturate"
)]
pub(super) fn whole(number: f64) -> usize {
    number.round().max(0.0) as usize
}

/// Shares out `width` characters among `parts`, which together are all of them: the largest remainders
/// have what rounding leaves.
pub(super) fn shared_out(parts: &[f64], width: usize) -> Vec<usize> {
    let sum: f64 = parts.iter().sum();
    if sum <= 0.0 || !sum.is_finite() {
        return vec![0; parts.len()];
    }
    let exact: Vec<f64> = parts.iter().map(|part| part / sum * width as f64).collect();
    let mut shares: Vec<usize> = exact.iter().map(|share| whole(share.floor())).collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by(|&a, &b| (exact[b].fract()).total_cmp(&exact[a].fract()).then(a.cmp(&b)));
    let left = width.saturating_sub(shares.iter().sum());
    order.iter().cycle().take(left).for_each(|&index| shares[index] += 1);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_share() {
        let ascii = Look::plain(80);
        let unicode = Look { unicode: true, ..ascii };
        for (share, dull, fine) in [
            (0.0, "", ""),
            (0.001, "#", "▏"),
            (0.5, "##", "██"),
            (0.53, "##", "██▏"),
            (7.0, "####", "████"),
            (f64::NAN, "", ""),
            (-1.0, "", ""),
        ] {
            assert_eq!((ascii.bar(share, 4), unicode.bar(share, 4)), (dull.into(), fine.into()));
        }
    }

    #[test]
    fn all_of_a_line_is_shared_out() {
        assert_eq!(shared_out(&[1.0, 1.0, 1.0], 10), [4, 3, 3]);
        assert_eq!(shared_out(&[0.0, 5.0], 7), [0, 7]);
        assert_eq!(shared_out(&[0.0, 0.0], 7), [0, 0]);
        assert_eq!(shared_out(&[], 7), [0; 0]);
    }
}
