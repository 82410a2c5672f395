//! What every page is made with: a change in it makes everything anew.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::Reason;

/// The key of a cache.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// bengal's version.
    pub version: String,
    /// The configuration, with what the command line changes in it, and which pages are wanted.
    pub config: u64,
    /// The plugins and their options, in order.
    pub plugins: u64,
}

impl Key {
    /// The key of a build with `config`, as text, and `plugins`.
    pub fn new(config: &str, plugins: &str) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config: xxh3_64(config.as_bytes()),
            plugins: xxh3_64(plugins.as_bytes()),
        }
    }

    /// Why a build with this key makes everything anew where the last one had `other`.
    pub fn changed(&self, other: &Self) -> Option<Reason> {
        if self.version != other.version {
            return Some(Reason::Forced);
        }
        if self.config != other.config {
            return Some(Reason::ConfigChanged);
        }
        (self.plugins != other.plugins).then_some(Reason::PluginChanged)
    }
}
