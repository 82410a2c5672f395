//! When each stage of the latest build ran, and how busy its workers were.

use std::fmt::Write as _;

use bengal_metrics::record::{Record, Stage};

use super::plot::{HIGH, WIDE};
use super::{escaped, of_table};
use crate::figures;
use crate::perf::stages::{self, span};

/// The drawing, its sentences and its table; nothing of a build whose stages were not measured.
pub(super) fn section(build: &Record) -> String {
    if build.stages.is_empty() {
        return String::new();
    }
    let sentences = [stages::holds_back(build), stages::holds_memory(build)];
    let mut html = String::from("<h2>Stages of the latest build</h2>\n");
    for sentence in sentences.iter().flatten() {
        let _ = writeln!(html, "<p>{}</p>", escaped(sentence));
    }
    html.push_str(&drawn(build));
    let caption = format!("{}. {}", stages::LEGEND, stages::OVERLAP);
    html + &of_table(&stages::table(build), &caption, "Stages of the latest build")
}

fn drawn(build: &Record) -> String {
    let end = build.stages.iter().map(|stage| span(stage).1).fold(0.0, f64::max);
    let end = if end > 0.0 { end } else { 1.0 };
    let mut html = format!(
        "<figure>\n<figcaption>From a stage's first item in to its last out; filled, as high as its workers \
         were busy meanwhile. {}</figcaption>\n<div class=\"timeline\">\n",
        stages::OVERLAP
    );
    for stage in &build.stages {
        html.push_str(&row(stage, end));
    }
    let _ = write!(
        html,
        "<div aria-hidden=\"true\"><span class=\"ends\"><span>0</span><span>{}</span></span></div>\n\
         </div>\n</figure>\n",
        escaped(&figures::time(end))
    );
    html
}

fn row(stage: &Stage, end: f64) -> String {
    let (from, to) = span(stage);
    let wide = ((to - from) / end * WIDE).max(3.0);
    let left = (from / end * WIDE).min(WIDE - wide).max(0.0);
    let room = (to - from) * f64::from(stage.workers.max(1));
    let busy = if room > 0.0 { (stage.busy_ms / room).clamp(0.0, 1.0) } else { 0.0 };
    let high = busy * HIGH;
    let said = format!("{} busy", figures::percent(busy));
    let label =
        format!("{}: from {} to {}, {said}", stage.name, figures::time(from), figures::time(to));
    let (name, label, said) = (escaped(&stage.name), escaped(&label), escaped(&said));
    format!(
        "<div>\n<span class=\"name\">{name}</span>\n<span class=\"said soft\">{said}</span>\n\
         <div class=\"track\"><svg viewBox=\"0 0 {WIDE} {HIGH}\" preserveAspectRatio=\"none\" \
         role=\"img\"><title>{label}</title>\
         <rect x=\"{left:.1}\" y=\"0\" width=\"{wide:.1}\" height=\"{HIGH}\" fill=\"var(--c0)\" fill-opacity=\".3\"/>\
         <rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" fill=\"var(--c0)\"/></svg></div>\n\
         </div>\n",
        HIGH - high
    )
}
