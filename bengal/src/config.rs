//! The configuration of a site: `bengal.yaml`, of which every key is optional.
//!
//! **Invariant:** a key that bengal does not know is a warning with the nearest one that it does; a
//! value of the wrong type, or text that is not YAML, is an error before anything is built.

use std::path::{Component, Path};

use jiff::tz::TimeZone;

use crate::content::fields::Fields;
use crate::content::front_matter::zone;
use crate::content::menu::{self, MenuEntry};
use crate::diagnostic::{Code, Diagnostic, Place, nearest};
use crate::highlight::Theme;
use crate::site::CONTENT;
use crate::stages::STATIC;
use crate::value::{Map, Text, Value};

/// What a site's author has decided.
#[derive(Clone, Debug)]
pub struct Config {
    /// The site's title.
    pub title: Text,
    /// Where the site will be served, without a `/` at its end; empty for the root of any host.
    pub base_url: Text,
    /// The language of its pages, as a BCP 47 tag.
    pub language: Text,
    /// A sentence or two about the site.
    pub description: Text,
    /// Who wrote it.
    pub author: Text,
    /// The zone of dates that name none.
    pub timezone: TimeZone,
    /// The folder under `themes/` whose templates and files stand behind the site's own.
    pub theme: Option<Text>,
    /// The output directory, relative to the site.
    pub output: Option<Text>,
    /// `/a/b.html` instead of `/a/b/`.
    pub ugly_urls: bool,
    /// How Markdown is read.
    pub markdown: MarkdownConfig,
    /// The taxonomies, in the order written.
    pub taxonomies: Vec<TaxonomyConfig>,
    /// Items on each page of a list; 0 for all on one.
    pub page_size: usize,
    /// Permalink patterns by section: the longest that is a page's own or above it counts.
    pub permalinks: Vec<(Text, Text)>,
    /// Entries of menus that are no pages.
    pub menus: Vec<MenuEntry>,
    /// Whatever templates want to know.
    pub params: Map,
    /// Undefined names in templates are errors, and so is every warning.
    pub strict: bool,
    /// The plugins, in the order written.
    pub plugins: Vec<PluginConfig>,
    /// What is measured and kept.
    pub metrics: MetricsConfig,
    /// A hash of the text that this was read from; `None` where there was none.
    pub hash: Option<u64>,
}

/// What becomes of the figures of builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsConfig {
    /// Whether they are kept.
    pub enabled: bool,
    /// The folder that they are kept in, relative to the site.
    pub path: Option<Text>,
    /// How many records are kept; all where it does not say.
    pub keep: Option<i64>,
    /// What a build may take at most, in the order written.
    pub budgets: Vec<Budget>,
}

/// What a build may take at most, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Of which figure, such as `parse.peak`.
    pub figure: Text,
    /// How much, such as `60MB`.
    pub limit: Text,
    /// Where that stands.
    pub place: Place,
}

impl MetricsConfig {
    /// The folder that they are kept in, relative to the site.
    pub fn folder(&self) -> &str {
        self.path.as_deref().unwrap_or(bengal_metrics::history::FOLDER)
    }
}

impl Default for MetricsConfig {
    fn default() -> Self {
        Self { enabled: true, path: None, keep: None, budgets: Vec::new() }
    }
}

/// A plugin that the site wants, or wants not.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginConfig {
    /// Its library, relative to the configuration's file; `None`: one that bengal has.
    pub path: Option<Text>,
    /// The name that it has in this site; of one that bengal has, its own.
    pub name: Option<Text>,
    /// Whether it takes part.
    pub enabled: bool,
    /// How many things each of its stages may add.
    pub limit: Option<usize>,
    /// Its options.
    pub options: Map,
}

/// How Markdown is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkdownConfig {
    /// Raw HTML goes through as it stands.
    pub unsafe_html: bool,
    /// Straight quotes, `--` and `...` become typographic ones.
    pub smart_punctuation: bool,
    /// Bodies are templates, unless their page says otherwise.
    pub liquid: bool,
    /// How code is highlighted; `None` for not at all.
    pub highlight: Option<HighlightConfig>,
}

