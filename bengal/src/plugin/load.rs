//! Finds the plugins that a build wants, opens them, and has them register. The only module that names
//! `libloading`.
//!
//! **Invariant:** a library is opened by its whole path, never by a name that the system would search for,
//! and only after its handshake.
//!
//! **Invariant:** what runs is what the handshake has read, unless its file is replaced between the two. A
//! library is never unloaded, so the system would give what it opened before for a file that has changed
//! since: that is refused, but where copies are opened, each of which is named by what it holds.
#![expect(unsafe_code, reason = "a library's code is run")]

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bengal_plugin::abi;

use super::bundled::BUNDLED;
use super::call::{Arenas, Call, Role};
use super::handshake::{self, Descriptor, is_name};
use super::host::HOST;
use super::model::World;
use super::options::{GivenOption, Options};
use super::register::Registration;
use super::{Plugin, Plugins, Shared};
use crate::config::{MetricsConfig, PluginConfig};
use crate::site::Settings;
use crate::value::{Map, Value};

/// Why the plugins of a build cannot be used, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LoadError(String);

impl LoadError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

fn refuse<T>(message: impl Into<String>) -> Result<T, LoadError> {
    Err(LoadError::new(message))
}

/// The plugins that a build wants besides those that bengal has.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// As the configuration names them.
    pub config: &'a [PluginConfig],
    /// What the configuration says to the plugin `metrics`.
    pub metrics: &'a MetricsConfig,
    /// The folder that their paths are relative to.
    pub folder: &'a Path,
    /// Libraries from the command line, relative to the current directory.
    pub paths: &'a [PathBuf],
    /// Options from the command line.
    pub options: &'a [GivenOption],
    /// Where libraries are copied to before they are opened; else they are opened where they are.
    pub copies: Option<&'a Path>,
}

impl Wanted<'_> {
    /// The libraries that are named, whether or not there are such files.
    pub fn libraries(&self) -> Vec<PathBuf> {
        let named = self.config.iter().filter(|plugin| plugin.enabled);
        let paths = named.filter_map(|plugin| plugin.path.as_deref());
        paths.map(|path| self.folder.join(path)).chain(self.paths.iter().cloned()).collect()
    }
}

/// Things that each stage may emit, where the configuration does not say.
const LIMIT: usize = 1_000_000;

/// A plugin that is to be registered.
struct Chosen {
    name: String,
    descriptor: Descriptor,
    source: Source,
    options: Map,
    limit: usize,
}

enum Source {
    Library {
        path: PathBuf,
        /// What of it is opened: itself, or a copy.
        opened: PathBuf,
    },
    Bundled(abi::Register),
}

impl Plugins {
    /// Loads the plugins that are wanted, and has them register.
    ///
    /// # Errors
    /// When one cannot be used: nothing is built.
    pub fn load(wanted: Wanted<'_>, settings: &Settings) -> Result<Self, LoadError> {
        let shared = Shared { root: settings.root.clone(), ..Shared::default() };
        let mut plugins = Self { shared: Arc::new(shared), ..Self::default() };
        let mut chosen = choose(wanted, &mut plugins.notes)?;
        configure_metrics(&mut chosen, wanted.metrics);
        for option in wanted.options {
            let Some(plugin) = chosen.iter_mut().find(|plugin| plugin.name == option.plugin) else {
                return refuse(format!("--plugin-option: no plugin is named `{}`", option.plugin));
            };
            plugin.options.insert(option.key.clone(), option.value.clone());
        }
        for chosen in chosen {
            let source = match &chosen.source {
                Source::Library { path, .. } => {
                    format!("the plugin `{}` ({})", chosen.name, path.display())
                }
                Source::Bundled(_) => format!("bengal's plugin `{}`", chosen.name),
            };
            let added = plugins.add(chosen, settings);
            added.map_err(|LoadError(why)| LoadError(format!("{source}: {why}")))?;
        }
        Ok(plugins)
    }

