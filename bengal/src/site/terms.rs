//! Taxonomies: the terms that pages give themselves, and the pages that list them.

use std::collections::{HashMap, HashSet};

use rustc_hash::FxHashMap;

use super::assemble::Builder;
use super::{PageId, Taxonomy};
use crate::content::page::Kind;
use crate::content::permalink;
use crate::content::slug::{fold, slugify};
use crate::diagnostic::{Code, Diagnostic};
use crate::value::Text;

/// The pages that files make for taxonomies and terms: by the taxonomy, as an index of
/// [`crate::config::Config::taxonomies`], and the term's slug, which is empty for the taxonomy's own.
pub type Adopted = HashMap<(usize, String), PageId>;

/// Makes the pages `TAXONOMY/_index.md` and `TAXONOMY/TERM/_index.md` what their names say.
pub fn adopt(builder: &mut Builder<'_>) -> Adopted {
    let taxonomies = &builder.settings.config.taxonomies;
    let mut adopted = Adopted::new();
    for (id, page) in builder.pages.iter_mut().enumerate().filter(|(_, p)| p.kind == Kind::Section)
    {
        let Some(folder) = page.path.as_deref().and_then(|path| path.strip_suffix("/_index.md"))
        else {
            continue;
        };
        let (first, rest) = folder.split_once('/').unwrap_or((folder, ""));
        let taxonomy = taxonomies.iter().position(|taxonomy| *taxonomy.name == *first);
        let Some(taxonomy) = taxonomy.filter(|_| !rest.contains('/')) else { continue };
        let slug = if rest.is_empty() { String::new() } else { slugify(rest) };
        page.kind = if rest.is_empty() { Kind::Taxonomy } else { Kind::Term };
        page.taxonomy = Some(taxonomy);
        adopted.insert((taxonomy, slug), PageId::new(id));
    }
    adopted
}

/// A term in the making.
struct Term {
    name: Text,
    pages: Vec<PageId>,
    /// Its place in the order in which terms were met.
    met: usize,
}

/// Who names which term: by page in the total order, then as written there.
type Mentions = Vec<(PageId, usize)>;

/// Adds a page for each term and each taxonomy that has terms, and links pages with their terms.
/// `order` is the total order of pages.
pub fn build(builder: &mut Builder<'_>, order: &[PageId], adopted: &Adopted) -> Vec<Taxonomy> {
    let config = &builder.settings.config;
    let mut taxonomies = Vec::new();
    for (index, taxonomy) in config.taxonomies.iter().enumerate() {
        let (terms, mentions) = gather(builder, index, order);
        let existing = adopted.get(&(index, String::new())).copied();
        if terms.is_empty() && existing.is_none() {
            continue;
        }
        let pages = add_terms(builder, index, terms, adopted);
        link(builder, index, &mentions, &pages);
        let url = format!("/{}/", slugify(&taxonomy.name));
        let title = crate::content::slug::titleize(&taxonomy.name).into();
        let Some(page) = existing.or_else(|| builder.add(Kind::Taxonomy, &url, title)) else {
            continue;
        };
        let listing = &mut builder.pages[page.index()];
        listing.taxonomy = Some(index);
        listing.pages = pages.iter().map(|(term, _)| *term).collect();
        listing.section = Some(builder.home);
        for (term, _) in pages {
            builder.pages[term.index()].section = Some(page);
        }
        taxonomies.push(Taxonomy { name: taxonomy.name.clone(), page });
    }
    taxonomies
}

/// The terms of a taxonomy by name, each shown as first met in the total order, with its pages in it.
fn gather(builder: &Builder<'_>, taxonomy: usize, order: &[PageId]) -> (Vec<Term>, Mentions) {
    let mut terms: Vec<Term> = Vec::new();
    let mut mentions = Mentions::new();
    let mut by_name: FxHashMap<String, usize> = FxHashMap::default();
    for id in order {
        let page = &builder.pages[id.index()];
        let own = page.front.terms.iter().filter(|(of, _)| *of == taxonomy);
        for name in own.flat_map(|(_, names)| names).map(|name| name.trim()) {
            let folded = fold(name);
            let met = match by_name.get(&*folded) {
                Some(met) => *met,
                None if name.is_empty() => continue,
                None => {
                    let met = terms.len();
                    by_name.insert(folded.into_owned(), met);
                    terms.push(Term { name: name.into(), pages: Vec::new(), met });
                    met
                }
            };
            if terms[met].pages.last() != Some(id) {
                terms[met].pages.push(*id);
                mentions.push((*id, met));
            }
        }
    }
    terms.sort_by(|a, b| fold(&a.name).cmp(&fold(&b.name)));
    (terms, mentions)
}