/// How code is highlighted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HighlightConfig {
    /// The theme where the reader prefers light.
    pub light: Theme,
    /// The theme where the reader prefers dark.
    pub dark: Theme,
    /// Lines have numbers, where a block does not say otherwise.
    pub line_numbers: bool,
}

impl Default for MarkdownConfig {
    fn default() -> Self {
        let highlight = Some(HighlightConfig::default());
        Self { unsafe_html: false, smart_punctuation: false, liquid: false, highlight }
    }
}

impl Default for HighlightConfig {
    fn default() -> Self {
        Self { light: Theme::LIGHT, dark: Theme::DARK, line_numbers: false }
    }
}

/// A way to group pages by terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxonomyConfig {
    /// Its name: the front matter key, and the first segment of its URLs.
    pub name: Text,
    /// Items on each page of a term's list, where it differs from the site's.
    pub page_size: Option<usize>,
}

impl Default for Config {
    fn default() -> Self {
        let taxonomy = |name: &str| TaxonomyConfig { name: name.into(), page_size: None };
        Self {
            title: Text::default(),
            base_url: Text::default(),
            language: "en".into(),
            description: Text::default(),
            author: Text::default(),
            timezone: TimeZone::UTC,
            theme: None,
            output: None,
            ugly_urls: false,
            markdown: MarkdownConfig::default(),
            taxonomies: vec![taxonomy("tags"), taxonomy("categories")],
            page_size: 0,
            permalinks: Vec::new(),
            menus: Vec::new(),
            params: Map::new(),
            strict: false,
            plugins: Vec::new(),
            metrics: MetricsConfig::default(),
            hash: None,
        }
    }
}

impl Config {
    /// Reads the configuration `text` of `file`. Errors among `reports` mean that nothing can be
    /// built with it.
    pub fn read(file: &str, text: &str, reports: &mut Vec<Diagnostic>) -> Self {
        let hash = (!text.is_empty()).then(|| xxhash_rust::xxh3::xxh3_64(text.as_bytes()));
        let mut config = Self { hash, ..Self::default() };
        let mut fields =
            Fields { file, text, span: 0..text.len(), code: Code::ConfigValue, reports };
        match fields.read() {
            Ok(Ok(map)) => {
                for (key, value) in map {
                    config.set(&mut fields, &key, value);
                }
            }
            Ok(Err(other)) => fields.reports.push(
                Diagnostic::error(
                    Code::ConfigValue,
                    format!("a configuration is a map, not {}", other.kind()),
                )
                .in_file(file),
            ),
            Err(diagnostic) => fields.reports.push(diagnostic),
        }
        config
    }

    /// The path part of `base_url`, without a `/` at its end: what URLs of the site begin with.
    pub fn base_path(&self) -> &str {
        let rest = self.base_url.split_once("://").map_or(&*self.base_url, |(_, rest)| rest);
        rest.find('/').map_or("", |slash| &rest[slash..])
    }

    /// Sets the URL at which the site will be served.
    ///
    /// # Errors
    /// When it is neither `http(s)://…` nor a path.
    pub fn set_base_url(&mut self, url: &str) -> Result<(), String> {
        let sound = ["http://", "https://", "/"].iter().any(|start| url.starts_with(start));
        if !url.is_empty() && (!sound || url.contains(char::is_whitespace)) {
            return Err(format!("`{url}` is no URL: it begins with https://, http:// or /"));
        }
        self.base_url = url.trim_end_matches('/').into();
        Ok(())
    }

    /// Sets scheme, host and port of the URL at which the site will be served; its path is kept.
    pub fn set_origin(&mut self, origin: &str) {
        self.base_url = format!("{origin}{}", self.base_path()).into();
    }

