//! A build in Prometheus's text format, version 0.0.4, as its textfile collector reads it.
//!
//! **Invariant:** each metric is described once, with all its samples behind it, no two of which have the
//! same labels; units are Prometheus's base units, seconds and bytes. There are no timestamps, which the
//! collector refuses. Source: Prometheus, "Exposition formats".

use std::fmt::Write as _;

use bengal_metrics::record::{Memory, OUTSIDE, Record, Stage};

use super::select::{commit, mode};

/// The labels of a sample besides the site's, and its value.
type Sample = (Vec<(&'static str, String)>, f64);

/// A metric of builds: its name, what it says, and what it is of one.
type OfBuild = (&'static str, &'static str, fn(&Record) -> Option<f64>);

/// The same of stages.
type OfStage = (&'static str, &'static str, fn(&Stage) -> Option<f64>);

/// The same of the memory of stages, and of what is outside.
type OfMemory = (&'static str, &'static str, fn(&Memory) -> Option<f64>);

const BUILDS: &[OfBuild] = &[
    ("build_timestamp_seconds", "When the build ended, in seconds since 1970.", |build| {
        Some(build.time()?.as_millisecond() as f64 / 1000.0)
    }),
    ("build_duration_seconds", "How long the build took.", |build| seconds(build.build_time_ms)),
    ("build_cpu_seconds", "Processor time of the build.", |build| seconds(build.cpu_time_ms?)),
    ("build_jobs", "Workers of each stage that handles items one by one.", |build| {
        Some(f64::from(build.jobs?))
    }),
    ("build_pages", "Pages of the site.", |build| Some(build.total_pages as f64)),
    ("build_pages_rendered", "Pages that the build rendered.", |build| {
        Some(build.pages_rendered? as f64)
    }),
    ("build_heap_bytes", "Live heap at the end of the last stage.", |build| {
        Some(build.heap_bytes? as f64)
    }),
    ("build_heap_peak_bytes", "The most live heap.", |build| Some(build.peak_bytes? as f64)),
    ("build_rss_peak_bytes", "The most resident memory.", |build| {
        Some(build.rss_peak_bytes? as f64)
    }),
    ("build_allocated_bytes", "Bytes that the build allocated.", |build| {
        Some(build.allocated_bytes? as f64)
    }),
    ("build_allocations", "How often the build allocated.", |build| {
        Some(build.allocations? as f64)
    }),
];

const STAGES: &[OfStage] = &[
    (
        "stage_wall_seconds",
        "From a stage's first item in to its last out; stages overlap.",
        |stage| seconds(stage.wall_ms),
    ),
    ("stage_busy_seconds", "At work, summed over a stage's workers.", |stage| {
        seconds(stage.busy_ms)
    }),
    ("stage_cpu_seconds", "Processor time, summed over a stage's workers.", |stage| {
        seconds(stage.cpu_ms?)
    }),
    ("stage_workers", "Threads that worked for a stage.", |stage| Some(f64::from(stage.workers))),
    ("stage_items", "Items that a stage took.", |stage| Some(stage.items_in as f64)),
];

const MEMORY: &[OfMemory] = &[
    ("stage_allocated_bytes", "Bytes that a stage's threads allocated.", |memory| {
        Some(memory.allocated_bytes? as f64)
    }),
    ("stage_allocations", "How often a stage's threads allocated.", |memory| {
        Some(memory.allocations? as f64)
    }),
    ("stage_heap_bytes", "What a stage holds at the end.", |memory| {
        Some(memory.heap_bytes? as f64)
    }),
    ("stage_heap_peak_bytes", "The most that a stage held.", |memory| {
        Some(memory.peak_bytes? as f64)
    }),
    (
        "stage_heap_at_process_peak_bytes",
        "What a stage held when the process held most.",
        |memory| Some(memory.at_process_peak_bytes? as f64),
    ),
];

fn seconds(ms: f64) -> Option<f64> {
    Some(ms / 1000.0)
}

/// The metrics of a build. What was not measured has no samples.
pub fn text(build: &Record) -> String {
    let site = build.site_id.as_deref().unwrap_or_default();
    let mut text = String::new();
    add(&mut text, site, "build_info", "What was built; always 1.", vec![(info(build), 1.0)]);
    for (name, help, of) in BUILDS {
        let samples = of(build).into_iter().map(|value| (Vec::new(), value)).collect();
        add(&mut text, site, name, help, samples);
    }
    add(&mut text, site, "build_outputs", "Output files, by what became of them.", outputs(build));
    let help = "What was wrong with the site, by severity.";
    add(&mut text, site, "build_diagnostics", help, diagnostics(build));
    for (name, help, of) in STAGES {
        let sample = |stage: &Stage| Some((labels("stage", &stage.name), of(stage)?));
        add(&mut text, site, name, help, build.stages.iter().filter_map(sample).collect());
    }
    let help = "Waiting, summed over a stage's workers, by what they waited for.";
    add(&mut text, site, "stage_blocked_seconds", help, blocked(build));
    for (name, help, of) in MEMORY {
        let stages = build.stages.iter().map(|stage| (stage.name.as_str(), &stage.memory));
        let rows = stages.chain(build.outside.as_ref().map(|memory| (OUTSIDE, memory)));
        let sample = |(name, memory): (&str, &Memory)| Some((labels("stage", name), of(memory)?));
        add(&mut text, site, name, help, rows.filter_map(sample).collect());
    }
    text
}

fn labels(name: &'static str, value: &str) -> Vec<(&'static str, String)> {
    vec![(name, value.to_owned())]
}

fn info(build: &Record) -> Vec<(&'static str, String)> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let branch = build.git.as_ref().and_then(|git| git.branch.clone());
    vec![
        ("branch", branch.unwrap_or_default()),
        ("commit", commit(build).unwrap_or_default().to_owned()),
        ("machine", text(&build.machine)),
        ("mode", mode(build).to_owned()),
        ("version", text(&build.bengal_version)),
    ]
}

fn outputs(build: &Record) -> Vec<Sample> {
    let of = |outputs: bengal_metrics::record::Outputs| {
        [
            ("written", outputs.written),
            ("unchanged", outputs.unchanged),
            ("removed", outputs.removed),
        ]
    };
    let counts = build.outputs.map(of).into_iter().flatten();
    counts.map(|(state, count)| (labels("state", state), count as f64)).collect()
}

fn diagnostics(build: &Record) -> Vec<Sample> {
    let of = |found: bengal_metrics::record::Diagnostics| {
        [("error", found.errors), ("warning", found.warnings)]
    };
    let counts = build.diagnostics.map(of).into_iter().flatten();
    counts.map(|(severity, count)| (labels("severity", severity), count as f64)).collect()
}

fn blocked(build: &Record) -> Vec<Sample> {
    let of = |stage: &Stage| {
        [("receive", stage.blocked_recv_ms), ("send", stage.blocked_send_ms)].map(|(on, ms)| {
            (vec![("on", on.to_owned()), ("stage", stage.name.clone())], ms / 1000.0)
        })
    };
    build.stages.iter().flat_map(of).collect()
}

/// Adds a metric, all of whose samples have the site's label too.
fn add(text: &mut String, site: &str, name: &str, help: &str, samples: Vec<Sample>) {
    let mut seen = Vec::new();
    for (mut labels, value) in samples.into_iter().filter(|(_, value)| value.is_finite()) {
        labels.push(("site", site.to_owned()));
        if seen.contains(&labels) {
            continue;
        }
        if seen.is_empty() {
            let _ = write!(text, "# HELP bengal_{name} {help}\n# TYPE bengal_{name} gauge\n");
        }
        let shown: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let _ = writeln!(text, "bengal_{name}{{{}}} {value}", shown.join(","));
        seen.push(labels);
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perf::sample::build;

    #[test]
    fn labels_are_escaped_and_what_was_not_measured_is_left_out() {
        let mut build = build(1, 1500.0, 10);
        build.site_id = Some("a\"b\\c\nd".to_owned());
        build.peak_bytes = None;
        build.stages[1].memory = Memory::default();
        let text = text(&build);
        assert!(
            text.contains("bengal_build_duration_seconds{site=\"a\\\"b\\\\c\\nd\"} 1.5\n"),
            "{text}"
        );
        assert!(!text.contains("bengal_build_heap_peak_bytes") && !text.contains("NaN"), "{text}");
        assert!(!text.contains("bengal_stage_heap_bytes{stage=\"parse\""), "{text}");
        assert!(text.contains("bengal_stage_heap_bytes{stage=\"outside\""), "{text}");
    }

    #[test]
    fn two_stages_of_one_name_are_one_sample() {
        let mut build = build(1, 1500.0, 10);
        let twin = build.stages[1].clone();
        build.stages.push(twin);
        let text = text(&build);
        assert_eq!(text.matches("bengal_stage_busy_seconds{stage=\"parse\"").count(), 1, "{text}");
    }
}
