//! `--heap-profile`, `--cpu-profile`, `--profile-templates` and `--trace` of `bengal build`.
//!
//! 1. What the options name is checked; for the heap profile the program starts itself again.
//! 2. The build runs, and is watched.
//! 3. What was found is written, and shown.
//!
//! **Invariant:** what can be known to be wrong before the build is said before it, and nothing is built.

mod heap;
mod restart;
mod tables;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use crate::build::{BuildError, BuildReport};
use crate::memory::profiler;
use crate::profile::cpu::{self, Sampler};
use crate::profile::flame::{self, Captions};
use crate::profile::heap::HeapProfile;
use crate::profile::recording::Recording;
use crate::profile::target::{self, Target};
use crate::profile::{Profiles, trace};

/// Profiles of a build.
#[derive(Debug, Args)]
#[command(next_help_heading = "Profiles")]
pub(super) struct ProfileArguments {
    /// Sample which functions allocate for each stage: tables, a flame graph and more in DIR. The build
    /// takes about 1.3 times the processor time
    #[arg(long, value_name = "DIR", conflicts_with = "cpu_profile")]
    heap_profile: Option<PathBuf>,
    /// Sample where each stage's processor time goes: a flame graph in FILE, an SVG. Costs
    /// about a hundredth of that; Linux only
    #[arg(long, value_name = "FILE")]
    cpu_profile: Option<PathBuf>,
    /// Show what each template and include costs, and the pages that took longest
    #[arg(long)]
    profile_templates: bool,
    /// Record what each worker did when, and what each stage held, in FILE, for ui.perfetto.dev
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

/// A build that is watched.
#[derive(Debug)]
pub(super) struct Profiling {
    pub profiles: Option<Arc<Profiles>>,
    heap: Option<PathBuf>,
    cpu: Option<(Target, Sampler)>,
    trace: Option<Target>,
}

/// What there is to say of a build that was watched.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// For people.
    pub text: String,
    /// For programs.
    pub lines: Vec<Value>,
    /// What could not be written, and why.
    pub failures: Vec<String>,
}

impl Profiling {
    /// Checks what is asked for and begins; where the heap profile needs the program to be started again,
    /// that does not return.
    ///
    /// # Errors
    /// When it is not to be had here, or could not be written.
    pub fn start(arguments: &ProfileArguments) -> Result<Self, BuildError> {
        let trace = given("--trace", &arguments.trace, trace::BEGINNING)?;
        let cpu = given("--cpu-profile", &arguments.cpu_profile, flame::MARK)?;
        let same = |(one, other): (&Target, &Target)| one.path() == other.path();
        if trace.as_ref().zip(cpu.as_ref()).is_some_and(same) {
            return Err(usage("--trace", "it names the same file as --cpu-profile"));
        }
        let heap = arguments.heap_profile.as_deref().map(start_heap).transpose()?;
        let cpu = cpu.map(start_cpu).transpose()?;
        let asked =
            heap.is_some() || cpu.is_some() || trace.is_some() || arguments.profile_templates;
        let profiles = Profiles {
            cpu: cpu.is_some(),
            templates: arguments.profile_templates.then(Default::default),
            pages: arguments.profile_templates.then(Default::default),
            recording: trace.as_ref().map(|_| Recording::start()),
            heap,
            ..Profiles::default()
        };
        let heap = arguments.heap_profile.clone();
        if heap.is_some() {
            profiler::switch(true);
        }
        Ok(Self { profiles: asked.then(|| Arc::new(profiles)), heap, cpu, trace })
    }

    /// Ends it, when the build has ended and nobody else has the profiles any more; writes what was found.
    pub fn end(self, report: &BuildReport) -> Found {
        // First of all, as what follows is not the build's.
        let cpu = self.cpu.map(|(target, sampler)| (target, sampler.end()));
        profiler::switch(false);
        let mut found = Found::default();
        let Some(profiles) = self.profiles.and_then(Arc::into_inner) else { return found };
        let stages = profiles.stages.all();
        if let (Some(folder), Some(heap)) = (&self.heap, &profiles.heap) {
            found.add(heap::write(folder, heap));
        }
        if let Some((target, samples)) = cpu {
            found.add(write_cpu(&target, samples, &stages, report));
        }
        if let (Some(target), Some(recording)) = (self.trace, profiles.recording) {
            found.add(write_trace(&target, recording, &stages, report));
        }
        if let Some(templates) = &profiles.templates {
            let slowest = profiles.pages.as_ref().zip(report.site.as_ref());
            let slowest = slowest.map_or_else(Vec::new, |(pages, site)| pages.slowest(site));
            let costs = templates.costs();
            found.text += &tables::templates(&costs);
            found.text += &tables::pages(&slowest, &stages);
            found.lines.push(tables::template_line(&costs, &slowest, &stages));
        }
        found
    }
}

