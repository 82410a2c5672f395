//! What is kept of a build, as far as bengal itself knows it.

use bengal_metrics::record::{
    Diagnostics, Jemalloc, Memory, Mode, Outputs, Plugin, Record, SCHEMA, Stage,
};
use jiff::Timestamp;

use super::{BuildReport, Extent, PluginReport, processors};
use crate::diagnostic::Severity;
use crate::memory;
use crate::pipeline::runner::StageReport;
use crate::process::Resident;
use crate::stages::NAMES;

/// What is kept of the build that has ended just now.
pub(super) fn of(report: &BuildReport) -> Record {
    let now = Timestamp::now();
    let mut record = Record {
        schema: SCHEMA,
        build_id: Some(bengal_metrics::new_build_id(now)),
        timestamp: bengal_metrics::timestamp(now),
        bengal_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        rustc_version: option_env!("BENGAL_RUSTC").map(str::to_owned),
        platform: Some(format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)),
        cpu_count: u32::try_from(processors()).ok(),
        jobs: u32::try_from(report.jobs).ok(),
        plugins: report.plugins.iter().map(plugin).collect(),
        config_hash: report.config_hash.map(|hash| format!("{hash:016x}")),
        parallel: report.jobs > 1,
        stages: report.stages.iter().map(stage).collect(),
        outside: report.memory.as_ref().map(|memory| row(&memory.outside)),
        ..Record::default()
    };
    add_counts(&mut record, report);
    add_times(&mut record, report);
    add_memory(&mut record, report);
    record
}

fn add_counts(record: &mut Record, report: &BuildReport) {
    let Extent { mode, skipped, pages_rendered, cache } = report.extent;
    record.mode = mode;
    record.incremental = mode == Mode::Incremental;
    record.skipped = skipped;
    record.pages_rendered = Some(pages_rendered);
    record.cache = Some(cache);
    let counts = &report.counts;
    record.total_pages = report.pages as u64;
    record.regular_pages = Some(counts.regular_pages as u64);
    record.generated_pages = Some(counts.generated_pages as u64);
    record.total_assets = Some(counts.assets);
    record.total_sections = Some(counts.sections as u64);
    record.taxonomies_count = Some(counts.taxonomies as u64);
    let super::Outputs { written, unchanged, removed, bytes, .. } = report.outputs;
    record.outputs = Some(Outputs { written, unchanged, removed, bytes });
    let errors = report.diagnostics.iter().filter(|d| d.severity == Severity::Error).count() as u64;
    let warnings = report.diagnostics.len() as u64 - errors;
    record.diagnostics = Some(Diagnostics { errors, warnings });
}

fn add_times(record: &mut Record, report: &BuildReport) {
    record.build_time_ms = rounded(report.time.as_secs_f64() * 1000.0);
    record.cpu_time_ms = report.cpu_time.map(|time| rounded(time.as_secs_f64() * 1000.0));
    let wall = |name: &str| {
        let stage = report.stages.iter().find(|stage| stage.name == name);
        stage.map(|stage| rounded(stage.wall_ms))
    };
    let [discover, parse, taxonomy, render, write] = NAMES.map(wall);
    record.discovery_time_ms = discover;
    record.parse_time_ms = parse;
    record.taxonomy_time_ms = taxonomy;
    record.rendering_time_ms = render;
    record.write_time_ms = write;
}

fn add_memory(record: &mut Record, report: &BuildReport) {
    if let Some(Resident { peak, now, anon, file }) = report.resident {
        record.memory_rss_mb = Some(mib(now));
        record.rss_anon_mb = Some(mib(anon));
        record.rss_file_mb = Some(mib(file));
        record.rss_peak_bytes = Some(peak);
    }
    if let Some(process) = report.memory.as_ref().map(|memory| memory.process) {
        record.memory_heap_mb = Some(mib(process.heap_bytes.unsigned_abs()));
        record.memory_peak_mb = Some(mib(process.peak_bytes.unsigned_abs()));
        record.allocated_bytes = Some(process.allocated_bytes);
        record.freed_bytes = Some(process.freed_bytes);
        record.allocations = Some(process.allocations);
        record.heap_bytes = Some(process.heap_bytes);
        record.peak_bytes = Some(process.peak_bytes);
    }
    record.jemalloc = report.jemalloc.map(jemalloc);
}

fn plugin(plugin: &PluginReport) -> Plugin {
    let PluginReport { name, version, hash, memory_counted } = plugin.clone();
    Plugin { name, version, hash, memory_counted }
}

fn stage(stage: &StageReport) -> Stage {
    Stage {
        name: stage.name.clone(),
        plugin: stage.plugin.clone(),
        workers: u32::try_from(stage.workers).unwrap_or(u32::MAX),
        items_in: stage.items_in,
        items_out: stage.items_out,
        wall_ms: rounded(stage.wall_ms),
        busy_ms: rounded(stage.busy_ms),
        blocked_recv_ms: rounded(stage.blocked_recv_ms),
        blocked_send_ms: rounded(stage.blocked_send_ms),
        cpu_ms: stage.cpu_ms.map(rounded),
        memory: stage.memory.as_ref().map(row).unwrap_or_default(),
        item_peak_bytes: stage.item_peak_bytes,
        item_peak_page: stage.item_peak_page.clone(),
        jemalloc: stage.jemalloc.map(jemalloc),
    }
}

fn row(memory: &memory::Memory) -> Memory {
    Memory {
        allocated_bytes: Some(memory.allocated_bytes),
        freed_bytes: Some(memory.freed_bytes),
        allocations: Some(memory.allocations),
        sent_bytes: Some(memory.sent_bytes),
        received_bytes: Some(memory.received_bytes),
        heap_bytes: Some(memory.heap_bytes),
        peak_bytes: Some(memory.peak_bytes),
        at_process_peak_bytes: Some(memory.at_process_peak_bytes),
    }
}

fn jemalloc(stats: memory::Stats) -> Jemalloc {
    let memory::Stats { allocated, active, resident, retained } = stats;
    Jemalloc { allocated, active, resident, retained }
}

fn mib(bytes: u64) -> f64 {
    rounded(bytes as f64 / f64::from(1 << 20))
}

/// To a thousandth: a microsecond, a kilobyte.
fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}
