//! Records a build for a [`Trace`].
//!
//! **Invariant:** a build of any length is recorded in bounded memory: waiting that is too short to be
//! seen is left out, spans beyond [`MOST_SPANS`] a worker are counted and not kept, and heap samples are
//! thinned out.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::trace::{Counter, Span, SpanKind, Trace, Track, heap_of};
use crate::pipeline::probe::Doing;

/// How often it is looked what stages hold.
pub(super) const INTERVAL: Duration = Duration::from_millis(1);

/// The most spans of a worker: a batch takes some milliseconds.
const MOST_SPANS: usize = 1 << 17;

/// The most samples of the heap; when there are so many, each second one goes.
const MOST_SAMPLES: usize = 1 << 13;

/// Waiting that is shorter is not kept.
const SHORTEST_WAIT: Duration = Duration::from_micros(2);

/// What is recorded of a build.
#[derive(Debug)]
pub struct Recording {
    begun: Instant,
    tracks: Mutex<Vec<Recorded>>,
    samples: Mutex<Samples>,
}

#[derive(Debug)]
struct Recorded {
    /// The stage's place in the chain, and the worker's number: tracks are in that order.
    order: (usize, usize),
    track: Track,
    dropped: u64,
}

#[derive(Debug)]
struct Samples {
    all: Vec<(u64, Vec<i64>)>,
    /// Of so many samples that come, one is kept.
    every: u64,
    come: u64,
}

/// What is recorded of a worker.
#[derive(Debug)]
pub(super) struct WorkerRecording {
    begun: Instant,
    recorded: Recorded,
}

impl Recording {
    /// One of a build that begins now.
    pub fn start() -> Self {
        let samples = Samples { all: Vec::new(), every: 1, come: 0 };
        Self { begun: Instant::now(), tracks: Mutex::default(), samples: Mutex::new(samples) }
    }

    pub(super) fn worker(&self, stage: usize, name: &str, number: usize) -> WorkerRecording {
        let track = Track { name: format!("{name}-{number}"), spans: Vec::new() };
        let recorded = Recorded { order: (stage, number), track, dropped: 0 };
        WorkerRecording { begun: self.begun, recorded }
    }

    pub(super) fn add(&self, worker: WorkerRecording) {
        lock(&self.tracks).push(worker.recorded);
    }

    pub(super) fn sample(&self, held: &[i64]) {
        let at = since(self.begun, Instant::now());
        lock(&self.samples).add(at, held);
    }

    /// The trace of the build, which has ended, with the names of its stages.
    pub fn trace(self, name: &str, stages: &[String]) -> Trace {
        let mut tracks = self.tracks.into_inner().unwrap_or_else(PoisonError::into_inner);
        tracks.sort_by_key(|recorded| recorded.order);
        let dropped: u64 = tracks.iter().map(|recorded| recorded.dropped).sum();
        let samples = self.samples.into_inner().unwrap_or_else(PoisonError::into_inner).all;
        let names = stages.iter().map(String::as_str).chain([bengal_metrics::record::OUTSIDE]);
        let counter = |(row, name): (usize, &str)| Counter {
            name: heap_of(name),
            samples: samples.iter().filter_map(|(at, held)| Some((*at, *held.get(row)?))).collect(),
        };
        let mut note = "recorded while it was built".to_owned();
        if dropped > 0 {
            note.push_str(&format!("; {dropped} spans at the end were too many"));
        }
        let counters =
            if samples.is_empty() { Vec::new() } else { names.enumerate().map(counter).collect() };
        let tracks = tracks.into_iter().map(|recorded| recorded.track).collect();
        Trace { name: name.to_owned(), note, tracks, counters }
    }
}

impl Samples {
    fn add(&mut self, at: u64, held: &[i64]) {
        self.come += 1;
        if !self.come.is_multiple_of(self.every) {
            return;
        }
        if self.all.len() == MOST_SAMPLES {
            let mut index = 0_usize;
            self.all.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.every *= 2;
        }
        self.all.push((at, held.to_vec()));
    }
}

impl WorkerRecording {
    pub(super) fn span(&mut self, doing: Doing, begun: Instant, ended: Instant) {
        let (doing, kind, items) = match doing {
            Doing::Batch(items) => ("work", SpanKind::Busy, Some(items as u64)),
            Doing::Finish => ("finish", SpanKind::Busy, None),
            Doing::Receiving => ("wait for items", SpanKind::Blocked, None),
            Doing::Sending(items) => {
                ("wait for the next stage", SpanKind::Blocked, Some(items as u64))
            }
        };
        if kind == SpanKind::Blocked && ended.saturating_duration_since(begun) < SHORTEST_WAIT {
            return;
        }
        if self.recorded.track.spans.len() >= MOST_SPANS {
            self.recorded.dropped += 1;
            return;
        }
        let (begun, ended) = (since(self.begun, begun), since(self.begun, ended));
        self.recorded.track.spans.push(Span { doing, kind, begun, ended, items });
    }
}

/// Nanoseconds: 2^64 of them are 584 years.
fn since(begun: Instant, moment: Instant) -> u64 {
    u64::try_from(moment.saturating_duration_since(begun).as_nanos()).unwrap_or(u64::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_thinned_out_evenly() {
        let mut samples = Samples { all: Vec::new(), every: 1, come: 0 };
        for at in 0..MOST_SAMPLES as u64 * 5 {
            samples.add(at, &[0]);
        }
        assert!(samples.all.len() <= MOST_SAMPLES, "{}", samples.all.len());
        let apart = samples.all.windows(2).map(|two| two[1].0 - two[0].0);
        assert!(apart.clone().max() <= Some(samples.every * 2), "{:?}", apart.max());
    }

    #[test]
    fn spans_beyond_the_most_are_counted() {
        let recording = Recording::start();
        let mut worker = recording.worker(0, "a", 0);
        let now = Instant::now();
        for _ in 0..MOST_SPANS + 3 {
            worker.span(Doing::Finish, now, now);
        }
        worker.span(Doing::Receiving, now, now);
        recording.add(worker);
        let trace = recording.trace("x", &["a".to_owned()]);
        assert_eq!(trace.tracks[0].spans.len(), MOST_SPANS);
        assert!(trace.note.contains("3 spans"), "{}", trace.note);
    }
}
