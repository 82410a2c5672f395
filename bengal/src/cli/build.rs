//! `bengal build`.

use bengal_metrics::record::Mode;
use serde_json::{Value, json};

use super::profile::{Found, Profiling};
use super::{
    BuildArguments, BuildingArguments, MessageFormat, PluginArguments, SiteArguments, diagnostics,
    progress, table,
};
use crate::build::{BuildError, BuildOptions, BuildReport, Listener, build};
use crate::content::front_matter::{Excluded, Wanted};
use crate::diagnostic::{Diagnostic, Severity};
pub(super) use crate::figures::{grouped, plural};
use crate::incremental::Explained;

impl From<&SiteArguments> for BuildOptions {
    fn from(arguments: &SiteArguments) -> Self {
        Self {
            site: arguments.site.clone(),
            output: arguments.output.clone(),
            config: arguments.config.clone(),
            ..Self::default()
        }
    }
}

impl From<&PluginArguments> for BuildOptions {
    fn from(arguments: &PluginArguments) -> Self {
        Self {
            plugins: arguments.plugins.clone(),
            plugin_options: arguments.plugin_options.clone(),
            ..Self::default()
        }
    }
}

impl From<&BuildingArguments> for BuildOptions {
    fn from(arguments: &BuildingArguments) -> Self {
        Self {
            jobs: arguments.jobs.map(usize::from),
            wanted: Wanted {
                future: arguments.future,
                expired: arguments.expired,
                ..Wanted::default()
            },
            strict: arguments.strict,
            ..Self::from(&arguments.plugins)
        }
    }
}

impl From<&BuildArguments> for BuildOptions {
    fn from(arguments: &BuildArguments) -> Self {
        let Self { site, output, config, .. } = Self::from(&arguments.site);
        let building = Self::from(&arguments.building);
        Self {
            site,
            output,
            config,
            base_url: arguments.base_url.clone(),
            state: arguments.cache_dir.clone(),
            full: arguments.full,
            explain: arguments.explain,
            wanted: Wanted { drafts: arguments.drafts, ..building.wanted },
            ..building
        }
    }
}

/// Said when another build has the site, or the output directory, to itself.
pub(super) const WAITING: &str =
    "another build of this site, or into this directory, is running; waiting for it";

/// Builds a site; gives the exit code.
pub(super) fn run(arguments: &BuildArguments) -> anyhow::Result<u8> {
    let built = Profiling::start(&arguments.profile).and_then(|profiling| {
        let report = build_shown(arguments, &profiling)?;
        let found = profiling.end(&report);
        Ok((report, found))
    });
    let (report, found) = match built {
        Ok(built) => built,
        Err(error) if arguments.building.message_format == MessageFormat::Human => {
            if let BuildError::Config(diagnostics) = &error {
                diagnostics::print(diagnostics);
            }
            return Err(error.into());
        }
        Err(error) => {
            print_lines(&refusal_lines(&error));
            return Ok(2);
        }
    };
    let code = report.exit_code().max(u8::from(!found.failures.is_empty()));
    match arguments.building.message_format {
        MessageFormat::Json => print_lines(&all_lines(&report, found, code)),
        MessageFormat::Human => {
            print_human(&report, arguments);
            print_found(&found, arguments);
        }
    }
    // The process ends here: taking a large site apart first would only take time.
    std::mem::forget(report);
    Ok(code)
}

/// Builds, and shows how far that is.
fn build_shown(
    arguments: &BuildArguments,
    profiling: &Profiling,
) -> Result<BuildReport, BuildError> {
    let profiles = profiling.profiles.clone();
    let options = BuildOptions { profiles, ..BuildOptions::from(arguments) };
    let human = arguments.building.message_format == MessageFormat::Human;
    progress::with(human && !arguments.quiet, |progress| {
        let waiting = || {
            if !arguments.quiet {
                diagnostics::print_error(WAITING);
            }
        };
        build(&options, &Listener { progress, waiting: &waiting })
    })
}

