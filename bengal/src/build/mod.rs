//! One build, from a site's folder to its output directory.
//!
//! 1. The configuration is read, and what the command line changes in it.
//! 2. The output directory is checked against the site's inputs.
//! 3. `.bengal` is locked, and the body store opened.
//! 4. The templates are read and parsed.
//! 5. The stages are put in order; the output directory is made and locked.
//! 6. The chain runs.
//! 7. Files that no longer belong are removed; the report is made.
//!
//! **Invariant:** what fails before the chain runs leaves the output directory as it was.

pub mod budgets;
mod prepare;
mod preview;
mod record;

use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

pub use prepare::{
    CONFIG, INPUTS, TEMPLATES, THEMES, load_plugins, now, open_site, output_path, plugin_libraries,
    read_config, settings,
};
pub use preview::{Preview, PreviewError, PreviewOptions, preview};

use bengal_metrics::Place;
use bengal_metrics::record::{Cache, Mode, Record};

use crate::config::Config;
use crate::content::date::Date;
use crate::content::front_matter::Excluded;
use crate::content::front_matter::Wanted;
use crate::content::page::Kind;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::highlight::Languages;
use crate::incremental::pages::Pages;
use crate::incremental::{self, Explained};
use crate::manifest::{self, Manifest};
use crate::memory::{self, Books, Stats};
use crate::perf::judge::report::OVER;
use crate::pipeline::item::Label;
use crate::pipeline::probe::Probe;
use crate::pipeline::registry::{OrderError, Registry};
use crate::pipeline::runner::{self, Progress, Run, StageReport};
use crate::pipeline::stage::Stage;
use crate::plugin::observer::{End, Watch};
use crate::plugin::{GivenOption, LoadError, LogLine, Plugin};
use crate::process::{self, Resident};
use crate::profile::Profiles;
use crate::site::{Claims, Site, content_path};
use crate::stages::{self, Context, OpenLinks, WriteCounts};
use crate::store::BodyStore;
use crate::template::page_view::SiteCell;
use prepare::{Prepared, at};

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
    /// In place of scheme, host and port of the base URL; its path is kept.
    pub origin: Option<String>,
    /// In place of the folder `.bengal` of the site: two builds that share none do not wait for each
    /// other.
    pub state: Option<PathBuf>,
    /// Where there are errors, the output keeps all files of earlier builds.
    pub keep_on_errors: bool,
    /// What the output is for.
    pub purpose: Purpose,
    /// Which pages are built besides those that are published now.
    pub wanted: Wanted,
    /// Nothing of earlier builds is used again.
    pub full: bool,
    /// Whether the report says why each page was rendered, or not.
    pub explain: bool,
    /// As if the configuration said `strict: true`.
    pub strict: bool,
    /// The moment that counts as now; else `SOURCE_DATE_EPOCH`, else the clock.
    pub now: Option<Date>,
    /// The languages of code: builds with the same ones read each but once.
    pub languages: Arc<Languages>,
    /// Libraries of plugins, besides those that the configuration names.
    pub plugins: Vec<PathBuf>,
    /// Options of plugins, over those of the configuration.
    pub plugin_options: Vec<GivenOption>,
    /// Where libraries of plugins are copied to before they are opened: so they may change between two builds of
    /// one process. Else they are opened where they are, and a change is refused.
    pub plugin_copies: Option<PathBuf>,
    /// What the build is watched for besides; nothing where it is not given.
    pub profiles: Option<Arc<Profiles>>,
}

/// What the output of a build is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// To be published: `bengal build`.
    #[default]
    Build,
    /// To be looked at, until the next change: `bengal serve`. Its figures are not kept.
    Serve,
}

impl Purpose {
    /// The command that builds for it.
    pub fn command(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Serve => "serve",
        }
    }
}

