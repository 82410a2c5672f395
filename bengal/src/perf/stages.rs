//! The stages of one build: their table, their bars, and which of them matters most.

use bengal_metrics::record::{Memory, OUTSIDE, Record, Stage};

use super::figure::TIME;
use super::look::{Look, shared_out};
use super::table::{Cell, Column, Table, Tone, data, numbers, words};
use crate::figures;

/// Said wherever times of stages stand below each other.
pub const OVERLAP: &str = "Stages overlap: their times do not sum to the build's.";

/// A stage whose workers were busy for less of the build's time than this holds nothing back.
const HOLDS_BACK: f64 = 0.25;

/// What has less of the memory than this does not hold it.
const HOLDS: f64 = 0.5;

/// A wait for less of the build's time than this is not spoken of.
const WAITS: f64 = 0.1;

/// Workers that are busy and had a processor for less of that time than this were kept waiting.
const RUNS: f64 = 0.7;

const COLUMNS: &[Column] = &[
    words("name", "stage"),
    data("plugin"),
    numbers("workers", "workers"),
    data("items_in"),
    data("items_out"),
    numbers("busy_ms", "busy"),
    numbers("blocked_recv_ms", "waits in"),
    numbers("blocked_send_ms", "waits out"),
    numbers("cpu_ms", "CPU"),
    data("wall_ms"),
    numbers("allocated_bytes", "allocated"),
    numbers("heap_bytes", "added"),
    numbers("peak_bytes", "peak"),
    numbers("at_process_peak_bytes", "at peak"),
];

/// The columns that are left out where a terminal is not wide enough for all, the first before the others.
pub const DISPENSABLE: &[&str] = &["cpu_ms", "workers", "heap_bytes", "blocked_send_ms"];

/// What people should know to read the table.
pub const LEGEND: &str = "busy, waits in, waits out, CPU: summed over the workers; added: held at the \
    end; at peak: held when all together held most";

/// The stages of a build, what is outside of them, and the whole; without rows where the build's
/// record has no stages, as older ones.
pub fn table(build: &Record) -> Table {
    let mut table = Table::new(COLUMNS);
    if build.stages.is_empty() {
        return table;
    }
    table.rows = build.stages.iter().map(row).collect();
    table.rows.push(not_timed(OUTSIDE, &build.outside.unwrap_or_default()));
    table.rows.push(whole_build(build));
    table
}

fn row(stage: &Stage) -> Vec<Cell> {
    let ms = |ms: f64| Cell::new(figures::time(ms), ms);
    let mut row = vec![
        Cell::words(&stage.name),
        stage.plugin.as_ref().map_or_else(Cell::none, Cell::words),
        Cell::new(stage.workers.to_string(), stage.workers),
        Cell::new("", stage.items_in),
        Cell::new("", stage.items_out),
        ms(stage.busy_ms),
        ms(stage.blocked_recv_ms),
        ms(stage.blocked_send_ms),
        Cell::number(stage.cpu_ms, figures::time),
        ms(stage.wall_ms),
    ];
    row.extend(memory_cells(&stage.memory));
    row
}

/// A row of what has no time of its own.
fn not_timed(name: &str, memory: &Memory) -> Vec<Cell> {
    let mut row = vec![Cell::words(name)];
    row.resize_with(COLUMNS.len() - 4, Cell::none);
    row.extend(memory_cells(memory));
    row
}

/// The row of the whole process.
fn whole_build(build: &Record) -> Vec<Cell> {
    let memory = Memory {
        allocated_bytes: build.allocated_bytes,
        heap_bytes: build.heap_bytes,
        peak_bytes: build.peak_bytes,
        at_process_peak_bytes: build.peak_bytes,
        ..Memory::default()
    };
    let mut row = not_timed("all", &memory);
    for (column, cell) in COLUMNS.iter().zip(&mut row) {
        match column.key {
            "wall_ms" => *cell = TIME.cell(build),
            "cpu_ms" => *cell = Cell::number(build.cpu_time_ms, figures::time),
            _ => {}
        }
    }
    row
}

fn memory_cells(memory: &Memory) -> [Cell; 4] {
    let unsigned = memory.allocated_bytes;
    let signed = [memory.heap_bytes, memory.peak_bytes, memory.at_process_peak_bytes];
    let [heap, peak, at_peak] =
        signed.map(|bytes| Cell::number(bytes, |bytes| figures::bytes(bytes as f64)));
    [Cell::number(unsigned, |bytes| figures::bytes(bytes as f64)), heap, peak, at_peak]
}

