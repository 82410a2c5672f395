//! `robots.txt`: every crawler may see everything, and here is the sitemap.
//!
//! Only of a site that has a host to itself (`base_url` is `https://HOST`), as crawlers look for it nowhere
//! else, and which has no file of that name itself. The option
//! `disallow`, a list of paths, shuts crawlers out of these.
//! Source of the format: RFC 9309.

use bengal_plugin::{
    Bundled, Error, Item, Items, Outbox, PerItem, Plugin, Purity, Registrar, Slot, Stage, Value,
    Work, Workers,
};

/// The plugin.
pub const PLUGIN: Bundled = bengal_plugin::bundled!(Robots, "robots");

struct Robots {
    base: String,
    disallow: Vec<String>,
}

impl Plugin for Robots {
    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        let mut disallow = Vec::new();
        if let Some(paths) = registrar.options().get("disallow") {
            for path in paths.iter() {
                let path = path.as_str().filter(|path| path.starts_with('/'));
                let path =
                    path.ok_or("the option `disallow` is a list of paths that begin with /")?;
                disallow.push(path.to_owned());
            }
        }
        let base = registrar.site().and_then(|site| site.get("base_url")).and_then(Value::as_str);
        let is_host = |base: &&str| base.split_once("://").is_some_and(|(_, at)| !at.contains('/'));
        match base.filter(is_host) {
            Some(base) => registrar.stage(Self { base: base.to_owned(), disallow }),
            None => Ok(()),
        }
    }
}

impl Stage for Robots {
    fn name(&self) -> &str {
        "robots"
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
        Work::PerItem(Box::new(Writer(self)))
    }
}

struct Writer<'s>(&'s Robots);

impl PerItem for Writer<'_> {
    fn process(&mut self, _item: &mut Item<'_>, _out: &mut Outbox<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn finish(&mut self, out: &mut Outbox<'_>) -> Result<(), Error> {
        let Robots { base, disallow } = self.0;
        if out.has_output(FILE) {
            return Ok(());
        }
        let mut text = String::from("User-agent: *\n");
        for path in disallow {
            text.push_str(&format!("Disallow: {path}\n"));
        }
        if disallow.is_empty() {
            // An empty one allows everything: older crawlers know no `Allow`.
            text.push_str("Disallow:\n");
        }
        // The sitemap's stage stands before this one, where there is one.
        if out.has_output("sitemap.xml") {
            text.push_str(&format!("\nSitemap: {base}/sitemap.xml\n"));
        }
        out.emit_output(FILE, text.as_bytes())
    }
}

const FILE: &str = "robots.txt";

#[cfg(test)]
mod tests {
    use bengal_plugin::Data;
    use bengal_plugin::testing::{register_with, run};

    use super::*;

    fn built(base: &str, disallow: &[&str]) -> Option<String> {
        let disallow = disallow.iter().map(|path| (*path).to_owned()).collect();
        let run = run(Robots { base: base.to_owned(), disallow }, []);
        let (_, bytes) = run.emitted.into_iter().next()?;
        Some(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn everything_is_allowed_but_what_is_not() {
        let all = built("https://example.org", &[]).unwrap();
        assert_eq!(all, "User-agent: *\nDisallow:\n");
        let some = built("https://example.org", &["/a/", "/b/"]).unwrap();
        assert_eq!(some, "User-agent: *\nDisallow: /a/\nDisallow: /b/\n");
    }

    #[test]
    fn options_are_paths() {
        let list = |path: &str| Data::map([("disallow", Data::List(vec![path.into()]))]);
        let site = || Data::map([("base_url", "https://example.org")]);
        assert_eq!(register_with::<Robots>(list("/a/"), site()).unwrap().0, ["robots"]);
        let below = Data::map([("base_url", "https://example.org/sub")]);
        for site in [Data::Nil, below] {
            assert_eq!(register_with::<Robots>(list("/a/"), site).unwrap().0, [""; 0]);
        }
        let refused = register_with::<Robots>(list("a"), site()).unwrap_err();
        assert!(refused.contains("begin with /"));
    }
}