    fn set(&mut self, fields: &mut Fields<'_>, key: &str, value: Value) {
        match key {
            "title" => set_text(&mut self.title, fields, key, &value),
            "base_url" => self.read_base_url(fields, key, &value),
            "language" => set_text(&mut self.language, fields, key, &value),
            "description" => set_text(&mut self.description, fields, key, &value),
            "author" => set_text(&mut self.author, fields, key, &value),
            "timezone" => self.read_timezone(fields, key, &value),
            "theme" => self.theme = fields.text(key, &value),
            "output" => self.output = fields.text(key, &value),
            "ugly_urls" => self.ugly_urls = fields.bool(key, &value).unwrap_or(false),
            "markdown" => self.read_markdown(fields, value),
            "taxonomies" => self.read_taxonomies(fields, value),
            "pagination" => self.page_size = page_size(fields, value).unwrap_or(0),
            "permalinks" => {
                for (section, pattern) in fields.map(key, value) {
                    self.read_permalink(fields, &section, &pattern);
                }
            }
            "menus" => self.menus = menu::of_config(fields, value),
            "params" => self.params = fields.map(key, value),
            "plugins" => self.read_plugins(fields, value),
            "metrics" => self.metrics = read_metrics(fields, value),
            "strict" => self.strict = fields.bool(key, &value).unwrap_or(false),
            _ => fields.unknown(key, KEYS),
        }
    }

    fn read_base_url(&mut self, fields: &mut Fields<'_>, key: &str, value: &Value) {
        let url = fields.text(key, value).unwrap_or_default();
        if let Err(message) = self.set_base_url(&url) {
            reject(fields, key, message);
        }
    }

    fn read_timezone(&mut self, fields: &mut Fields<'_>, key: &str, value: &Value) {
        let Some(name) = fields.text(key, value) else { return };
        match zone(&name) {
            Some(zone) => self.timezone = zone,
            None => reject(fields, key, format!("`{name}` is no time zone, such as Europe/Berlin")),
        }
    }

    fn read_markdown(&mut self, fields: &mut Fields<'_>, value: Value) {
        for (key, value) in fields.map("markdown", value) {
            let markdown = &mut self.markdown;
            match &*key {
                "unsafe_html" => set_bool(&mut markdown.unsafe_html, fields, &key, &value),
                "smart_punctuation" => {
                    set_bool(&mut markdown.smart_punctuation, fields, &key, &value);
                }
                "liquid" => set_bool(&mut markdown.liquid, fields, &key, &value),
                "highlight" => markdown.highlight = read_highlight(fields, value),
                _ => fields.unknown(&key, MARKDOWN_KEYS),
            }
        }
    }

    fn read_taxonomies(&mut self, fields: &mut Fields<'_>, value: Value) {
        self.taxonomies.clear();
        for (name, value) in fields.map("taxonomies", value) {
            let mut page_size_of = None;
            let form = |value: &Value| Some(crate::content::forms::of_taxonomy(&name, value));
            for (key, value) in fields.map_like(&name, value, form) {
                match &*key {
                    "pagination" => page_size_of = page_size(fields, value),
                    _ => fields.unknown(&key, &["pagination"]),
                }
            }
            self.taxonomies.push(TaxonomyConfig { name, page_size: page_size_of });
        }
    }

    fn read_plugins(&mut self, fields: &mut Fields<'_>, value: Value) {
        let list = match value {
            Value::List(list) => list,
            Value::Nil => return,
            other => return fields.wrong("plugins", &other, "a list"),
        };
        for entry in list {
            let map = match entry {
                // A path alone.
                Value::Text(path) => Map::from_iter([("path".into(), Value::Text(path))]),
                other => fields.map("plugins", other),
            };
            let mut plugin = PluginConfig {
                path: None,
                name: None,
                enabled: true,
                limit: None,
                options: Map::new(),
            };
            for (key, value) in map {
                match &*key {
                    "path" => plugin.path = fields.text(&key, &value),
                    "as" | "name" => plugin.name = fields.text(&key, &value),
                    "enabled" => plugin.enabled = fields.bool(&key, &value).unwrap_or(true),
                    "limit" => {
                        let limit = fields.int(&key, &value);
                        plugin.limit = limit.and_then(|limit| usize::try_from(limit).ok());
                    }
                    "options" => plugin.options = fields.map(&key, value),
                    _ => fields.unknown(&key, PLUGIN_KEYS),
                }
            }
            if plugin.path.is_none() && plugin.name.is_none() {
                let message = "a plugin has a `path`, or the `name` of one that bengal has";
                reject(fields, "plugins", message.to_owned());
                continue;
            }
            self.plugins.push(plugin);
        }
    }

