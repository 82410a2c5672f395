//! One build, from a site's folder to its output directory.
//!
//! 1. The configuration is read, and what the command line changes in it.
//! 2. The output directory is checked against the site's inputs.
//! 3. `.bengal` is locked, the body store and the output directory are opened.
//! 4. The templates are read and parsed.
//! 5. The chain runs.
//! 6. Files that no longer belong are removed; the report is made.
//!
//! **Invariant:** what fails before the chain runs leaves the output directory as it was.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use crate::config::Config;
use crate::content::date::Date;
use crate::content::front_matter::Wanted;
use crate::content::page::Kind;
use crate::diagnostic::{Code, Diagnostic, Severity, display_path};
use crate::manifest::Manifest;
use crate::output::OutputDir;
use crate::pipeline::item::Label;
use crate::pipeline::registry::{OrderError, Registry};
use crate::pipeline::runner::{self, Progress, Run, StageReport};
use crate::pipeline::stage::Stage;
use crate::site::{CONTENT, Settings, Site};
use crate::stages::{self, Context, STATIC, WriteCounts, walk_files};
use crate::store::{BodyStore, Opened, StateDir};
use crate::template::{EMBEDDED, TemplateSource, Templates};
use crate::theme;

/// What is to be built, and how.
#[derive(Clone, Debug, Default)]
pub struct BuildOptions {
    /// The site's folder.
    pub site: PathBuf,
    /// Where the output goes; the configuration's `output`, else `SITE/public`.
    pub output: Option<PathBuf>,
    /// The configuration; `SITE/bengal.yaml`, which need not be there.
    pub config: Option<PathBuf>,
    /// Workers of each per-item stage; one for each processor where it is not given.
    pub jobs: Option<usize>,
    /// In place of the configuration's `base_url`.
    pub base_url: Option<String>,
    /// Which pages are built besides those that are published now.
    pub wanted: Wanted,
    /// As if the configuration said `strict: true`.
    pub strict: bool,
}

/// How a build went.
#[derive(Debug)]
pub struct BuildReport {
    /// The output directory.
    pub output: PathBuf,
    /// Pages of the site, with those that bengal adds.
    pub pages: usize,
    /// Regular pages among them.
    pub regular_pages: usize,
    /// Output files.
    pub outputs: Outputs,
    /// How long it took.
    pub time: Duration,
    /// The most memory that the process held at any moment, in bytes, where the system says.
    pub peak_memory: Option<u64>,
    /// The stages in order.
    pub stages: Vec<StageReport>,
    /// What is wrong with the site.
    pub diagnostics: Vec<Diagnostic>,
    /// Why the build was cancelled, in a sentence.
    pub failure: Option<String>,
    /// The site as it was assembled; `None` when the build did not come that far.
    pub site: Option<Site>,
}

/// What became of output files.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Outputs {
    /// New, or with new bytes.
    pub written: u64,
    /// Equal to what was there.
    pub unchanged: u64,
    /// No longer belonging to the site.
    pub removed: u64,
    /// Bytes of all that were rendered.
    pub bytes: u64,
}

impl BuildReport {
    /// 0 built; 1 built, with errors in some pages; 3 a stage failed.
    pub fn exit_code(&self) -> u8 {
        let errors = self.diagnostics.iter().any(|d| d.severity == Severity::Error);
        if self.failure.is_some() { 3 } else { u8::from(errors) }
    }
}

/// Why nothing was built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The site's folder is missing, or is none.
    #[error("{path}: {reason}", path = path.display())]
    Site {
        /// What was looked at.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The configuration is wrong.
    #[error("the configuration is wrong")]
    Config(Vec<Diagnostic>),
    /// A value on the command line is wrong.
    #[error("{0}")]
    Usage(String),
    /// Stages cannot be put in order.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// Something cannot be opened.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What a caller hears while a build runs.
pub struct Listener<'a> {
    /// How far it is.
    pub progress: &'a Progress,
    /// Called when another build of the site is waited for.
    pub waiting: &'a dyn Fn(),
}

/// Builds a site.
///
/// # Errors
/// When nothing could be built. What is wrong with single pages is in the report.
pub fn build(options: &BuildOptions, listener: &Listener<'_>) -> Result<BuildReport, BuildError> {
    build_with(options, listener, Vec::new())
}

