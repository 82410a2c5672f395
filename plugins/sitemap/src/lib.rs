//! `sitemap.xml`: every page of a site, for search engines.
//!
//! Its stage stands before render, where what flows by is small. Only of a site whose `base_url` is a whole URL, as a sitemap holds nothing else, and which has no file of
//! that name itself. Over [`LIMIT`] pages, `sitemap.xml` names the files that do.
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
    limit: usize,
}

impl Plugin for Sitemap {
    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        let base = registrar.site().map_or("", |site| text(site, "base_url"));
        if base.contains("://") { registrar.stage(Self { limit: LIMIT }) } else { Ok(()) }
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
        Items::NONE
    }

    fn purity(&self) -> Purity {
        Purity::Pure
    }

    fn workers(&self) -> Workers {
        Workers::One
    }

    fn start(&self) -> Work<'_> {
        Work::PerItem(Box::new(Writer { limit: self.limit }))
    }
}

struct Writer {
    limit: usize,
}

impl PerItem for Writer {
    fn process(&mut self, _item: &mut Item<'_>, _out: &mut Outbox<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn finish(&mut self, out: &mut Outbox<'_>) -> Result<(), Error> {
        let Some(site) = out.site() else { return Ok(()) };
        let base = text(site, "base_url");
        if out.has_output(INDEX) {
            return Ok(());
        }
        let mut entries: Vec<(&str, String)> = pages(site).filter_map(entry).collect();
        entries.sort_unstable();
        if entries.len() <= self.limit {
            return out.emit_output(INDEX, urls(&entries).as_bytes());
        }
        let mut index = String::from(HEAD);
        index.push_str("<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
        for (number, part) in entries.chunks(self.limit).enumerate() {
            let path = format!("sitemap-{}.xml", number + 1);
            out.emit_output(&path, urls(part).as_bytes())?;
            push(
                &mut index,
                format_args!("  <sitemap><loc>{}/{path}</loc></sitemap>\n", escaped(base)),
            );
        }
        index.push_str("</sitemapindex>\n");
        out.emit_output(INDEX, index.as_bytes())
    }
}

/// The file that search engines look for.
const INDEX: &str = "sitemap.xml";

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

fn pages<'c>(site: Value<'c>) -> impl Iterator<Item = Value<'c>> {
    site.get("all_pages").into_iter().flat_map(Value::iter)
}

fn text<'c>(of: Value<'c>, name: &str) -> &'c str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A page's URL and its line; `None` of one that does not belong there.
fn entry(page: Value<'_>) -> Option<(&str, String)> {
    let params = page.get("params");
    let unwanted = params.and_then(|params| params.get("sitemap")?.as_bool()) == Some(false);
    if text(page, "kind") == "404" || unwanted {
        return None;
    }
    let url = text(page, "permalink");
    let changed = [text(page, "updated"), text(page, "date")];
    let changed = changed.into_iter().find(|date| !date.is_empty());
    let changed =
        changed.map_or(String::new(), |date| format!("<lastmod>{}</lastmod>", escaped(date)));
    Some((url, format!("  <url><loc>{}</loc>{changed}</url>\n", escaped(&encoded(url)))))
}

fn urls(entries: &[(&str, String)]) -> String {
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
    use bengal_plugin::testing::{register_with, run_with};

    use super::*;

    fn page(url: &str, kind: &str, more: &[(&str, Data)]) -> Data {
        let permalink = format!("https://example.org{url}");
        let mut fields = vec![("permalink", Data::Text(permalink)), ("kind", kind.into())];
        fields.extend(more.iter().cloned());
        Data::map(fields)
    }

    fn site(base: &str) -> Data {
        let hidden = Data::map([("sitemap", false)]);
        let pages = vec![
            page("/b/ü & /", "page", &[("date", "2024-01-02T00:00:00Z".into())]),
            page(
                "/a/",
                "page",
                &[("updated", "2024-02-03T00:00:00Z".into()), ("date", "1".into())],
            ),
            page("/404.html", "404", &[]),
            page("/hidden/", "page", &[("params", hidden)]),
            page("/", "home", &[]),
        ];
        Data::map([("base_url", base.into()), ("all_pages", Data::List(pages))])
    }

    fn built(base: &str, limit: usize) -> Vec<(String, String)> {
        let run = run_with(Sitemap { limit }, [], site(base));
        assert_eq!(run.error, None);
        let text = |(path, bytes)| (path, String::from_utf8(bytes).unwrap());
        run.emitted.into_iter().map(text).collect()
    }

    #[test]
    fn every_page_is_listed_by_its_url() {
        let files = built("https://example.org", LIMIT);
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
        let files = built("https://example.org", 2);
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