impl Found {
    fn add(&mut self, written: Result<(String, Value), String>) {
        match written {
            Ok((text, line)) => {
                self.text += &text;
                self.lines.push(line);
            }
            Err(failure) => self.failures.push(failure),
        }
    }
}

fn usage(option: &str, why: &str) -> BuildError {
    BuildError::Usage(format!("{option}: {why}"))
}

fn given(option: &str, path: &Option<PathBuf>, mark: &str) -> Result<Option<Target>, BuildError> {
    let target = path.as_deref().map(|path| Target::new(path, mark));
    target.transpose().map_err(|why| usage(option, &why))
}

fn start_heap(folder: &Path) -> Result<HeapProfile, BuildError> {
    let wrong = |why: String| usage("--heap-profile", &why);
    if profiler::options(0).is_none() {
        return Err(wrong(
            "bengal has no jemalloc on this system, so nothing is sampled".to_owned(),
        ));
    }
    target::folder(folder, heap::STAGES, heap::MARK).map_err(wrong)?;
    if !profiler::is_ready() {
        return Err(wrong(restart::with_profiler()));
    }
    HeapProfile::new().map_err(|error| wrong(format!("no temporary folder: {error}")))
}

fn start_cpu(target: Target) -> Result<(Target, Sampler), BuildError> {
    let wrong = |why: &str| usage("--cpu-profile", why);
    if !cpu::is_there() {
        return Err(wrong("processor time can be sampled on Linux only, on x86-64 and AArch64"));
    }
    let sampler = Sampler::start().map_err(|error| wrong(&error.to_string()))?;
    Ok((target, sampler))
}

fn write_cpu(
    target: &Target,
    (samples, lost): (Vec<cpu::CpuSample>, u64),
    stages: &[String],
    report: &BuildReport,
) -> Result<(String, Value), String> {
    let lines = cpu::fold(&samples, stages);
    let note = format!("samples of the processor time of all threads: {}", samples.len());
    let shown = |samples: u64| super::build::plural(samples, "sample");
    let captions = Captions { title: "bengal build: processor time by stage", note: &note, shown };
    let svg = flame::svg(&lines, captions);
    target.write(|out| std::io::Write::write_all(out, svg.as_bytes()))?;
    let mut text = format!(
        "cpu profile: {}{} in {}; taking them costs about {CPU_COST}\n",
        super::build::plural(samples.len() as u64, "sample"),
        every(samples.len(), report),
        target.path().display(),
    );
    if lost > 0 {
        text += &format!("{} more did not fit\n", super::build::grouped(lost));
    }
    let line = json!({"reason": "cpu-profile", "file": target.path().to_string_lossy(),
        "samples": samples.len(), "lost": lost, "stages": tables::shares(&samples, stages)});
    Ok((text + &tables::shares_line(&samples, stages), line))
}

/// How far samples lie apart.
fn every(samples: usize, report: &BuildReport) -> String {
    match report.cpu_time {
        Some(time) if samples > 0 => {
            let apart = time.as_secs_f64() * 1000.0 / samples as f64;
            format!(", one for each {apart:.1} ms of processor time,")
        }
        _ => " of processor time".to_owned(),
    }
}

/// What sampling costs: measured, see CONTRIBUTING.md.
const CPU_COST: &str = "a hundredth of that";

fn write_trace(
    target: &Target,
    recording: Recording,
    stages: &[String],
    report: &BuildReport,
) -> Result<(String, Value), String> {
    let name = format!("bengal build into {}", report.output.display());
    let trace = recording.trace(&name, stages);
    target.write(|out| trace.write(out))?;
    let spans: usize = trace.tracks.iter().map(|track| track.spans.len()).sum();
    let text = format!(
        "trace: {} of {} in {}; ui.perfetto.dev opens it\n",
        super::build::plural(spans as u64, "span"),
        super::build::plural(trace.tracks.len() as u64, "worker"),
        target.path().display(),
    );
    let line = json!({"reason": "trace", "file": target.path().to_string_lossy(), "spans": spans});
    Ok((text, line))
}
