//! Named tests: a site, edits, and after each build the question whether it equals a clean one.
//!
//! What the property test finds is printed in this form.

use std::fmt::Write as _;

use crate::edit::{Damage, Edit, Shape, Tamper};
use crate::shrink::AGE;
use crate::support::TEMPLATES;
use crate::world::{Files, Way, World};

/// A site, and what happens to it.
pub struct Recipe {
    world: World,
}

impl Recipe {
    /// A site of these files and of small templates, built.
    #[track_caller]
    pub fn new(files: &[(&str, &str)]) -> Self {
        Self::bare(&[TEMPLATES, files].concat())
    }

    /// A site of these files alone, built.
    #[track_caller]
    pub fn bare(files: &[(&str, &str)]) -> Self {
        let files: Files = files.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
        Self { world: World::new(&files, Way::Library) }.build()
    }

    /// Makes an edit.
    pub fn edit(mut self, edit: Edit) -> Self {
        self.world.apply(&edit);
        self
    }

    /// Writes a file.
    pub fn write(self, path: &str, text: &str) -> Self {
        self.edit(Edit::Write(path.into(), text.into()))
    }

    /// Writes a file so that neither its size nor its time tells.
    pub fn write_unseen(self, path: &str, text: &str) -> Self {
        self.edit(Edit::WriteUnseen(path.into(), text.into()))
    }

    /// Removes a file or folder.
    pub fn remove(self, path: &str) -> Self {
        self.edit(Edit::Remove(path.into()))
    }

    /// Renames a file or folder.
    pub fn rename(self, from: &str, to: &str) -> Self {
        self.edit(Edit::Move(from.into(), to.into()))
    }

    /// Makes every file anew.
    pub fn checkout(self) -> Self {
        self.edit(Edit::Checkout)
    }

    /// Asks for the next builds in another way.
    pub fn shape(self, shape: Shape) -> Self {
        self.edit(Edit::Shape(shape))
    }

    /// Changes a file of the output.
    pub fn tamper(self, tamper: Tamper, path: &str) -> Self {
        self.edit(Edit::Tamper(tamper, path.into()))
    }

    /// Puts somebody's file into the output.
    pub fn mine(self, path: &str) -> Self {
        self.edit(Edit::Mine(path.into()))
    }

    /// Damages what bengal keeps.
    pub fn damage(self, damage: Damage) -> Self {
        self.edit(Edit::Damage(damage))
    }

    /// Lets so much time go by that bengal trusts the stamps of files.
    pub fn age(self) -> Self {
        std::thread::sleep(AGE);
        self
    }

    /// Builds; fails where that differs from a clean build, or where yet another build does something.
    #[track_caller]
    pub fn build(mut self) -> Self {
        if let Err(wrong) = self.world.check() {
            panic!("{wrong}");
        }
        let last = self.world.last().clone();
        if let Err(wrong) = self.world.check_again() {
            panic!("{wrong}");
        }
        Self { world: self.world.with_last(last) }
    }

    /// Fails unless the last build has rendered just so many pages.
    #[track_caller]
    pub fn renders(self, pages: u64) -> Self {
        assert_eq!(self.world.last().rendered, pages, "pages that were rendered");
        self
    }

    /// Fails unless the last build has written just so many files.
    #[track_caller]
    pub fn rewrites(self, files: u64) -> Self {
        assert_eq!(self.world.last().written, files, "files that were written");
        self
    }

    /// Fails unless the last build has removed just so many files.
    #[track_caller]
    pub fn removes(self, files: u64) -> Self {
        assert_eq!(self.world.last().removed, files, "files that were removed");
        self
    }

    /// Fails unless the last build has ended with this exit code.
    #[track_caller]
    pub fn ends_with(self, code: u64) -> Self {
        let last = self.world.last();
        assert_eq!(last.code, code, "{:#?} {}", last.diagnostics, last.failure);
        self
    }

    /// Fails unless the output file holds this.
    #[track_caller]
    pub fn shows(self, path: &str, part: &str) -> Self {
        let text = self.world.site().read(path);
        assert!(text.contains(part), "{part:?} is not in {path}: {text}");
        self
    }

    /// Fails if the output file is there.
    #[track_caller]
    pub fn lacks(self, path: &str) -> Self {
        assert!(!self.world.site().path("public").join(path).exists(), "{path} is there");
        self
    }
}

/// A site and the edits before each of its builds, as the text of a named test.
pub fn text(files: &Files, steps: &[Vec<Edit>]) -> String {
    let mut text = "    Recipe::bare(&[\n".to_owned();
    for (path, content) in files {
        writeln!(text, "        ({path:?}, {content:?}),").unwrap();
    }
    text.push_str("    ])\n");
    for step in steps {
        step.iter().for_each(|edit| writeln!(text, "    {edit}").unwrap());
        text.push_str("    .build()\n");
    }
    text.truncate(text.trim_end().len());
    text.push(';');
    text
}