/// Two drawings: what each stage's workers did meanwhile, and who held the memory at the peak.
pub fn bars(build: &Record, look: &Look) -> String {
    let rows = holders(build);
    let names = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let width = look.width.saturating_sub(names + 14).clamp(10, 60);
    let [busy, waits_in, waits_out] =
        [look.sign("█", "#"), look.sign("░", "."), look.sign("▒", ":")];
    let mut text =
        format!("the workers' time: {busy} busy  {waits_in} waits in  {waits_out} waits out\n");
    for stage in &build.stages {
        let parts = [stage.busy_ms, stage.blocked_recv_ms, stage.blocked_send_ms];
        let shares = shared_out(&parts, width);
        let part = |index: usize, tone, sign: &str| look.painted(tone, &sign.repeat(shares[index]));
        let bar = part(0, Tone::Strong, busy)
            + &part(1, Tone::Faint, waits_in)
            + &part(2, Tone::Faint, waits_out);
        let busy = figures::percent(stage.busy_ms / parts.iter().sum::<f64>());
        text.push_str(&format!("{:<names$}  {bar}  {busy} busy\n", stage.name));
    }
    if let Some(peak) = build.peak_bytes.filter(|peak| *peak > 0) {
        text.push_str("\nheld at the peak of the process:\n");
        for (name, bytes) in rows {
            let bar = look.painted(Tone::Strong, &look.bar(bytes as f64 / peak as f64, width));
            let size = figures::bytes(bytes as f64);
            text.push_str(&format!(
                "{name:<names$}  {bar}{}{size}\n",
                if bar.is_empty() { "" } else { "  " }
            ));
        }
    }
    text
}

/// What the stages, and `outside`, held at the process's peak; those that are not counted left out.
pub fn holders(build: &Record) -> Vec<(&str, i64)> {
    let stages = build.stages.iter().map(|stage| (stage.name.as_str(), &stage.memory));
    let outside = build.outside.as_ref().map(|memory| (OUTSIDE, memory));
    let all = stages.chain(outside);
    all.filter_map(|(name, memory)| Some((name, memory.at_process_peak_bytes?))).collect()
}

/// Which stage holds the build back, in a sentence: the one whose workers were busy for most of the
/// build's time, and who waited meanwhile. `None` where stages were not measured.
pub fn holds_back(build: &Record) -> Option<String> {
    let busy = |stage: &Stage| of_worker(stage.busy_ms, stage) / build.build_time_ms;
    let (at, stage) = (build.stages.iter().enumerate())
        .filter(|(_, stage)| busy(stage).is_finite())
        .max_by(|(_, a), (_, b)| busy(a).total_cmp(&busy(b)))?;
    let (name, share) = (&stage.name, figures::percent(busy(stage).min(1.0)));
    if busy(stage) < HOLDS_BACK {
        return Some(format!(
            "No stage holds the build back: {name}, the busiest, was at work for {share} of its time."
        ));
    }
    let workers = match stage.workers {
        1 => "its worker was".to_owned(),
        workers => format!("its {workers} workers were"),
    };
    let waited = waiting(build, at);
    Some(format!(
        "{name} holds the build back: {workers} busy for {share} of the build's time{waited}.{}",
        kept_waiting(stage)
    ))
}

/// Where busy workers were without a processor for much of the time: a sentence that says so.
fn kept_waiting(stage: &Stage) -> String {
    let running = stage.cpu_ms.unwrap_or(stage.busy_ms) / stage.busy_ms;
    match running < RUNS {
        true => format!(
            " They had a processor for {} of that, and waited for the disk or for other programs meanwhile.",
            figures::percent(running)
        ),
        false => String::new(),
    }
}

/// Who waited most to hand items to the stage at `at`, and who most to be handed some: in words.
fn waiting(build: &Record, at: usize) -> String {
    let longest = |stages: &[Stage], of: fn(&Stage) -> f64| -> Option<(String, f64)> {
        let waits = stages.iter().map(|stage| (stage.name.clone(), of_worker(of(stage), stage)));
        let long = |(_, ms): &(String, f64)| *ms >= WAITS * build.build_time_ms;
        waits.filter(long).max_by(|(_, a), (_, b)| a.total_cmp(b))
    };
    let before = longest(&build.stages[..at], |stage| stage.blocked_send_ms);
    let behind = longest(&build.stages[at + 1..], |stage| stage.blocked_recv_ms);
    let before = before.map(|(name, ms)| format!("{name} waited {} to hand on", figures::time(ms)));
    let behind = behind.map(|(name, ms)| format!("{name} {} for items", figures::time(ms)));
    match (before, behind) {
        (Some(before), Some(behind)) => format!("; {before}, and {behind}"),
        (Some(before), None) => format!("; {before}"),
        (None, Some(behind)) => format!("; {}", behind.replacen(' ', " waited ", 1)),
        (None, None) => String::new(),
    }
}

