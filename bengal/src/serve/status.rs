//! Where a server's builds stand, as pages are told it: not what to do, but what is so. A page knows
//! the build that it was served after, and sees for itself whether it is old.
//!
//! **Invariant:** numbers of builds only grow, also from one run of the server to the next, so that a
//! page left open finds out that it is old.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::build::{BuildError, BuildReport};
use crate::diagnostic::Diagnostic;

/// What the server knows of the builds.
#[derive(Clone, Debug)]
pub(super) struct Status {
    /// The number of the last build.
    pub build: u64,
    /// What URLs of the site begin with.
    pub base_path: Arc<str>,
    /// What pages are told, in JSON: `build`; `pages`, the last build that changed anything but
    /// style sheets; `styles`, the last that changed style sheets; what is wrong.
    pub json: Arc<str>,
}

/// Most diagnostics that a page is told of; how many more there are is a number.
const SHOWN: usize = 50;

/// The builds of one run of the server.
#[derive(Debug)]
pub(super) struct History {
    build: u64,
    pages: u64,
    styles: u64,
    base_path: Arc<str>,
}

impl History {
    /// No build yet.
    pub fn new() -> Self {
        // Milliseconds: no server builds more often than that, and the next one begins higher.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let build = u64::try_from(since.as_millis()).unwrap_or(0);
        Self { build, pages: build, styles: build, base_path: Arc::from("") }
    }

    /// Where things stand after a build.
    pub fn built(&mut self, report: &BuildReport) -> Status {
        self.build += 1;
        let outputs = report.outputs;
        if outputs.written > outputs.style_sheets || outputs.removed > 0 {
            self.pages = self.build;
        }
        if outputs.style_sheets > 0 {
            self.styles = self.build;
        }
        self.base_path = Arc::from(report.base_path.as_str());
        self.status(&report.diagnostics, report.failure.as_deref())
    }

    /// Where things stand when nothing could be built.
    pub fn refused(&mut self, error: &BuildError) -> Status {
        self.build += 1;
        match error {
            BuildError::Config(diagnostics) => self.status(diagnostics, None),
            other => self.status(&[], Some(&other.to_string())),
        }
    }

    fn status(&self, diagnostics: &[Diagnostic], failure: Option<&str>) -> Status {
        let shown = &diagnostics[..diagnostics.len().min(SHOWN)];
        let json = json!({
            "build": self.build,
            "pages": self.pages,
            "styles": self.styles,
            "failure": failure,
            "diagnostics": shown,
            "more": diagnostics.len() - shown.len(),
        });
        let json = Arc::from(json.to_string());
        Status { build: self.build, base_path: self.base_path.clone(), json }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Outputs;
    use crate::diagnostic::Code;

    /// What pages are told after a build with these outputs: how far `pages` and `styles` lag.
    fn told(history: &mut History, outputs: Outputs) -> (u64, u64) {
        let status = history.built(&BuildReport { outputs, ..BuildReport::default() });
        let json: serde_json::Value = serde_json::from_str(&status.json).unwrap();
        let lag = |key: &str| status.build - json[key].as_u64().unwrap();
        (lag("pages"), lag("styles"))
    }

    #[test]
    fn a_page_is_old_when_anything_but_style_sheets_changed() {
        let mut history = History::new();
        let outputs = |written, style_sheets, removed| Outputs {
            written,
            style_sheets,
            removed,
            ..Outputs::default()
        };
        assert_eq!(told(&mut history, outputs(3, 1, 0)), (0, 0));
        assert_eq!(told(&mut history, outputs(0, 0, 0)), (1, 1));
        assert_eq!(told(&mut history, outputs(2, 2, 0)), (2, 0));
        assert_eq!(told(&mut history, outputs(0, 0, 1)), (0, 1));
        assert_eq!(told(&mut history, outputs(1, 0, 0)), (0, 2));
    }

    #[test]
    fn a_page_is_told_of_so_many_faults_and_the_number_of_the_others() {
        let error = || Diagnostic::error(Code::ConfigValue, "wrong");
        let many = BuildError::Config(vec![error(); SHOWN + 2]);
        let status = History::new().refused(&many);
        let json: serde_json::Value = serde_json::from_str(&status.json).unwrap();
        assert_eq!(json["diagnostics"].as_array().unwrap().len(), SHOWN);
        assert_eq!((&json["more"], &json["failure"]), (&json!(2), &json!(null)));
    }
}
