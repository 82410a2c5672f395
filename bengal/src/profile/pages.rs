//! How long each page took in each stage that it came through, and which took longest.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::pipeline::item::Label;
use crate::site::{Site, content_path};

/// Pages that are shown.
pub const SLOWEST: usize = 20;

/// The times of a build's pages.
#[derive(Debug, Default)]
pub struct PageTimes {
    all: Mutex<Vec<(usize, Vec<PageTime>)>>,
}

/// How long a stage was at work on an item.
pub(super) type PageTime = (Label, Duration);

/// A page, and how long the stages were at work on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlowPage {
    /// Its file, or what it is called where it has none.
    pub page: String,
    /// In all.
    pub total: Duration,
    /// By the stage's place in the chain.
    pub stages: BTreeMap<usize, Duration>,
}

impl PageTimes {
    /// Adds what a worker of that stage has noted.
    pub(super) fn add(&self, stage: usize, times: Vec<PageTime>) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).push((stage, times));
    }

    /// The [`SLOWEST`] pages, the slowest first. Lists that go over several pages are one.
    pub fn slowest(&self, site: &Site) -> Vec<SlowPage> {
        let mut pages: BTreeMap<String, SlowPage> = BTreeMap::new();
        for (stage, times) in &*self.all.lock().unwrap_or_else(PoisonError::into_inner) {
            for (label, took) in times {
                let Some(name) = name_of(label, site) else { continue };
                let page = pages.entry(name.clone()).or_insert_with(|| SlowPage {
                    page: name,
                    total: Duration::ZERO,
                    stages: BTreeMap::new(),
                });
                page.total += *took;
                *page.stages.entry(*stage).or_default() += *took;
            }
        }
        let mut pages: Vec<_> = pages.into_values().collect();
        pages.sort_by_key(|page| std::cmp::Reverse(page.total));
        pages.truncate(SLOWEST);
        pages
    }
}

/// Whether a label is a page's.
pub(super) fn is_page(label: &Label) -> bool {
    matches!(label, Label::Source(_) | Label::Page(_))
}

fn name_of(label: &Label, site: &Site) -> Option<String> {
    match label {
        Label::Source(path) => Some(content_path(path)),
        Label::Page(id) => Some(site.name_of(*id)),
        Label::Path(_) => None,
    }
}
