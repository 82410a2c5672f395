//! `sitemap.xml`: every page of a site, for search engines.
//!
//! Only of a site whose `base_url` is a whole URL, as a sitemap holds nothing else, and which has no file of
//! that name itself. Over [`LIMIT`] pages, `sitemap.xml` names the files that do. The stage stands before
//! render, where what flows by is small.
//!
//! A page with `params.sitemap: false` is left out; so is the 404 page.
//! Source of the format: <https://www.sitemaps.org/protocol.html>.

use std::fmt::Write;

use bengal_plugin::{
    Bundled, Error, Item, Items, Outbox, PerItem, Plugin, Purity, Registrar, Slot, Stage, Value,
    Work, Workers,
};

/// Pages that one file may hold. Source: the protocol's page, "Using Sitemap index files".
const LIMIT: usize = 50_000;

/// The plugin.
pub const PLUGIN: Bundled = bengal_plugin::bundled!(Sitemap, "sitemap");

struct Sitemap {
    /// Where the site is, without a `/` at its end.
    base: String,
    limit: usize,
}

impl Plugin for Sitemap {
    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        let base = registrar.site().and_then(|site| site.get("base_url")).and_then(Value::as_str);
        match base.filter(|base| base.contains("://")) {
            Some(base) => registrar.stage(Self { base: base.to_owned(), limit: LIMIT }),
            None => Ok(()),
        }
    }
}

impl Stage for Sitemap {
    fn name(&self) -> &str {
        "sitemap"
    }

    fn slot(&self) -> Slot {
        Slot::after("taxonomy")
    }

    fn items(&self) -> Items {
        Items::RENDER
    }

    fn purity(&self) -> Purity {
        Purity::Pure
    }

    fn workers(&self) -> Workers {
        Workers::One
    }

    fn start(&self) -> Work<'_> {
        Work::PerItem(Box::new(Writer { sitemap: self, entries: Vec::new() }))
    }
}

struct Writer<'s> {
    sitemap: &'s Sitemap,
    /// URL and line of each page.
    entries: Vec<(String, String)>,
}

impl PerItem for Writer<'_> {
    fn process(&mut self, page: &mut Item<'_>, _out: &mut Outbox<'_>) -> Result<(), Error> {
        self.entries.extend(entry(page, &self.sitemap.base));
        Ok(())
    }

    fn finish(&mut self, out: &mut Outbox<'_>) -> Result<(), Error> {
        if out.has_output(INDEX) {
            return Ok(());
        }
        let Sitemap { base, limit } = self.sitemap;
        // Pages come in no order.
        self.entries.sort_unstable();
        if self.entries.len() <= *limit {
            return out.emit_output(INDEX, urls(&self.entries).as_bytes());
        }
        let mut index = String::from(HEAD);
        index.push_str("<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
        for (number, part) in self.entries.chunks(*limit).enumerate() {
            let path = format!("sitemap-{}.xml", number + 1);
            out.emit_output(&path, urls(part).as_bytes())?;
            let url = escaped(&encoded(&format!("{base}/{path}")));
            push(&mut index, format_args!("  <sitemap><loc>{url}</loc></sitemap>\n"));
        }
        index.push_str("</sitemapindex>\n");
        out.emit_output(INDEX, index.as_bytes())
    }
}

/// The file that search engines look for.
const INDEX: &str = "sitemap.xml";

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// A page's URL and its line; `None` of one that does not belong there.
fn entry(page: &Item<'_>, base: &str) -> Option<(String, String)> {
    let params = page.get("params");
    let unwanted = params.and_then(|params| params.get("sitemap")?.as_bool()) == Some(false);
    let first = page.get("number").and_then(Value::as_int) == Some(1);
    if !first || unwanted || page.text("kind") == "404" {
        return None;
    }
    let url = page.text("url");
    let changed = [page.text("updated"), page.text("date")];
    let changed = changed.into_iter().find(|date| !date.is_empty());
    let changed =
        changed.map_or(String::new(), |date| format!("<lastmod>{}</lastmod>", escaped(date)));
    let whole = escaped(&encoded(&format!("{base}{url}")));
    Some((url.to_owned(), format!("  <url><loc>{whole}</loc>{changed}</url>\n")))
}

fn urls(entries: &[(String, String)]) -> String {
    let mut xml = String::from(HEAD);
    xml.push_str("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
    entries.iter().for_each(|(_, line)| xml.push_str(line));
    xml.push_str("</urlset>\n");
    xml
}

/// `url` with every byte that no URL may hold percent-encoded.
fn encoded(url: &str) -> String {
    let mut encoded = String::with_capacity(url.len());
    for byte in url.bytes() {
        match byte {
            b'!'..=b'~' if !b"\"<>\\^`{|}".contains(&byte) => encoded.push(char::from(byte)),
            _ => push(&mut encoded, format_args!("%{byte:02X}")),
        }
    }
    encoded
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&apos;")
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    let written = text.write_fmt(arguments);
    debug_assert!(written.is_ok(), "writing to a string never fails");
}

#[cfg(test)]
mod tests {
    use bengal_plugin::Data;
    use bengal_plugin::testing::{TestItem, register_with, run};

    use super::*;

    fn page(url: &str, kind: &str) -> TestItem {
        TestItem::new(Items::RENDER).with("url", url).with("kind", kind).with("number", 1)
    }

    fn built(limit: usize) -> Vec<(String, String)> {
        let hidden = Data::map([("sitemap", false)]);
        let pages = [
            page("/b/ü & /", "page").with("date", "2024-01-02T00:00:00Z"),
            page("/a/", "page").with("updated", "2024-02-03T00:00:00Z").with("date", "1"),
            page("/404.html", "404"),
            page("/hidden/", "page").with("params", hidden),
            page("/", "home"),
            page("/", "home").with("number", 2),
        ];
        let run = run(Sitemap { base: "https://example.org".to_owned(), limit }, pages);
        assert_eq!((run.error, run.items.len()), (None, 6));
        let text = |(path, bytes)| (path, String::from_utf8(bytes).unwrap());
        run.emitted.into_iter().map(text).collect()
    }

    #[test]
    fn every_page_is_listed_by_its_url() {
        let files = built(LIMIT);
        assert_eq!(files.len(), 1);
        let lines: Vec<&str> = files[0].1.lines().collect();
        assert_eq!(
            lines[2..5],
            [
                "  <url><loc>https://example.org/</loc></url>",
                "  <url><loc>https://example.org/a/</loc><lastmod>2024-02-03T00:00:00Z</lastmod></url>",
                "  <url><loc>https://example.org/b/%C3%BC%20&amp;%20/</loc>\
                 <lastmod>2024-01-02T00:00:00Z</lastmod></url>",
            ]
        );
        assert_eq!(lines.len(), 6);
    }

    #[test]
    fn many_pages_are_in_files_that_the_index_names() {
        let files = built(2);
        let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["sitemap-1.xml", "sitemap-2.xml", "sitemap.xml"]);
        assert!(files[2].1.contains("<loc>https://example.org/sitemap-2.xml</loc>"));
    }

    #[test]
    fn a_site_without_a_whole_url_has_none() {
        for (base, stages) in [("/sub", 0), ("", 0), ("https://example.org", 1)] {
            let site = Data::map([("base_url", base)]);
            let registered = register_with::<Sitemap>(Data::Nil, site).unwrap();
            assert_eq!(registered.0.len(), stages, "{base}");
        }
    }
}
