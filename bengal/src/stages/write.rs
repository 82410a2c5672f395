//! Writes finished files and copies others.

use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Context;
use crate::diagnostic::{Code, Diagnostic, display_path};
use crate::incremental::fingerprint::of_bytes;
use crate::incremental::made::{Made, Origin};
use crate::incremental::stamp::{self, GRAIN, Stamp};
use crate::output::{OutputError, OutputReader, OutputWriter, Written};
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
    /// Pages whose files are as they should be, and so were not rendered; counted by render.
    pub kept: AtomicU64,
    /// Pages that no template could render; counted by render.
    pub left_out: AtomicU64,
    /// Bytes of all output files but those too large to be held.
    pub bytes: AtomicU64,
    workers: AtomicUsize,
    paths: Mutex<Vec<Arc<str>>>,
}

impl WriteCounts {
    /// Adds output paths that are as they should be.
    pub(super) fn hold(&self, paths: &mut Vec<Arc<str>>) {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner).append(paths);
    }

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
            reader: self.context.output.reader(),
            paths: Vec::new(),
            made: Vec::new(),
        }))
    }
}

struct Writer<'b> {
    context: &'b Context<'b>,
    output: OutputWriter<'b>,
    reader: OutputReader<'b>,
    paths: Vec<Arc<str>>,
    made: Vec<Made>,
}

impl PerItem for Writer<'_> {
    fn process(&mut self, item: Item, out: &mut Outbox<'_>) -> Result<(), StageError> {
        let counts = self.context.written;
        match item {
            Item::Output(output) => {
                counts.bytes.fetch_add(output.bytes.len() as u64, Ordering::Relaxed);
                let origin = output.made_of.map_or(Origin::Other, Origin::Rendered);
                self.bytes((output.path, origin), &output.bytes, out)
            }
            Item::File(FileCopy { from, to, .. }) => {
                let to: Arc<str> = Arc::from(&*to);
                counts.copied.fetch_add(1, Ordering::Relaxed);
                match from {
                    FileBytes::Path(from) => self.copy(to, &from, out),
                    FileBytes::Memory(bytes) => self.bytes((to, Origin::Other), &bytes, out),
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
    /// Writes `bytes`, unless an earlier build is known to have left them there.
    fn bytes(
        &mut self,
        (path, origin): (Arc<str>, Origin),
        bytes: &[u8],
        out: &mut Outbox<'_>,
    ) -> Result<(), StageError> {
        let hash = of_bytes(bytes);
        let known = self.context.cache.and_then(|cache| cache.files.find(&path));
        let known = known.filter(|(_, _, known)| *known == hash).and_then(|(_, stamp, _)| stamp);
        let written = match known {
            Some(stamp) if self.reader.stamp(&path) == known => Ok((Written::Unchanged, stamp)),
            _ => self.written(&path, |out, to| out.write(to, bytes)),
        };
        self.done(written, (path, hash, origin), None, out)
    }

    /// Copies the file at `from`, unless an earlier build is known to have copied the same.
    fn copy(&mut self, to: Arc<str>, from: &Path, out: &mut Outbox<'_>) -> Result<(), StageError> {
        let stamp = Stamp::at(from);
        let files = self.context.cache.map(|cache| &cache.files);
        let copied = files.and_then(|files| files.copied(&to)).filter(|old| Some(*old) == stamp);
        let left = files.filter(|_| copied.is_some()).and_then(|files| files.find(&to)?.1);
        let written = match left {
            Some(left) if self.reader.stamp(&to) == Some(left) => Ok((Written::Unchanged, left)),
            _ => self.written(&to, |out, to| out.copy(to, from)),
        };
        let stamp = stamp.and_then(|stamp| stamp.settled(stamp::now(), GRAIN));
        self.done(written, (to, 0, Origin::Copied(stamp)), Some(from), out)
    }

    /// Writes with `write`, and once more when what stands in the way could be removed.
    fn written(
        &mut self,
        path: &str,
        write: impl Fn(&mut OutputWriter<'b>, &str) -> Result<(Written, Stamp), OutputError>,
    ) -> Result<(Written, Stamp), OutputError> {
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
        self.context.written.hold(&mut self.paths);
        if let Some(cache) = self.context.cache {
            cache.files.note(&mut self.made);
        }
    }

    fn done(
        &mut self,
        written: Result<(Written, Stamp), OutputError>,
        (path, hash, origin): (Arc<str>, u64, Origin),
        from: Option<&Path>,
        out: &mut Outbox<'_>,
    ) -> Result<(), StageError> {
        let counts = self.context.written;
        let (written, stamp) = match written {
            Ok((written, stamp)) => (Ok(written), Some(stamp)),
            Err(error) => (Err(error), None),
        };
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
        if self.context.cache.is_some() {
            self.made.push(Made { path: Arc::clone(&path), stamp, hash, origin });
        }
        self.paths.push(path);
        Ok(())
    }
}
