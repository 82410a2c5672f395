//! Reads a history: one record a line, the oldest first, as `history.jsonl` holds them.
//!
//! **Invariant:** no line keeps another from being read, and no more than one line is in memory. What is
//! read over is counted in [`Notes`].

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde_json::{Map, Value};

use crate::record::{Mode, Record, SCHEMA};

/// The folder of a site that its measurements are in, where the configuration names no other.
pub const FOLDER: &str = ".bengal-metrics";

/// The history, in that folder.
pub const HISTORY: &str = "history.jsonl";

/// The record of the latest build, in that folder.
pub const LATEST: &str = "latest.json";

/// The longest line that is taken for a record: a thousand times what a build of some ten stages takes.
pub const MAX_LINE: usize = 8 << 20;

/// The records of a history, one after the other.
///
/// A line that is no record is read over. An error is one of reading the file, and the last thing given.
#[derive(Debug)]
pub struct History<R> {
    lines: R,
    line: Vec<u8>,
    notes: Notes,
    ended: bool,
}

/// What was met on the way through a history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Records that were given.
    pub records: u64,
    /// Lines that are no record.
    pub damaged: u64,
    /// The first such line, counted from 1.
    pub first_damaged: Option<u64>,
    /// Records of a format that is newer than [`SCHEMA`]: what this version knows of them was read.
    pub newer: u64,
    /// The last line has no end: a build is writing it, or could not. It is not among the damaged.
    pub unfinished: bool,
    lines: u64,
}

impl History<BufReader<File>> {
    /// Opens the history in the file at `path`.
    ///
    /// # Errors
    /// When it cannot be opened, or is no plain file: of another the reader may never come to an end. Of a
    /// site that was never built there is none.
    pub fn open(path: &Path) -> io::Result<Self> {
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::other("this is no plain file"));
        }
        Ok(Self::new(BufReader::with_capacity(64 << 10, File::open(path)?)))
    }
}

impl<R: BufRead> History<R> {
    /// The history in these lines.
    pub fn new(lines: R) -> Self {
        Self { lines, line: Vec::new(), notes: Notes::default(), ended: false }
    }

    /// What was met so far; complete when there are no more records.
    pub fn notes(&self) -> Notes {
        self.notes
    }