/// Adds a page for each term; gives them in the terms' order, with the order in which they were met.
fn add_terms(
    builder: &mut Builder<'_>,
    taxonomy: usize,
    terms: Vec<Term>,
    adopted: &Adopted,
) -> Vec<(PageId, usize)> {
    let base = slugify(&builder.settings.config.taxonomies[taxonomy].name);
    let slugs = slugs(&terms);
    let mut pages = Vec::with_capacity(terms.len());
    for (term, slug) in terms.into_iter().zip(slugs) {
        let url = portable_url(&format!("/{base}/{slug}/"), builder.reports);
        let existing = adopted.get(&(taxonomy, slug)).copied();
        let id = existing.or_else(|| builder.add(Kind::Term, &url, term.name));
        let Some(id) = id else { continue };
        let page = &mut builder.pages[id.index()];
        page.taxonomy = Some(taxonomy);
        page.pages = term.pages.into();
        pages.push((id, term.met));
    }
    pages
}

/// `url`, with names altered that Windows refuses, which is reported.
fn portable_url(url: &str, reports: &mut Vec<Diagnostic>) -> String {
    let Ok(portable) = permalink::explicit(url) else { return url.to_owned() };
    if let Some(name) = portable.altered {
        let message = format!("Windows refuses a file named `{name}`; the URL is {}", portable.url);
        reports.push(Diagnostic::warning(Code::ReservedName, message));
    }
    portable.url
}

/// Gives each page the pages of its terms, in the order in which it names them.
fn link(
    builder: &mut Builder<'_>,
    taxonomy: usize,
    mentions: &Mentions,
    terms: &[(PageId, usize)],
) {
    let by_met: FxHashMap<usize, PageId> = terms.iter().map(|(id, met)| (*met, *id)).collect();
    for of_page in mentions.chunk_by(|a, b| a.0 == b.0) {
        let list = of_page.iter().filter_map(|(_, met)| by_met.get(met).copied()).collect();
        let page = &mut builder.pages[of_page[0].0.index()];
        let mut lists = std::mem::take(&mut page.terms).into_vec();
        lists.push((taxonomy, list));
        page.terms = lists.into();
    }
}

/// A slug for each term: those that collide get `-2`, `-3`, … in the order of their names.
fn slugs(terms: &[Term]) -> Vec<String> {
    let mut names: Vec<usize> = (0..terms.len()).collect();
    names.sort_by(|a, b| terms[*a].name.cmp(&terms[*b].name));
    let plain: HashSet<String> = terms.iter().map(|term| slugify(&term.name)).collect();
    let mut taken: HashSet<String> = HashSet::new();
    let mut next: HashMap<String, usize> = HashMap::new();
    let mut slugs = vec![String::new(); terms.len()];
    for at in names {
        let slug = slugify(&terms[at].name);
        let mut candidate = slug.clone();
        while taken.contains(&candidate) || (candidate != slug && plain.contains(&candidate)) {
            let number = next.entry(slug.clone()).or_insert(1);
            *number += 1;
            candidate = format!("{slug}-{number}");
        }
        taken.insert(candidate.clone());
        slugs[at] = candidate;
    }
    slugs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_that_collide_are_numbered_in_the_order_of_names() {
        let terms = |names: &[&str]| -> Vec<Term> {
            names.iter().map(|name| Term { name: (*name).into(), pages: vec![], met: 0 }).collect()
        };
        assert_eq!(slugs(&terms(&["C#", "C", "rust"])), ["c-2", "c", "rust"]);
        assert_eq!(slugs(&terms(&["c-2", "C#", "C"])), ["c-2", "c-3", "c"]);
    }
}