/// How a build went.
#[derive(Debug, Default)]
pub struct BuildReport {
    /// The output directory.
    pub output: PathBuf,
    /// What URLs of the site begin with: the path part of its base URL.
    pub base_path: String,
    /// Pages of the site, with those that bengal adds.
    pub pages: usize,
    /// Pages among them that are not in the output, as their templates are wrong.
    pub pages_left_out: u64,
    /// Pages that are not built, as they are drafts or not of today.
    pub excluded: Excluded,
    /// How many there are of what.
    pub counts: Counts,
    /// How much of the site was built, and what that saved.
    pub extent: Extent,
    /// Output files.
    pub outputs: Outputs,
    /// How long it took.
    pub time: Duration,
    /// The memory of the process that is resident, where the system says.
    pub resident: Option<Resident>,
    /// The processor time that it took, where the system says.
    pub cpu_time: Option<Duration>,
    /// The memory figures, taken when the chain had ended; `None` where nothing is counted.
    pub memory: Option<Books>,
    /// jemalloc's own figures at the end.
    pub jemalloc: Option<Stats>,
    /// The stages in order.
    pub stages: Vec<StageReport>,
    /// What is wrong with the site.
    pub diagnostics: Vec<Diagnostic>,
    /// What a person should know of the plugins.
    pub notes: Vec<String>,
    /// Why each page was rendered, or not, where that was asked for.
    pub explained: Vec<Explained>,
    /// What plugins have printed.
    pub log: Vec<LogLine>,
    /// The files that plugins have said they read.
    pub plugin_inputs: Vec<PathBuf>,
    /// The plugins: name, version, and whether all their memory is counted.
    pub plugins: Vec<PluginReport>,
    /// Workers of each per-item stage.
    pub jobs: usize,
    /// A hash of the configuration's text; `None` where there is none.
    pub config_hash: Option<u64>,
    /// What is kept of the build, as far as bengal itself knows it.
    pub record: Record,
    /// Where it took place.
    pub place: Place,
    /// Why the build was cancelled, in a sentence.
    pub failure: Option<String>,
    /// The site as it was assembled; `None` when the build did not come that far.
    pub site: Option<Site>,
}

/// A plugin that took part.
#[derive(Clone, Debug, serde::Serialize)]
pub struct PluginReport {
    /// Its name in this build.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The hash of its file; 0 of one that is linked in.
    pub hash: String,
    /// Whether all its memory is counted in its stages.
    pub memory_counted: bool,
}

/// What a site has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Regular pages.
    pub regular_pages: usize,
    /// Pages without a file of their own.
    pub generated_pages: usize,
    /// Sections.
    pub sections: usize,
    /// Taxonomies that have terms.
    pub taxonomies: usize,
    /// Files that are copied.
    pub assets: u64,
}

/// How much of a site a build built.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extent {
    /// All, or what changes had touched.
    pub mode: Mode,
    /// Nothing had changed, and nothing was rendered.
    pub skipped: bool,
    /// Pages that were rendered.
    pub pages_rendered: u64,
    /// What was as an earlier build had left it, and what was not.
    pub cache: Cache,
}

/// What became of output files.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Outputs {
    /// New, or with new bytes.
    pub written: u64,
    /// Style sheets among those.
    pub style_sheets: u64,
    /// Equal to what was there.
    pub unchanged: u64,
    /// No longer belonging to the site.
    pub removed: u64,
    /// Bytes of all that were rendered.
    pub bytes: u64,
}

impl BuildReport {
    /// What is kept of the build, with what is around it.
    pub fn whole_record(&self) -> Record {
        let mut record = self.record.clone();
        bengal_metrics::complete(&mut record, &self.place);
        record
    }