    fn read_permalink(&mut self, fields: &mut Fields<'_>, section: &Text, pattern: &Value) {
        let Some(pattern) = fields.text(section, pattern) else { return };
        match crate::content::permalink::check(&pattern) {
            Ok(()) => self.permalinks.push((section.trim_matches('/').into(), pattern)),
            Err(message) => reject(fields, section, message),
        }
    }
}

/// Every key of an entry of `plugins`.
const PLUGIN_KEYS: &[&str] = &["path", "as", "name", "enabled", "limit", "options"];

/// Every key of `metrics`.
const METRICS_KEYS: &[&str] = &["enabled", "path", "keep", "budgets"];

/// Every key of the configuration.
pub const KEYS: &[&str] = &[
    "author",
    "base_url",
    "description",
    "language",
    "markdown",
    "menus",
    "metrics",
    "output",
    "pagination",
    "params",
    "permalinks",
    "plugins",
    "strict",
    "taxonomies",
    "theme",
    "timezone",
    "title",
    "ugly_urls",
];

/// Every key of `markdown`.
const MARKDOWN_KEYS: &[&str] = &["highlight", "liquid", "smart_punctuation", "unsafe_html"];

fn set_text(target: &mut Text, fields: &mut Fields<'_>, key: &str, value: &Value) {
    *target = fields.text(key, value).unwrap_or_default();
}

fn set_bool(target: &mut bool, fields: &mut Fields<'_>, key: &str, value: &Value) {
    *target = fields.bool(key, value).unwrap_or(*target);
}

/// `false`, `true`, or a map of choices.
fn read_metrics(fields: &mut Fields<'_>, value: Value) -> MetricsConfig {
    let mut metrics = MetricsConfig::default();
    if let Some(is_on) = value.to_bool() {
        return MetricsConfig { enabled: is_on, ..metrics };
    }
    for (key, value) in fields.map("metrics", value) {
        match &*key {
            "enabled" => set_bool(&mut metrics.enabled, fields, &key, &value),
            "path" => metrics.path = read_path_within(fields, &key, &value),
            "keep" => {
                metrics.keep = fields.int(&key, &value);
                if metrics.keep.is_some_and(|keep| keep < 1) {
                    reject(fields, &key, "`keep` is at least 1: the build itself".to_owned());
                }
            }
            "budgets" => {
                let budgets = fields.map(&key, value).into_iter();
                metrics.budgets =
                    budgets.filter_map(|(key, value)| read_budget(fields, key, &value)).collect();
            }
            _ => fields.unknown(&key, METRICS_KEYS),
        }
    }
    metrics
}

/// A path of a folder within the site, whose files are not published.
fn read_path_within(fields: &mut Fields<'_>, key: &str, value: &Value) -> Option<Text> {
    let path = fields.text(key, value)?;
    let mut parts = Path::new(path.as_str()).components();
    if parts.clone().next().is_none() || !parts.all(|part| matches!(part, Component::Normal(_))) {
        reject(fields, key, format!("`{path}` is no path of a folder within the site's"));
    } else if [CONTENT, STATIC].iter().any(|folder| Path::new(path.as_str()).starts_with(folder)) {
        reject(fields, key, format!("`{path}` is published with the site"));
    }
    Some(path)
}

fn read_budget(fields: &mut Fields<'_>, figure: Text, value: &Value) -> Option<Budget> {
    let limit = fields.text(&figure, value)?;
    let place = fields.place(&figure);
    Some(Budget { figure, limit, place })
}