    fn add(&mut self, chosen: Chosen, settings: &Settings) -> Result<(), LoadError> {
        let register = match &chosen.source {
            Source::Library { opened, .. } => open(opened, chosen.descriptor.hash)?,
            Source::Bundled(register) => *register,
        };
        let options = Options::new(chosen.options);
        let mut registration = Registration {
            plugin: chosen.name.clone(),
            own_name: chosen.descriptor.name.clone(),
            limit: chosen.limit,
            ..Registration::default()
        };
        register_one(register, &mut registration, &options, &self.shared, settings)?;
        if let Some(unknown) = options.unknown() {
            return refuse(unknown);
        }
        let Registration {
            stages, filters, tags, observers, values, templates, not_counted, ..
        } = registration;
        for filter in filters {
            let name = filter.signature.name.clone();
            if self.filters.iter().any(|(_, other)| other.signature.name == name) {
                return refuse(format!("another plugin has a filter `{name}` already"));
            }
            self.filters.push((chosen.name.clone(), Arc::new(filter)));
        }
        for tag in tags {
            let name = tag.signature.name.clone();
            if self.tags.iter().any(|(_, other)| other.signature.name == name) {
                return refuse(format!("another plugin has a tag `{name}` already"));
            }
            self.tags.push((chosen.name.clone(), Arc::new(tag)));
        }
        for (name, value) in values {
            if self.values.contains_key(&name) {
                return refuse(format!("another plugin gives templates `site.{name}` already"));
            }
            self.values.insert(name, value);
        }
        for template in templates {
            if self.templates.iter().any(|other| other.name == template.name) {
                let name = template.name;
                return refuse(format!("another plugin has a template named `{name}` already"));
            }
            self.templates.push(template);
        }
        self.list.push(Plugin {
            counted: chosen.descriptor.counted && !not_counted,
            name: chosen.name,
            descriptor: chosen.descriptor,
            path: match chosen.source {
                Source::Library { path, .. } => Some(path),
                Source::Bundled(_) => None,
            },
            stages,
            observers: Mutex::new(observers),
        });
        Ok(())
    }
}

/// Calls a plugin's entry.
fn register_one(
    register: abi::Register,
    registration: &mut Registration,
    options: &Options,
    shared: &Shared,
    settings: &Settings,
) -> Result<(), LoadError> {
    let arenas = Arenas::default();
    let world = Some(World { settings, site: None, store: None });
    let name = registration.plugin.clone();
    let role = Role::Register(registration, options);
    let mut call = Call::new(&name, shared, world, &arenas, role);
    // SAFETY: the handshake has shown that the plugin knows this ABI; the table lives as long as the process,
    // the call until the entry has returned.
    let status = call.run(|call| unsafe { register(&raw const HOST, call) });
    call.outcome(status).map_err(|error| LoadError::new(error.to_string()))
}

/// The libraries that this process has opened, with the hash of what they held. They are the process's, as the
/// system keeps them.
static OPENED: Mutex<BTreeMap<PathBuf, u64>> = Mutex::new(BTreeMap::new());

/// Opens a library whose handshake was done, and gives its entry.
fn open(path: &Path, hash: u64) -> Result<abi::Register, LoadError> {
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    if opened.get(path).is_some_and(|before| *before != hash) {
        return refuse(
            "it has changed since it was loaded, and a library cannot be unloaded: start bengal again",
        );
    }
    // SAFETY: opening runs the library's constructors. Whoever names it on the command line or in the
    // configuration trusts its code, as that of bengal itself.
    let library = unsafe { libloading::Library::new(path) }
        .map_err(|error| LoadError::new(format!("it cannot be opened: {}", reason(&error))))?;
    // SAFETY: the symbol is a function of this type, as the descriptor's version says.
    let entry = unsafe { library.get::<abi::Register>(abi::ENTRY_SYMBOL) };
    let entry = *entry.map_err(|error| LoadError::new(reason(&error)))?;
    // Never unloaded: see the module above.
    std::mem::forget(library);
    opened.insert(path.to_owned(), hash);
    Ok(entry)
}

/// What the system says, on one line.
fn reason(error: &libloading::Error) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    source.unwrap_or_else(|| error.to_string()).replace('\n', " ")
}

/// The plugins to be registered: bengal's own, but for those that are switched off or whose place is taken,
/// then the configuration's, then the command line's.
fn choose(wanted: Wanted<'_>, notes: &mut Vec<String>) -> Result<Vec<Chosen>, LoadError> {
    let mut own: Vec<Chosen> = BUNDLED.iter().map(bundled).collect();
    let mut chosen: Vec<Chosen> = Vec::new();
    for plugin in wanted.config {
        let Some(path) = &plugin.path else {
            configure_own(&mut own, plugin)?;
            continue;
        };
        if plugin.enabled {
            let found = library(&wanted.folder.join(path.as_str()), plugin, wanted.copies)?;
            add(&mut chosen, found)?;
        }
    }
    for path in wanted.paths {
        let nothing = PluginConfig {
            path: None,
            name: None,
            enabled: true,
            limit: None,
            options: Map::new(),
        };
        add(&mut chosen, library(path, &nothing, wanted.copies)?)?;
    }
    for own in &mut own {
        if let Some(at) = chosen.iter().position(|plugin| plugin.name == own.name) {
            notes.push(format!("the plugin `{}` takes the place of bengal's own", own.name));
            *own = chosen.remove(at);
        }
    }
    own.extend(chosen);
    Ok(own)
}

