//! What is shown of templates, slow pages and sampled processor time.

use std::time::Duration;

use bengal_metrics::record::OUTSIDE;
use serde_json::{Map, Value, json};

use super::super::build::grouped;
use super::super::diagnostics::plain;
use crate::profile::cpu::CpuSample;
use crate::profile::pages::SlowPage;
use crate::profile::templates::{Allocated, TemplateCost};

/// Templates that are shown.
const ROWS: usize = 30;

/// The time of a stage from which on it is shown of a page.
const LEAST_SHOWN: Duration = Duration::from_micros(5);

/// The table of templates, those first that took longest by themselves.
pub(super) fn templates(costs: &[(String, TemplateCost)]) -> String {
    let width = costs.iter().take(ROWS).map(|(name, _)| plain(name).chars().count());
    let width = width.max().unwrap_or(0).max("template".len());
    let mut table = format!(
        "{:<width$}{:>9}{:>11}{:>11}{:>10}{:>10}{:>14}{:>13}{:>11}\n",
        "template",
        "renders",
        "self ms",
        "total ms",
        "mean ms",
        "max ms",
        "bytes out",
        "allocations",
        "MiB"
    );
    for (name, cost) in costs.iter().take(ROWS) {
        table += &format!(
            "{:<width$}{:>9}{:>11.2}{:>11.2}{:>10.3}{:>10.3}{:>14}{:>13}{:>11.2}\n",
            plain(name),
            grouped(cost.renders),
            ms(cost.own),
            ms(cost.total),
            mean(cost),
            ms(cost.longest),
            grouped(cost.bytes),
            grouped(cost.allocated.count),
            cost.allocated.bytes as f64 / f64::from(1 << 20),
        );
    }
    if costs.len() > ROWS {
        table += &format!("and {} more, which took less\n", costs.len() - ROWS);
    }
    table + "`self`: without what a template includes; all else is with it\n"
}

/// Milliseconds of one rendering, on the average.
fn mean(cost: &TemplateCost) -> f64 {
    ms(cost.total) / cost.renders.max(1) as f64
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The table of the slowest pages.
pub(super) fn pages(pages: &[SlowPage], stages: &[String]) -> String {
    if pages.is_empty() {
        return String::new();
    }
    let mut table = format!("{:>9}  {}\n", "ms", "the pages that took longest");
    for page in pages {
        let seen = page.stages.iter().filter(|(_, took)| **took >= LEAST_SHOWN);
        let parts = seen
            .filter_map(|(stage, took)| Some(format!("{} {:.2}", stages.get(*stage)?, ms(*took))));
        let parts: Vec<_> = parts.collect();
        table +=
            &format!("{:>9.2}  {} ({})\n", ms(page.total), plain(&page.page), parts.join(", "));
    }
    table
}

/// The same for programs.
pub(super) fn template_line(
    costs: &[(String, TemplateCost)],
    pages: &[SlowPage],
    stages: &[String],
) -> Value {
    let template = |(name, cost): &(String, TemplateCost)| {
        let (all, own) = (allocated(cost.allocated), allocated(cost.own_allocated));
        json!({
            "template": name,
            "renders": cost.renders,
            "total_ms": ms(cost.total),
            "self_ms": ms(cost.own),
            "mean_ms": mean(cost),
            "max_ms": ms(cost.longest),
            "bytes_out": cost.bytes,
            "allocations": all.0,
            "allocated_bytes": all.1,
            "self_allocations": own.0,
            "self_allocated_bytes": own.1,
        })
    };
    let page = |page: &SlowPage| {
        let parts = page.stages.iter();
        let parts =
            parts.filter_map(|(stage, took)| Some((stages.get(*stage)?.clone(), json!(ms(*took)))));
        json!({"page": page.page, "total_ms": ms(page.total), "stages": parts.collect::<Map<_, _>>()})
    };
    json!({
        "reason": "template-profile",
        "templates": costs.iter().map(template).collect::<Vec<_>>(),
        "pages": pages.iter().map(page).collect::<Vec<_>>(),
    })
}

/// How many, and their bytes; `None` where nothing is counted.
fn allocated(allocated: Allocated) -> (Option<u64>, Option<u64>) {
    let counted = crate::memory::stats().is_some();
    (counted.then_some(allocated.count), counted.then_some(allocated.bytes))
}

/// How many samples each stage has.
pub(super) fn shares(samples: &[CpuSample], stages: &[String]) -> Map<String, Value> {
    let of = |stage: Option<usize>| {
        let is = |sample: &&CpuSample| match stage {
            Some(stage) => sample.stage == stage,
            None => sample.stage >= stages.len(),
        };
        json!(samples.iter().filter(is).count())
    };
    let named = stages.iter().enumerate().map(|(index, name)| (name.clone(), of(Some(index))));
    named.chain([(OUTSIDE.to_owned(), of(None))]).collect()
}

/// `parse 61 %, render 20 %, …`; nothing where there are no samples.
pub(super) fn shares_line(samples: &[CpuSample], stages: &[String]) -> String {
    if samples.is_empty() {
        return "the build was too short for a sample\n".to_owned();
    }
    let shares = shares(samples, stages);
    let part = |(name, count): (&String, &Value)| {
        let share = count.as_f64().unwrap_or(0.0) / samples.len() as f64 * 100.0;
        format!("{name} {share:.0} %")
    };
    shares.iter().map(part).collect::<Vec<_>>().join(", ") + "\n"
}
