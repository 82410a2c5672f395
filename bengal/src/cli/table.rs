//! The table of stages that `build -v` prints: their time, and their memory.

use crate::build::BuildReport;
use crate::memory::{Books, Memory};
use crate::pipeline::runner::StageReport;

/// The stages of a build: time in milliseconds summed over each one's workers, memory in MiB.
pub(super) fn of(report: &BuildReport) -> String {
    let mut table = times(&report.stages);
    if let Some(books) = &report.memory {
        table.push('\n');
        table.push_str(&memory(&report.stages, books));
    }
    table
}

fn times(stages: &[StageReport]) -> String {
    let mut table = format!(
        "{:<12}{:>8}{:>10}{:>10}{:>10}{:>10}{:>12}{:>12}{:>10}\n",
        "stage", "workers", "in", "out", "busy ms", "cpu ms", "waits in", "waits out", "wall ms"
    );
    for stage in stages {
        let cpu = stage.cpu_ms.map_or_else(|| "-".to_owned(), |cpu| format!("{cpu:.1}"));
        table.push_str(&format!(
            "{:<12}{:>8}{:>10}{:>10}{:>10.1}{cpu:>10}{:>12.1}{:>12.1}{:>10.1}\n",
            stage.name,
            stage.workers,
            stage.items_in,
            stage.items_out,
            stage.busy_ms,
            stage.blocked_recv_ms,
            stage.blocked_send_ms,
            stage.wall_ms,
        ));
    }
    table.push_str("stages overlap: their times do not sum to the build's\n");
    table
}

fn memory(stages: &[StageReport], books: &Books) -> String {
    let mut table = format!(
        "{:<12}{:>13}{:>13}{:>10}{:>10}{:>10}{:>10}{:>10}\n",
        "MiB", "allocations", "allocated", "sent on", "holds", "peak", "at peak", "one page"
    );
    for (stage, memory) in stages.iter().zip(&books.stages) {
        if stage.memory.is_none() {
            // A plugin's that takes memory elsewhere: no figure is better than a wrong one.
            table.push_str(&format!("{:<12}not counted\n", stage.name));
            continue;
        }
        table.push_str(&row(&stage.name, memory));
        if let Some(bytes) = stage.item_peak_bytes {
            let page =
                super::diagnostics::plain(stage.item_peak_page.as_deref().unwrap_or_default());
            table.push_str(&format!("{}  {page}", mib(bytes, 10)));
        }
        end_line(&mut table);
    }
    table.push_str(&row(bengal_metrics::record::OUTSIDE, &books.outside));
    end_line(&mut table);
    let process = &books.process;
    let total = Memory {
        allocated_bytes: process.allocated_bytes,
        allocations: process.allocations,
        heap_bytes: process.heap_bytes,
        peak_bytes: process.peak_bytes,
        at_process_peak_bytes: process.peak_bytes,
        sent_bytes: books.stages.iter().map(|stage| stage.sent_bytes).sum(),
        ..Memory::default()
    };
    table.push_str(&row("all", &total));
    end_line(&mut table);
    table.push_str("`at peak`: when all together held most; `one page`: the most that one took\n");
    table
}

fn row(name: &str, memory: &Memory) -> String {
    format!(
        "{name:<12}{:>13}{}{}{}{}{}",
        super::build::grouped(memory.allocations),
        mib(memory.allocated_bytes.cast_signed(), 13),
        mib(memory.sent_bytes, 10),
        mib(memory.heap_bytes, 10),
        mib(memory.peak_bytes, 10),
        mib(memory.at_process_peak_bytes, 10),
    )
}

fn mib(bytes: i64, width: usize) -> String {
    format!("{:>width$.2}", bytes as f64 / f64::from(1 << 20))
}

fn end_line(table: &mut String) {
    table.truncate(table.trim_end().len());
    table.push('\n');
}
