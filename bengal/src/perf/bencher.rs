//! Builds in the Bencher Metric Format: benchmarks, each with its measures.
//!
//! Times are the measure `latency`, in nanoseconds, and the others have the names of bengal's own figures,
//! with `-` for `_`. Source: bencher.dev, "Bencher Metric Format (BMF) JSON".

use bengal_metrics::record::{Memory, Record, Stage};
use serde_json::{Map, Value, json};

use super::change::median;
use super::select::mode;

/// A measure of a benchmark, in one of the builds.
type Measure<'a> = (&'static str, Box<dyn Fn(&Record) -> Option<f64> + 'a>);

const NANOSECONDS: f64 = 1e6;

/// The medians of `builds`, which are of one kind, with the least and the most where there are several.
pub fn json(builds: &[Record]) -> Value {
    let Some(latest) = builds.last() else { return json!({}) };
    let whole = format!("bengal/{}", mode(latest));
    let mut benchmarks = Map::new();
    add(&mut benchmarks, &whole, builds, of_build());
    for stage in &latest.stages {
        add(&mut benchmarks, &format!("{whole}/{}", stage.name), builds, of_stage(&stage.name));
    }
    Value::Object(benchmarks)
}

fn of_build() -> Vec<Measure<'static>> {
    vec![
        ("latency", Box::new(|build| Some(build.build_time_ms * NANOSECONDS))),
        ("cpu-time", Box::new(|build| Some(build.cpu_time_ms? * NANOSECONDS))),
        ("allocated-bytes", Box::new(|build| Some(build.allocated_bytes? as f64))),
        ("allocations", Box::new(|build| Some(build.allocations? as f64))),
        ("peak-bytes", Box::new(|build| Some(build.peak_bytes? as f64))),
        ("rss-peak-bytes", Box::new(|build| Some(build.rss_peak_bytes? as f64))),
    ]
}

/// The time of a stage is that in which its workers were busy.
fn of_stage(name: &str) -> Vec<Measure<'_>> {
    let stage = move |build: &Record, of: fn(&Stage) -> Option<f64>| of(build.stage(name)?);
    let memory =
        move |build: &Record, of: fn(&Memory) -> Option<f64>| of(&build.stage(name)?.memory);
    vec![
        ("latency", Box::new(move |build| stage(build, |stage| Some(stage.busy_ms * NANOSECONDS)))),
        (
            "cpu-time",
            Box::new(move |build| stage(build, |stage| Some(stage.cpu_ms? * NANOSECONDS))),
        ),
        (
            "allocated-bytes",
            Box::new(move |build| memory(build, |memory| Some(memory.allocated_bytes? as f64))),
        ),
        (
            "allocations",
            Box::new(move |build| memory(build, |memory| Some(memory.allocations? as f64))),
        ),
        (
            "peak-bytes",
            Box::new(move |build| memory(build, |memory| Some(memory.peak_bytes? as f64))),
        ),
    ]
}

fn add(
    benchmarks: &mut Map<String, Value>,
    name: &str,
    builds: &[Record],
    measures: Vec<Measure<'_>>,
) {
    let measure = |(slug, of): Measure<'_>| {
        let values: Vec<f64> =
            builds.iter().filter_map(of).filter(|value| value.is_finite()).collect();
        let (least, most) =
            (values.iter().copied().reduce(f64::min)?, values.iter().copied().reduce(f64::max)?);
        let mut metric = json!({"value": median(values)});
        if builds.len() > 1 {
            metric["lower_value"] = json!(least);
            metric["upper_value"] = json!(most);
        }
        Some((slug.to_owned(), metric))
    };
    let measures: Map<_, _> = measures.into_iter().filter_map(measure).collect();
    if !measures.is_empty() {
        benchmarks.insert(name.to_owned(), Value::Object(measures));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perf::sample::builds;

    #[test]
    fn several_builds_give_their_median_and_its_bounds() {
        let builds = builds(&[300.0, 100.0, 200.0]);
        let all = json(&builds);
        let time = json!({"value": 200e6, "lower_value": 100e6, "upper_value": 300e6});
        assert_eq!(all["bengal/full"]["latency"], time);
        assert_eq!(all["bengal/full/parse"]["latency"]["value"], 200e6);
        let one = json(&builds[..1]);
        assert_eq!(one["bengal/full"]["latency"], json!({"value": 300e6}));
        assert_eq!(one["bengal/full"]["peak-bytes"]["value"], f64::from(10 << 20));
        assert!(one["bengal/full"].get("rss-peak-bytes").is_some());
        assert_eq!(json(&[]), json!({}));
    }

    #[test]
    fn what_was_not_measured_is_no_measure() {
        let mut builds = builds(&[300.0]);
        builds[0].cpu_time_ms = None;
        assert!(json(&builds)["bengal/full"].get("cpu-time").is_none());
    }
}