    /// Of the following, the first that holds: 3 a stage failed; 1 built, with errors in some pages; 4 built, over
    /// a budget; 0 built.
    pub fn exit_code(&self) -> u8 {
        let errors = || self.diagnostics.iter().filter(|d| d.severity == Severity::Error);
        match &self.failure {
            Some(_) => 3,
            None if errors().any(|error| error.code != Code::OverBudget) => 1,
            None if errors().next().is_some() => OVER,
            None => 0,
        }
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
    /// A plugin cannot be used.
    #[error(transparent)]
    Plugin(#[from] LoadError),
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
    /// Called when another build, of the site or into the output directory, is waited for.
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
    match attempt(options, listener, &stages)? {
        Attempt::Done(report) => Ok(*report),
        // Bodies that were relied on are not there any more.
        Attempt::Damaged => {
            let anew = BuildOptions { full: true, ..options.clone() };
            match attempt(&anew, listener, &stages)? {
                Attempt::Done(mut report) => {
                    report.notes.insert(0, incremental::DAMAGED.to_owned());
                    Ok(*report)
                }
                Attempt::Damaged => {
                    let source = io::ErrorKind::InvalidData.into();
                    Err(BuildError::Io { path: "the body store".into(), source })
                }
            }
        }
    }
}

/// What came of building a site.
enum Attempt {
    /// It was built, or could not be.
    Done(Box<BuildReport>),
    /// What earlier builds had left was damaged, which showed too late to do without it.
    Damaged,
}

fn attempt(
    options: &BuildOptions,
    listener: &Listener<'_>,
    stages: &[Box<dyn Stage + '_>],
) -> Result<Attempt, BuildError> {
    let (begun, cpu_begun) = (Instant::now(), process::cpu_time());
    let mut prepared = Prepared::new(options, listener, None)?;
    let mut reports = std::mem::take(&mut prepared.reports);
    let Prepared { settings, state, output, plugins, .. } = &prepared;
    let (cache, store, mut notes) = open_cache(options, &prepared)?;
    let (site, shared) = (OnceLock::new(), Shared::default());
    let written = &shared.written;
    let manifest = state.is_own().then(|| Manifest::new(state, output.root()));
    let context = Context {
        manifest: manifest.as_ref(),
        cache: Some(&cache),
        ..context(options, &prepared, &store, &site, &shared)
    };
    let mut registry = Registry::default();
    stages::register(&context, &mut registry);
    plugins.stages(&context).into_iter().for_each(|stage| registry.register(stage));
    stages.iter().for_each(|stage| registry.register(Box::new(&**stage)));
    let chain = registry.into_chain()?;
    let behind = chain.iter().rev().take_while(|stage| stage.name() != "render");
    cache.render_all.store(behind.count() > 1, Ordering::Relaxed);
    plugins.settle_in(&chain)?;
    let opened = output.open(listener.waiting).map_err(at(output.root()))?;
    let jobs = options.jobs.unwrap_or_else(processors);
    let mut watch = Watch::new(plugins, settings);
    watch.started(output.root(), jobs, options.purpose);
    let probe = options.profiles.as_deref().map(|profiles| profiles as &dyn Probe);
    let mut ended = |stage: &StageReport| watch.stage(stage);
    let run = runner::run_watched(&chain, jobs, listener.progress, probe, &mut ended);
    drop(chain);
    if store.has_lost() {
        return Ok(Attempt::Damaged);
    }
    reports.append(&mut watch.take_reports());
    let made = written.paths();
    if run.failure.is_none() {
        reports.extend(context.links.broken(&context, &made));
    }
    let errors = reports.iter().chain(&run.diagnostics).any(|d| d.severity == Severity::Error);
    let removed = manifest.as_ref().map_or(Ok(0), |manifest| match &run.failure {
        None if !(options.keep_on_errors && errors) => manifest.replace(&made),
        _ => manifest.add(&made).map(|()| 0),
    });
    let removed = removed.unwrap_or_else(|error| {
        reports.push(manifest::unwritten(&error));
        0
    });
    drop(opened);
    if let (None, Some(site), true) = (&run.failure, site.get(), state.is_own()) {
        let saved = cache.save(state, &store, site);
        notes.extend(saved.err().map(|error| incremental::unwritten(&error)));
    }
    let mut report = report(run, reports, site.get(), &settings.config, written, removed);
    report.output = output.root().to_owned();
    report.place = Place {
        site: settings.root.clone(),
        title: settings.config.title.to_string(),
        output: report.output.clone(),
        metrics: settings.config.metrics.folder().to_owned(),
    };
    let cpu_time = process::cpu_time().zip(cpu_begun);
    report.cpu_time = cpu_time.map(|(now, begun)| now.saturating_sub(begun));
    report.time = begun.elapsed();
    report.jobs = jobs;
    if cache.is_warm() {
        report.extent.mode = Mode::Incremental;
    }
    report.plugins = plugins.list().iter().map(PluginReport::from).collect();
    report.record = record::of(&report);
    budgets::check(&mut report, &settings.config, options.purpose);
    end(&mut report, watch);
    (report.log, report.plugin_inputs) = (plugins.take_log(), plugins.take_inputs());
    report.notes.extend(notes);
    report.notes.splice(..0, plugins.notes.iter().cloned());
    report.explained = cache.take_reasons();
    Ok(Attempt::Done(Box::new(BuildReport { site: site.into_inner(), ..report })))
}

/// Tells observers how the build went; a failure of theirs is the build's. What they report now changes
/// nothing any more, however strict the build is.
fn end(report: &mut BuildReport, mut watch: Watch<'_>) {
    watch.diagnostics(&report.diagnostics);
    watch.finished(End {
        record: &report.record,
        exit_code: report.exit_code(),
        failure: report.failure.as_deref(),
    });
    let warning = |late| Diagnostic { severity: Severity::Warning, ..late };
    report.diagnostics.extend(watch.take_reports().into_iter().map(warning));
    report.failure = report.failure.take().or(watch.take_failure());
}

impl From<&Plugin> for PluginReport {
    fn from(plugin: &Plugin) -> Self {
        Self {
            name: plugin.name.clone(),
            version: plugin.descriptor.version.clone(),
            hash: format!("{:016x}", plugin.descriptor.hash),
            memory_counted: plugin.counted,
        }
    }
}

/// What the stages of a chain share, besides the site.
#[derive(Debug, Default)]
struct Shared<'b> {
    views: SiteCell<'b>,
    within: SiteCell<'b>,
    claims: OnceLock<Mutex<Claims>>,
    links: OpenLinks,
    written: WriteCounts,
}

/// What is known of the last build, and its bodies. What is damaged is said, and not used.
fn open_cache<'b>(
    options: &BuildOptions,
    prepared: &'b Prepared,
) -> Result<(incremental::Cache<'b>, BodyStore, Vec<String>), BuildError> {
    let state = &prepared.state;
    let (mut cache, mut damaged) = incremental::Cache::new(&prepared.indexes, prepared.key.clone());
    let earlier = cache.bodies.map(|bodies| BodyStore::reopen(state, bodies));
    let store = match earlier {
        Some(Ok(store)) => store,
        earlier => {
            damaged |= earlier.is_some();
            cache.pages = Pages::default();
            BodyStore::create(state).map_err(at(state.path()))?
        }
    };
    if options.explain {
        cache.explain();
    }
    let notes = damaged.then(|| incremental::DAMAGED.to_owned());
    Ok((cache, store, notes.into_iter().collect()))
}

/// What a chain works with, without a manifest.
fn context<'b>(
    options: &'b BuildOptions,
    prepared: &'b Prepared,
    store: &'b BodyStore,
    site: &'b OnceLock<Site>,
    shared: &'b Shared<'b>,
) -> Context<'b> {
    Context {
        theme: prepared.theme.as_deref(),
        settings: &prepared.settings,
        templates: &prepared.templates,
        languages: &options.languages,
        store,
        output: &prepared.output,
        manifest: None,
        cache: None,
        site,
        claims: &shared.claims,
        links: &shared.links,
        views: &shared.views,
        within: &shared.within,
        written: &shared.written,
        template: None,
        hold_html: prepared.plugins.want_html(),
        profile: options.profiles.as_ref().and_then(|profiles| profiles.templates.as_ref()),
    }
}