/// Prints what profiles have found; that one could not be written is an error.
fn print_found(found: &Found, arguments: &BuildArguments) {
    for failure in &found.failures {
        let failure = diagnostics::plain(failure);
        diagnostics::print_error(&format!("{}: {failure}", diagnostics::error_label()));
    }
    if !arguments.quiet && !found.text.is_empty() {
        diagnostics::print_text(&found.text);
    }
}

/// What a program hears of a build and its profiles.
fn all_lines(report: &BuildReport, found: Found, code: u8) -> Vec<Value> {
    let mut lines = report_lines(report);
    let finished = lines.pop().map(|mut finished| {
        (finished["exit_code"], finished["success"]) = (json!(code), json!(code == 0));
        finished
    });
    lines.extend(found.failures.iter().map(|why| json!({"reason": "failure", "message": why})));
    lines.extend(found.lines);
    lines.extend(finished);
    lines
}

fn print_human(report: &BuildReport, arguments: &BuildArguments) {
    if !arguments.quiet {
        print_said(report, arguments.verbose);
    }
    print_explained(&report.explained);
    diagnostics::print(&report.diagnostics);
    if let Some(failure) = &report.failure {
        let failure = diagnostics::plain(failure);
        diagnostics::print_error(&format!("{}: {failure}", diagnostics::error_label()));
    }
    if arguments.quiet {
        return;
    }
    let table = if arguments.verbose { table::of(report) } else { String::new() };
    diagnostics::print_line(&(table + &summary(report)));
}

/// Prints why each page was rendered, or not.
fn print_explained(explained: &[Explained]) {
    let line = |of: &Explained| {
        let cause = of.cause.as_deref().map_or(String::new(), |cause| format!(" ({cause})"));
        format!("{:<20} {} -> {}{cause}", of.reason.name(), of.page, of.output)
    };
    let lines: Vec<_> = explained.iter().map(line).collect();
    if !lines.is_empty() {
        diagnostics::print_line(&diagnostics::plain(&lines.join("\n")));
    }
}

/// Prints what was said of plugins, and by them; with `debug` also what is for those who make one.
pub(super) fn print_said(report: &BuildReport, debug: bool) {
    let notes = report.notes.iter().map(|note| format!("note: {note}"));
    let log = report.log.iter().filter(|line| debug || !line.debug);
    let log = log.map(|line| format!("{}: {}", line.plugin, line.line));
    notes.chain(log).for_each(|line| diagnostics::print_error(&diagnostics::plain(&line)));
}

/// `built 257 pages (290 files, 3 changed) into public in 0.21 s, memory 34.0 MiB, peak heap 21.3 MiB`.
fn summary(report: &BuildReport) -> String {
    let (errors, warnings) = count(&report.diagnostics);
    let files = report.outputs.written + report.outputs.unchanged;
    let done = if report.failure.is_some() { "cancelled:" } else { "built" };
    let mut line = format!(
        "{done} {} ({}{}, {} changed) into {} in {:.2} s",
        pages(report),
        rendered(report),
        plural(files, "file"),
        grouped(report.outputs.written),
        shown_path(&report.output),
        report.time.as_secs_f64(),
    );
    let heap = report.memory.as_ref().map(|memory| memory.process.peak_bytes.unsigned_abs());
    let memory = report.resident.map(|resident| resident.peak);
    for (name, bytes) in [("memory", memory), ("peak heap", heap)] {
        if let Some(bytes) = bytes {
            line.push_str(&format!(", {name} {:.1} MiB", bytes as f64 / f64::from(1 << 20)));
        }
    }
    if let Some(excluded) = excluded(&report.excluded) {
        line.push_str(&format!("\nleft out: {excluded}"));
    }
    if report.pages_left_out > 0 {
        let pages = plural(report.pages_left_out, "page");
        line.push_str(&format!("\n{pages} left out because of errors in templates"));
    }
    if errors + warnings > 0 {
        line.push_str(&format!("\n{}, {}", plural(errors, "error"), plural(warnings, "warning")));
    }
    line
}

/// `257 pages`; `256 of 257 pages` where templates failed.
pub(super) fn pages(report: &BuildReport) -> String {
    let all = report.pages as u64;
    match report.pages_left_out {
        0 => plural(all, "page"),
        left_out => format!("{} of {}", grouped(all.saturating_sub(left_out)), plural(all, "page")),
    }
}

