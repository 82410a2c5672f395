//! What observers are told, and when.

use std::sync::Mutex;

use bengal_metrics::Record;
use bengal_plugin::abi;

use super::Plugins;
use crate::build::Purpose;
use crate::diagnostic::{Diagnostic, Severity};
use crate::pipeline::runner::StageReport;
use crate::site::Settings;
use crate::value::{Map, Text, Value};

/// Tells the observers of a build, and keeps the first failure.
pub struct Watch<'b> {
    plugins: &'b Plugins,
    settings: &'b Settings,
    reports: Mutex<Vec<Diagnostic>>,
    failure: Option<String>,
}

/// How a build ended, for observers.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// What was measured.
    pub record: &'a Record,
    /// The build's exit code.
    pub exit_code: u8,
    /// Why it was cancelled.
    pub failure: Option<&'a str>,
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let entries = entries.into_iter().map(|(key, value)| (Text::from(key), value));
    Value::Map(entries.collect::<Map>())
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn optional(value: Option<&str>) -> Value {
    value.map_or(Value::Nil, text)
}

fn number(number: impl TryInto<i64>) -> Value {
    number.try_into().map_or(Value::Nil, Value::Int)
}

impl<'b> Watch<'b> {
    /// A watch over a build with these plugins.
    pub fn new(plugins: &'b Plugins, settings: &'b Settings) -> Self {
        Self { plugins, settings, reports: Mutex::default(), failure: None }
    }

    fn tell(&mut self, event: u32, data: impl FnOnce() -> Value) {
        // Nothing is made for nobody.
        if self.plugins.list.iter().all(|plugin| plugin.observers() == 0) {
            return;
        }
        let told = self.plugins.tell(self.settings, (event, &data()), &self.reports);
        self.failure = self.failure.take().or(told);
    }

    /// The build begins.
    pub fn started(&mut self, output: &std::path::Path, jobs: usize, purpose: Purpose) {
        let root = &self.settings.root;
        self.tell(abi::EVENT_STARTED, || {
            map([
                ("site", text(&root.to_string_lossy())),
                ("output", text(&output.to_string_lossy())),
                ("jobs", number(jobs)),
                ("command", text(purpose.command())),
            ])
        });
    }

    /// A stage has ended.
    pub fn stage(&mut self, report: &StageReport) {
        self.tell(abi::EVENT_STAGE_FINISHED, || {
            map([
                ("name", text(&report.name)),
                ("plugin", optional(report.plugin.as_deref())),
                ("workers", number(report.workers)),
                ("items_in", number(report.items_in)),
                ("items_out", number(report.items_out)),
                ("wall_ms", Value::Float(report.wall_ms)),
                ("busy_ms", Value::Float(report.busy_ms)),
                ("blocked_recv_ms", Value::Float(report.blocked_recv_ms)),
                ("blocked_send_ms", Value::Float(report.blocked_send_ms)),
            ])
        });
    }

    /// What observers have reported so far.
    pub fn take_reports(&mut self) -> Vec<Diagnostic> {
        let reports = self.reports.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        std::mem::take(reports)
    }

    /// The diagnostics, as they are shown.
    pub fn diagnostics(&mut self, diagnostics: &[Diagnostic]) {
        for diagnostic in diagnostics {
            let place = diagnostic.place.as_ref();
            self.tell(abi::EVENT_DIAGNOSTIC, || {
                let severity = match diagnostic.severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                };
                map([
                    ("severity", text(severity)),
                    ("code", text(&diagnostic.code.name())),
                    ("message", text(&diagnostic.message)),
                    ("hint", optional(diagnostic.hint.as_deref())),
                    ("file", optional(place.map(|place| place.file.as_str()))),
                    ("line", number(place.map_or(0, |place| place.line))),
                    ("column", number(place.map_or(0, |place| place.column))),
                ])
            });
        }
    }

    /// The build has ended.
    pub fn finished(&mut self, end: End<'_>) {
        let outputs = end.record.outputs.unwrap_or_default();
        self.tell(abi::EVENT_FINISHED, || {
            let own = map([
                ("pages", number(end.record.total_pages)),
                ("written", number(outputs.written)),
                ("unchanged", number(outputs.unchanged)),
                ("removed", number(outputs.removed)),
                ("exit_code", number(end.exit_code)),
                ("failure", optional(end.failure)),
            ]);
            match (serde_json::to_value(end.record).map(super::json::value), own) {
                (Ok(Value::Map(mut all)), Value::Map(own)) => {
                    all.extend(own);
                    Value::Map(all)
                }
                (_, own) => own,
            }
        });
    }

    /// Why an observer has failed, if one has.
    pub fn take_failure(&mut self) -> Option<String> {
        self.failure.take()
    }
}
