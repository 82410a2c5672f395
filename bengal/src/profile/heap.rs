//! The heap profile: which functions allocate for each stage, sampled by jemalloc.
//!
//! jemalloc takes a sample for each 2^[`LG_SAMPLE`] bytes that a thread allocates: its stack, and whether
//! it is freed later. Threads are named by their stage, so every sample is a stage's. A dump at each
//! stage's end says what of it lives then, the last one what was allocated over the whole build.
//!
//! **Invariant:** what a dump holds is read with suspicion: a line that is not understood is an error,
//! no panic.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bengal_metrics::record::OUTSIDE;
use rustc_hash::FxHashMap;

use super::stacks::{without_allocator, without_around};
use super::symbols::{Stack, Symbols};
use crate::memory::profiler;

/// The logarithm of the bytes between two samples, on the average.
pub const LG_SAMPLE: u32 = 15;

/// The same in bytes.
pub const SAMPLE_BYTES: u64 = 1 << LG_SAMPLE;

/// What a sample stands for. Bytes are in jemalloc's size classes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weight {
    /// Bytes allocated.
    pub allocated: f64,
    /// How often.
    pub allocations: f64,
    /// Bytes of them that were not freed.
    pub live: f64,
    /// And how many.
    pub live_count: f64,
}

impl Weight {
    /// Adds what another sample stands for.
    pub fn add(&mut self, other: Self) {
        self.allocated += other.allocated;
        self.allocations += other.allocations;
        self.live += other.live;
        self.live_count += other.live_count;
    }
}

/// A stack and what was sampled there.
#[derive(Debug)]
pub struct Site {
    /// The functions, innermost first.
    pub stack: Stack,
    /// What was sampled.
    pub weight: Weight,
}

/// What was sampled of a stage.
#[derive(Debug)]
pub struct StageHeap {
    /// Its name; [`OUTSIDE`] for all that is no stage's.
    pub name: String,
    /// Most allocated first.
    pub sites: Vec<Site>,
}

/// Dumps of a build.
#[derive(Debug)]
pub struct HeapProfile {
    folder: tempfile::TempDir,
    stages: Mutex<Vec<StageDump>>,
}

/// How far a stage is.
#[derive(Debug, Default)]
struct StageDump {
    name: String,
    /// Its workers that have not ended.
    workers: AtomicUsize,
    taken: bool,
}

