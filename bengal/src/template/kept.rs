//! Templates that are read while pages are rendered: files that pages include from their own folder.
//!
//! Each is parsed once, and kept as long as the site's templates. One that is read again with another text,
//! as it was edited meanwhile, is another.
//!
//! **Invariant:** what is kept is never moved or taken away, so that it can be borrowed while others are
//! added, by any thread.

use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use bengal_liquid::error::SyntaxError;
use bengal_liquid::host::File;
use bengal_liquid::language::Language;
use bengal_liquid::template::Template;
use rustc_hash::FxHasher;

use super::{Compiled, TemplateSource};
use crate::content::front_matter;
use crate::memory;

/// Chains of files. A site in which each of 100,000 pages includes a file of its own has a hundred in each.
const CHAINS: usize = 1 << 10;

/// See the module.
#[derive(Debug)]
pub(super) struct Kept {
    chains: Box<[Link]>,
}

/// The next file of a chain, once there is one.
type Link = OnceLock<Box<Entry>>;

#[derive(Debug)]
struct Entry {
    compiled: Compiled,
    /// What is wrong with it, where there is no template.
    fault: Option<SyntaxError>,
    next: Link,
}

impl Default for Kept {
    fn default() -> Self {
        Self { chains: std::iter::repeat_with(Link::new).take(CHAINS).collect() }
    }
}

impl Kept {
    /// The template in `file`, which is read in `language` when it is not there yet.
    pub fn template(&self, file: &File, language: &Language) -> Result<&Template, SyntaxError> {
        let mut link = self.chain(&file.name);
        while let Some(entry) = link.get() {
            if entry.compiled.source.is(file) {
                return entry.template();
            }
            link = &entry.next;
        }
        let entry = memory::kept(|| Box::new(Entry::new(file, language)));
        self.add(link, entry).template()
    }

    /// What is kept of the file that places call `name`.
    pub fn named(&self, name: &str) -> Option<&Compiled> {
        let mut chain = std::iter::successors(self.chain(name).get(), |entry| entry.next.get());
        chain.find(|entry| entry.compiled.source.name == name).map(|entry| &entry.compiled)
    }

    fn chain(&self, name: &str) -> &Link {
        let mut hasher = FxHasher::default();
        name.hash(&mut hasher);
        &self.chains[usize::try_from(hasher.finish() >> 32).unwrap_or(0) % CHAINS]
    }

    /// Puts `entry` at the end of the chain that `link` is part of.
    fn add<'k>(&'k self, mut link: &'k Link, entry: Box<Entry>) -> &'k Entry {
        let mut left = Some(entry);
        loop {
            // Another thread may have been first; then it is looked behind what that has added.
            let there = link.get_or_init(|| left.take().expect("it is put into one place only"));
            if left.is_none() {
                return there;
            }
            link = &there.next;
        }
    }
}

impl Entry {
    /// A copy of `file`, which was read for a page, and goes with it.
    fn new(file: &File, language: &Language) -> Self {
        let File { name, text } = file.clone();
        let body = front_matter::split(&text).map_or(0, |split| split.body);
        let (template, fault) = match language.parse(&name, &text[body..]) {
            Ok(template) => (Some(template), None),
            Err(faults) => (None, faults.into_iter().next()),
        };
        let source = TemplateSource { name: name.clone(), file: name, text };
        let compiled = Compiled::new(source, body, None, template);
        Self { compiled, fault, next: Link::new() }
    }

    fn template(&self) -> Result<&Template, SyntaxError> {
        let wrong = || self.fault.clone().unwrap_or_else(|| SyntaxError::new("it is wrong", 0));
        self.compiled.template.as_ref().ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> File {
        File { name: name.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_file_is_read_once_and_again_where_its_text_is_another() {
        let (kept, language) = (Kept::default(), Language::new());
        let first = kept.template(&file("a.md", "1"), &language).expect("it is right");
        let again = kept.template(&file("a.md", "1"), &language).expect("it is right");
        let other = kept.template(&file("a.md", "2"), &language).expect("it is right");
        assert!(std::ptr::eq(first, again) && !std::ptr::eq(first, other));
        assert!(kept.named("b.md").is_none());
    }

    #[test]
    fn what_is_wrong_is_so_each_time_and_stands_behind_the_front_matter() {
        let (kept, language) = (Kept::default(), Language::new());
        for _ in 0..2 {
            let fault = kept.template(&file("a.md", "---\na: 1\n---\nx{% if %}"), &language);
            assert!(fault.is_err_and(|fault| fault.offset < 9));
        }
        assert_eq!(kept.named("a.md").map(|compiled| compiled.body), Some(13));
    }

    #[test]
    fn threads_that_add_at_once_lose_nothing() {
        let (kept, language) = (Kept::default(), Language::new());
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (kept, language) = (&kept, &language);
                scope.spawn(move || {
                    for number in 0..3 * CHAINS {
                        let name = format!("{}.md", number + thread * CHAINS);
                        kept.template(&file(&name, "x"), language).expect("it is right");
                    }
                });
            }
        });
        assert!((0..6 * CHAINS).all(|number| kept.named(&format!("{number}.md")).is_some()));
    }
}
