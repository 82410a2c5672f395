//! The barrier: gathers every page, puts the site together, and sends out what is to be rendered.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};

use xxhash_rust::xxh3::xxh3_64;

use super::Context;
use crate::config::Config;
use crate::content::permalink::output_path;
use crate::diagnostic::{Code, Diagnostic};
use crate::incremental::fingerprint;
use crate::manifest;
use crate::pipeline::item::{FileCopy, Item, Output, Render};
use crate::pipeline::stage::{Barrier, Outbox, Slot, Stage, StageError, Work};
use crate::site::{Assembled, Claims, Gathered, Owner, Site, assemble, list_url};
use crate::store::BodyWriter;

/// The third stage.
pub(super) struct Taxonomy<'b> {
    pub context: &'b Context<'b>,
}

impl Stage for Taxonomy<'_> {
    fn name(&self) -> &str {
        "taxonomy"
    }

    fn slot(&self) -> Slot {
        Slot::Chain
    }

    fn start(&self) -> Work<'_> {
        let templates_make_code = self.context.templates.make_code();
        Work::Barrier(Box::new(Gather {
            context: self.context,
            bodies: self.context.store.writer(),
            gathered: Gathered { templates_make_code, ..Gathered::default() },
            others: Vec::new(),
        }))
    }
}

struct Gather<'b> {
    context: &'b Context<'b>,
    /// For HTML that a stage before wanted to see.
    bodies: BodyWriter<'b>,
    gathered: Gathered,
    others: Vec<Item>,
}

impl Barrier for Gather<'_> {
    fn process(&mut self, item: Item, _reports: &mut Vec<Diagnostic>) -> Result<(), StageError> {
        match item {
            Item::Page(mut page) => {
                if let Some(html) = page.body.held.take() {
                    let stored = self.bodies.append(html.as_bytes());
                    page.body.stored = stored.map_err(StageError::io("the body store"))?;
                    page.body = std::mem::take(&mut page.body).summed_up(&html);
                    page.body.print = fingerprint::of(&(page.body.stored.content(), &page.body));
                }
                self.gathered.pages.push(page);
            }
            Item::Data(data) => self.gathered.data.push(data),
            Item::File(file) => self.gathered.files.push(file),
            other => self.others.push(other),
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, out: &mut Outbox<'_>) -> Result<(), StageError> {
        let Context { settings, site: cell, .. } = self.context;
        self.bodies.flush().map_err(StageError::io("the body store"))?;
        if let Some(cache) = self.context.cache {
            cache.pages.settle();
        }
        let assembled = assemble(self.gathered, settings, &mut out.reports);
        let Assembled { site, renders, files, redirects, mut claims } = assembled;
        let added = claim_added(self.others, &mut claims, &mut out.reports);
        let redirects = redirects.into_iter().map(|(path, url)| {
            let Config { language, base_url, .. } = &settings.config;
            let html = redirect(language, base_url, settings.config.base_path(), &url);
            Item::Output(Output {
                path: Arc::from(path),
                bytes: html.into_bytes(),
                page: None,
                made_of: None,
            })
        });
        let others: Vec<_> = redirects.chain(added).collect();
        if let Some(manifest) = self.context.manifest {
            let noted = manifest.add(&planned(&site, &renders, &files, &others));
            out.reports.extend(noted.err().map(|error| manifest::unwritten(&error)));
        }
        let set = cell.set(site);
        debug_assert!(set.is_ok(), "there is one barrier, and it finishes once");
        let set = self.context.claims.set(Mutex::new(claims));
        debug_assert!(set.is_ok(), "there is one barrier, and it finishes once");
        for render in renders {
            out.emit(Item::Render(render))?;
        }
        for file in files {
            out.emit(Item::File(file))?;
        }
        others.into_iter().try_for_each(|item| out.emit(item))
    }
}

/// The items, but for output files whose path is taken. They are sorted, so that it does not show which came
/// first.
fn claim_added(
    mut items: Vec<Item>,
    claims: &mut Claims,
    reports: &mut Vec<Diagnostic>,
) -> Vec<Item> {
    let key = |item: &Item| match item {
        Item::Output(output) => Some((Arc::clone(&output.path), xxh3_64(&output.bytes))),
        _ => None,
    };
    items.sort_by_cached_key(key);
    items.retain(|item| {
        let Item::Output(output) = item else { return true };
        let owner = Owner::other(format!("the output file {}", output.path));
        let Err(other) = claims.claim(output.path.to_string(), &owner) else { return true };
        reports.push(taken(&output.path, &other));
        false
    });
    items
}

/// The diagnostic of an output file, made by a stage, whose path is `owner`'s.
pub fn taken(path: &str, owner: &Owner) -> Diagnostic {
    let message = format!("a stage makes the output file {path}, whose path is taken by {owner}");
    Diagnostic::error(Code::UrlConflict, message).hint("the file is left out")
}

/// The output paths that these will have.
fn planned<'a>(
    site: &Site,
    renders: &[Render],
    files: &'a [FileCopy],
    others: &'a [Item],
) -> Vec<Cow<'a, str>> {
    let rendered = renders.iter().map(|render| {
        let url = &site[render.page].url;
        Cow::Owned(output_path(&list_url(url, render.number)))
    });
    let copied = files.iter().map(|file| Cow::Borrowed(&*file.to));
    let finished = others.iter().filter_map(|item| match item {
        Item::Output(output) => Some(Cow::Borrowed(&*output.path)),
        _ => None,
    });
    rendered.chain(copied).chain(finished).collect()
}

/// A page that sends its reader on to `url`.
fn redirect(language: &str, base_url: &str, base_path: &str, url: &str) -> String {
    let mut canonical = String::new();
    crate::markdown::push_href(&format!("{base_url}{url}"), &mut canonical);
    let mut target = String::new();
    crate::markdown::push_href(&format!("{base_path}{url}"), &mut target);
    let mut lang = String::new();
    crate::markdown::push_escaped(language, &mut lang);
    format!(
        "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>Moved</title>\n<link rel=\"canonical\" href=\"{canonical}\">\n\
         <meta name=\"robots\" content=\"noindex\">\n\
         <meta http-equiv=\"refresh\" content=\"0; url={target}\">\n</head>\n<body>\n\
         <p>This page has moved to <a href=\"{target}\">{target}</a>.</p>\n</body>\n</html>\n"
    )
}