fn bundled(plugin: &bengal_plugin::Bundled) -> Chosen {
    let descriptor = handshake::of_bundled(&plugin.descriptor);
    Chosen {
        name: descriptor.name.clone(),
        descriptor,
        source: Source::Bundled(plugin.register),
        options: Map::new(),
        limit: LIMIT,
    }
}

/// Gives one of bengal's own plugins its options, or switches it off.
fn configure_own(own: &mut Vec<Chosen>, config: &PluginConfig) -> Result<(), LoadError> {
    let name = config.name.as_deref().unwrap_or_default();
    let Some(at) = own.iter().position(|plugin| plugin.name == name) else {
        let known: Vec<&str> = BUNDLED.iter().map(|plugin| text(&plugin.descriptor.name)).collect();
        return refuse(format!(
            "`plugins` in the configuration: bengal has no plugin `{name}`, only {}; one of yours has a `path`",
            known.join(", ")
        ));
    };
    if !config.enabled {
        own.remove(at);
        return Ok(());
    }
    own[at].options = config.options.clone();
    own[at].limit = config.limit.unwrap_or(LIMIT);
    Ok(())
}

/// Gives the plugin `metrics`, bengal's own or one in its place, what the configuration says of it in a key of
/// its own; what its options say goes before.
fn configure_metrics(chosen: &mut Vec<Chosen>, config: &MetricsConfig) {
    const NAME: &str = "metrics";
    if !config.enabled {
        chosen.retain(|plugin| plugin.name != NAME);
    }
    let Some(plugin) = chosen.iter_mut().find(|plugin| plugin.name == NAME) else { return };
    let path = config.path.clone().map(Value::Text);
    let keep = config.keep.map(Value::Int);
    for (key, value) in [("path", path), ("keep", keep)] {
        let Some(value) = value else { continue };
        plugin.options.entry(key.into()).or_insert(value);
    }
}

fn text(bytes: &'static [u8]) -> &'static str {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    std::str::from_utf8(&bytes[..end]).unwrap_or_default()
}

/// The plugin in the file at `path`, after its handshake.
fn library(path: &Path, config: &PluginConfig, copies: Option<&Path>) -> Result<Chosen, LoadError> {
    let at = |why: &dyn std::fmt::Display| LoadError::new(format!("{}: {why}", path.display()));
    // Whole, so that the system never takes it for a name to be searched for.
    let whole = path.canonicalize().map_err(|error| at(&error))?;
    let bytes = handshake::bytes(&whole).map_err(|refusal| at(&refusal))?;
    let descriptor = handshake::of_library(&bytes).map_err(|refusal| at(&refusal))?;
    let opened = match copies {
        Some(folder) => copy(&bytes, descriptor.hash, folder)
            .map_err(|error| at(&format_args!("it cannot be copied: {error}")))?,
        None => whole.clone(),
    };
    let name = config.name.as_deref().unwrap_or(&descriptor.name).to_owned();
    if !is_name(&name) {
        return Err(at(&format_args!("`as: {name}` is no name: letters, digits, `-` and `_`")));
    }
    Ok(Chosen {
        name,
        descriptor,
        source: Source::Library { path: whole, opened },
        options: config.options.clone(),
        limit: config.limit.unwrap_or(LIMIT),
    })
}

/// A copy of a library in `folder`, named by what it holds.
fn copy(bytes: &[u8], hash: u64, folder: &Path) -> io::Result<PathBuf> {
    let name = format!("{hash:016x}{}", std::env::consts::DLL_SUFFIX);
    let copy = folder.join(&name);
    if !copy.exists() {
        std::fs::create_dir_all(folder)?;
        let part = folder.join(name + ".part");
        std::fs::write(&part, bytes)?;
        std::fs::rename(&part, &copy)?;
    }
    Ok(copy)
}

fn add(chosen: &mut Vec<Chosen>, plugin: Chosen) -> Result<(), LoadError> {
    if chosen.iter().any(|other| other.name == plugin.name) {
        return refuse(format!(
            "two plugins are named `{}`: give one another name with `as:` in the configuration",
            plugin.name
        ));
    }
    chosen.push(plugin);
    Ok(())
}
