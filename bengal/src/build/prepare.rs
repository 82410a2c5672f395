//! What a build needs before its chain can run: the site's folder, its configuration, templates and
//! the output directory.
//!
//! **Invariant:** nothing is made or changed before the output directory has been checked.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use super::{BuildError, BuildOptions, Listener, budgets};
use crate::config::Config;
use crate::content::date::Date;
use crate::diagnostic::{Code, Diagnostic, Severity, display_path};
use crate::incremental::{Indexes, Key};
use crate::output::OutputDir;
use crate::plugin::{Plugins, Wanted};
use crate::site::{CONTENT, Settings};
use crate::stages::{Bounds, STATIC, walk_files};
use crate::store::{FOLDER, Opened, StateDir};
use crate::template::{EMBEDDED, TemplateSource, Templates};
use crate::theme;
use crate::value::Map;

/// Everything that a chain needs.
pub(super) struct Prepared {
    pub theme: Option<PathBuf>,
    pub settings: Settings,
    pub templates: Templates,
    pub state: StateDir,
    pub indexes: Indexes,
    pub key: Key,
    pub output: OutputDir,
    pub plugins: Plugins,
    pub reports: Vec<Diagnostic>,
}

impl Prepared {
    /// Reads and opens all that a build of these options needs. `given` is a template besides the
    /// site's.
    ///
    /// # Errors
    /// When nothing can be built.
    pub fn new(
        options: &BuildOptions,
        listener: &Listener<'_>,
        given: Option<TemplateSource>,
    ) -> Result<Self, BuildError> {
        let root = open_site(&options.site)?;
        let mut reports = Vec::new();
        let mut settings = settings(options, &root, &mut reports)?;
        let mut plugins = load_plugins(options, &root, &settings)?;
        settings.values = std::mem::take(&mut plugins.values);
        let theme = theme_folder(&root, &settings.config)?;
        let output = output_path(options, &root, &settings.config);
        check_output(&root, theme.as_deref(), &output)?;
        let own = options.state.clone().unwrap_or_else(|| root.join(FOLDER));
        let state = open_state(&own, listener.waiting, &mut reports)?;
        let bounds = Bounds { root: &root, output: &output };
        let of_plugins = std::mem::take(&mut plugins.templates);
        let own = template_sources(bounds, theme.as_deref(), of_plugins, &mut reports);
        let sources = given.into_iter().chain(own).collect();
        let templates =
            Templates::new(sources, &settings.config, plugins.additions(), &mut reports);
        let indexes = match options.full {
            true => Indexes::ignored(&state, &output),
            false => Indexes::load(&state, &output),
        };
        let key = key(options, &settings, &plugins);
        let output = OutputDir::new(output);
        Ok(Self { theme, settings, templates, state, indexes, key, output, plugins, reports })
    }
}

/// What every page of a build is made with.
fn key(options: &BuildOptions, settings: &Settings, plugins: &Plugins) -> Key {
    let Settings { config, wanted, .. } = settings;
    let own = Config { plugins: Vec::new(), ..config.clone() };
    let loaded = plugins.list().iter();
    let loaded: Vec<_> = loaded.map(|plugin| (&plugin.name, &plugin.descriptor)).collect();
    let given = (&config.plugins, &options.plugin_options, loaded);
    Key::new(&format!("{own:?} {wanted:?}"), &format!("{given:?}"))
}

pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> BuildError {
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

/// What shapes a build of the site at `root`, but for what plugins add.
///
/// # Errors
/// When the configuration is wrong, or a value on the command line.
pub fn settings(
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
    if let Some(origin) = &options.origin {
        config.set_origin(origin);
    }
    config.strict |= options.strict;
    Ok(Settings {
        root: root.to_owned(),
        config,
        values: Map::new(),
        now: options.now.map_or_else(now, Ok)?,
        wanted: options.wanted,
    })
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
    reports.extend(budgets::faults(&config));
    if reports.iter().any(|report| report.severity == Severity::Error) {
        return Err(BuildError::Config(std::mem::take(reports)));
    }
    Ok(config)
}

/// The configuration's file in a site's folder.
pub const CONFIG: &str = "bengal.yaml";

/// The moment that counts as now: `SOURCE_DATE_EPOCH` where it is set.
/// Source: <https://reproducible-builds.org/specs/source-date-epoch/>.
///
/// # Errors
/// When that is no number.
pub fn now() -> Result<Date, BuildError> {
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

/// The folder of a site that holds its themes.
pub const THEMES: &str = "themes";

fn theme_folder(root: &Path, config: &Config) -> Result<Option<PathBuf>, BuildError> {
    let Some(theme) = &config.theme else { return Ok(None) };
    let folder = root.join(THEMES).join(theme.as_str());
    // Strictly within `themes`, as the site's other folders are no theme: `..` is the site itself.
    let themes = root.join(THEMES);
    let within = |at: PathBuf| at.starts_with(&themes) && at != themes && at.is_dir();
    if !folder.canonicalize().is_ok_and(within) {
        let message = format!("there is no theme `{theme}` in the site's folder `{THEMES}`");
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
pub const INPUTS: &[&str] = &[CONTENT, TEMPLATES, "data", "assets", STATIC, THEMES];

fn check_output(root: &Path, theme: Option<&Path>, output: &Path) -> Result<(), BuildError> {
    let inputs = INPUTS.iter().map(|input| root.join(input)).chain(theme.map(Path::to_owned));
    for input in inputs.chain([root.join(FOLDER)]) {
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
    folder: &Path,
    waiting: &dyn Fn(),
    reports: &mut Vec<Diagnostic>,
) -> Result<StateDir, BuildError> {
    match StateDir::open(folder, waiting).map_err(at(folder))? {
        Opened::Own(state) => Ok(state),
        Opened::Temporary(state, error) => {
            let message = format!("{FOLDER} cannot be written ({error})");
            let hint = "a temporary folder serves; files of earlier builds are not removed";
            reports.push(Diagnostic::warning(Code::StoreFallback, message).hint(hint));
            Ok(state)
        }
    }
}

/// The folder of a site, or a theme, that holds its templates.
pub const TEMPLATES: &str = "templates";

/// Loads the plugins that the configuration and the command line name.
///
/// # Errors
/// When one cannot be used.
pub fn load_plugins(
    options: &BuildOptions,
    root: &Path,
    settings: &Settings,
) -> Result<Plugins, BuildError> {
    Ok(Plugins::load(wanted(options, root, &settings.config), settings)?)
}

/// The libraries that the configuration and the command line name, whether or not there are such files; `None`
/// where the configuration is wrong.
pub fn plugin_libraries(options: &BuildOptions, root: &Path) -> Option<Vec<PathBuf>> {
    let config = read_config(options.config.as_deref(), root, &mut Vec::new()).ok()?;
    Some(wanted(options, root, &config).libraries())
}

fn wanted<'a>(options: &'a BuildOptions, root: &'a Path, config: &'a Config) -> Wanted<'a> {
    Wanted {
        config: &config.plugins,
        metrics: &config.metrics,
        // Paths in a configuration are relative to it.
        folder: options.config.as_deref().and_then(Path::parent).unwrap_or(root),
        paths: &options.plugins,
        options: &options.plugin_options,
        copies: options.plugin_copies.as_deref(),
    }
}

/// The templates of the site, of plugins, of its theme, and of the embedded theme, in this order.
fn template_sources(
    bounds: Bounds<'_>,
    theme: Option<&Path>,
    of_plugins: Vec<TemplateSource>,
    reports: &mut Vec<Diagnostic>,
) -> Vec<TemplateSource> {
    let root = bounds.root;
    let mut sources = Vec::new();
    let mut of_plugins = Some(of_plugins);
    for folder in std::iter::once(root).chain(theme) {
        let mut files = Vec::new();
        walk_files(bounds, &folder.join(TEMPLATES), reports, |path, file| {
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
        // Behind the site's own, and before the theme's.
        sources.extend(of_plugins.take().into_iter().flatten());
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
