//! The site in which something is made.

use std::path::{Path, PathBuf};

use super::making::at;
use super::{ScaffoldError, refused};
use crate::build::{BuildOptions, open_site, output_path, read_config};
use crate::config::Config;
use crate::diagnostic::display_path;
use crate::stages::Bounds;

/// A site that is there.
#[derive(Debug)]
pub(super) struct Target {
    /// Its folder, canonical.
    pub root: PathBuf,
    /// Its configuration.
    pub config: Config,
    /// Where its output goes.
    output: PathBuf,
}

impl Target {
    /// Opens the site at `site`. Warnings about its configuration are left to its builds.
    pub fn open(site: &Path) -> Result<Self, ScaffoldError> {
        let root = open_site(site)?;
        let config = read_config(None, &root, &mut Vec::new())?;
        let output = output_path(&BuildOptions::default(), &root, &config);
        Ok(Self { root, config, output })
    }

    /// Refuses `path`, which is in the site's folder by its name, where a symbolic link on the way
    /// leads to a place that builds do not read.
    pub fn check_links(&self, path: &Path) -> Result<(), ScaffoldError> {
        let mut there = path.ancestors().filter(|folder| folder.symlink_metadata().is_ok());
        let there = there.next().unwrap_or(&self.root);
        let real = there.canonicalize().map_err(at(there))?;
        let bounds = Bounds { root: &self.root, output: &self.output };
        match bounds.refusal(&real).filter(|_| real != there) {
            None => Ok(()),
            Some(reason) => Err(refused(display_path(&self.root, there), reason)),
        }
    }
}
