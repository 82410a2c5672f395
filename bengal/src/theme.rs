//! The embedded theme: what a plain folder of Markdown is rendered with.
//!
//! It is written as a site's own templates and files would be, in `bengal/theme/`.

/// The templates: path under `templates/`, and text.
pub const TEMPLATES: &[(&str, &str)] = &[
    ("404.liquid", include_str!("../theme/templates/404.liquid")),
    ("base.liquid", include_str!("../theme/templates/base.liquid")),
    ("home.liquid", include_str!("../theme/templates/home.liquid")),
    ("page.liquid", include_str!("../theme/templates/page.liquid")),
    ("section.liquid", include_str!("../theme/templates/section.liquid")),
    ("taxonomy.liquid", include_str!("../theme/templates/taxonomy.liquid")),
    ("term.liquid", include_str!("../theme/templates/term.liquid")),
    ("partials/branch.liquid", include_str!("../theme/templates/partials/branch.liquid")),
    ("partials/breadcrumbs.liquid", include_str!("../theme/templates/partials/breadcrumbs.liquid")),
    ("partials/date.liquid", include_str!("../theme/templates/partials/date.liquid")),
    ("partials/edit.liquid", include_str!("../theme/templates/partials/edit.liquid")),
    ("partials/footer.liquid", include_str!("../theme/templates/partials/footer.liquid")),
    ("partials/head.liquid", include_str!("../theme/templates/partials/head.liquid")),
    (
        "partials/head_description.liquid",
        include_str!("../theme/templates/partials/head_description.liquid"),
    ),
    ("partials/head_extra.liquid", include_str!("../theme/templates/partials/head_extra.liquid")),
    ("partials/head_title.liquid", include_str!("../theme/templates/partials/head_title.liquid")),
    ("partials/header.liquid", include_str!("../theme/templates/partials/header.liquid")),
    ("partials/headings.liquid", include_str!("../theme/templates/partials/headings.liquid")),
    ("partials/links.liquid", include_str!("../theme/templates/partials/links.liquid")),
    ("partials/list.liquid", include_str!("../theme/templates/partials/list.liquid")),
    ("partials/menu.liquid", include_str!("../theme/templates/partials/menu.liquid")),
    ("partials/meta.liquid", include_str!("../theme/templates/partials/meta.liquid")),
    ("partials/neighbours.liquid", include_str!("../theme/templates/partials/neighbours.liquid")),
    ("partials/pages.liquid", include_str!("../theme/templates/partials/pages.liquid")),
    ("partials/pagination.liquid", include_str!("../theme/templates/partials/pagination.liquid")),
    ("partials/sections.liquid", include_str!("../theme/templates/partials/sections.liquid")),
    ("partials/side.liquid", include_str!("../theme/templates/partials/side.liquid")),
    ("partials/tags.liquid", include_str!("../theme/templates/partials/tags.liquid")),
    ("partials/taxonomies.liquid", include_str!("../theme/templates/partials/taxonomies.liquid")),
    ("partials/terms.liquid", include_str!("../theme/templates/partials/terms.liquid")),
    ("partials/title.liquid", include_str!("../theme/templates/partials/title.liquid")),
    ("partials/toc.liquid", include_str!("../theme/templates/partials/toc.liquid")),
];

/// The files that are copied: output path, and bytes.
pub const FILES: &[(&str, &[u8])] = &[
    ("bengal.css", include_bytes!("../theme/static/bengal.css")),
    ("bengal.js", include_bytes!("../theme/static/bengal.js")),
    ("favicon.svg", include_bytes!("../theme/static/favicon.svg")),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_embedded() {
        let names = |folder: &str| -> BTreeSet<String> {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("theme").join(folder);
            let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
            let files = files.filter(|entry| entry.file_type().unwrap().is_file());
            files.map(|entry| entry.file_name().into_string().unwrap()).collect()
        };
        let partials =
            names("templates/partials").into_iter().map(|name| format!("partials/{name}"));
        let templates: BTreeSet<String> = names("templates").into_iter().chain(partials).collect();
        assert_eq!(
            TEMPLATES.iter().map(|(path, _)| (*path).to_owned()).collect::<BTreeSet<_>>(),
            templates
        );
        assert_eq!(
            FILES.iter().map(|(path, _)| (*path).to_owned()).collect::<BTreeSet<_>>(),
            names("static")
        );
    }
}
