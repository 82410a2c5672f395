//! Drawings as SVG, with their labels as HTML around them.
//!
//! A drawing is stretched to the width that there is, so that one page serves a phone and a wide screen
//! without a script; what must not be stretched, texts and marks, lies over it and is placed in percent.
//!
//! **Invariant:** every text of a build is escaped; every drawing has a title and a description, and its
//! figures stand in a table too.

use std::fmt::Write as _;

use super::escaped;

/// A drawing is so many units wide and high before it is stretched.
pub(super) const WIDE: f64 = 1000.0;
pub(super) const HIGH: f64 = 100.0;

/// With more builds than these, points are not drawn, nor can they be pointed at.
const POINTS: usize = 300;

/// What has steps: nearer to 0 a step would be 0, and there would be no end of them; and above, infinite.
const STEPPED: std::ops::Range<f64> = 1e-300..1e300;

/// The values at the left of a drawing: from 0, in steps that are read easily, to above `top`. `unit` is
/// what people read them in.
pub(super) fn ticks(top: f64, unit: f64) -> Vec<f64> {
    let top = top / unit;
    if !STEPPED.contains(&top) {
        return vec![0.0, unit];
    }
    let rough = top / 4.0;
    let power = 10f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0];
    let step = steps.into_iter().map(|step| step * power).find(|step| *step >= rough * 0.999);
    let step = step.unwrap_or(10.0 * power);
    let mut ticks = vec![0.0];
    while ticks.last().is_some_and(|last| *last < top * 0.999) {
        ticks.push(ticks.len() as f64 * step);
    }
    ticks.into_iter().map(|tick| tick * unit).collect()
}

/// Where the build at `index` of `count` stands, in units from the left.
pub(super) fn across(index: usize, count: usize) -> f64 {
    if count < 2 { WIDE / 2.0 } else { WIDE * index as f64 / (count - 1) as f64 }
}

/// Where a value stands, in units from the top.
pub(super) fn down(value: f64, ticks: &[f64]) -> f64 {
    let top = ticks.last().copied().unwrap_or(1.0);
    HIGH - (value / top).clamp(0.0, 1.0) * HIGH
}

/// What is around a drawing.
pub(super) struct Frame<'a> {
    /// What it shows, in a word or two.
    pub title: &'a str,
    /// The same in sentences, for who does not see it.
    pub description: String,
    /// The values at the left, and how they are shown.
    pub ticks: &'a [f64],
    pub shown: &'a dyn Fn(f64) -> String,
    /// What stands at the left and at the right end, below; one only where they are the same.
    pub ends: Vec<String>,
    /// Marks over the drawing: from the left, from the top, in units.
    pub marks: Vec<(f64, f64)>,
}

/// `drawn` in its frame.
pub(super) fn framed(frame: &Frame<'_>, drawn: &str) -> String {
    let mut html =
        String::from("<div class=\"frame\">\n<div class=\"ticks\" aria-hidden=\"true\">");
    for tick in frame.ticks {
        let from_bottom = 100.0 - down(*tick, frame.ticks) / HIGH * 100.0;
        let text = escaped(&(frame.shown)(*tick));
        let _ = write!(html, "<span style=\"bottom:{from_bottom:.1}%\">{text}</span>");
    }
    let (title, description) = (escaped(frame.title), escaped(&frame.description));
    let _ = write!(
        html,
        "</div>\n<div class=\"area\">\n<svg viewBox=\"0 0 {WIDE} {HIGH}\" preserveAspectRatio=\"none\" \
         role=\"img\">\n<title>{title}</title>\n<desc>{description}</desc>\n{}{drawn}</svg>\n",
        grid(frame.ticks)
    );
    for (x, y) in &frame.marks {
        let (left, top) = (x / WIDE * 100.0, y / HIGH * 100.0);
        let _ = writeln!(
            html,
            "<span class=\"mark\" aria-hidden=\"true\" style=\"left:{left:.2}%;top:{top:.1}%\"></span>"
        );
    }
    html.push_str("</div>\n<div class=\"ends\" aria-hidden=\"true\">");
    frame.ends.iter().for_each(|end| {
        let _ = write!(html, "<span>{}</span>", escaped(end));
    });
    html + "</div>\n</div>\n"
}

