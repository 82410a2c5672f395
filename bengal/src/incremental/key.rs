//! What every page is made with: a change in it makes everything anew.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::Reason;

/// The key of a cache.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// bengal's version, and the number of its sources.
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
            version: concat!(env!("CARGO_PKG_VERSION"), " ", env!("BENGAL_SOURCES")).to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_in_a_key_is_the_reason() {
        let key = Key::new("a", "b");
        assert_eq!(key.changed(&Key::new("a", "b")), None);
        assert_eq!(key.changed(&Key::new("x", "x")), Some(Reason::ConfigChanged));
        assert_eq!(key.changed(&Key::new("a", "x")), Some(Reason::PluginChanged));
        let other = Key { version: "0".to_owned(), ..key.clone() };
        assert_eq!(key.changed(&other), Some(Reason::Forced));
    }
}
