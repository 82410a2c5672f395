//! A site on the disk, the edits that are made to it, and its builds.
//!
//! **Invariant:** a clean build goes into a directory that was not there and keeps its state in one that was
//! not there either; neither is the site's.

mod harm;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use bengal::build::{BuildError, BuildOptions, Listener, build};
use bengal::content::date::Date;
use bengal::content::front_matter::Wanted;
use bengal::highlight::Languages;
use bengal::pipeline::runner::Progress;
use tempfile::TempDir;

use crate::compare::{Fault, Outcome, Seen, Surroundings, divergences};
use crate::edit::{Edit, Shape};
use crate::libraries::library;
use crate::support::{JSON, Site, Tree, bengal, run, tree};

/// The files of a site: paths and texts.
pub type Files = BTreeMap<String, String>;

/// What somebody's own file in the output holds.
pub const MINE: &[u8] = b"This is mine.\n";

/// How the site is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By a call of the library.
    Library,
    /// By the binary.
    Binary,
}

/// A site, its output, and what is known of them.
pub struct World {
    site: Site,
    /// Where clean builds go; not beside the site.
    aside: TempDir,
    way: Way,
    files: Files,
    shape: Shape,
    around: Surroundings,
    /// What the build did to the output, wrongly: for tests of the comparison itself.
    fault: Option<Fault>,
    last: Outcome,
}

/// In texts of the configuration: where the site is, and, with a name, the library of a plugin.
const SITE: &str = "@SITE@";
pub const LIBRARIES: &[(&str, &str)] = &[
    ("@BADGES@", "badges"),
    ("@WORD_GOAL@", "word-goal"),
    ("@CSV_PAGES@", "csv-pages"),
    ("@BUILD_REPORT@", "build-report"),
];

impl World {
    /// A site of these files, not yet built.
    pub fn new(files: &Files, way: Way) -> Self {
        let mut world = Self {
            site: Site::bare(&[]),
            aside: tempfile::tempdir().unwrap(),
            way,
            files: Files::new(),
            shape: Shape::default(),
            around: Surroundings::default(),
            fault: None,
            last: Outcome::default(),
        };
        for (path, text) in files {
            world.apply(&Edit::Write(path.clone(), text.clone()));
        }
        world
    }

    /// The same, whose builds are wrong in this way.
    pub fn with_fault(self, fault: Fault) -> Self {
        Self { fault: Some(fault), ..self }
    }

    pub fn files(&self) -> &Files {
        &self.files
    }

    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    pub fn site(&self) -> &Site {
        &self.site
    }

    /// How the last build went.
    pub fn last(&self) -> &Outcome {
        &self.last
    }

    /// The same, as if its last build had gone like this.
    pub fn with_last(self, last: Outcome) -> Self {
        Self { last, ..self }
    }

    /// The files that are in the output, but for those of other people.
    pub fn outputs(&self) -> Vec<String> {
        let mut paths: Vec<_> = self.site.output().into_keys().collect();
        paths.retain(|path| !path.ends_with(['/', '@']) && !self.around.mine.contains(path));
        paths
    }

    /// Makes an edit; one that cannot be made is none.
    pub fn apply(&mut self, edit: &Edit) {
        // Shrinking takes away what edits stand on.
        let _ = self.try_apply(edit);
    }

    fn try_apply(&mut self, edit: &Edit) -> io::Result<()> {
        match edit {
            Edit::Write(path, text) => self.write(path, text),
            Edit::WriteUnseen(path, text) => self.write_unseen(path, text),
            Edit::Remove(path) => self.remove(path),
            Edit::Move(from, to) => self.rename(from, to),
            Edit::Checkout => self.checkout(),
            Edit::Shape(shape) => {
                self.shape = shape.clone();
                Ok(())
            }
            Edit::Tamper(tamper, path) => self.tamper(*tamper, path),
            Edit::Mine(path) => self.put_mine(path),
            Edit::Damage(damage) => self.damage(*damage),
        }
    }

    fn write(&mut self, path: &str, text: &str) -> io::Result<()> {
        let file = self.site.path(path);
        fs::create_dir_all(file.parent().unwrap())?;
        fs::write(file, self.on_disk(path, text))?;
        self.files.insert(path.to_owned(), text.to_owned());
        Ok(())
    }

    /// The bytes of the file `path`: those of the configuration depend on where things are.
    fn on_disk(&self, path: &str, text: &str) -> String {
        if path != "bengal.yaml" || !text.contains('@') {
            return text.to_owned();
        }
        let named = LIBRARIES.iter().filter(|(name, _)| text.contains(name));
        let text = named.fold(text.to_owned(), |text, (name, plugin)| {
            text.replace(name, &library(plugin).to_string_lossy())
        });
        text.replace(SITE, &self.site.root().to_string_lossy())
    }

    fn write_unseen(&mut self, path: &str, text: &str) -> io::Result<()> {
        let file = self.site.path(path);
        let before = fs::metadata(&file)?;
        let size = usize::try_from(before.len()).unwrap();
        let mut fitted = text.to_owned();
        fitted.truncate(text.floor_char_boundary(size));
        fitted.extend(std::iter::repeat_n('.', size - fitted.len()));
        if self.files.get(path).is_none_or(|text| text.len() != size) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        fs::write(&file, &fitted)?;
        fs::File::options().write(true).open(&file)?.set_modified(before.modified()?)?;
        self.files.insert(path.to_owned(), fitted);
        Ok(())
    }

