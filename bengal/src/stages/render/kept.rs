//! Pages that need not be rendered: all that they are made of is as it was, and so is their file.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::template_of;
use crate::content::permalink::output_path;
use crate::incremental::made::{Changed, Made, Origin};
use crate::incremental::read::What;
use crate::incremental::{Cache, Explained, Reason};
use crate::memory;
use crate::output::OutputReader;
use crate::pipeline::item::Render as Job;
use crate::site::{Site, list_url};
use crate::stages::Context;

/// Keeps pages, for one worker.
pub(super) struct Kept<'b> {
    context: &'b Context<'b>,
    output: OutputReader<'b>,
    paths: Vec<Arc<str>>,
    made: Vec<Made>,
}

/// Why a page is rendered: the reason, and what caused it.
type Because = (Reason, Option<String>);

impl<'b> Kept<'b> {
    /// Keeps nothing yet.
    pub fn new(context: &'b Context<'b>) -> Self {
        Self { context, output: context.output.reader(), paths: Vec::new(), made: Vec::new() }
    }

    /// Whether the page of `job` is as it should be, and so was counted as done.
    pub fn keep(&mut self, job: Job) -> bool {
        let (Some(cache), Some(site)) = (self.context.cache, self.context.site.get()) else {
            return false;
        };
        let path = output_path(&list_url(&site[job.page].url, job.number));
        let kept = self.made_before(cache, site, job, &path);
        cache.because(|| {
            let (reason, cause) = match &kept {
                Ok(_) => (Reason::Unchanged, None),
                Err((reason, cause)) => (*reason, cause.clone()),
            };
            Explained { output: path.clone(), page: site.name_of(job.page), reason, cause }
        });
        let Ok(made) = kept else { return false };
        let written = self.context.written;
        written.kept.fetch_add(u64::from(job.number == 1), Ordering::Relaxed);
        written.unchanged.fetch_add(1, Ordering::Relaxed);
        let bytes = made.stamp.map_or(0, crate::incremental::stamp::Stamp::size);
        written.bytes.fetch_add(bytes, Ordering::Relaxed);
        memory::kept(|| {
            self.paths.push(Arc::clone(&made.path));
            self.made.push(made);
        });
        true
    }

    /// What an earlier build made at `path`, where that is what this one would make.
    fn made_before(
        &mut self,
        cache: &'b Cache<'b>,
        site: &'b Site,
        job: Job,
        path: &str,
    ) -> Result<Made, Because> {
        if cache.render_all.load(Ordering::Relaxed) {
            return Err((Reason::PluginChanged, None));
        }
        let Some((number, stamp, hash)) = cache.files.find(path) else {
            return Err((cache.forced().unwrap_or(Reason::NewPage), None));
        };
        let mut reports = Vec::new();
        let template = template_of(self.context, site, job, &mut reports);
        if !reports.is_empty() {
            return Err((Reason::Forced, None));
        }
        let prints = cache.prints(site, self.context);
        let held = cache.files.holds(number, (job.page, &template), prints, site);
        held.map_err(|changed| changed.map_or((Reason::Forced, None), because))?;
        match self.output.holds(path, stamp, hash) {
            Some(stamp) => Ok(Made {
                path: Arc::from(path),
                stamp: Some(stamp),
                hash,
                origin: Origin::Kept(number),
            }),
            None => Err((Reason::OutputMissing, None)),
        }
    }
}

fn because(changed: Changed) -> Because {
    let cause = match changed.what {
        What::Front | What::Body => None,
        _ => Some(changed.subject.clone()).filter(|subject| !subject.is_empty()),
    };
    (Reason::from(&changed), cause)
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        self.context.written.hold(&mut self.paths);
        if let Some(cache) = self.context.cache {
            cache.files.note(&mut self.made);
        }
    }
}
