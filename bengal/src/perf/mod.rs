//! What builds measured, over a site's history: `bengal perf` without its printing.
//!
//! * [`select`]: which builds a name means, and which may be compared;
//! * [`figure`]: the figures of a build;
//! * [`change`]: whether a figure changed, or only trembles;
//! * [`table`]: rows, and the forms they are printed in;
//! * [`builds`]: the table of builds;
//! * [`stages`]: the stages of one build;
//! * [`chart`]: trends, in a terminal; [`look`] is what that can show;
//! * [`html`]: all of it as one page;
//! * [`judge`]: new builds against old, limits and budgets;
//! * [`prometheus`], [`bencher`]: a build for other programs; [`trace`]: over time, as far as totals tell.
//!
//! The history is written by the metrics plugin, whose crate has the record's type and reads its lines.
//!
//! **Invariant:** nothing here prints or asks the terminal, and nothing but [`Place`] reads files. No text
//! of a build that it gives holds control characters.

pub mod bencher;
pub mod builds;
pub mod change;
pub mod chart;
pub mod figure;
pub mod html;
pub mod judge;
pub mod look;
pub mod prometheus;
#[cfg(test)]
mod sample;
pub mod select;
pub mod stages;
pub mod table;
pub mod trace;

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};

use bengal_metrics::history::{self, Notes};
use bengal_metrics::record::Record;

use crate::figures::plain;

/// Of a history, no more than these newest builds are looked at: they take about 100 MB.
pub const NEWEST: usize = 10_000;

/// The folder of saved builds, in that of the measurements.
const SAVED: &str = "saved";

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The site was never built, or does not measure.
    #[error(
        "{0}: there is no history of builds; every `bengal build` adds to it, unless the configuration \
         says `metrics: {{enabled: false}}`: build the site first"
    )]
    Missing(PathBuf),
    /// There is a history without a build.
    #[error("{path}: no build is in it{}; `bengal build` adds one", damaged_lines(*.damaged))]
    Empty {
        /// The file.
        path: PathBuf,
        /// Lines that are no records.
        damaged: u64,
    },
    /// It cannot be read.
    #[error("{path}: {error}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

fn damaged_lines(damaged: u64) -> String {
    match damaged {
        0 => String::new(),
        1 => " but a line that is damaged".to_owned(),
        lines => format!(" but {lines} lines that are damaged"),
    }
}

/// Where the measurements of a site are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The folder that was named: the site's, or that of the measurements.
    root: PathBuf,
    /// Where in it they are.
    within: PathBuf,
}

/// The builds of a site.
#[derive(Debug, Default)]
pub struct History {
    /// The newest builds of the site, oldest first.
    pub records: Vec<Record>,
    /// Builds of the site that are older, and were left out: there are more than [`NEWEST`].
    pub older: u64,
    /// Builds of other sites, which were left out. The site is that of the newest build.
    pub of_others: u64,
    /// What else was met in the file.
    pub notes: Notes,
}

impl Place {
    /// The measurements of the site in the folder `site`: where its configuration says (`metrics.path`),
    /// else in `.bengal-metrics`.
    pub fn of_site(site: &Path, configured: Option<&Path>) -> Self {
        let within = configured.unwrap_or(Path::new(history::FOLDER)).to_owned();
        Self { root: site.to_owned(), within }
    }

    /// The measurements in `folder`.
    pub fn at(folder: PathBuf) -> Self {
        Self { root: folder, within: PathBuf::new() }
    }

    /// The file that every build adds a line to.
    pub fn history(&self) -> PathBuf {
        self.root.join(&self.within).join(history::HISTORY)
    }

    /// The file that holds the builds saved as `name`, which must be a plain name: see [`is_plain`].
    pub fn saved_file(&self, name: &str) -> PathBuf {
        self.root.join(&self.within).join(SAVED).join(format!("{name}.jsonl"))
    }

    /// Makes the folder of that file.
    ///
    /// # Errors
    /// When it cannot be made, or a symbolic link leads out of the folder that was named.
    pub fn make_saved_folder(&self) -> io::Result<PathBuf> {
        bengal_metrics::make_folder(&self.root, &self.within.join(SAVED))
    }

