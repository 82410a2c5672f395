//! The plugins that are linked in. They come through the same table as any other.

use bengal_plugin::Bundled;

/// The bundled plugins, in the order in which they are registered.
pub(super) static BUNDLED: &[Bundled] =
    &[bengal_sitemap::PLUGIN, bengal_robots::PLUGIN, bengal_metrics::PLUGIN];