impl HeapProfile {
    /// One that keeps its dumps in a temporary folder.
    ///
    /// # Errors
    /// When there is none to be had.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self { folder: tempfile::tempdir()?, stages: Mutex::default() })
    }

    /// A worker of a stage is going to be started.
    pub(super) fn enlist(&self, stage: usize, name: &str) {
        let mut stages = self.lock();
        if stages.len() <= stage {
            stages.resize_with(stage + 1, StageDump::default);
        }
        name.clone_into(&mut stages[stage].name);
        stages[stage].workers.fetch_add(1, Ordering::Relaxed);
    }

    /// The calling thread is a worker of that stage.
    pub(super) fn begin(&self, stage: usize) {
        if let Ok(name) = CString::new(thread_name(stage)) {
            profiler::name_thread(&name);
        }
    }

    /// A worker has done its work; with the last one's, the stage has ended.
    pub(super) fn end(&self, stage: usize) {
        let last = {
            let stages = self.lock();
            let workers =
                stages.get(stage).map(|stage| stage.workers.fetch_sub(1, Ordering::Relaxed));
            workers == Some(1)
        };
        // Without the lock, as it takes its time.
        if last && self.dump(&stage.to_string()).is_ok() {
            self.lock()[stage].taken = true;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<StageDump>> {
        self.stages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn dump(&self, name: &str) -> Result<(), String> {
        let path = self.folder.path().join(name);
        let path = CString::new(path.as_os_str().as_encoded_bytes()).map_err(|e| e.to_string())?;
        profiler::dump(&path)
    }

    fn read(&self, name: &str) -> Result<Dump, String> {
        let text =
            std::fs::read(self.folder.path().join(name)).map_err(|error| error.to_string())?;
        Dump::parse(&String::from_utf8_lossy(&text))
    }

    /// What was sampled of each stage, in order, and last of what is outside; the build has ended.
    ///
    /// # Errors
    /// When jemalloc wrote no dump, or one that is not understood.
    pub fn stages(&self) -> Result<Vec<StageHeap>, String> {
        self.dump("end")?;
        let end = self.read("end")?;
        let mut symbols = Symbols::default();
        let stages = self.lock();
        let mut found = Vec::new();
        for (number, stage) in stages.iter().enumerate() {
            let allocated = end.of(Some(number));
            let ended = if stage.taken { self.read(&number.to_string())? } else { Dump::default() };
            let live = ended.of(Some(number));
            found.push(heap_of(&stage.name, allocated, Some(live), &mut symbols));
        }
        found.push(heap_of(OUTSIDE, end.of(None), None, &mut symbols));
        Ok(found)
    }
}

/// What jemalloc calls a stage's threads: their own names may be longer than it takes.
fn thread_name(stage: usize) -> String {
    format!("stage-{stage}")
}

/// Weights by stack, as addresses.
type Weights<'d> = FxHashMap<&'d [usize], Weight>;

/// What `allocated` says of allocations, and `live`, where it is given, of what lives.
fn heap_of(
    name: &str,
    allocated: Weights<'_>,
    live: Option<Weights<'_>>,
    symbols: &mut Symbols,
) -> StageHeap {
    // Stacks that differ by addresses alone, or in what is cut away, are one.
    let mut sites: BTreeMap<Stack, Weight> = BTreeMap::new();
    for (addresses, weight) in allocated {
        let weight = match &live {
            Some(live) => {
                let live = live.get(addresses).copied().unwrap_or_default();
                Weight { live: live.live, live_count: live.live_count, ..weight }
            }
            None => weight,
        };
        let stack = without_around(without_allocator(symbols.stack(addresses)));
        sites.entry(stack).or_default().add(weight);
    }
    let mut sites: Vec<_> =
        sites.into_iter().map(|(stack, weight)| Site { stack, weight }).collect();
    sites.sort_by(|a, b| b.weight.allocated.total_cmp(&a.weight.allocated));
    StageHeap { name: name.to_owned(), sites }
}

/// A dump of jemalloc's, in the text form that `jeprof` reads.
#[derive(Debug, Default)]
struct Dump {
    /// Names of threads, by jemalloc's numbers.
    threads: FxHashMap<u64, String>,
    stacks: Vec<DumpedStack>,
}

/// Addresses, the innermost first, and what each thread has there.
type DumpedStack = (Vec<usize>, Vec<(u64, Weight)>);

impl Dump {
    fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        let rate = lines.next().and_then(|line| line.strip_prefix("heap_v2/")?.parse::<f64>().ok());
        let rate = rate.ok_or("jemalloc's profile does not begin as expected")?;
        let mut dump = Self::default();
        for line in lines.take_while(|line| !line.starts_with("MAPPED_LIBRARIES")) {
            dump.line(line, rate)
                .ok_or_else(|| format!("jemalloc's profile has the line `{line}`"))?;
        }
        Ok(dump)
    }

    /// Reads a line; `None` where it cannot.
    fn line(&mut self, line: &str, rate: f64) -> Option<()> {
        if let Some(addresses) = line.strip_prefix('@') {
            let address = |word: &str| usize::from_str_radix(word.strip_prefix("0x")?, 16).ok();
            let stack = addresses.split_whitespace().map(address).collect::<Option<_>>()?;
            self.stacks.push((stack, Vec::new()));
            return Some(());
        }
        let line = line.trim_start();
        if line.is_empty() {
            return Some(());
        }
        let (thread, rest) = line.strip_prefix('t')?.split_once(": ")?;
        let (counts, name) = rest.split_once(']').map(|(counts, name)| (counts, name.trim()))?;
        // All threads together.
        if thread == "*" {
            return Some(());
        }
        let thread = thread.parse().ok()?;
        match self.stacks.last_mut() {
            Some((_, weights)) => weights.push((thread, weight(counts, rate)?)),
            None => drop(self.threads.insert(thread, name.to_owned())),
        }
        Some(())
    }

    /// The weights of a stage's threads; for `None` of all that are no stage's.
    fn of(&self, stage: Option<usize>) -> Weights<'_> {
        let wanted = stage.map(thread_name);
        let is = |thread: &u64| {
            let name = self.threads.get(thread).map_or("", String::as_str);
            match &wanted {
                Some(wanted) => name == wanted,
                None => !name.starts_with("stage-"),
            }
        };
        let mut found = Weights::default();
        for (stack, weights) in &self.stacks {
            for (_, weight) in weights.iter().filter(|(thread, _)| is(thread)) {
                found.entry(stack).or_default().add(*weight);
            }
        }
        found
    }
}

