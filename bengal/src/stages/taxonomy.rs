//! The barrier: gathers every page, puts the site together, and sends out what is to be rendered.

use std::sync::Arc;

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::pipeline::item::{Item, Output};
use crate::pipeline::stage::{Barrier, Outbox, Slot, Stage, StageError, Work};
use crate::site::{Assembled, Gathered, assemble};

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
        Work::Barrier(Box::new(Gather {
            context: self.context,
            gathered: Gathered::default(),
            others: Vec::new(),
        }))
    }
}

struct Gather<'b> {
    context: &'b Context<'b>,
    gathered: Gathered,
    others: Vec<Item>,
}

impl Barrier for Gather<'_> {
    fn process(&mut self, item: Item, _reports: &mut Vec<Diagnostic>) -> Result<(), StageError> {
        match item {
            Item::Page(page) => self.gathered.pages.push(page),
            Item::Data(data) => self.gathered.data.push(data),
            Item::File(file) => self.gathered.files.push(file),
            other => self.others.push(other),
        }
        Ok(())
    }

    fn finish(self: Box<Self>, out: &mut Outbox<'_>) -> Result<(), StageError> {
        let Context { settings, site: cell, .. } = self.context;
        let assembled = assemble(self.gathered, settings, &mut out.reports);
        let Assembled { site, renders, files, redirects } = assembled;
        let paths: Vec<_> = redirects
            .into_iter()
            .map(|(path, url)| {
                (
                    path,
                    redirect(
                        &settings.config.language,
                        &settings.config.base_url,
                        settings.config.base_path(),
                        &url,
                    ),
                )
            })
            .collect();
        let set = cell.set(site);
        debug_assert!(set.is_ok(), "there is one barrier, and it finishes once");
        for render in renders {
            out.emit(Item::Render(render))?;
        }
        for file in files {
            out.emit(Item::File(file))?;
        }
        for (path, html) in paths {
            out.emit(Item::Output(Output { path: Arc::from(path), bytes: html.into_bytes() }))?;
        }
        self.others.into_iter().try_for_each(|item| out.emit(item))
    }
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
