//! Pages that were parsed before: known again, and kept for the next build.
//!
//! **Invariant:** a page that is known again is what parsing its file now would give.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_128;

use super::{Parser, Stop, excluded_page, read_text};
use crate::content::front_matter::{FrontMatter, exclusion};
use crate::content::page::Parsed;
use crate::diagnostic::Diagnostic;
use crate::incremental::pages::{Known, Record};
use crate::incremental::stamp::{GRAIN, Stamp};
use crate::incremental::{from_bytes, to_bytes};
use crate::memory;
use crate::pipeline::item::Source;
use crate::pipeline::stage::StageError;
use crate::site::content_path;

impl Parser<'_> {
    /// The page of `source`: as it was parsed before, where its file is the same, else parsed now.
    pub(super) fn source(
        &mut self,
        source: &Source,
        bytes: &mut Vec<u8>,
        reports: &mut Vec<Diagnostic>,
    ) -> Result<Parsed, Stop> {
        let known = self.context.cache.and_then(|cache| cache.pages.get(&source.path));
        let file = content_path(&source.path);
        if let Some(known) = known.filter(|known| known.stamp.is_some() && source.text.is_none())
            && Stamp::at(&source.file) == known.stamp
            && let Some(page) = self.known(source, known, reports)?
        {
            return Ok(page);
        }
        let (text, stamp) = read_text(source, &file, bytes).map_err(Stop::Wrong)?;
        if self.context.cache.is_none() {
            return self.page(source, &file, text, reports);
        }
        let stamp = stamp.and_then(|stamp| stamp.settled(self.begun, GRAIN));
        let hash = xxh3_128(text.as_bytes());
        if let Some(known) = known.filter(|known| known.hash == hash)
            && let Some(page) = self.known(source, Known { stamp, ..known }, reports)?
        {
            return Ok(page);
        }
        let before = reports.len();
        let mut page = self.page(source, &file, text, reports)?;
        page.body.print = self.keep(&page, (stamp, hash), &reports[before..])?.print();
        Ok(page)
    }

    /// The page of `source` as it was parsed before; `None` where that cannot be had.
    fn known(
        &mut self,
        source: &Source,
        mut known: Known,
        reports: &mut Vec<Diagnostic>,
    ) -> Result<Option<Parsed>, Stop> {
        let Ok(bytes) = self.context.store.read_earlier(known.record, &mut self.record) else {
            return Ok(None);
        };
        let Some(mut record) = from_bytes::<Record>(bytes) else { return Ok(None) };
        if self.is_excluded(&record.front) != record.excluded {
            return Ok(None);
        }
        if self.context.store.moves() && !self.moved(&mut known)? {
            return Ok(None);
        }
        reports.append(&mut record.reports);
        let mut page = excluded_page(source, record.front);
        if !record.excluded {
            (page.title, page.url, page.body) = (record.title, record.url, record.body);
            (page.body.stored, page.body.print) = (known.body, known.print());
            if self.context.hold_html && page.body.template.is_none() && !self.holds(&mut page) {
                return Ok(None);
            }
        }
        memory::kept(|| self.kept.push((Arc::clone(&source.path), known)));
        Ok(Some(page))
    }

    fn is_excluded(&self, front: &FrontMatter) -> bool {
        let settings = self.context.settings;
        exclusion(front, settings.now.seconds, settings.wanted).is_some()
    }

    /// Moves a page to the store's new generation. Whether it was there whole.
    fn moved(&mut self, known: &mut Known) -> Result<bool, Stop> {
        let store = self.context.store;
        for stored in [&mut known.record, &mut known.body] {
            let Ok(bytes) = store.read_earlier(*stored, &mut self.body) else { return Ok(false) };
            *stored = self.bodies.append(bytes).map_err(failed)?;
        }
        Ok(true)
    }

    /// Takes the HTML of `page` from the store, for the stages that want to see it. Whether it was there.
    fn holds(&mut self, page: &mut Parsed) -> bool {
        let store = self.context.store;
        let stored = std::mem::take(&mut page.body.stored);
        let read = match store.moves() {
            // Moved right now, it cannot be read yet.
            true => Ok(&self.body[..stored.len()]),
            false => store.read_earlier(stored, &mut self.body),
        };
        let html = read.ok().and_then(|html| std::str::from_utf8(html).ok());
        page.body.held = html.map(Into::into);
        page.body.held.is_some()
    }

    /// Keeps a page that was parsed for the next build.
    fn keep(
        &mut self,
        page: &Parsed,
        (stamp, hash): (Option<Stamp>, u128),
        reports: &[Diagnostic],
    ) -> Result<Known, Stop> {
        let body = match &page.body.held {
            Some(html) => self.bodies.append(html.as_bytes()).map_err(failed)?,
            None => page.body.stored,
        };
        let excluded = self.is_excluded(&page.front);
        let Parsed { title, url, front, body: found, .. } = page;
        memory::kept(|| to_bytes(&(excluded, title, url, front, found, reports), &mut self.record));
        let record = self.bodies.append(&self.record).map_err(failed)?;
        let known = Known { stamp, hash, record, body };
        memory::kept(|| self.kept.push((Arc::clone(&page.path), known)));
        Ok(known)
    }
}

fn failed(error: std::io::Error) -> Stop {
    Stop::Failed(StageError::io("the body store")(error))
}