/// How many pages were rendered, where an earlier build had left some.
fn rendered(report: &BuildReport) -> String {
    match report.extent.mode {
        Mode::Incremental => format!("{} rendered, ", grouped(report.extent.pages_rendered)),
        Mode::Full => String::new(),
    }
}

/// The pages that are not built, and what would build them; nothing where there are none.
fn excluded(excluded: &Excluded) -> Option<String> {
    let Excluded { drafts, future, expired } = *excluded;
    let kinds = [
        (drafts, "draft", "--drafts"),
        (future, "page of the future", "--future"),
        (expired, "expired page", "--expired"),
    ];
    let some = kinds.into_iter().filter(|(count, ..)| *count > 0);
    let some: Vec<String> = some
        .map(|(count, kind, option)| {
            let kind = match (count, kind) {
                (1, kind) => kind.to_owned(),
                (_, "page of the future") => "pages of the future".to_owned(),
                (_, kind) => format!("{kind}s"),
            };
            format!("{} {kind} ({option})", grouped(count))
        })
        .collect();
    (!some.is_empty()).then(|| some.join(", "))
}

/// The path relative to the current directory, where it lies below.
fn shown_path(path: &std::path::Path) -> String {
    let here = std::env::current_dir().ok();
    let relative = here.and_then(|here| path.strip_prefix(here).ok().map(ToOwned::to_owned));
    diagnostics::plain(&relative.as_deref().unwrap_or(path).to_string_lossy())
}

/// Errors and warnings.
pub(super) fn count(diagnostics: &[Diagnostic]) -> (u64, u64) {
    let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error).count() as u64;
    (errors, diagnostics.len() as u64 - errors)
}

/// What a program hears of a build.
pub(super) fn report_lines(report: &BuildReport) -> Vec<Value> {
    let mut lines = diagnostic_lines(&report.diagnostics);
    if let Some(failure) = &report.failure {
        lines.push(json!({"reason": "failure", "message": failure}));
    }
    lines.extend(report.explained.iter().map(|of| json!({"reason": "explained", "explained": of})));
    lines.extend(report.notes.iter().map(|note| json!({"reason": "note", "message": note})));
    lines.extend(report.log.iter().map(|line| json!({"reason": "log", "log": line})));
    lines.push(finished_line(report));
    lines
}

/// The record of the build, and what else the report has.
fn finished_line(report: &BuildReport) -> Value {
    let (errors, warnings) = count(&report.diagnostics);
    let mut line = json!({
        "reason": "build-finished",
        "success": report.exit_code() == 0,
        "exit_code": report.exit_code(),
        "pages_left_out": report.pages_left_out,
        "excluded": report.excluded,
        "output": report.output.to_string_lossy(),
        "plugin_inputs": report.plugin_inputs,
    });
    if let (Some(line), Ok(Value::Object(record))) =
        (line.as_object_mut(), serde_json::to_value(report.whole_record()))
    {
        line.extend(record);
        // More than a record has, and what came after it was made.
        line.insert("outputs".to_owned(), json!(report.outputs));
        let diagnostics = json!({"errors": errors, "warnings": warnings});
        line.insert("diagnostics".to_owned(), diagnostics);
    }
    line
}

/// What a program hears when nothing could be built.
pub(super) fn refusal_lines(error: &BuildError) -> Vec<Value> {
    let mut lines = match error {
        BuildError::Config(diagnostics) => diagnostic_lines(diagnostics),
        _ => Vec::new(),
    };
    lines.push(json!({"reason": "failure", "message": error.to_string()}));
    lines.push(json!({"reason": "build-finished", "success": false, "exit_code": 2}));
    lines
}

fn diagnostic_lines(diagnostics: &[Diagnostic]) -> Vec<Value> {
    let line = |diagnostic| json!({"reason": "diagnostic", "diagnostic": diagnostic});
    diagnostics.iter().map(line).collect()
}

/// Prints all at once, so that a full disk is complained of once.
pub(super) fn print_lines(lines: &[Value]) {
    let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
    diagnostics::print_line(&lines.join("\n"));
}