/// `live count: live bytes [count: bytes`, each pair scaled up to what it stands for.
fn weight(counts: &str, rate: f64) -> Option<Weight> {
    let (live, all) = counts.split_once('[')?;
    let pair = |text: &str| {
        let (count, bytes) = text.trim().split_once(": ")?;
        Some(scaled(count.parse().ok()?, bytes.parse().ok()?, rate))
    };
    let ((live_count, live), (allocations, allocated)) = (pair(live)?, pair(all)?);
    Some(Weight { allocated, allocations, live, live_count })
}

/// What samples of `count` allocations with `bytes` together stand for: an allocation of s bytes is
/// sampled with the probability 1 − e^(−s/rate). As `jeprof` does; jemalloc writes what makes this
/// right also where sizes are mixed (`opt.prof_unbias`).
fn scaled(count: f64, bytes: f64, rate: f64) -> (f64, f64) {
    if count == 0.0 || bytes == 0.0 {
        return (0.0, 0.0);
    }
    let scale = 1.0 / (1.0 - (-bytes / count / rate).exp());
    (count * scale, bytes * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "heap_v2/1024
  t*: 3: 30 [6: 6144]
  t0: 1: 10 [1: 1024]
  t7: 2: 20 [5: 5120] stage-1
@ 0x10 0x20
  t*: 2: 2048 [4: 4096]
  t0: 1: 1024 [1: 1024]
  t7: 1: 1024 [3: 3072]
@ 0x30
  t*: 0: 0 [2: 2048]
  t7: 0: 0 [2: 2048]

MAPPED_LIBRARIES:
00400000-00401000 r-xp whatever
";

    #[test]
    fn samples_are_given_to_the_stages_of_their_threads_and_scaled() {
        let dump = Dump::parse(TEXT).unwrap();
        let stage = dump.of(Some(1));
        let scale = 1.0 / (1.0 - (-1.0_f64).exp());
        let weight = stage[&[0x10, 0x20][..]];
        assert_eq!((weight.allocations, weight.live_count), (3.0 * scale, scale));
        assert_eq!(stage[&[0x30][..]].allocated, 2048.0 * scale);
        let outside = dump.of(None);
        assert_eq!(outside.len(), 1);
        assert_eq!(outside[&[0x10, 0x20][..]].live, 1024.0 * scale);
        assert!(dump.of(Some(0)).is_empty());
    }

    #[test]
    fn a_dump_that_is_not_understood_is_an_error() {
        for text in [
            "",
            "heap_v2/x",
            "heap_v2/1\n@ zz",
            "heap_v2/1\nt1: 1: 2",
            "heap_v2/1\n t1: a: 2 [1: 2]x\n@ 0x1\n t1: a: 2 [1: 2]",
        ] {
            assert!(Dump::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn large_allocations_are_all_sampled_and_stand_for_themselves() {
        let (count, bytes) = scaled(2.0, 2e9, 1024.0);
        assert_eq!((count, bytes), (2.0, 2e9));
        assert_eq!(scaled(0.0, 0.0, 1024.0), (0.0, 0.0));
    }
}
