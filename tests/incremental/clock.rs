//! Flags that shape a build, and the clock.

use crate::edit::Shape;
use crate::recipe::Recipe;

/// 2023-11-14; its pages are of before, of two days later, expired, and a draft.
const PAGES: &[(&str, &str)] = &[
    ("content/past.md", "---\ntitle: Past\ndate: 2023-01-01\ntags: x\n---\n"),
    ("content/soon.md", "---\ntitle: Soon\ndate: 2023-11-16\ntags: [x, y]\n---\n[past](past.md)\n"),
    ("content/brief.md", "---\ntitle: Brief\nexpiry: 2023-11-16\nmenu: main\n---\n"),
    ("content/over.md", "---\ntitle: Over\nexpiry: 2023-01-01\n---\n"),
    ("content/draft.md", "---\ntitle: Draft\ndraft: true\naliases: /later/\n---\n"),
];

/// 2023-11-16T00:00:00Z.
const TURN: i64 = 1_700_092_800;

fn at(now: i64) -> Shape {
    Shape { now, ..Shape::default() }
}

#[test]
fn pages_appear_and_expire_as_time_goes_by() {
    Recipe::new(PAGES)
        .shape(at(TURN - 1))
        .build()
        .rewrites(0)
        .shape(at(TURN))
        .build()
        .shape(at(TURN + 1))
        .build()
        .shows("soon/index.html", "page Soon")
        .shows("tags/y/index.html", "/soon/")
        .lacks("brief/index.html")
        .shape(at(TURN - 1))
        .build()
        .lacks("soon/index.html");
}

#[test]
fn a_template_asks_what_time_it_is() {
    let day = "{{ 'now' | date: '%Y-%m-%d' }}";
    Recipe::new(
        &[PAGES, &[("templates/section.liquid", day), ("templates/home.liquid", day)]].concat(),
    )
    .shape(at(1_700_000_001))
    .build()
    .rewrites(0)
    .shape(at(1_700_050_000))
    .build()
    .rewrites(1)
    .shows("index.html", "2023-11-15");
}

#[test]
fn a_remembered_result_asks_what_time_it_is() {
    let recent = "{% capture day %}{% include day %}{% endcapture %}{{ day }}";
    Recipe::new(
        &[
            PAGES,
            &[
                ("templates/page.liquid", recent),
                (
                    "templates/partials/day.liquid",
                    "{{ 'today' | date: '%j' }} {{ site.pages | size }}",
                ),
            ],
        ]
        .concat(),
    )
    .shape(at(1_700_050_000))
    .build()
    .rewrites(2);
}

#[test]
fn drafts_and_pages_of_other_times_are_asked_for() {
    let wanted = Shape { drafts: true, future: true, expired: true, ..Shape::default() };
    Recipe::new(PAGES)
        .shape(wanted.clone())
        .build()
        .shows("later/index.html", "/draft/")
        .shows("over/index.html", "page Over")
        .shape(Shape { drafts: true, ..Shape::default() })
        .build()
        .lacks("over")
        .shape(Shape::default())
        .build()
        .lacks("draft")
        .shape(wanted)
        .write("content/draft.md", "---\ntitle: No draft\n---\n")
        .build()
        .lacks("later");
}

#[test]
fn another_base_url_is_asked_for() {
    let base_url = |url| Shape { base_url: Some(url), ..Shape::default() };
    Recipe::new(&[PAGES, &[("content/l.md", "[past](past.md)\n")]].concat())
        .shape(base_url("https://y.org/sub"))
        .build()
        .shows("l/index.html", "/sub/past/")
        .shows("sitemap.xml", "https://y.org/sub/past/")
        .shape(base_url("/path"))
        .build()
        .lacks("sitemap.xml")
        .shape(Shape::default())
        .build()
        .shows("l/index.html", "\"/past/");
}

#[test]
fn warnings_are_errors_when_that_is_asked_for() {
    Recipe::new(&[PAGES, &[("content/l.md", "[no](no.md)\n")]].concat())
        .build()
        .ends_with(0)
        .shape(Shape { strict: true, ..Shape::default() })
        .build()
        .rewrites(0)
        .ends_with(1)
        .shape(Shape::default())
        .build()
        .ends_with(0);
}

#[test]
fn a_time_zone_moves_a_page_past_now() {
    let page = "---\ntitle: T\ndate: 2023-11-15 05:00\n---\n";
    Recipe::new(&[PAGES, &[("content/t.md", page)]].concat())
        .build()
        .lacks("t/index.html")
        .write("bengal.yaml", "timezone: Pacific/Kiritimati\n")
        .build()
        .shows("t/index.html", "page T");
}