/// `false`, `true`, or a map of choices.
fn read_highlight(fields: &mut Fields<'_>, value: Value) -> Option<HighlightConfig> {
    let mut highlight = HighlightConfig::default();
    if let Some(is_on) = value.to_bool() {
        return is_on.then_some(highlight);
    }
    for (key, value) in fields.map("highlight", value) {
        match &*key {
            "light" => read_theme(&mut highlight.light, fields, &key, &value),
            "dark" => read_theme(&mut highlight.dark, fields, &key, &value),
            "line_numbers" => set_bool(&mut highlight.line_numbers, fields, &key, &value),
            _ => fields.unknown(&key, &["dark", "light", "line_numbers"]),
        }
    }
    Some(highlight)
}

fn read_theme(target: &mut Theme, fields: &mut Fields<'_>, key: &str, value: &Value) {
    let Some(name) = fields.text(key, value) else { return };
    if let Some(theme) = Theme::find(&name) {
        *target = theme;
        return;
    }
    let names: Vec<&str> = Theme::names().collect();
    let hint = match nearest(&name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("themes are: {}", names.join(", ")),
    };
    let message = format!("there is no theme `{name}` for code");
    let place = fields.place(key);
    fields.reports.push(Diagnostic::error(Code::ConfigValue, message).at(place).hint(hint));
}

fn page_size(fields: &mut Fields<'_>, value: Value) -> Option<usize> {
    let mut size = None;
    for (key, value) in fields.map("pagination", value) {
        match &*key {
            "page_size" => size = fields.int(&key, &value),
            _ => fields.unknown(&key, &["page_size"]),
        }
    }
    match usize::try_from(size?) {
        Ok(size) => Some(size),
        Err(_) => {
            reject(fields, "page_size", "`page_size` is negative".to_owned());
            None
        }
    }
}

