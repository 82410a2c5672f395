//! What is kept of a build: one record, one line of the history.
//!
//! Sizes in a field that ends in `_mb` are MiB, as in the records that this format continues; every other
//! size is a whole number of bytes, every time a number of milliseconds. What is MiB or milliseconds is
//! rounded to a thousandth.
//!
//! **Invariant:** what is not known is `None`, and `null` in JSON: never 0, and never left out. A record of
//! this version has everything that its fields' docs do not say can be missing; one of an older version has
//! at least what is no `Option`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// The version of the format that this crate writes. It goes up when the meaning of a field changes, or a
/// field goes; one that is added leaves it.
pub const SCHEMA: u32 = 1;

/// What the threads that are no stage's are called, where they stand in a row with stages. A plugin's stage
/// has a dot in its name, so none is called that.
pub const OUTSIDE: &str = "outside";

/// What is kept of a build.
///
/// Its JSON has the fields in this order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// The version of the format: [`SCHEMA`]; 0 of the flat records before there were versions.
    pub schema: u32,
    /// The build's own name: unique, and later builds have greater ones.
    pub build_id: Option<String>,
    /// The site's: the same wherever it is checked out.
    pub site_id: Option<String>,
    /// When the build ended, in UTC, as RFC 3339 writes it; older records may name no zone: see
    /// [`Record::time`].
    pub timestamp: String,

    /// The version of bengal.
    pub bengal_version: Option<String>,
    /// The compiler that bengal was built by, as `1.95.0`; missing where it did not say.
    pub rustc_version: Option<String>,
    /// System and processor, as `linux-x86_64`.
    pub platform: Option<String>,
    /// The kind of machine: processors and memory, as `2 × AMD EPYC 7763, 8 GiB`. The same on machines
    /// that are alike. Missing where the system does not say.
    pub machine: Option<String>,
    /// Processors that the build could use.
    pub cpu_count: Option<u32>,
    /// Workers of each stage that handles items one by one.
    pub jobs: Option<u32>,
    /// Tasks that ran or waited to, on average over the minute before the build's end, this build's own
    /// among them. Missing where the system does not say.
    pub load_average: Option<f64>,

    /// The plugins that took part, in the order of their registration.
    pub plugins: Vec<Plugin>,
    /// A hash of the configuration's text; missing of a site without one.
    pub config_hash: Option<String>,
    /// The state of the site's repository; missing where there is none that can be read.
    pub git: Option<Git>,

    /// How much was built.
    pub mode: Mode,
    /// Whether `mode` is `incremental`.
    pub incremental: bool,
    /// Whether stages had more than one worker.
    pub parallel: bool,
    /// Nothing had changed, and nothing was rendered.
    pub skipped: bool,

    /// Pages of the site, with those that bengal adds.
    pub total_pages: u64,
    /// Pages among them that are regular: neither lists, nor terms, nor the 404 page.
    pub regular_pages: Option<u64>,
    /// Pages among them that have no file of their own.
    pub generated_pages: Option<u64>,
    /// Pages among them that this build rendered.
    pub pages_rendered: Option<u64>,
    /// Files that are copied as they are.
    pub total_assets: Option<u64>,
    /// Sections.
    pub total_sections: Option<u64>,
    /// Taxonomies that have terms.
    pub taxonomies_count: Option<u64>,

    /// Milliseconds from start to end, without the writing of this record.
    pub build_time_ms: f64,
    /// Milliseconds of processor time meanwhile, of all threads. Missing where the system does not say.
    pub cpu_time_ms: Option<f64>,
    /// `wall_ms` of the stage `discover`.
    pub discovery_time_ms: Option<f64>,
    /// `wall_ms` of the stage `parse`.
    pub parse_time_ms: Option<f64>,
    /// `wall_ms` of the stage `taxonomy`.
    pub taxonomy_time_ms: Option<f64>,
    /// `wall_ms` of the stage `render`.
    pub rendering_time_ms: Option<f64>,
    /// `wall_ms` of the stage `write`.
    pub write_time_ms: Option<f64>,

    /// Resident memory of the process when the build ended, in MiB, as the system has it. Missing where
    /// it does not say.
    pub memory_rss_mb: Option<f64>,
    /// `heap_bytes` in MiB.
    pub memory_heap_mb: Option<f64>,
    /// `peak_bytes` in MiB.
    pub memory_peak_mb: Option<f64>,
    /// Of the resident memory, what is no file's, in MiB. Missing where the system does not say.
    pub rss_anon_mb: Option<f64>,
    /// Of the resident memory, what is a file's, in MiB. Missing where the system does not say.
    pub rss_file_mb: Option<f64>,

    /// Bytes that the process allocated, from its start. Exact. Missing where nothing is counted, as are
    /// all figures up to `peak_bytes`.
    pub allocated_bytes: Option<u64>,
    /// Bytes that it freed. Exact.
    pub freed_bytes: Option<u64>,
    /// How often it allocated, or changed an allocation's size. Exact.
    pub allocations: Option<u64>,
    /// Live bytes at the end of the last stage. Exact.
    pub heap_bytes: Option<i64>,
    /// The most live bytes while the stages ran; within 16 KiB for each thread.
    pub peak_bytes: Option<i64>,
    /// The most resident memory that the process had at any moment, in bytes, as the system has it.
    /// Missing where it does not say.
    pub rss_peak_bytes: Option<u64>,
    /// jemalloc's own figures when the build ended; missing where there is no jemalloc.
    pub jemalloc: Option<Jemalloc>,

    /// The stages, in the order of the chain.
    pub stages: Vec<Stage>,
    /// The memory of all threads that are no stage's. With the stages' rows it sums to the process's.
    pub outside: Option<Memory>,

    /// What incremental building saved; missing of a build without a cache.
    pub cache: Option<Cache>,
    /// What became of the output files.
    pub outputs: Option<Outputs>,
    /// What was wrong with the site.
    pub diagnostics: Option<Diagnostics>,
}