fn of_worker(ms: f64, stage: &Stage) -> f64 {
    ms / f64::from(stage.workers.max(1))
}

/// Which stage holds the memory, in a sentence: the one that held most at the process's peak. `None`
/// where memory was not measured.
pub fn holds_memory(build: &Record) -> Option<String> {
    let peak = build.peak_bytes.filter(|peak| *peak > 0)?;
    let (name, bytes) = holders(build).into_iter().max_by_key(|(_, bytes)| *bytes)?;
    let share = bytes as f64 / peak as f64;
    let of = format!(
        "{} of {} at the process's peak, {}",
        figures::bytes(bytes as f64),
        figures::bytes(peak as f64),
        figures::percent(share)
    );
    Some(match name {
        _ if share < HOLDS => format!("No stage holds most of the memory: {name} held {of}."),
        OUTSIDE => format!("Most of the memory is outside of the stages: {of}."),
        _ => format!("{name} holds the memory: {of}."),
    })
}

/// When a stage ran, in milliseconds from the start of the chain: from its first item in to its last out.
///
/// The record has no such moments, but all workers start with the chain, and a worker is busy or waits
/// until its stage ends: so the mean of those sums is the end, and `wall_ms` before it the beginning.
pub fn span(stage: &Stage) -> (f64, f64) {
    let life = stage.busy_ms + stage.blocked_recv_ms + stage.blocked_send_ms;
    let end = of_worker(life, stage).max(stage.wall_ms);
    (end - stage.wall_ms, end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perf::sample::build;

    #[test]
    fn the_stage_that_is_busy_while_others_wait_holds_the_build_back() {
        let mut build = build(1, 1000.0, 10);
        let parse = "parse holds the build back: its 2 workers were busy for 50% of the build's time; \
                     discover waited 400 ms to hand on, and render 600 ms for items.";
        assert_eq!(holds_back(&build).unwrap(), parse);
        build.stages[1].cpu_ms = Some(400.0);
        assert!(holds_back(&build).unwrap().contains("a processor for 40% of that"));
        build.stages[3].busy_ms = 1800.0;
        build.stages[3].cpu_ms = None;
        build.stages[2].blocked_send_ms = 50.0;
        build.stages[0].blocked_send_ms = 50.0;
        let render =
            "render holds the build back: its 2 workers were busy for 90% of the build's time.";
        assert_eq!(holds_back(&build).unwrap(), render);
        build.build_time_ms = 10_000.0;
        assert!(holds_back(&build).unwrap().starts_with("No stage holds the build back: render"));
        build.stages.clear();
        assert_eq!(holds_back(&build), None);
    }

    #[test]
    fn the_stage_that_held_most_at_the_peak_holds_the_memory() {
        let mut build = build(1, 1000.0, 10);
        let taxonomy =
            "taxonomy holds the memory: 8.00 MiB of 10.0 MiB at the process's peak, 80%.";
        assert_eq!(holds_memory(&build).unwrap(), taxonomy);
        build.peak_bytes = Some(20 << 20);
        assert!(
            holds_memory(&build)
                .unwrap()
                .starts_with("No stage holds most of the memory: taxonomy")
        );
        build.outside.as_mut().unwrap().at_process_peak_bytes = Some(15 << 20);
        assert!(holds_memory(&build).unwrap().starts_with("Most of the memory is outside"));
        build.peak_bytes = None;
        assert_eq!(holds_memory(&build), None);
    }

    #[test]
    fn a_stage_ran_until_its_workers_ended() {
        let build = build(1, 1000.0, 10);
        assert_eq!(span(&build.stages[1]), (0.0, 500.0));
        assert_eq!(span(&build.stages[3]), (600.0, 900.0));
    }

    #[test]
    fn times_of_nothing_and_of_no_worker_make_nothing_panic() {
        let mut build = build(0, 0.0, 0);
        build.stages[0].workers = 0;
        build.stages[1].busy_ms = f64::NAN;
        for bars in [true, false] {
            let look = Look { bars, ..Look::plain(1) };
            bars_and_sentences(&build, &look);
        }
        build.stages.clear();
        bars_and_sentences(&build, &Look::plain(80));
    }

    fn bars_and_sentences(build: &Record, look: &Look) {
        let _ = (bars(build, look), holds_back(build), holds_memory(build), table(build));
    }
}
