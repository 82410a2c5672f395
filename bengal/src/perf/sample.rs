//! Builds for the tests of this folder.

use bengal_metrics::record::{Git, Memory, Record, SCHEMA, Stage};

const MIB: i64 = 1 << 20;

/// The `number`th build, that took `ms` and held `mib` at most.
pub(super) fn build(number: u32, ms: f64, mib: i64) -> Record {
    let commit = format!("{:040x}", u64::from(number).wrapping_mul(0x1234_5678_9abc_def1));
    Record {
        schema: SCHEMA,
        build_id: Some(format!("20261122-1304{number:02}-{number:04x}")),
        site_id: Some("site".to_owned()),
        timestamp: format!("2026-11-22T13:04:{number:02}Z"),
        machine: Some("2 × Any, 8 GiB".to_owned()),
        jobs: Some(2),
        git: Some(Git { commit: Some(commit), branch: Some("main".into()), dirty: Some(false) }),
        total_pages: 100,
        pages_rendered: Some(100),
        build_time_ms: ms,
        cpu_time_ms: Some(ms * 1.5),
        allocated_bytes: Some(200 << 20),
        allocations: Some(1000),
        heap_bytes: Some(3 * MIB),
        peak_bytes: Some(mib * MIB),
        rss_peak_bytes: Some((mib + 10).cast_unsigned() << 20),
        stages: vec![
            stage("discover", 1, [ms * 0.1, 0.0, ms * 0.4], 0),
            stage("parse", 2, [ms, 0.0, 0.0], MIB),
            stage("taxonomy", 1, [ms * 0.1, ms * 0.4, ms * 0.4], (mib - 2) * MIB),
            stage("render", 2, [ms * 0.6, ms * 1.2, 0.0], 0),
        ],
        outside: Some(memory(MIB)),
        ..Record::default()
    }
}

fn stage(name: &str, workers: u32, [busy, waits_in, waits_out]: [f64; 3], held: i64) -> Stage {
    Stage {
        name: name.to_owned(),
        workers,
        items_in: 100,
        items_out: 100,
        wall_ms: busy / f64::from(workers),
        busy_ms: busy,
        blocked_recv_ms: waits_in,
        blocked_send_ms: waits_out,
        cpu_ms: Some(busy),
        memory: memory(held),
        ..Stage::default()
    }
}

fn memory(held: i64) -> Memory {
    Memory {
        allocated_bytes: Some(50 << 20),
        allocations: Some(250),
        heap_bytes: Some(held / 2),
        peak_bytes: Some(held + MIB),
        at_process_peak_bytes: Some(held),
        ..Memory::default()
    }
}

/// Builds of these times.
pub(super) fn builds(times: &[f64]) -> Vec<Record> {
    times.iter().zip(1..).map(|(ms, number)| build(number, *ms, 10)).collect()
}

/// Numbers from 0 to 1, the same in each run (splitmix64).
pub(super) struct Seeded(pub u64);

impl Seeded {
    pub(super) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Normal, of mean 0 and deviation 1: the sum of twelve uniform numbers.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }

    /// A build's time about 1: normal by `noise`, and in one of ten builds the machine is busy.
    pub(super) fn time(&mut self, noise: f64) -> f64 {
        let busy = if self.next() < 0.1 { self.next() * 5.0 * noise } else { 0.0 };
        (noise * self.normal() + busy).exp()
    }
}