/// How much a build built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Everything.
    #[default]
    Full,
    /// What changes had touched.
    Incremental,
}

/// A plugin that took part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Plugin {
    /// Its name in the build.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The hash of its file; of one that is part of bengal, zeros.
    pub hash: String,
    /// Whether all its memory is counted in its stages.
    pub memory_counted: bool,
}

/// The state of the site's repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Git {
    /// The commit, in full; missing in a repository that has none yet.
    pub commit: Option<String>,
    /// The branch; where none is checked out, the one that the variables of the CI name, if any.
    pub branch: Option<String>,
    /// Whether a file of the site that git tracks differs from the index; missing where it takes too long
    /// to tell.
    pub dirty: Option<bool>,
}

/// jemalloc's own figures for the whole process, in bytes, exact to its own pages. Source: `stats.*` of
/// jemalloc(3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Jemalloc {
    /// Allocated by the program.
    pub allocated: u64,
    /// In pages that hold something allocated.
    pub active: u64,
    /// In pages that are mapped and resident.
    pub resident: u64,
    /// In pages that are kept mapped and were given back to the system.
    pub retained: u64,
}

/// The figures of a stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// The plugin that it is of; `None` of bengal's own.
    pub plugin: Option<String>,
    /// Threads that worked for it.
    pub workers: u32,
    /// Items that it took.
    pub items_in: u64,
    /// Items that it handed on.
    pub items_out: u64,
    /// Milliseconds from its first item in to its last out. Stages overlap: these do not sum to the build's
    /// time.
    pub wall_ms: f64,
    /// Milliseconds at work, summed over its workers.
    pub busy_ms: f64,
    /// Milliseconds waiting for items, summed over its workers.
    pub blocked_recv_ms: f64,
    /// Milliseconds waiting for the next stage to take some, summed over its workers.
    pub blocked_send_ms: f64,
    /// Milliseconds of processor time, summed over its workers. Missing where the system does not say.
    pub cpu_ms: Option<f64>,
    /// Its memory, in the same object.
    #[serde(flatten)]
    pub memory: Memory,
    /// The most that handling one item added at any moment, in bytes. Exact, to the byte.
    pub item_peak_bytes: Option<i64>,
    /// The page, or other item, on which it did.
    pub item_peak_page: Option<String>,
    /// jemalloc's own figures, of the whole process, when the stage ended.
    pub jemalloc: Option<Jemalloc>,
}

/// What a stage, or all that is no stage, allocated and held. All of it is missing where nothing is counted,
/// or of a plugin that takes memory elsewhere too. Bytes are in jemalloc's size classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Bytes that its threads allocated. Exact.
    pub allocated_bytes: Option<u64>,
    /// Bytes that its threads freed. Exact.
    pub freed_bytes: Option<u64>,
    /// How often its threads allocated, or changed an allocation's size. Exact.
    pub allocations: Option<u64>,
    /// Bytes that it handed over with items. Exact by that rule; over the chain these and
    /// `received_bytes` cancel.
    pub sent_bytes: Option<i64>,
    /// Bytes that it was handed with items. Exact by that rule.
    pub received_bytes: Option<i64>,
    /// What it holds at the end: allocated − freed − sent + received. Exact; sums to the process's.
    pub heap_bytes: Option<i64>,
    /// The most that it held at any moment; within 16 KiB for each of its workers.
    pub peak_bytes: Option<i64>,
    /// What it held when the process held most; within the same. Sums to the process's peak.
    pub at_process_peak_bytes: Option<i64>,
}

/// What incremental building saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cache {
    /// Pages that were as the build before had left them.
    pub hits: u64,
    /// Pages that had to be made.
    pub misses: u64,
}

/// What became of the output files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outputs {
    /// New, or with new bytes.
    pub written: u64,
    /// Equal to what was there.
    pub unchanged: u64,
    /// No longer belonging to the site.
    pub removed: u64,
    /// Bytes of all of them that were made.
    pub bytes: u64,
}

/// What was wrong with the site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Diagnostics {
    /// Errors.
    pub errors: u64,
    /// Warnings.
    pub warnings: u64,
}

impl Record {
    /// When the build ended. A `timestamp` without a zone is in UTC; `None` of one that is none.
    pub fn time(&self) -> Option<Timestamp> {
        let with_zone = || self.timestamp.parse().ok();
        let without = || {
            let time: DateTime = self.timestamp.parse().ok()?;
            Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
        };
        with_zone().or_else(without)
    }

    /// The stage of that name.
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// Pages that the build rendered, a second; `None` where it did not render, or not say.
    pub fn pages_per_second(&self) -> Option<f64> {
        let rendered = self.pages_rendered.filter(|rendered| *rendered > 0)?;
        (self.build_time_ms > 0.0).then(|| rendered as f64 * 1000.0 / self.build_time_ms)
    }
}
