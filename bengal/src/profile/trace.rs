//! Traces: what each worker did when, and what each stage held, as Chrome's trace events.
//!
//! <https://ui.perfetto.dev> opens them. A [`Trace`] is plain data; it comes from a build that was
//! recorded ([`super::recording`]), or, coarse, from the totals of one ([`Trace::coarse`]).
//! Source: *Trace Event Format*, of the Chromium project: `X` is a span, `C` a counter, `M` a name.
//!
//! **Invariant:** on each track time never goes back, and a span that lies within another comes behind it.

use std::io::{self, Write};

use bengal_metrics::record::OUTSIDE;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What happened in a build, over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// What it is of.
    pub name: String,
    /// A line that says where it comes from.
    pub note: String,
    /// Of each worker.
    pub tracks: Vec<Track>,
    /// Of each thing that is counted.
    pub counters: Vec<Counter>,
}

/// What a worker did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    /// The worker.
    pub name: String,
    /// Spans; one may lie within another.
    pub spans: Vec<Span>,
}

/// A stretch of time. Times are nanoseconds since the build began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// What was done.
    pub doing: &'static str,
    /// Whether that was work, or waiting.
    pub kind: SpanKind,
    /// When it began.
    pub begun: u64,
    /// When it ended.
    pub ended: u64,
    /// Items that it was for.
    pub items: Option<u64>,
}

/// Work, or waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// At work.
    Busy,
    /// Waiting for another.
    Blocked,
}

/// Values over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counter {
    /// What is counted.
    pub name: String,
    /// Nanoseconds since the build began, and the value from then on, in order.
    pub samples: Vec<(u64, i64)>,
}

/// What is held by a stage, as a counter is called.
pub fn heap_of(stage: &str) -> String {
    format!("live heap: {stage}")
}

impl Trace {
    /// Writes it, an event a line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        write!(out, "{BEGINNING}")?;
        let mut between = "\n";
        for event in self.events() {
            write!(out, "{between}{event}")?;
            between = ",\n";
        }
        let about = json!({"about": self.name, "note": self.note});
        writeln!(out, "\n],\"displayTimeUnit\":\"ms\",\"otherData\":{about}}}")
    }

    fn events(&self) -> impl Iterator<Item = Value> + '_ {
        let process = name("process_name", 0, &self.name);
        let tracks = self.tracks.iter().zip(1_u64..).flat_map(|(track, tid)| track.events(tid));
        let counters = self.counters.iter().flat_map(Counter::events);
        std::iter::once(process).chain(tracks).chain(counters)
    }
}

/// What every trace of ours begins with.
pub const BEGINNING: &str = "{\"traceEvents\":[";

/// The number of the process, of which there is one.
const PID: u64 = 1;

fn name(what: &str, tid: u64, name: &str) -> Value {
    json!({"ph": "M", "pid": PID, "tid": tid, "name": what, "args": {"name": name}})
}

/// Microseconds, the unit of the format.
fn micros(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1000.0
}

impl Track {
    fn events(&self, tid: u64) -> impl Iterator<Item = Value> + '_ {
        let mut spans = self.spans.clone();
        spans.sort_by_key(|span| (span.begun, std::cmp::Reverse(span.ended)));
        let order = json!({"ph": "M", "pid": PID, "tid": tid, "name": "thread_sort_index",
            "args": {"sort_index": tid}});
        let names = [name("thread_name", tid, &self.name), order];
        names.into_iter().chain(spans.into_iter().map(move |span| span.event(tid)))
    }
}

impl Span {
    fn event(self, tid: u64) -> Value {
        let kind = match self.kind {
            SpanKind::Busy => "busy",
            SpanKind::Blocked => "blocked",
        };
        let mut event = json!({
            "ph": "X", "pid": PID, "tid": tid, "name": self.doing, "cat": kind,
            "ts": micros(self.begun), "dur": micros(self.ended.saturating_sub(self.begun)),
        });
        if let Some(items) = self.items {
            event["args"] = json!({"items": items});
        }
        event
    }
}

impl Counter {
    /// A value that is as before says nothing, but for the last, to which the line is drawn.
    fn events(&self) -> impl Iterator<Item = Value> + '_ {
        let last = self.samples.len().saturating_sub(1);
        let samples = self.samples.iter().enumerate();
        let told = samples.filter(move |(index, (_, value))| {
            *index == 0 || *index == last || self.samples[index - 1].1 != *value
        });
        told.map(|(_, (at, value))| {
            json!({"ph": "C", "pid": PID, "tid": 0, "name": self.name, "ts": micros(*at),
                "args": {"bytes": value}})
        })
    }
}