/// Builds a site with stages besides the built-in ones.
///
/// # Errors
/// As [`build`].
pub fn build_with<'s>(
    options: &'s BuildOptions,
    listener: &Listener<'_>,
    stages: Vec<Box<dyn Stage + 's>>,
) -> Result<BuildReport, BuildError> {
    let begun = Instant::now();
    let prepared = Prepared::new(options, listener)?;
    let Prepared { theme, settings, templates, state, store, output, mut reports } = prepared;
    let (site, views) = (OnceLock::new(), OnceLock::new());
    let written = WriteCounts::default();
    let context = Context {
        theme,
        settings: &settings,
        templates: &templates,
        store: &store,
        output: &output,
        site: &site,
        views: &views,
        written: &written,
    };
    let mut registry = Registry::default();
    stages::register(&context, &mut registry);
    stages.into_iter().for_each(|stage| registry.register(stage));
    let chain = registry.into_chain()?;
    let jobs = options.jobs.unwrap_or_else(processors);
    let run = runner::run(&chain, jobs, listener.progress);
    drop(chain);
    let manifest = state.is_own().then(|| Manifest::new(&state, output.root()));
    let removed = manifest.map_or(Ok(0), |manifest| match &run.failure {
        None => manifest.replace(written.paths()),
        Some(_) => manifest.add(written.paths()).map(|()| 0),
    });
    let removed = removed.unwrap_or_else(|error| {
        let message = format!("what was written could not be noted: {error}");
        reports.push(Diagnostic::warning(Code::StoreFallback, message));
        0
    });
    let report = report(run, reports, site.get(), &settings.config, &written, removed);
    let output = output.root().to_owned();
    Ok(BuildReport { output, time: begun.elapsed(), site: site.into_inner(), ..report })
}

/// Processors that this process may use.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn report(
    run: Run,
    mut diagnostics: Vec<Diagnostic>,
    site: Option<&Site>,
    config: &Config,
    written: &WriteCounts,
    removed: u64,
) -> BuildReport {
    diagnostics.extend(run.diagnostics);
    if config.strict {
        diagnostics.iter_mut().for_each(|diagnostic| diagnostic.severity = Severity::Error);
    }
    diagnostics.sort();
    let pages = site.map_or(&[][..], |site| &site.pages);
    BuildReport {
        output: PathBuf::new(),
        pages: pages.len(),
        regular_pages: pages.iter().filter(|page| page.kind == Kind::Page).count(),
        outputs: Outputs {
            written: written.written.load(Ordering::Relaxed),
            unchanged: written.unchanged.load(Ordering::Relaxed),
            removed,
            bytes: written.bytes.load(Ordering::Relaxed),
        },
        time: Duration::ZERO,
        peak_memory: crate::process::peak_memory(),
        stages: run.stages,
        diagnostics,
        failure: run.failure.map(|failure| {
            let on = match (&failure.label, site) {
                (Some(Label::Path(path)), _) => format!(" on {path}"),
                (Some(Label::Page(id)), Some(site)) => format!(" on {}", site.name_of(*id)),
                _ => String::new(),
            };
            format!("the stage `{}` failed{on}: {}", failure.stage, failure.message)
        }),
        site: None,
    }
}

/// Everything that a chain needs.
struct Prepared {
    theme: Option<PathBuf>,
    settings: Settings,
    templates: Templates,
    state: StateDir,
    store: BodyStore,
    output: OutputDir,
    reports: Vec<Diagnostic>,
}

impl Prepared {
    fn new(options: &BuildOptions, listener: &Listener<'_>) -> Result<Self, BuildError> {
        let root = open_site(&options.site)?;
        let mut reports = Vec::new();
        let settings = settings(options, &root, &mut reports)?;
        let theme = theme_folder(&root, &settings.config)?;
        let output = output_path(options, &root, &settings.config);
        check_output(&root, theme.as_deref(), &output)?;
        let state = open_state(&root, listener.waiting, &mut reports)?;
        let store = BodyStore::create(&state).map_err(at(state.path()))?;
        let sources = template_sources(&root, theme.as_deref(), &mut reports);
        let templates = Templates::new(sources, &settings.config, &mut reports);
        let output = OutputDir::open(&output).map_err(at(&output))?;
        Ok(Self { theme, settings, templates, state, store, output, reports })
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> BuildError {
    let path = path.to_owned();
    move |source| BuildError::Io { path, source }
}

/// The site's folder, canonical.
///
/// # Errors
/// When it is not there, or has no pages.
pub fn open_site(site: &Path) -> Result<PathBuf, BuildError> {
    let wrong = |reason: String| BuildError::Site { path: site.to_owned(), reason };
    let root = site.canonicalize().map_err(|error| wrong(error.to_string()))?;
    match root.join(CONTENT).is_dir() {
        true => Ok(root),
        false => Err(wrong("this is no site: it has no folder `content`".to_owned())),
    }
}

fn settings(
    options: &BuildOptions,
    root: &Path,
    reports: &mut Vec<Diagnostic>,
) -> Result<Settings, BuildError> {
    let mut config = read_config(options.config.as_deref(), root, reports)?;
    if let Some(url) = &options.base_url {
        config
            .set_base_url(url)
            .map_err(|message| BuildError::Usage(format!("--base-url: {message}")))?;
    }
    config.strict |= options.strict;
    Ok(Settings { root: root.to_owned(), config, now: now()?, wanted: options.wanted })
}

/// Reads the configuration of the site at `root`: `file`, else `bengal.yaml`, which need not be there.
///
/// # Errors
/// When it is wrong, or `file` cannot be read.
pub fn read_config(
    file: Option<&Path>,
    root: &Path,
    reports: &mut Vec<Diagnostic>,
) -> Result<Config, BuildError> {
    let usual = root.join(CONFIG);
    let path = file.unwrap_or(&usual);
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && file.is_none() => String::new(),
        Err(error) => return Err(at(path)(error)),
    };
    let name = display_path(root, path);
    let config = Config::read(&name, text.trim_start_matches('\u{feff}'), reports);
    if reports.iter().any(|report| report.severity == Severity::Error) {
        return Err(BuildError::Config(std::mem::take(reports)));
    }
    Ok(config)
}

/// The configuration's file in a site's folder.
pub const CONFIG: &str = "bengal.yaml";

/// The moment that counts as now: `SOURCE_DATE_EPOCH` where it is set.
/// Source: <https://reproducible-builds.org/specs/source-date-epoch/>.
fn now() -> Result<Date, BuildError> {
    let seconds = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text.trim().parse().map_err(|_| {
            BuildError::Usage(format!("SOURCE_DATE_EPOCH is `{text}`, no number of seconds"))
        })?,
        Err(_) => {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
        }
    };
    Ok(Date { seconds, offset: 0 })
}