    /// Reads the next line into `self.line`, without what ends it.
    fn read_line(&mut self) -> io::Result<Line> {
        self.line.clear();
        let mut read_any = false;
        loop {
            let part = match self.lines.fill_buf() {
                Ok(part) => part,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if part.is_empty() {
                return Ok(if read_any { Line::Unfinished } else { Line::None });
            }
            read_any = true;
            let end = memchr::memchr(b'\n', part);
            let text = &part[..end.unwrap_or(part.len())];
            // One byte more than a record may have tells that it is none.
            let room = (MAX_LINE + 1).saturating_sub(self.line.len());
            self.line.extend_from_slice(&text[..text.len().min(room)]);
            let used = text.len() + usize::from(end.is_some());
            self.lines.consume(used);
            if end.is_some() {
                return Ok(Line::Whole);
            }
        }
    }

    /// The next record that can be read; `None` at the end.
    fn read(&mut self) -> io::Result<Option<Record>> {
        loop {
            let line = self.read_line()?;
            if line == Line::None {
                return Ok(None);
            }
            self.notes.lines += 1;
            if self.line.trim_ascii().is_empty() {
                continue;
            }
            match record(&self.line) {
                Some(record) => {
                    self.notes.records += 1;
                    self.notes.newer += u64::from(record.schema > SCHEMA);
                    self.notes.unfinished = false;
                    return Ok(Some(record));
                }
                None if line == Line::Unfinished => self.notes.unfinished = true,
                None => {
                    self.notes.damaged += 1;
                    self.notes.first_damaged.get_or_insert(self.notes.lines);
                }
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Whole,
    Unfinished,
    None,
}

impl<R: BufRead> Iterator for History<R> {
    type Item = io::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = self.read().transpose();
        self.ended = !matches!(read, Some(Ok(_)));
        read
    }
}

/// The record in `json`, of any version of the format; `None` where it is none.
///
/// Of this version's, every field must be as it should be. Of another's, what this version does not know
/// is left out; what it knows as something else too.
pub fn record(json: &[u8]) -> Option<Record> {
    if json.len() > MAX_LINE {
        return None;
    }
    if let Ok(record) = serde_json::from_slice::<Record>(json)
        && record.schema == SCHEMA
    {
        return is_record(&record).then_some(record);
    }
    let mut fields: Map<String, Value> = serde_json::from_slice(json).ok()?;
    let schema = fields.get("schema").map_or(Some(0), Value::as_u64)?;
    if schema == u64::from(SCHEMA) {
        return None;
    }
    fields.retain(|name, value| {
        let alone = Map::from_iter([(name.clone(), value.clone())]);
        serde_json::from_value::<Record>(Value::Object(alone)).is_ok()
    });
    let mut record: Record = serde_json::from_value(Value::Object(fields)).ok()?;
    record.schema = u32::try_from(schema).unwrap_or(u32::MAX);
    if record.incremental {
        // Flat records have no mode.
        record.mode = Mode::Incremental;
    }
    is_record(&record).then_some(record)
}

/// Whether there is anything in it that every version of the format has.
fn is_record(record: &Record) -> bool {
    record.time().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Memory, Stage};

    fn new(pages: u64) -> Record {
        let memory = Memory { peak_bytes: Some(7), ..Memory::default() };
        let stage = Stage { name: "parse".to_owned(), memory, ..Stage::default() };
        Record {
            schema: SCHEMA,
            timestamp: "2026-11-22T13:04:00.123Z".to_owned(),
            total_pages: pages,
            stages: vec![stage],
            ..Record::default()
        }
    }

    fn line(pages: u64) -> String {
        serde_json::to_string(&new(pages)).unwrap() + "\n"
    }

    fn read(text: &str) -> (Vec<Record>, Notes) {
        // Parts of lines are read, as from a file.
        let mut history = History::new(BufReader::with_capacity(7, text.as_bytes()));
        let records = history.by_ref().collect::<io::Result<_>>().unwrap();
        (records, history.notes())
    }

    #[test]
    fn what_is_written_is_read_again() {
        let (records, notes) = read(&(line(1) + &line(2)));
        assert_eq!(records, [new(1), new(2)]);
        assert_eq!((notes.records, notes.damaged, notes.unfinished), (2, 0, false));
    }

    #[test]
    fn damaged_lines_are_read_over_and_counted() {
        let half = &line(9)[..40];
        let text = format!("{}{half}\n\n{{}}\n[1]\n\u{0}\n{half}{}{}", line(1), line(2), line(3));
        let (records, notes) = read(&text);
        assert_eq!(records.iter().map(|record| record.total_pages).collect::<Vec<_>>(), [1, 3]);
        assert_eq!((notes.damaged, notes.first_damaged), (5, Some(2)));
    }

    #[test]
    fn the_last_line_may_still_be_written() {
        let (records, notes) = read(&format!("{}{}", line(1), &line(2)[..50]));
        assert_eq!((records.len(), notes.damaged, notes.unfinished), (1, 0, true));
        let (records, notes) = read(line(1).trim_end());
        assert_eq!((records.len(), notes.damaged, notes.unfinished), (1, 0, false));
    }

    #[test]
    fn flat_records_of_old_are_read() {
        let (records, notes) = read(
            "{\"timestamp\": \"2025-10-12T09:08:07.654321\", \"total_pages\": 83, \"build_time_ms\": 1450.5, \
             \"memory_rss_mb\": 120.5, \"memory_heap_mb\": 14, \"memory_peak_mb\": 20.25, \
             \"incremental\": true, \"parallel\": true, \"skipped\": false, \"rendering_time_ms\": 900, \
             \"assets_time_ms\": 20.0, \"total_sections\": null, \"python_version\": \"3.14\", \
             \"platform\": \"linux\", \"cache\": 3}\n",
        );
        assert_eq!((records.len(), notes.damaged, notes.newer), (1, 0, 0));
        let time = "2025-10-12T09:08:07.654321Z".parse().unwrap();
        assert_eq!(records[0].time(), Some(time));
        let expected = Record {
            timestamp: "2025-10-12T09:08:07.654321".to_owned(),
            total_pages: 83,
            build_time_ms: 1450.5,
            memory_rss_mb: Some(120.5),
            memory_heap_mb: Some(14.0),
            memory_peak_mb: Some(20.25),
            mode: Mode::Incremental,
            incremental: true,
            parallel: true,
            rendering_time_ms: Some(900.0),
            platform: Some("linux".to_owned()),
            ..Record::default()
        };
        assert_eq!(records[0], expected);
    }

    #[test]
    fn of_newer_records_is_read_what_is_known() {
        let mut newer = serde_json::to_value(new(4)).unwrap();
        newer["schema"] = 2.into();
        newer["git"] = "one text now".into();
        newer["mode"] = "partial".into();
        newer["brand_new"] = 1.into();
        let (records, notes) = read(&format!("{newer}\n"));
        assert_eq!((notes.newer, notes.damaged), (1, 0));
        assert_eq!(records, [Record { schema: 2, ..new(4) }]);
        // The same in this version's format is damage; a field more is none.
        newer["schema"] = SCHEMA.into();
        assert_eq!(read(&format!("{newer}\n")).1.damaged, 1);
        let mut more = serde_json::to_value(new(4)).unwrap();
        more["brand_new"] = 1.into();
        assert_eq!(read(&format!("{more}\n")).0, [new(4)]);
    }

    #[cfg(unix)]
    #[test]
    fn what_has_no_end_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(HISTORY);
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        for path in [&*path, folder.path()] {
            let error = History::open(path).unwrap_err();
            assert!(error.to_string().contains("no plain file"), "{error}");
        }
    }

    #[test]
    fn an_endless_line_takes_no_memory() {
        let mut text = vec![b'x'; MAX_LINE * 2];
        text.push(b'\n');
        text.extend(line(1).as_bytes());
        let mut history = History::new(&*text);
        assert_eq!(history.next().unwrap().unwrap(), new(1));
        assert_eq!(history.notes().damaged, 1);
        assert!(history.line.capacity() <= 2 * MAX_LINE, "{}", history.line.capacity());
    }
}
