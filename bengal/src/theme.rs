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
    ("partials/breadcrumbs.liquid", include_str!("../theme/templates/partials/breadcrumbs.liquid")),
    ("partials/head_title.liquid", include_str!("../theme/templates/partials/head_title.liquid")),
    ("partials/header.liquid", include_str!("../theme/templates/partials/header.liquid")),
    ("partials/headings.liquid", include_str!("../theme/templates/partials/headings.liquid")),
    ("partials/list.liquid", include_str!("../theme/templates/partials/list.liquid")),
    ("partials/menu.liquid", include_str!("../theme/templates/partials/menu.liquid")),
    ("partials/neighbours.liquid", include_str!("../theme/templates/partials/neighbours.liquid")),
    ("partials/pages.liquid", include_str!("../theme/templates/partials/pages.liquid")),
    ("partials/pagination.liquid", include_str!("../theme/templates/partials/pagination.liquid")),
    ("partials/side.liquid", include_str!("../theme/templates/partials/side.liquid")),
    ("partials/tags.liquid", include_str!("../theme/templates/partials/tags.liquid")),
    ("partials/terms.liquid", include_str!("../theme/templates/partials/terms.liquid")),
    ("partials/title.liquid", include_str!("../theme/templates/partials/title.liquid")),
    ("partials/toc.liquid", include_str!("../theme/templates/partials/toc.liquid")),
];

/// The files that are copied: output path, and bytes.
pub const FILES: &[(&str, &[u8])] = &[("bengal.css", include_bytes!("../theme/static/bengal.css"))];