/// The totals of a build, in the names of its record: a line of a history can be read into it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// How long the build took.
    pub build_time_ms: f64,
    /// The stages in order.
    #[serde(default)]
    pub stages: Vec<StageTotals>,
    /// The memory of all that is no stage's.
    #[serde(default)]
    pub outside: Option<HeapTotals>,
}

/// The totals of a stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StageTotals {
    /// Its name.
    pub name: String,
    /// Its workers.
    pub workers: u64,
    /// Items that it took.
    pub items_in: u64,
    /// From its first item in to its last out.
    pub wall_ms: f64,
    /// At work, summed over its workers, as the two that follow.
    pub busy_ms: f64,
    /// Waiting for items.
    pub blocked_recv_ms: f64,
    /// Waiting for the next stage.
    pub blocked_send_ms: f64,
    /// What it held.
    #[serde(flatten)]
    pub heap: HeapTotals,
}

/// What was held: at the process's peak, and at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HeapTotals {
    /// At the moment when the process held most.
    pub at_process_peak_bytes: Option<i64>,
    /// When the build had ended.
    pub heap_bytes: Option<i64>,
}

/// What a coarse trace says of itself.
const COARSE: &str = "made of totals: when stages began is taken from their order. A stage up to the \
    barrier begins with the build, one behind it ends with the build; each worker has the mean of its \
    stage's time, first the waiting for items, then the work. The heap is that of the process's peak, \
    put at the barrier's end, and that of the end.";

impl Trace {
    /// A trace of a build of which only totals are known. `barrier` is the stage that everything waits
    /// at; without it all begin with the build.
    pub fn coarse(name: &str, totals: &Totals, barrier: &str) -> Self {
        let end = totals.build_time_ms.max(0.0);
        let barrier = totals.stages.iter().position(|stage| stage.name == barrier);
        let peak = barrier.map_or(end, |at| totals.stages[at].wall_ms.clamp(0.0, end));
        let mut trace = Self { name: name.to_owned(), note: COARSE.to_owned(), ..Self::default() };
        for (index, stage) in totals.stages.iter().enumerate() {
            let wall = stage.wall_ms.clamp(0.0, end);
            let behind = barrier.is_some_and(|barrier| index > barrier);
            let begun = if behind { end - wall } else { 0.0 };
            trace.tracks.extend(stage.tracks(begun, wall));
            trace.counters.extend(stage.heap.counter(&stage.name, peak, end));
        }
        trace.counters.extend(totals.outside.and_then(|heap| heap.counter(OUTSIDE, peak, end)));
        trace
    }
}

impl StageTotals {
    /// A track for each worker, of spans from `begun` on, all in milliseconds.
    fn tracks(&self, begun: f64, wall: f64) -> impl Iterator<Item = Track> + '_ {
        let parts = [
            ("wait for items", SpanKind::Blocked, self.blocked_recv_ms),
            ("work", SpanKind::Busy, self.busy_ms),
            ("wait for the next stage", SpanKind::Blocked, self.blocked_send_ms),
        ];
        let sum: f64 = parts.iter().map(|(.., ms)| ms.max(0.0)).sum();
        let mut at = begun;
        let spans: Vec<Span> = parts
            .into_iter()
            .filter(|(.., ms)| *ms > 0.0 && sum > 0.0)
            .map(|(doing, kind, ms)| {
                let from = at;
                // Waiting before the first item is in the sums and not in the wall time.
                at += ms / sum * wall;
                let items = (kind == SpanKind::Busy).then_some(self.items_in);
                Span { doing, kind, begun: nanos(from), ended: nanos(at), items }
            })
            .collect();
        let workers = self.workers.clamp(1, MOST_TRACKS);
        let name = move |number| format!("{}-{number}", self.name);
        (0..workers).map(move |number| Track { name: name(number), spans: spans.clone() })
    }
}

/// The most tracks of a stage: the workers that `--jobs` can ask for.
const MOST_TRACKS: u64 = 1024;

