//! Profiles and traces of a build, made where they are asked for.
//!
//! * [`heap`]: which functions allocate for each stage, sampled by jemalloc;
//! * [`cpu`]: where each stage's processor time goes, sampled by a timer;
//! * [`templates`] and [`pages`]: what each template costs, and which pages are slowest;
//! * [`recording`] and [`trace`]: what each worker did when, and what each stage held.
//!
//! Addresses are given names by [`symbols`]; [`stacks`], [`flame`] and [`pprof`] are the forms of what was
//! sampled.
//!
//! **Invariant:** a build that is asked for none of it pays nothing but a branch for each item, and an
//! empty call for each template.

pub mod cpu;
pub mod flame;
pub mod heap;
pub mod pages;
pub mod pprof;
pub mod recording;
pub mod stacks;
pub mod symbols;
pub mod target;
pub mod templates;
pub mod trace;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::pipeline::item::Label;
use crate::pipeline::probe::{Doing, Probe, WorkerPost, WorkerProbe};
use heap::HeapProfile;
use pages::{PageTime, PageTimes};
use recording::{Recording, WorkerRecording};
use templates::TemplateProfile;

/// What is asked of a build, and what comes of it.
#[derive(Debug, Default)]
pub struct Profiles {
    /// Which functions allocate.
    pub heap: Option<HeapProfile>,
    /// Whether threads say whose they are, for the sampler of processor time.
    pub cpu: bool,
    /// What templates cost.
    pub templates: Option<TemplateProfile>,
    /// How long pages took.
    pub pages: Option<PageTimes>,
    /// What happened when.
    pub recording: Option<Recording>,
    /// The stages of the chain.
    pub stages: StageNames,
}

/// The names of a chain's stages, in order; known when it was started.
#[derive(Debug, Default)]
pub struct StageNames(Mutex<Vec<String>>);

impl StageNames {
    /// All of them.
    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, post: WorkerPost<'_>) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() <= post.stage {
            names.resize(post.stage + 1, String::new());
        }
        post.name.clone_into(&mut names[post.stage]);
    }
}

impl Probe for Profiles {
    fn worker(&self, post: WorkerPost<'_>) -> Box<dyn WorkerProbe + '_> {
        self.stages.note(post);
        if let Some(heap) = &self.heap {
            heap.enlist(post.stage, post.name);
        }
        let recording = self.recording.as_ref();
        Box::new(WorkerProfiles {
            profiles: self,
            stage: post.stage,
            times: Vec::new(),
            recording: recording.map(|all| all.worker(post.stage, post.name, post.number)),
        })
    }

    fn interval(&self) -> Option<Duration> {
        self.recording.as_ref().map(|_| recording::INTERVAL)
    }

    fn sample(&self, held: &[i64]) {
        if let Some(recording) = &self.recording {
            recording.sample(held);
        }
    }
}

/// What one worker adds to the profiles.
#[derive(Debug)]
struct WorkerProfiles<'p> {
    profiles: &'p Profiles,
    stage: usize,
    times: Vec<PageTime>,
    recording: Option<WorkerRecording>,
}

impl WorkerProbe for WorkerProfiles<'_> {
    fn begin(&mut self) {
        if let Some(heap) = &self.profiles.heap {
            heap.begin(self.stage);
        }
        if self.profiles.cpu {
            cpu::set_stage(self.stage);
        }
    }

    fn span(&mut self, doing: Doing, begun: Instant, ended: Instant) {
        if let Some(recording) = &mut self.recording {
            recording.span(doing, begun, ended);
        }
    }

    fn item(&mut self, label: &Label, took: Duration) {
        if self.profiles.pages.is_some() && pages::is_page(label) {
            self.times.push((label.copied(), took));
        }
    }
}

/// Its work is done, or it never began.
impl Drop for WorkerProfiles<'_> {
    fn drop(&mut self) {
        if let Some(pages) = &self.profiles.pages {
            pages.add(self.stage, std::mem::take(&mut self.times));
        }
        if let Some((all, own)) = self.profiles.recording.as_ref().zip(self.recording.take()) {
            all.add(own);
        }
        if let Some(heap) = &self.profiles.heap {
            heap.end(self.stage);
        }
    }
}