fn reject(fields: &mut Fields<'_>, key: &str, message: String) {
    let place = fields.place(key);
    fields.reports.push(Diagnostic::error(Code::ConfigValue, message).at(place));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Config, Vec<Diagnostic>) {
        let mut reports = Vec::new();
        (Config::read("bengal.yaml", text, &mut reports), reports)
    }

    #[test]
    fn every_key_is_read_and_none_is_needed() {
        let (config, reports) = read(
            "title: T\nbase_url: https://example.org/sub/\nlanguage: de\ndescription: D\nauthor: A\n\
             timezone: Europe/Berlin\ntheme: x\noutput: out\nugly_urls: yes\n\
             markdown: {unsafe_html: true, smart_punctuation: true}\n\
             taxonomies: {topics: {pagination: {page_size: 3}}}\npagination: {page_size: 5}\n\
             permalinks: {blog: '/:year/:slug/'}\nmenus: {main: [{name: N, url: /n/}]}\n\
             params: {x: 1}\nstrict: true\n",
        );
        assert_eq!(reports, []);
        assert_eq!(&*config.base_url, "https://example.org/sub");
        assert_eq!(config.base_path(), "/sub");
        let mut config = config;
        config.set_origin("http://localhost:1");
        assert_eq!(&*config.base_url, "http://localhost:1/sub");
        assert_eq!(config.taxonomies[0].page_size, Some(3));
        assert_eq!(config.page_size, 5);
        assert!(config.strict && config.ugly_urls && config.markdown.unsafe_html);
        assert_eq!(read("").1, []);
    }

    #[test]
    fn an_unknown_key_is_a_warning_with_the_nearest_known_one() {
        let (_, reports) = read("titel: T\n");
        assert_eq!(reports[0].code, Code::UnknownKey);
        assert_eq!(reports[0].hint.as_deref(), Some("did you mean `title`?"));
        assert_eq!(reports[0].place.as_ref().unwrap().line, 1);
    }

    #[test]
    fn a_value_that_is_no_map_is_an_error_with_the_right_form() {
        for (text, form) in [
            ("pagination: 10", "write `pagination: {page_size: 10}`"),
            ("taxonomies: [tags, authors]", "write `taxonomies: {tags: {}, authors: {}}`"),
            ("taxonomies: {tags: 5}", "write `tags: {pagination: {page_size: 5}}`"),
            ("menus: {main: [Blog]}", "write `main: [{name: Blog, url: /blog/}]`"),
        ] {
            let (_, reports) = read(text);
            assert_eq!(reports.len(), 1, "{text}: {reports:?}");
            assert_eq!(reports[0].severity, crate::diagnostic::Severity::Error, "{text}");
            assert_eq!(reports[0].hint.as_deref(), Some(form), "{text}");
        }
    }

    #[test]
    fn highlighting_is_on_off_or_as_chosen() {
        let highlight = |text: &str| {
            let (config, reports) = read(&format!("markdown: {{highlight: {text}}}"));
            (config.markdown.highlight, reports)
        };
        let usual = HighlightConfig::default();
        for text in ["true", "yes", "", "{}"] {
            assert_eq!(highlight(text), (Some(usual.clone()), vec![]), "{text}");
        }
        assert_eq!(highlight("false"), (None, vec![]));
        let chosen = HighlightConfig {
            light: Theme::find("GitHub").unwrap(),
            dark: Theme::find("Nord").unwrap(),
            line_numbers: true,
        };
        let (read, reports) = highlight("{light: github, dark: nord, line_numbers: true}");
        assert_eq!((read, reports), (Some(chosen), vec![]));
        let (_, reports) = highlight("{dark: drakula}");
        assert_eq!(reports[0].hint.as_deref(), Some("did you mean `Dracula`?"));
        let (_, reports) = highlight("{numbers: true}");
        assert_eq!(reports[0].code, Code::UnknownKey);
    }

    #[test]
    fn what_is_measured_is_kept_or_not() {
        let metrics = |text: &str| {
            let (config, reports) = read(&format!("metrics: {text}"));
            (config.metrics, reports)
        };
        let usual = MetricsConfig::default();
        for text in ["true", "yes", "", "{}", "{keep: }"] {
            assert_eq!(metrics(text), (usual.clone(), vec![]), "{text}");
        }
        for text in ["false", "{enabled: no}"] {
            assert_eq!(metrics(text), (MetricsConfig { enabled: false, ..usual.clone() }, vec![]));
        }
        let (read, reports) =
            metrics("{path: a/b, keep: 100,\n  budgets: {peak: 200MB, pages: 3}}");
        assert_eq!(reports, []);
        assert_eq!((read.path.as_deref(), read.keep), (Some("a/b"), Some(100)));
        let budgets = read.budgets.iter().map(|budget| (&*budget.figure, &*budget.limit));
        assert_eq!(budgets.collect::<Vec<_>>(), [("peak", "200MB"), ("pages", "3")]);
        assert_eq!(read.budgets[0].place.line, 2);
        assert_eq!(metrics("{kept: 1}").1[0].hint.as_deref(), Some("did you mean `keep`?"));
    }

    #[test]
    fn wrong_values_are_errors() {
        for text in [
            "title: [1]",
            "timezone: Mars/Phobos",
            "base_url: example.org",
            "pagination: {page_size: -1}",
            "permalinks: {blog: ':nothing'}",
            "markdown: {highlight: [1]}",
            "metrics: [1]",
            "metrics: {keep: 0}",
            "metrics: {keep: all}",
            "metrics: {path: ../elsewhere}",
            "metrics: {path: /tmp}",
            "metrics: {path: ''}",
            "metrics: {budgets: {peak: [1]}}",
            "markdown: {highlight: {light: nothing like it}}",
            "- a list",
            "a: b: c",
        ] {
            let (_, reports) = read(text);
            assert_eq!(reports.len(), 1, "{text}: {reports:?}");
            assert_eq!(reports[0].severity, crate::diagnostic::Severity::Error, "{text}");
        }
    }
}