impl HeapTotals {
    fn counter(self, stage: &str, peak_ms: f64, end_ms: f64) -> Option<Counter> {
        let mut samples = vec![(0, 0), (nanos(peak_ms), self.at_process_peak_bytes?)];
        samples.extend(self.heap_bytes.map(|bytes| (nanos(end_ms), bytes)));
        Some(Counter { name: heap_of(stage), samples })
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
fn nanos(milliseconds: f64) -> u64 {
    (milliseconds * 1e6) as u64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The events of a trace as written, checked against the format.
    fn events(trace: &Trace) -> Vec<Value> {
        let mut text = Vec::new();
        trace.write(&mut text).unwrap();
        let all: Value = serde_json::from_slice(&text).unwrap();
        let events = all["traceEvents"].as_array().unwrap().clone();
        let mut last: BTreeMap<(u64, String), f64> = BTreeMap::new();
        for event in &events {
            let phase = event["ph"].as_str().unwrap();
            let tid = event["tid"].as_u64().unwrap();
            assert!(event["pid"].is_u64() && event["name"].is_string(), "{event}");
            if phase == "M" {
                continue;
            }
            let track = if phase == "C" { event["name"].to_string() } else { String::new() };
            let at = event["ts"].as_f64().unwrap();
            let before = last.insert((tid, track), at).unwrap_or(0.0);
            assert!(at >= before, "{event}");
            match phase {
                "X" => assert!(event["dur"].as_f64().unwrap() >= 0.0, "{event}"),
                "C" => assert!(event["args"]["bytes"].is_i64(), "{event}"),
                _ => panic!("{event}"),
            }
        }
        events
    }

    fn span(begun: u64, ended: u64) -> Span {
        Span { doing: "work", kind: SpanKind::Busy, begun, ended, items: Some(3) }
    }

    #[test]
    fn events_are_in_order_and_values_that_do_not_change_are_told_once() {
        let trace = Trace {
            name: "a \"site\"".to_owned(),
            note: String::new(),
            tracks: vec![Track {
                name: "parse-0".into(),
                spans: vec![span(5, 9), span(0, 3), span(0, 9)],
            }],
            counters: vec![Counter {
                name: "heap".into(),
                samples: vec![(0, 1), (1000, 1), (2000, 1), (3000, 2), (4000, 2)],
            }],
        };
        let events = events(&trace);
        let spans: Vec<_> = events.iter().filter(|event| event["ph"] == "X").collect();
        let ends: Vec<_> = spans.iter().map(|span| span["dur"].as_f64().unwrap()).collect();
        assert_eq!(ends, [0.009, 0.003, 0.004]);
        let told = events.iter().filter(|event| event["ph"] == "C").map(|event| &event["ts"]);
        assert_eq!(told.collect::<Vec<_>>(), [0.0, 3.0, 4.0]);
        assert!(events.iter().any(|event| event["args"]["name"] == "parse-0"));
    }

    #[test]
    fn a_line_of_a_history_becomes_a_coarse_trace() {
        let line = r#"{"schema": 1, "build_time_ms": 100.0, "outside": {"at_process_peak_bytes": 7},
            "stages": [
              {"name": "parse", "workers": 2, "items_in": 9, "wall_ms": 60.0, "busy_ms": 90.0,
               "blocked_recv_ms": 30.0, "cpu_ms": null, "at_process_peak_bytes": 50, "heap_bytes": 0},
              {"name": "taxonomy", "workers": 1, "wall_ms": 70.0, "busy_ms": 10.0},
              {"name": "render", "workers": 2, "wall_ms": 30.0, "busy_ms": 60.0}]}"#;
        let totals: Totals = serde_json::from_str(line).unwrap();
        let trace = Trace::coarse("x", &totals, "taxonomy");
        events(&trace);
        let names: Vec<_> = trace.tracks.iter().map(|track| track.name.as_str()).collect();
        assert_eq!(names, ["parse-0", "parse-1", "taxonomy-0", "render-0", "render-1"]);
        let [wait, work] = trace.tracks[1].spans[..] else { panic!("{trace:?}") };
        assert_eq!((wait.begun, wait.ended, work.ended), (0, 15_000_000, 60_000_000));
        assert_eq!(trace.tracks[3].spans[0].begun, 70_000_000);
        assert_eq!(trace.tracks[3].spans[0].ended, 100_000_000);
        let parse = &trace.counters[0].samples;
        assert_eq!(parse[..], [(0, 0), (70_000_000, 50), (100_000_000, 0)]);
        assert_eq!(trace.counters.len(), 2);
    }

    #[test]
    fn totals_that_make_no_sense_make_a_trace_all_the_same() {
        let stage = StageTotals {
            name: "taxonomy".into(),
            workers: u64::MAX,
            wall_ms: 1e300,
            busy_ms: -5.0,
            heap: HeapTotals { at_process_peak_bytes: Some(-1), heap_bytes: None },
            ..StageTotals::default()
        };
        let totals = Totals { build_time_ms: -1.0, stages: vec![stage], outside: None };
        let trace = Trace::coarse("x", &totals, "taxonomy");
        assert_eq!(trace.tracks.len() as u64, MOST_TRACKS);
        events(&trace);
    }
}
