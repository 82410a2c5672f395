//! `bengal serve`: what a person, or a program, sees of the development server.

use serde_json::json;

use super::build::{
    WAITING, count, pages, plural, print_lines, print_said, refusal_lines, report_lines,
};
use super::diagnostics::{self, error_label, print_error, print_line, warning_label};
use super::{MessageFormat, ServeArguments, progress};
use crate::build::{BuildError, BuildOptions, BuildReport, Listener, build};
use crate::content::front_matter::Wanted;
use crate::serve::{Console, News, ServeError, ServeOptions, serve};

impl From<&ServeArguments> for ServeOptions {
    fn from(arguments: &ServeArguments) -> Self {
        let building = BuildOptions::from(&arguments.building);
        let build = BuildOptions {
            site: arguments.site.clone(),
            config: arguments.config.clone(),
            wanted: Wanted { drafts: !arguments.no_drafts, ..building.wanted },
            ..building
        };
        Self { build, host: arguments.host.clone(), port: arguments.port }
    }
}

/// Serves a site until Ctrl-C; gives the exit code.
pub(super) fn run(arguments: &ServeArguments) -> anyhow::Result<u8> {
    let terminal = Terminal { open: arguments.open, format: arguments.building.message_format };
    match serve(&ServeOptions::from(arguments), &terminal) {
        Ok(()) => Ok(0),
        Err(ServeError::Build(error)) => {
            terminal.refused(&error);
            Ok(2)
        }
        Err(error) => Err(error.into()),
    }
}

struct Terminal {
    open: bool,
    format: MessageFormat,
}

impl Console for Terminal {
    fn build(&self, options: &BuildOptions) -> Result<BuildReport, BuildError> {
        progress::with(self.format == MessageFormat::Human, |progress| {
            build(options, &Listener { progress, waiting: &|| print_error(WAITING) })
        })
    }

    fn tell(&self, news: News<'_>) {
        match news {
            News::PortTaken { wanted, port } => {
                print_error(&format!("port {wanted} is taken: serving on {port}"));
            }
            News::Exposed { host } => print_error(&format!(
                "{}: with --host {host}, other machines can read this site, drafts too",
                warning_label()
            )),
            News::Serving { url } => self.serving(url),
            News::Built { report, changed } => self.built(report, changed),
            News::Refused { error, changed } => {
                self.changed(changed);
                self.refused(error);
            }
            News::Unwatched { folder, reason } => print_error(&format!(
                "{}: changes in {} are not seen: {reason}",
                warning_label(),
                diagnostics::plain(&folder.to_string_lossy())
            )),
        }
    }
}

impl Terminal {
    fn serving(&self, url: &str) {
        match self.format {
            MessageFormat::Human => print_line(&format!("serving at {url} (Ctrl-C stops)")),
            MessageFormat::Json => print_lines(&[json!({"reason": "serving", "url": url})]),
        }
        if self.open
            && let Err(error) = open::that_detached(url)
        {
            print_error(&format!("{}: no browser was opened: {error}", error_label()));
        }
    }

    fn built(&self, report: &BuildReport, changed: &[String]) {
        if self.format == MessageFormat::Json {
            return print_lines(&report_lines(report));
        }
        print_said(report, false);
        diagnostics::print(&report.diagnostics);
        if let Some(failure) = &report.failure {
            print_error(&format!("{}: {}", error_label(), diagnostics::plain(failure)));
        }
        print_line(&summary(report, changed));
    }

    fn changed(&self, changed: &[String]) {
        if self.format == MessageFormat::Human {
            print_line(&format!("{}nothing built, the last build is served", cause(changed)));
        }
    }

    fn refused(&self, error: &BuildError) {
        if self.format == MessageFormat::Json {
            return print_lines(&refusal_lines(error));
        }
        if let BuildError::Config(diagnostics) = error {
            diagnostics::print(diagnostics);
        }
        print_error(&format!("{}: {}", error_label(), diagnostics::plain(&error.to_string())));
    }
}

/// `content/a.md: rebuilt 1,002 pages in 61 ms, 3 files changed`.
fn summary(report: &BuildReport, changed: &[String]) -> String {
    let done = match (&report.failure, changed) {
        (Some(_), _) => "cancelled:",
        (None, []) => "built",
        (None, _) => "rebuilt",
    };
    let files = report.outputs.written + report.outputs.removed;
    let mut line = format!(
        "{}{done} {} in {:.0} ms, {} changed",
        cause(changed),
        pages(report),
        report.time.as_secs_f64() * 1000.0,
        plural(files, "file"),
    );
    if report.pages_left_out > 0 {
        line.push_str(&format!(", {} left as before", plural(report.pages_left_out, "page")));
    }
    let (errors, warnings) = count(&report.diagnostics);
    if errors + warnings > 0 {
        line.push_str(&format!(", {}, {}", plural(errors, "error"), plural(warnings, "warning")));
    }
    line
}

/// `content/a.md and 3 more: `; nothing when nothing changed.
fn cause(changed: &[String]) -> String {
    let Some((first, others)) = changed.split_first() else { return String::new() };
    let more =
        if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
    format!("{}{more}: ", diagnostics::plain(first))
}
