//! Colours, and whether text can be read in them.
//! Source: <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>.

use std::fmt;

/// A colour of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colour(pub [u8; 3]);

/// The least contrast of text at level AA.
pub(super) const READABLE: f64 = 4.5;

impl Colour {
    /// The contrast of two colours, from 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// This with so much of `other` in it, from 0 to 1.
    pub fn mixed(self, other: Self, share: f64) -> Self {
        let mix = |own: u8, other: u8| {
            let value = f64::from(own) * (1.0 - share) + f64::from(other) * share;
            #[expect(clippy::cast_possible_truncation, reason = "it lies between two bytes")]
            #[expect(clippy::cast_sign_loss, reason = "it lies between two bytes")]
            let value = value.round() as u8;
            value
        };
        Self(std::array::from_fn(|channel| mix(self.0[channel], other.0[channel])))
    }

    /// This where it can be read on each of `backgrounds`; else the nearest that can, darker on light
    /// ones and lighter on dark ones.
    pub fn readable_on(self, backgrounds: &[Self]) -> Self {
        let black = Self([0; 3]);
        let white = Self([255; 3]);
        let is_light = |on: &Self| on.contrast(black) >= on.contrast(white);
        let end = if backgrounds.iter().all(is_light) { black } else { white };
        let steps = (0..=STEPS).map(|step| self.mixed(end, f64::from(step) / f64::from(STEPS)));
        let is_readable = |colour: &Self| {
            backgrounds.iter().all(|background| colour.contrast(*background) >= READABLE)
        };
        steps.into_iter().find(is_readable).unwrap_or(end)
    }

    fn luminance(self) -> f64 {
        let linear = |channel: u8| match f64::from(channel) / 255.0 {
            low if low <= 0.04045 => low / 12.92,
            high => ((high + 0.055) / 1.055).powf(2.4),
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

/// Shades that are tried between a colour and black or white.
const STEPS: u8 = 50;

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_what_the_source_says() {
        let (black, white) = (Colour([0; 3]), Colour([255; 3]));
        assert!((black.contrast(white) - 21.0).abs() < 1e-9);
        assert!((white.contrast(white) - 1.0).abs() < 1e-9);
        // The lightest grey that passes on white.
        assert!(Colour([0x76; 3]).contrast(white) >= READABLE);
        assert!(Colour([0x77; 3]).contrast(white) < READABLE);
    }

    #[test]
    fn a_faint_colour_is_moved_until_it_can_be_read_and_no_other_is() {
        let (black, white) = (Colour([0; 3]), Colour([255; 3]));
        let blue = Colour([0, 0, 200]);
        assert_eq!(blue.readable_on(&[white]), blue);
        for (faint, on) in [(Colour([200, 200, 90]), white), (Colour([60, 0, 60]), black)] {
            let moved = faint.readable_on(&[on]);
            assert!((READABLE..READABLE + 0.6).contains(&moved.contrast(on)), "{moved}");
        }
        assert_eq!(Colour([1, 0x23, 0xff]).to_string(), "#0123ff");
    }
}
