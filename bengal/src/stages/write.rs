//! Writes finished files and copies others.

use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Context;
use crate::diagnostic::{Code, Diagnostic, display_path};
use crate::output::{OutputError, OutputWriter, Written};
use crate::pipeline::item::{FileBytes, FileCopy, Item};
use crate::pipeline::stage::{Outbox, PerItem, Slot, Stage, StageError, Work};

/// What was written.
#[derive(Debug, Default)]
pub struct WriteCounts {
    /// Output files that are new or have new bytes.
    pub written: AtomicU64,
    /// Style sheets among those.
    pub style_sheets: AtomicU64,
    /// Output files that held their bytes already.
    pub unchanged: AtomicU64,
    /// Output files that are copies of others.
    pub copied: AtomicU64,
    /// Pages that were rendered; counted by render.
    pub rendered: AtomicU64,
    /// Pages that no template could render; counted by render.
    pub left_out: AtomicU64,
    /// Bytes of all output files but those too large to be held.
    pub bytes: AtomicU64,
    workers: AtomicUsize,
    paths: Mutex<Vec<Arc<str>>>,
}

impl WriteCounts {
    /// The output paths that were written, or held their bytes already, in no order.
    pub fn paths(&self) -> Vec<Arc<str>> {
        std::mem::take(&mut *self.paths.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The last stage.
pub(super) struct Write<'b> {
    pub context: &'b Context<'b>,
}

impl Stage for Write<'_> {
    fn name(&self) -> &str {
        "write"
    }

    fn slot(&self) -> Slot {
        Slot::Chain
    }

    fn start(&self) -> Work<'_> {
        let number = self.context.written.workers.fetch_add(1, Ordering::Relaxed);
        Work::PerItem(Box::new(Writer {
            context: self.context,
            output: self.context.output.writer(number),
            paths: Vec::new(),
        }))
    }
}

struct Writer<'b> {
    context: &'b Context<'b>,
    output: OutputWriter<'b>,
    paths: Vec<Arc<str>>,
}

impl PerItem for Writer<'_> {
    fn process(&mut self, item: Item, out: &mut Outbox<'_>) -> Result<(), StageError> {
        let counts = self.context.written;
        match item {
            Item::Output(output) => {
                counts.bytes.fetch_add(output.bytes.len() as u64, Ordering::Relaxed);
                let written = self.written(&output.path, |out, to| out.write(to, &output.bytes));
                self.done(written, output.path, None, out)
            }
            Item::File(FileCopy { from, to, .. }) => {
                let to: Arc<str> = Arc::from(&*to);
                counts.copied.fetch_add(1, Ordering::Relaxed);
                match from {
                    FileBytes::Path(from) => {
                        let written = self.written(&to, |out, to| out.copy(to, &from));
                        self.done(written, to, Some(&from), out)
                    }
                    FileBytes::Memory(bytes) => {
                        let written = self.written(&to, |out, to| out.write(to, &bytes));
                        self.done(written, to, None, out)
                    }
                }
            }
            other => out.emit(other),
        }
    }

    fn finish(&mut self, _out: &mut Outbox<'_>) -> Result<(), StageError> {
        self.hand_over();
        Ok(())
    }
}

impl Drop for Writer<'_> {
    /// A build that was cancelled has written files too.
    fn drop(&mut self) {
        self.hand_over();
    }
}

impl<'b> Writer<'b> {
    /// Writes with `write`, and once more when what stands in the way could be removed.
    fn written(
        &mut self,
        path: &str,
        write: impl Fn(&mut OutputWriter<'b>, &str) -> Result<Written, OutputError>,
    ) -> Result<Written, OutputError> {
        let manifest = self.context.manifest;
        match write(&mut self.output, path) {
            Err(OutputError::Blocked(_))
                if manifest.is_some_and(|manifest| manifest.make_way(path)) =>
            {
                write(&mut self.output, path)
            }
            written => written,
        }
    }

    fn hand_over(&mut self) {
        let all = &self.context.written.paths;
        all.lock().unwrap_or_else(PoisonError::into_inner).append(&mut self.paths);
    }

    fn done(
        &mut self,
        written: Result<Written, OutputError>,
        path: Arc<str>,
        from: Option<&Path>,
        out: &mut Outbox<'_>,
    ) -> Result<(), StageError> {
        let counts = self.context.written;
        match written {
            Ok(Written::Changed) => {
                let style_sheet = u64::from(path.ends_with(".css"));
                counts.style_sheets.fetch_add(style_sheet, Ordering::Relaxed);
                counts.written.fetch_add(1, Ordering::Relaxed)
            }
            Ok(Written::Unchanged) => counts.unchanged.fetch_add(1, Ordering::Relaxed),
            Err(OutputError::Blocked(message)) => {
                let file = from.map(|from| display_path(&self.context.settings.root, from));
                out.report(
                    Diagnostic::error(Code::OutputBlocked, message)
                        .in_file(file.as_deref().unwrap_or(&path))
                        .hint("move what is in the way, or run `bengal clean`"),
                );
                return Ok(());
            }
            Err(OutputError::Io(error)) => {
                return Err(StageError::io(self.context.output.root().join(&*path))(error));
            }
        };
        self.paths.push(path);
        Ok(())
    }
}