/// Processors that this process may use.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// One diagnostic for what a template does wrong on many pages. They are sorted.
fn merge_repeats(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let of_template =
        |d: &Diagnostic| matches!(d.code, Code::UndefinedVariable | Code::TemplateRender);
    let key = |d: &Diagnostic| (d.place.clone(), d.code, d.message.clone());
    let repeats = |a: &Diagnostic, b: &Diagnostic| of_template(a) && key(a) == key(b);
    let groups = diagnostics.chunk_by(repeats).map(|group| {
        let mut first = group[0].clone();
        if let (Some(hint), 1..) = (&mut first.hint, group.len() - 1) {
            hint.push_str(&format!("; the same on {} more pages", group.len() - 1));
        }
        first
    });
    groups.collect()
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
    let diagnostics = merge_repeats(diagnostics);
    let pages = site.map_or(&[][..], |site| &site.pages);
    let name = |label: &Label| name_of(label, site);
    let mut stages = run.stages;
    for stage in &mut stages {
        stage.item_peak_page = stage.item_peak_label.as_ref().and_then(name);
    }
    BuildReport {
        output: PathBuf::new(),
        base_path: config.base_path().to_owned(),
        pages: pages.len(),
        pages_left_out: written.left_out.load(Ordering::Relaxed),
        excluded: site.map(|site| site.excluded).unwrap_or_default(),
        counts: Counts {
            regular_pages: pages.iter().filter(|page| page.kind == Kind::Page).count(),
            generated_pages: pages.iter().filter(|page| page.path.is_none()).count(),
            sections: pages.iter().filter(|page| page.kind == Kind::Section).count(),
            taxonomies: site.map_or(0, |site| site.taxonomies.len()),
            assets: written.copied.load(Ordering::Relaxed),
        },
        extent: extent(written),
        outputs: Outputs {
            written: written.written.load(Ordering::Relaxed),
            style_sheets: written.style_sheets.load(Ordering::Relaxed),
            unchanged: written.unchanged.load(Ordering::Relaxed),
            removed,
            bytes: written.bytes.load(Ordering::Relaxed),
        },
        time: Duration::ZERO,
        resident: process::resident(),
        cpu_time: None,
        memory: run.books,
        jemalloc: memory::stats(),
        stages,
        diagnostics,
        notes: Vec::new(),
        explained: Vec::new(),
        log: Vec::new(),
        plugin_inputs: Vec::new(),
        plugins: Vec::new(),
        jobs: 0,
        config_hash: config.hash,
        record: Record::default(),
        place: Place::default(),
        failure: run.failure.map(|failure| {
            let on = failure.label.as_ref().and_then(name);
            let on = on.map_or_else(String::new, |name| format!(" on {name}"));
            format!("the stage `{}` failed{on}: {}", failure.stage, failure.message)
        }),
        site: None,
    }
}

/// How much was rendered; of what mode the build was, the cache says.
fn extent(written: &WriteCounts) -> Extent {
    let misses = written.rendered.load(Ordering::Relaxed);
    let hits = written.kept.load(Ordering::Relaxed);
    Extent {
        skipped: misses == 0 && hits > 0,
        pages_rendered: misses,
        cache: Cache { hits, misses },
        ..Extent::default()
    }
}

/// What a person calls an item.
fn name_of(label: &Label, site: Option<&Site>) -> Option<String> {
    match label {
        Label::Path(path) => Some(path.to_string()),
        Label::Source(path) => Some(content_path(path)),
        Label::Page(id) => Some(site?.name_of(*id)),
    }
}
