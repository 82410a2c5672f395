//! The rebuild loop: waits for changes, lets them settle, builds, and says how it went.
//!
//! **Invariant:** a change that comes while a build runs is seen by a build that begins after it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::server::Server;
use super::status::History;
use super::watch::Watcher;
use super::{Console, Message, News};
use crate::build::{BuildError, BuildOptions, BuildReport, plugin_libraries};
use crate::diagnostic::display_path;

/// Changes have settled when none came for so long: an editor writes a file in less. The settling is
/// ours as notify-debouncer-mini takes the opening of a file, which a build does, for a change, and
/// -full looks at fixed intervals, which would be a large part of the wait.
const QUIET: Duration = Duration::from_millis(15);

/// Changes that go on for longer are built in their midst.
const PATIENCE: Duration = Duration::from_millis(200);

/// All that builds again.
pub(super) struct Rebuilds<'a> {
    options: BuildOptions,
    watcher: Watcher,
    server: &'a Server,
    console: &'a dyn Console,
    history: History,
    /// Files that plugins have declared in the last build that was one.
    declared: Vec<PathBuf>,
    /// Changes that nobody has told of, as they were not watched yet.
    missed: BTreeSet<PathBuf>,
}

/// What changed since the last build began.
#[derive(Debug, Default)]
struct Changes {
    paths: BTreeSet<PathBuf>,
    lost: bool,
}

impl<'a> Rebuilds<'a> {
    /// Nothing is built yet.
    pub fn new(
        options: BuildOptions,
        watcher: Watcher,
        server: &'a Server,
        console: &'a dyn Console,
    ) -> Self {
        let history = History::new();
        let (declared, missed) = (Vec::new(), BTreeSet::new());
        Self { options, watcher, server, console, history, declared, missed }
    }

    /// Builds for the first time, and opens the server under the URL that begins with `origin`.
    ///
    /// # Errors
    /// When nothing could be built: there is nothing to serve.
    pub fn first(&mut self, origin: &str) -> Result<(), BuildError> {
        // Before the build reads anything, so that no change is missed.
        self.watch_plugins(SystemTime::now());
        self.follow(&Changes::default());
        let report = self.build()?;
        self.server.publish(self.history.built(&report));
        let url = format!("{origin}{}/", report.base_path);
        self.console.tell(News::Serving { url: &url });
        self.console.tell(News::Built { report: &report, changed: &[] });
        Ok(())
    }

    /// Builds, and watches what plugins have read.
    fn build(&mut self) -> Result<BuildReport, BuildError> {
        let begun = SystemTime::now();
        let built = self.console.build(&self.options);
        if let Ok(report) = &built {
            self.declared.clone_from(&report.plugin_inputs);
        }
        self.watch_plugins(begun);
        self.follow(&Changes::default());
        built
    }

    /// Has the libraries of plugins watched, and the files that they have declared. Of what is new among them,
    /// changes since `begun` are noted.
    fn watch_plugins(&mut self, begun: SystemTime) {
        let libraries = plugin_libraries(&self.options, self.watcher.root());
        // While the configuration is wrong, nobody knows which ones.
        let Some(libraries) = libraries else { return };
        let files = libraries.iter().chain(&self.declared);
        self.missed.extend(self.watcher.watch_files(files, begun));
    }

    /// Builds again at each change, until a signal asks to stop.
    pub fn run(&mut self, messages: &Receiver<Message>) {
        while let Some(changes) = self.gather(messages) {
            self.follow(&changes);
            if self.watcher.looks_different(changes.lost) || !changes.paths.is_empty() {
                self.rebuild(&changes);
            }
        }
    }

    /// The next changes, settled; `None` when it is time to stop.
    fn gather(&mut self, messages: &Receiver<Message>) -> Option<Changes> {
        let mut changes = Changes { paths: std::mem::take(&mut self.missed), lost: false };
        let mut limit = (!changes.paths.is_empty()).then(|| Instant::now() + PATIENCE);
        loop {
            let message = match limit {
                None => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(limit) => messages.recv_deadline(Instant::min(limit, Instant::now() + QUIET)),
            };
            match message {
                Ok(Message::Changed(path)) if !self.watcher.is_input(&path) => continue,
                Ok(Message::Changed(path)) => drop(changes.paths.insert(path)),
                Ok(Message::Lost) => changes.lost = true,
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => return Some(changes),
            }
            limit.get_or_insert_with(|| Instant::now() + PATIENCE);
        }
    }

    /// Watches what is new. Where the system lost changes, that may be anything.
    fn follow(&mut self, changes: &Changes) {
        let root = BTreeSet::from([self.watcher.root().to_owned()]);
        let changed = if changes.lost { &root } else { &changes.paths };
        for (folder, reason) in self.watcher.follow(changed) {
            self.console.tell(News::Unwatched { folder: &folder, reason: &reason });
        }
    }

    fn rebuild(&mut self, changes: &Changes) {
        let named = changes.paths.iter().map(|path| display_path(self.watcher.root(), path));
        let changed: Vec<String> = named.collect();
        // The pages are told before the person is: that is what they wait for.
        match self.build() {
            Ok(report) => {
                self.server.publish(self.history.built(&report));
                self.console.tell(News::Built { report: &report, changed: &changed });
            }
            Err(error) => {
                self.server.publish(self.history.refused(&error));
                self.console.tell(News::Refused { error: &error, changed: &changed });
            }
        }
    }
}