    /// The builds saved as `name`, oldest first; `None` where none are.
    ///
    /// # Errors
    /// When they cannot be read, or none of the lines is a record.
    pub fn saved(&self, name: &str) -> Result<Option<Vec<Record>>, HistoryError> {
        if !is_plain(name) {
            return Ok(None);
        }
        match read(&self.saved_file(name)) {
            Ok(history) => Ok(Some(history.records)),
            Err(HistoryError::Missing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The site's history, with a build at least.
    ///
    /// # Errors
    /// When there is none, or none of its lines is a record.
    pub fn load(&self) -> Result<History, HistoryError> {
        read(&self.history())
    }
}

/// Whether builds can be saved as `name`: letters, digits, `.`, `_` and `-`, the first no `.` or `-`.
pub fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty()
        && !name.starts_with(['.', '-'])
        && name.len() <= 100
        && name.chars().all(plain)
}

/// Reads the builds in the file at `path`.
fn read(path: &Path) -> Result<History, HistoryError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            HistoryError::Missing(path.to_owned())
        }
        _ => HistoryError::Unreadable { path: path.to_owned(), error },
    };
    let mut lines = bengal_metrics::History::open(path).map_err(failed)?;
    let mut newest = VecDeque::new();
    let mut left_out = Vec::new();
    for record in lines.by_ref() {
        newest.push_back(tamed(record.map_err(failed)?));
        if newest.len() > NEWEST {
            left_out.extend(newest.pop_front().map(|record| record.site_id));
        }
    }
    let notes = lines.notes();
    let Some(latest) = newest.back() else {
        return Err(HistoryError::Empty { path: path.to_owned(), damaged: notes.damaged });
    };
    let site = latest.site_id.clone();
    let is_ours = |id: &Option<String>| id.is_none() || *id == site;
    let older = left_out.iter().filter(|id| is_ours(id)).count();
    let all = newest.len() + left_out.len();
    let records: Vec<_> = newest.into_iter().filter(|record| is_ours(&record.site_id)).collect();
    let of_others = (all - older - records.len()) as u64;
    Ok(History { records, older: older as u64, of_others, notes })
}

/// `record` without control characters in its texts: a history may come from elsewhere.
fn tamed(mut record: Record) -> Record {
    let tame = |text: &mut String| {
        if text.contains(char::is_control) {
            *text = plain(text).replace('\n', " ");
        }
    };
    let Record { timestamp, build_id, site_id, machine, platform, config_hash, .. } = &mut record;
    tame(timestamp);
    let options = [build_id, site_id, machine, platform, config_hash];
    options.into_iter().flatten().for_each(tame);
    let versions = [&mut record.bengal_version, &mut record.rustc_version];
    versions.into_iter().flatten().for_each(tame);
    if let Some(git) = &mut record.git {
        [&mut git.commit, &mut git.branch].into_iter().flatten().for_each(tame);
    }
    for plugin in &mut record.plugins {
        [&mut plugin.name, &mut plugin.version, &mut plugin.hash].into_iter().for_each(tame);
    }
    for stage in &mut record.stages {
        tame(&mut stage.name);
        [&mut stage.plugin, &mut stage.item_peak_page].into_iter().flatten().for_each(tame);
    }
    record
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn of_a_long_history_the_newest_builds_are_kept_and_the_others_counted() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::at(folder.path().to_owned());
        let line = |number: usize| {
            let site = if number < 4 { "\"another\"" } else { "\"own\"" };
            format!(
                "{{\"timestamp\": \"2026-11-22\", \"schema\": 0, \"total_pages\": {number}, \"site_id\": {site}}}\n"
            )
        };
        let all = NEWEST + 7;
        fs::write(place.history(), (0..all).map(line).collect::<String>()).unwrap();
        let history = place.load().unwrap();
        assert_eq!((history.records.len(), history.older, history.of_others), (NEWEST, 3, 4));
        assert_eq!(history.records[0].total_pages, 7);
        assert_eq!(history.records[NEWEST - 1].total_pages, all as u64 - 1);
    }

    #[test]
    fn no_text_of_a_record_has_more_than_one_line_or_steers_a_terminal() {
        fn spoil(value: &mut serde_json::Value) {
            match value {
                serde_json::Value::String(text) => *text = "a\u{1b}]0;b\u{7}\nc".to_owned(),
                serde_json::Value::Array(parts) => parts.iter_mut().for_each(spoil),
                serde_json::Value::Object(fields) => fields.values_mut().for_each(spoil),
                _ => {}
            }
        }
        let some = || Some("x".to_owned());
        let record = Record {
            build_id: some(),
            site_id: some(),
            bengal_version: some(),
            rustc_version: some(),
            platform: some(),
            machine: some(),
            config_hash: some(),
            plugins: vec![Default::default()],
            git: Some(bengal_metrics::record::Git { commit: some(), branch: some(), dirty: None }),
            stages: vec![bengal_metrics::record::Stage {
                plugin: some(),
                item_peak_page: some(),
                ..Default::default()
            }],
            ..Record::default()
        };
        let mut json = serde_json::to_value(record).unwrap();
        spoil(&mut json);
        json["mode"] = "full".into();
        let tame = tamed(serde_json::from_value(json).unwrap());
        let text = serde_json::to_string(&tame).unwrap();
        assert!(text.contains("b\u{fffd} c") && !text.contains('\\'), "{text}");
    }

    #[test]
    fn saved_builds_have_plain_names() {
        let place = Place::at("folder".into());
        assert_eq!(place.saved_file("main"), Path::new("folder/saved/main.jsonl"));
        for name in ["main", "v1.2", "größe_3", "a-b"] {
            assert!(is_plain(name), "{name}");
        }
        for name in
            ["", ".", "..", ".x", "-x", "a/b", "a\\b", "a b", "a\0", "x".repeat(101).as_str()]
        {
            assert!(!is_plain(name), "{name}");
            assert!(place.saved(name).unwrap().is_none(), "{name}");
        }
    }
}