    fn remove(&mut self, path: &str) -> io::Result<()> {
        remove_any(&self.site.path(path))?;
        let below = format!("{path}/");
        self.files.retain(|file, _| file != path && !file.starts_with(&below));
        self.forget_what_is_gone();
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let target = self.site.path(to);
        if target.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::create_dir_all(target.parent().unwrap())?;
        fs::rename(self.site.path(from), target)?;
        let moved = |path: &str| match path.strip_prefix(from) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{to}{rest}"),
            _ => path.to_owned(),
        };
        self.files = self.files.iter().map(|(path, text)| (moved(path), text.clone())).collect();
        Ok(())
    }

    fn checkout(&mut self) -> io::Result<()> {
        let files = self.files.clone();
        files.iter().try_for_each(|(path, text)| {
            fs::remove_file(self.site.path(path))?;
            self.write(path, text)
        })
    }

    fn forget_what_is_gone(&mut self) {
        let output = self.site.path("public");
        self.around.mine.retain(|path| output.join(path).is_file());
    }

    /// Builds the site upon its last build.
    pub fn build(&self) -> Outcome {
        let before = self.site.output();
        let mut outcome = match self.way {
            Way::Library => self.call(self.options()),
            Way::Binary => self.start(),
        };
        if let Some(fault) = self.fault {
            fault.do_harm(&self.site.path("public"), &before, &mut outcome);
        }
        outcome
    }

    /// Builds the site as if for the first time, into another directory.
    pub fn build_clean(&self) -> Seen {
        let (output, state) = (self.aside.path().join("output"), self.aside.path().join("state"));
        for folder in [&output, &state] {
            fs::remove_dir_all(folder).ok();
        }
        let options = BuildOptions {
            output: Some(output.clone()),
            state: Some(state),
            jobs: Some(1),
            ..self.options()
        };
        let outcome = self.call(options);
        Seen { outcome, tree: tree(&output) }
    }

    /// Builds, and says how that differs from a clean build.
    ///
    /// # Errors
    /// When it does.
    pub fn check(&mut self) -> Result<(), String> {
        let before = self.site.output();
        let clean = self.build_clean();
        let outcome = self.build();
        self.judge(&before, &clean, outcome)
    }

    /// Says how the output, and `outcome`, differ from a clean build.
    ///
    /// # Errors
    /// When they do.
    pub fn judge(&mut self, before: &Tree, clean: &Seen, outcome: Outcome) -> Result<(), String> {
        let found = Seen { outcome, tree: self.site.output() };
        let wrong = divergences(before, clean, &found, &self.around);
        if !wrong.is_empty() {
            return Err(wrong.join("\n"));
        }
        self.around.built(clean, &found);
        self.last = found.outcome;
        Ok(())
    }

    /// Builds once more, and says what that has done, where it should do nothing.
    ///
    /// # Errors
    /// When it has.
    pub fn check_again(&mut self) -> Result<(), String> {
        self.check().map_err(|wrong| format!("in a second build:\n{wrong}"))?;
        match (self.last.written, self.last.removed) {
            (0, 0) => Ok(()),
            counts => Err(format!("a second build has written and removed {counts:?} files")),
        }
    }

    /// The same, where `again` says so.
    ///
    /// # Errors
    /// When it has.
    pub fn check_again_if(&mut self, again: bool) -> Result<(), String> {
        if again { self.check_again() } else { Ok(()) }
    }

    fn options(&self) -> BuildOptions {
        static CODE: LazyLock<Arc<Languages>> = LazyLock::new(Arc::default);
        let shape = &self.shape;
        BuildOptions {
            site: self.site.root(),
            jobs: Some(shape.jobs),
            base_url: shape.base_url.map(str::to_owned),
            wanted: Wanted { drafts: shape.drafts, future: shape.future, expired: shape.expired },
            strict: shape.strict,
            now: Some(Date { seconds: shape.now, offset: 0 }),
            languages: CODE.clone(),
            ..BuildOptions::default()
        }
    }

    fn call(&self, options: BuildOptions) -> Outcome {
        let listener = Listener { progress: &Progress::default(), waiting: &|| () };
        let built = catch_unwind(AssertUnwindSafe(|| build(&options, &listener)));
        match built {
            Ok(Ok(report)) => Outcome::from(&report),
            Ok(Err(BuildError::Config(diagnostics))) => Outcome::refused(&diagnostics, ""),
            Ok(Err(error)) => Outcome::refused(&[], &error.to_string()),
            Err(_) => Outcome { failure: "it panicked".to_owned(), ..Outcome::default() },
        }
    }

    /// The command that builds the site.
    pub fn command(&self) -> std::process::Command {
        let shape = &self.shape;
        let mut command = bengal();
        command.env("SOURCE_DATE_EPOCH", shape.now.to_string());
        command.arg("build").arg(self.site.root()).args(["-j", &shape.jobs.to_string()]);
        for (flag, given) in [
            ("--drafts", shape.drafts),
            ("--future", shape.future),
            ("--expired", shape.expired),
            ("--strict", shape.strict),
        ] {
            command.args(given.then_some(flag));
        }
        command.args(shape.base_url.map(|url| format!("--base-url={url}")));
        command
    }

    fn start(&self) -> Outcome {
        Outcome::from(&run(self.command().args(JSON)))
    }

    /// What bengal keeps of the site.
    pub fn state(&self) -> Tree {
        tree(&self.site.path(".bengal"))
    }

    /// What the last clean build has kept.
    pub fn clean_state(&self) -> Tree {
        tree(&self.aside.path().join("state"))
    }

    /// Where the site lies; nothing else may lie there.
    pub fn parent(&self) -> BTreeSet<PathBuf> {
        fs::read_dir(self.site.parent()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

fn remove_any(path: &Path) -> io::Result<()> {
    if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}
