//! Flame graphs, as one SVG that needs nothing else.
//!
//! Width is what was counted, from the left in order of names; height is how deep functions called each
//! other, the outermost at the top. It can be read without its script, which adds zooming and a search.
//!
//! **Invariant:** names are text in it, whatever they hold.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::stacks::without_generics;
use super::symbols::crate_of;

/// Width of the whole, and height of a row, in the units of the picture.
const WIDTH: f64 = 1200.0;
const ROW: f64 = 18.0;

/// What would be narrower though its stage had the whole width is left out, with all within it.
const NARROWEST: f64 = 0.5;

/// Width of a letter: 11 px of a monospaced font.
const LETTER: f64 = 6.7;

/// Height of the title above the rows.
const HEAD: f64 = 52.0;

/// Most rows; what lies deeper is left out.
const ROWS: usize = 300;

/// What is said around a graph.
#[derive(Clone, Copy, Debug)]
pub struct Captions<'a> {
    /// Its title.
    pub title: &'a str,
    /// A line beneath: what is counted.
    pub note: &'a str,
    /// How a value reads, as `3.2 MiB`.
    pub shown: fn(u64) -> String,
}

#[derive(Debug, Default)]
struct Node<'a> {
    value: u64,
    within: BTreeMap<&'a str, Node<'a>>,
}

/// The graph of folded stacks, each with its value.
pub fn svg(lines: &BTreeMap<String, u64>, captions: Captions<'_>) -> String {
    let mut root = Node::default();
    for (line, value) in lines.iter().filter(|(_, value)| **value > 0) {
        root.value += value;
        let mut node = &mut root;
        for function in line.split(';').take(ROWS) {
            node = node.within.entry(function).or_default();
            node.value += value;
        }
    }
    let mut drawing = Drawing { captions, total: root.value, out: String::new(), rows: 0 };
    let whole = root.value;
    drawing.draw(("all", &root), 0, 0, whole);
    let height = HEAD + ROW * (drawing.rows + 1) as f64 + 10.0;
    let (title, note) = (escape(captions.title), escape(captions.note));
    let Drawing { out: body, .. } = drawing;
    format!(
        r##"<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" font-family="ui-monospace, monospace" font-size="11">
<!-- {MARK} -->
<title>{title}</title>
<style>{STYLE}</style>
<rect class="page" width="100%" height="100%"/>
<text class="title" x="8" y="20">{title}</text>
<text class="note" x="8" y="38">{note}</text>
<text class="search" id="search" x="{search}" y="20" text-anchor="end" style="display:none">Search</text>
<text class="note" id="found" x="{search}" y="38" text-anchor="end"></text>
<g id="frames">
{body}</g>
<script><![CDATA[{SCRIPT}]]></script>
</svg>
"##,
        search = WIDTH - 8.0,
    )
}

/// What tells a graph of ours from other files.
pub const MARK: &str = "a flame graph by bengal";

const STYLE: &str = include_str!("flame/style.css");
const SCRIPT: &str = include_str!("flame/zoom.js");

struct Drawing<'a> {
    captions: Captions<'a>,
    total: u64,
    out: String,
    rows: usize,
}

impl Drawing<'_> {
    /// Draws `node`, which begins where `before` was counted, and what is within it; `stage` is the
    /// value of its stage.
    fn draw(&mut self, (name, node): (&str, &Node<'_>), before: u64, row: usize, stage: u64) {
        if node.value as f64 / stage.max(1) as f64 * WIDTH < NARROWEST {
            return;
        }
        let unit = WIDTH / self.total.max(1) as f64;
        self.rows = self.rows.max(row);
        self.frame(name, node.value, (before as f64 * unit, node.value as f64 * unit), row);
        let mut from = before;
        for (name, within) in &node.within {
            // The first row is all, the second the stages.
            let stage = if row == 0 { within.value } else { stage };
            self.draw((name, within), from, row + 1, stage);
            from += within.value;
        }
    }

    fn frame(&mut self, name: &str, value: u64, (x, width): (f64, f64), row: usize) {
        let shown = escape(&(self.captions.shown)(value));
        let share = value as f64 / self.total.max(1) as f64 * 100.0;
        let y = HEAD + ROW * row as f64;
        let (hue, saturation) = colour(name, row);
        let name = without_generics(name);
        let (text, name) = (escape(&fitting(&name, width)), escape(&name));
        // Writing to a text never fails.
        let _ = writeln!(
            self.out,
            "<g data-x=\"{x:.3}\" data-w=\"{width:.3}\" data-r=\"{row}\">\
             <title>{name}: {shown}, {share:.1} %</title>\
             <rect x=\"{x:.2}\" y=\"{y}\" width=\"{width:.2}\" height=\"{ROW}\" fill=\"hsl({hue} {saturation}% 72%)\"/>\
             <text x=\"{:.2}\" y=\"{}\">{text}</text></g>",
            x + 3.0,
            y + 13.0,
        );
    }
}

/// `text` as far as it fits; nothing where that would be no help.
fn fitting(text: &str, width: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a number of letters, at most a few hundred"
    )]
    let fit = ((width - 6.0) / LETTER).max(0.0) as usize;
    match text.chars().count() {
        _ if fit < 3 => String::new(),
        length if length <= fit => text.to_owned(),
        _ => text.chars().take(fit - 1).chain(['…']).collect(),
    }
}

/// Hue and saturation of a function: the same for all of one crate. Stages have more of a colour.
fn colour(name: &str, row: usize) -> (u64, u32) {
    let key = if row <= 1 { name } else { crate_of(name) };
    let hash = key.bytes().fold(5381_u64, |hash, byte| hash.wrapping_mul(33) ^ u64::from(byte));
    (hash % 360, if row <= 1 { 75 } else { 55 })
}

fn escape(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    clean.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(lines: &[(&str, u64)]) -> String {
        let lines = lines.iter().map(|(line, value)| ((*line).to_owned(), *value)).collect();
        let shown = |value: u64| format!("{value} bytes");
        svg(&lines, Captions { title: "T & t", note: "n", shown })
    }

    /// The values of the attribute `name`, for the frame called `frame`.
    fn number(svg: &str, frame: &str, name: &str) -> f64 {
        let (before, _) = svg.split_once(&format!("<title>{frame}: ")).unwrap();
        let (_, rest) = before.rsplit_once(&format!("{name}=\"")).unwrap();
        rest.split_once('"').unwrap().0.parse().unwrap()
    }

    #[test]
    fn widths_are_what_was_counted_and_what_is_within_lies_within() {
        let svg = graph(&[("parse;a", 1), ("parse;b", 2), ("render;a", 1)]);
        assert_eq!(number(&svg, "all", "data-w"), 1200.0);
        assert_eq!(number(&svg, "parse", "data-w"), 900.0);
        assert_eq!(number(&svg, "b", "data-w"), 600.0);
        assert_eq!(number(&svg, "b", "data-x"), 300.0);
        assert_eq!(number(&svg, "render", "data-x"), 900.0);
        assert_eq!(number(&svg, "render", "data-r"), 1.0);
        assert!(svg.contains("<title>parse: 3 bytes, 75.0 %</title>"), "{svg}");
    }

    #[test]
    fn names_are_text_and_nothing_is_no_graph_of_nothing() {
        let svg = graph(&[("a\"><script>x</script>", 1)]);
        assert!(!svg.contains("<script>x"), "{svg}");
        assert!(svg.contains("T &amp; t"));
        assert!(graph(&[]).contains("</svg>"));
    }
}
