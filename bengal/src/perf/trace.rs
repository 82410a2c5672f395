//! A build of the history as a trace: its totals, spread over time as far as they tell.

use bengal_metrics::record::{Memory, Record, Stage};

use crate::profile::trace::{HeapTotals, StageTotals, Totals, Trace};
use crate::stages::NAMES;

/// The stage that everything waits at.
const BARRIER: &str = NAMES[2];

/// The trace of a build, as [`Trace::write`] writes it.
///
/// # Errors
/// When what was written is no text, which it always is.
pub fn text(name: &str, build: &Record) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    Trace::coarse(name, &totals(build), BARRIER).write(&mut bytes)?;
    String::from_utf8(bytes).map_err(std::io::Error::other)
}

fn totals(build: &Record) -> Totals {
    Totals {
        build_time_ms: build.build_time_ms,
        stages: build.stages.iter().map(of_stage).collect(),
        outside: build.outside.as_ref().map(held),
    }
}

fn of_stage(stage: &Stage) -> StageTotals {
    StageTotals {
        name: stage.name.clone(),
        workers: stage.workers.into(),
        items_in: stage.items_in,
        wall_ms: stage.wall_ms,
        busy_ms: stage.busy_ms,
        blocked_recv_ms: stage.blocked_recv_ms,
        blocked_send_ms: stage.blocked_send_ms,
        heap: held(&stage.memory),
    }
}

fn held(memory: &Memory) -> HeapTotals {
    HeapTotals {
        at_process_peak_bytes: memory.at_process_peak_bytes,
        heap_bytes: memory.heap_bytes,
    }
}