fn theme_folder(root: &Path, config: &Config) -> Result<Option<PathBuf>, BuildError> {
    let Some(theme) = &config.theme else { return Ok(None) };
    let folder = root.join("themes").join(theme.as_str());
    let inside = folder.canonicalize().is_ok_and(|at| at.starts_with(root) && at.is_dir());
    if !inside {
        let message = format!("there is no theme `themes/{theme}` in the site");
        return Err(BuildError::Config(vec![
            Diagnostic::error(Code::ConfigValue, message).in_file(CONFIG),
        ]));
    }
    Ok(Some(folder))
}

/// Where the output of the site at `root` goes: absolute, without links as far as it is there.
pub fn output_path(options: &BuildOptions, root: &Path, config: &Config) -> PathBuf {
    let given = match (&options.output, &config.output) {
        (Some(path), _) => std::path::absolute(path).unwrap_or_else(|_| path.clone()),
        (None, Some(path)) => root.join(path.as_str()),
        (None, None) => root.join("public"),
    };
    let mut real = PathBuf::new();
    for component in given.components() {
        match component {
            Component::ParentDir => drop(real.pop()),
            Component::CurDir => {}
            other => real.push(other),
        }
        real = real.canonicalize().unwrap_or(real);
    }
    real
}

/// The folders of a site that a build reads.
const INPUTS: &[&str] = &[CONTENT, "templates", "data", "assets", STATIC, "themes"];

fn check_output(root: &Path, theme: Option<&Path>, output: &Path) -> Result<(), BuildError> {
    let inputs = INPUTS.iter().map(|input| root.join(input)).chain(theme.map(Path::to_owned));
    for input in inputs.chain([root.join(crate::store::FOLDER)]) {
        let input = input.canonicalize().unwrap_or(input);
        if output.starts_with(&input) || input.starts_with(output) {
            return Err(BuildError::Usage(format!(
                "the output directory {} and the site's folder {} are within each other",
                output.display(),
                display_path(root, &input),
            )));
        }
    }
    Ok(())
}

fn open_state(
    root: &Path,
    waiting: &dyn Fn(),
    reports: &mut Vec<Diagnostic>,
) -> Result<StateDir, BuildError> {
    match StateDir::open(root, waiting).map_err(at(root))? {
        Opened::Own(state) => Ok(state),
        Opened::Temporary(state, error) => {
            let message = format!("{} cannot be written ({error})", crate::store::FOLDER);
            let hint = "a temporary folder serves; files of earlier builds are not removed";
            reports.push(Diagnostic::warning(Code::StoreFallback, message).hint(hint));
            Ok(state)
        }
    }
}

/// The templates of the site, its theme, and the embedded theme, in this order.
fn template_sources(
    root: &Path,
    theme: Option<&Path>,
    reports: &mut Vec<Diagnostic>,
) -> Vec<TemplateSource> {
    let mut sources = Vec::new();
    for folder in std::iter::once(root).chain(theme) {
        let mut files = Vec::new();
        walk_files(root, &folder.join("templates"), reports, |path, file| {
            files.push((path.to_owned(), file.to_owned()));
        });
        for (path, file) in files {
            let shown = display_path(root, &file);
            match fs::read_to_string(&file) {
                Ok(text) => sources.push(template(&path, shown, text)),
                // Beside templates there may be pictures and the like.
                Err(_) if !path.ends_with(".liquid") => {}
                Err(error) => {
                    let code = match error.kind() {
                        io::ErrorKind::InvalidData => Code::NotUtf8,
                        _ => Code::Unreadable,
                    };
                    reports.push(Diagnostic::error(code, error.to_string()).in_file(&shown));
                }
            }
        }
    }
    let embedded = theme::TEMPLATES.iter();
    sources.extend(embedded.map(|(path, text)| {
        template(path, format!("{EMBEDDED}templates/{path}"), (*text).to_owned())
    }));
    sources
}

fn template(path: &str, file: String, text: String) -> TemplateSource {
    let name = path.strip_suffix(".liquid").unwrap_or(path).to_owned();
    TemplateSource { name, file, text }
}
