//! The starters: small sites, in `bengal/starters/`, that a new one is made of.

/// What a new site is made of.
#[derive(Debug)]
pub struct Starter {
    /// What `--template` calls it.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// The section in which `new page` is likely to be used first.
    pub section: &'static str,
    /// Its files: path in the site, and text.
    pub(super) files: &'static [(&'static str, &'static str)],
}

/// The `.gitignore` of every new site.
pub(super) const GITIGNORE: &str = include_str!("../../starters/gitignore");

/// Whether the file at `path` is filled in, as an archetype is, when a site is made: archetypes
/// themselves and templates are Liquid for later.
pub(super) fn is_filled(path: &str) -> bool {
    !path.starts_with("archetypes/") && !path.starts_with("templates/")
}

/// The files of a starter, by their paths in it.
macro_rules! files {
    ($starter:literal: $($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../../starters/", $starter, "/", $path)))),+]
    };
}

/// Every starter; the first is the usual one.
pub const STARTERS: &[Starter] = &[
    Starter {
        name: "docs",
        about: "A manual: sections in order, with a guide and a reference",
        section: "guide/",
        files: files!("docs":
            "bengal.yaml",
            "archetypes/default.md",
            "content/_index.md",
            "content/guide/_index.md",
            "content/guide/add-a-page.md",
            "content/guide/links.md",
            "content/guide/order.md",
            "content/guide/pictures/folder-to-site.svg",
            "content/guide/pictures/index.md",
            "content/reference/_index.md",
            "content/reference/configuration.md",
            "content/reference/markdown.md",
        ),
    },
    Starter {
        name: "blog",
        about: "A blog: dated posts with tags, and a page about you",
        section: "posts/",
        files: files!("blog":
            "bengal.yaml",
            "archetypes/default.md",
            "archetypes/posts.md",
            "content/_index.md",
            "content/about.md",
            "content/posts/_index.md",
            "content/posts/hello.md",
            "content/posts/pictures-beside-a-post/boat.svg",
            "content/posts/pictures-beside-a-post/index.md",
            "content/posts/writing-a-post.md",
        ),
    },
    Starter {
        name: "blank",
        about: "A title and a home page",
        section: "",
        files: files!("blank": "bengal.yaml", "content/_index.md"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_a_starter_is_listed() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("starters");
        for starter in STARTERS {
            let own = folder.join(starter.name);
            let files = walkdir::WalkDir::new(&own).into_iter().map(Result::unwrap);
            let files = files.filter(|entry| entry.file_type().is_file());
            let mut found: Vec<_> = files
                .map(|entry| entry.path().strip_prefix(&own).unwrap().to_str().unwrap().to_owned())
                .collect();
            found.sort();
            let mut listed: Vec<_> = starter.files.iter().map(|(path, _)| *path).collect();
            listed.sort_unstable();
            assert_eq!(listed, found, "{}", starter.name);
        }
    }
}