fn grid(ticks: &[f64]) -> String {
    let line = |tick: &f64| {
        let y = down(*tick, ticks);
        format!("<path class=\"grid\" d=\"M0 {y:.1}H{WIDE}\"/>\n")
    };
    ticks.iter().map(line).collect()
}

/// A line through points, and a dot at each where they are few; `bad` says which are to be seen anyway.
pub(super) fn line(points: &[(f64, f64)], bad: impl Fn(usize) -> bool) -> String {
    let mut svg = String::new();
    let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1} {y:.2}")).collect();
    if points.len() > 1 {
        let _ = writeln!(svg, "<path class=\"line\" d=\"M{}\"/>", path.join("L"));
    }
    let few = points.len() <= 60;
    for (index, at) in path.iter().enumerate() {
        match (bad(index), few) {
            (true, _) => {
                let _ = writeln!(svg, "<path class=\"dot bad\" d=\"M{at}h0\"/>");
            }
            (false, true) => {
                let _ = writeln!(svg, "<path class=\"dot\" d=\"M{at}h0\"/>");
            }
            (false, false) => {}
        }
    }
    svg
}

/// A layer of a stacked area between two lines, from the left to the right. A single build is as wide as
/// a bar.
pub(super) fn layer(below: &[(f64, f64)], above: &[(f64, f64)], class: &str) -> String {
    let wide = |points: &[(f64, f64)]| match points {
        [(x, y)] => vec![(x - 60.0, *y), (x + 60.0, *y)],
        points => points.to_vec(),
    };
    let (below, above) = (wide(below), wide(above));
    let outline = below.iter().chain(above.iter().rev());
    let path: Vec<String> = outline.map(|(x, y)| format!("{x:.1} {y:.2}")).collect();
    format!("<path class=\"layer\" style=\"fill:var(--{class})\" d=\"M{}z\"/>\n", path.join("L"))
}

/// Bands that say something when they are pointed at, one a build.
pub(super) fn hovers(count: usize, says: impl Fn(usize) -> String) -> String {
    if count > POINTS {
        return String::new();
    }
    let wide = if count < 2 { WIDE } else { WIDE / (count - 1) as f64 };
    let band = |index: usize| {
        let (from, to) = (across(index, count) - wide / 2.0, across(index, count) + wide / 2.0);
        let (from, to) = (from.max(0.0), to.min(WIDE));
        format!(
            "<rect class=\"hover\" x=\"{from:.1}\" y=\"0\" width=\"{:.1}\" height=\"{HIGH}\"><title>{}</title></rect>\n",
            to - from,
            escaped(&says(index))
        )
    };
    (0..count).map(band).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_begin_at_0_and_reach_over_the_top_in_even_steps() {
        assert_eq!(ticks(412.0, 1.0), [0.0, 200.0, 400.0, 600.0]);
        assert_eq!(ticks(400.0, 1.0), [0.0, 100.0, 200.0, 300.0, 400.0]);
        assert_eq!(ticks(0.3, 1.0), [0.0, 0.1, 0.2, 0.30000000000000004]);
        let mib = f64::from(1 << 20);
        assert_eq!(ticks(31.0 * mib, mib), [0.0, 10.0 * mib, 20.0 * mib, 30.0 * mib, 40.0 * mib]);
        for odd in [0.0, -1.0, 5e-324, f64::MIN_POSITIVE, f64::MAX, f64::NAN, f64::INFINITY] {
            assert_eq!(ticks(odd, 1.0), [0.0, 1.0]);
        }
        for top in [1e-300, 1e-9, 7.0, 9_999.0, 1e12, 9.9e299] {
            let ticks = ticks(top, 1.0);
            assert!(
                (3..=6).contains(&ticks.len()) && *ticks.last().unwrap() >= top * 0.999,
                "{ticks:?}"
            );
        }
    }

    #[test]
    fn a_drawing_never_leaves_its_frame() {
        assert_eq!((across(0, 1), across(0, 2), across(1, 2)), (500.0, 0.0, 1000.0));
        assert_eq!(
            (down(-3.0, &[0.0, 2.0]), down(1.0, &[0.0, 2.0]), down(9.0, &[0.0, 2.0])),
            (100.0, 50.0, 0.0)
        );
    }
}
