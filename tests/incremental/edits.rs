//! Random edits of a site, as people make them, and as things go wrong.

use crate::dice::Dice;
use crate::edit::{Damage, Edit, Shape, Tamper};
use crate::generator;
use crate::sites::{page, page_path, section, split, template, with_field};
use crate::words::*;
use crate::world::World;

/// What happens before the next build: mostly one edit, now and then several, rarely none.
pub fn step(dice: &mut Dice, world: &mut World, past: &[(String, String)]) -> Vec<Edit> {
    let count = match dice.below(10) {
        0 => 0,
        1..7 => 1,
        7 | 8 => 2,
        _ => dice.within(3, 6),
    };
    let mut edits = Vec::new();
    if world.last().code > 1 && dice.chance(60) {
        // Else a site that is refused stays so for long.
        let mended = Edit::Write("bengal.yaml".into(), "title: Mended\n".into());
        world.apply(&mended);
        edits.push(mended);
    }
    for _ in 0..count {
        // Some kinds of edit find nothing that they could be done to.
        let made = (0..20).find_map(|_| random(dice, world, past)).unwrap_or_default();
        made.iter().for_each(|edit| world.apply(edit));
        edits.extend(made);
    }
    edits
}

type Kind = fn(&mut Dice, &World) -> Option<Vec<Edit>>;

/// The kinds of edit, and how often each is made.
const KINDS: &[(usize, Kind)] = &[
    (12, body),
    (14, field),
    (4, new_page),
    (2, odd_page),
    (5, remove_page),
    (5, move_page),
    (2, swap),
    (2, folder),
    (6, cascade),
    (7, edit_template),
    (5, other_template),
    (3, layout),
    (6, data),
    (6, config),
    (4, file),
    (7, tamper),
    (2, mine),
    (3, damage),
    (7, shape),
    (6, unseen),
    (1, |_, _| Some(vec![Edit::Checkout])),
];

/// An edit that adds, removes, renames or changes pages.
pub fn of_pages(dice: &mut Dice, world: &World) -> Option<Vec<Edit>> {
    let kinds: [Kind; 8] =
        [body, field, new_page, new_page, remove_page, move_page, folder, cascade];
    kinds[dice.below(kinds.len())](dice, world)
}

fn random(dice: &mut Dice, world: &World, past: &[(String, String)]) -> Option<Vec<Edit>> {
    let total: usize = KINDS.iter().map(|(weight, _)| weight).sum();
    // A file as it was before: what was remembered of it must not come back unasked.
    if !past.is_empty() && dice.chance(5) {
        let (path, text) = &past[dice.below(past.len())];
        return Some(vec![Edit::Write(path.clone(), text.clone())]);
    }
    let mut at = dice.below(total);
    let found = KINDS.iter().find(|(weight, _)| {
        let is_it = at < *weight;
        at = at.wrapping_sub(*weight);
        is_it
    });
    found.and_then(|(_, kind)| kind(dice, world))
}

/// A file of the site that `is_one` says yes to.
fn some(dice: &mut Dice, world: &World, is_one: impl Fn(&str) -> bool) -> Option<(String, String)> {
    let own = world.files().iter().filter(|(path, _)| is_one(path));
    dice.one_of(own.map(|(path, text)| (path.clone(), text.clone())).collect())
}

fn is_page(path: &str) -> bool {
    path.starts_with("content/") && path.ends_with(".md")
}

fn is_template(path: &str) -> bool {
    path.ends_with(".liquid")
}

fn write(path: impl Into<String>, text: String) -> Option<Vec<Edit>> {
    Some(vec![Edit::Write(path.into(), text)])
}

fn body(dice: &mut Dice, world: &World) -> Option<Vec<Edit>> {
    let (path, text) = some(dice, world, is_page)?;
    let part = dice.pick(BODY);
    let (front, body) = split(&text);
    let new = match dice.below(4) {
        0 => format!("{part}{body}"),
        1 => part.to_owned(),
        2 => body.split_inclusive("\n\n").skip(1).collect(),
        _ => format!("{body}{part}"),
    };
    write(path, format!("---\n{front}---\n{new}"))
}

fn field(dice: &mut Dice, world: &World) -> Option<Vec<Edit>> {
    let (path, text) = some(dice, world, is_page)?;
    let (key, values) = FIELDS[dice.below(FIELDS.len())];
    let value = dice.chance(70).then(|| dice.pick(values));
    write(path, with_field(&text, key, value))
}

fn new_page(dice: &mut Dice, _world: &World) -> Option<Vec<Edit>> {
    let (path, text) = (page_path(dice), page(dice));
    write(path, text)
}

/// A page whose name collides, or whose front matter is wrong.
fn odd_page(dice: &mut Dice, _world: &World) -> Option<Vec<Edit>> {
    let (path, text) = (dice.value(generator::paths()), dice.value(generator::pages()));
    write(path, text)
}

fn remove_page(dice: &mut Dice, world: &World) -> Option<Vec<Edit>> {
    let (path, _) = some(dice, world, |path| path.starts_with("content/"))?;
    Some(vec![Edit::Remove(path)])
}

fn move_page(dice: &mut Dice, world: &World) -> Option<Vec<Edit>> {
    let (path, _) = some(dice, world, is_page)?;
    Some(vec![Edit::Move(path, page_path(dice))])
}

/// Two files change places.
fn swap(dice: &mut Dice, world: &World) -> Option<Vec<Edit>> {
    let (one, _) = some(dice, world, is_page)?;
    let (other, _) = some(dice, world, |path| is_page(path) && path != one)?;
    let aside = "aside.md".to_owned();
    let edits = [(&one, &aside), (&other, &one), (&aside, &other)];
    Some(edits.map(|(from, to)| Edit::Move(from.clone(), to.clone())).to_vec())
}

fn folder(dice: &mut Dice, _world: &World) -> Option<Vec<Edit>> {
    let named = |dice: &mut Dice| dice.pick(&FOLDERS[1..]).trim_end_matches('/').to_owned();
    let (from, to) = (format!("content/{}", named(dice)), format!("content/{}", named(dice)));
    Some(vec![if dice.chance(30) { Edit::Remove(from) } else { Edit::Move(from, to) }])
}

fn cascade(dice: &mut Dice, world: &World) -> Option<Vec<Edit>> {
    let path = format!("content/{}_index.md", dice.pick(FOLDERS));
    let Some(text) = world.files().get(&path) else {
        let text = section(dice);
        return write(path, text);
    };
    let value = dice.chance(60).then(|| dice.pick(CASCADES));
    write(path, with_field(text, "cascade", value))
}

fn edit_template(dice: &mut Dice, world: &World) -> Option<Vec<Edit>> {
    let (path, text) = some(dice, world, is_template)?;
    let parts = if dice.chance(8) { RISKY } else { PARTS };
    let part = dice.pick(parts);
    let new = match dice.below(3) {
        0 => template(dice, "{{ page.content }}{{ content }}"),
        1 if text.lines().count() > 2 && !text.starts_with("---") => {
            text.split_inclusive('\n').skip(1).collect()
        }
        _ => text + part,
    };
    write(path, new)
}

/// A template that stands before another, or behind it, comes or goes.
fn other_template(dice: &mut Dice, world: &World) -> Option<Vec<Edit>> {
    let path = dice.pick(MORE_TEMPLATES);
    if world.files().contains_key(path) {
        return Some(vec![Edit::Remove(path.to_owned())]);
    }
    let text = template(dice, "{{ page.content }}{{ content }}");
    write(path, text)
}

fn layout(dice: &mut Dice, world: &World) -> Option<Vec<Edit>> {
    let (path, text) = some(dice, world, is_template)?;
    let value = dice.chance(70).then(|| dice.pick(LAYOUTS));
    write(path, with_field(&text, "layout", value))
}

fn data(dice: &mut Dice, world: &World) -> Option<Vec<Edit>> {
    let (path, texts) = DATA[dice.below(DATA.len())];
    if world.files().contains_key(path) && dice.chance(30) {
        return Some(vec![Edit::Remove(path.to_owned())]);
    }
    write(path, dice.pick(texts).to_owned())
}

fn config(dice: &mut Dice, world: &World) -> Option<Vec<Edit>> {
    let text = world.files().get("bengal.yaml").map_or("", String::as_str);
    let (key, mut values) = CONFIG[dice.below(CONFIG.len())];
    if key == "plugins" && text.contains("path:") {
        values = LIBRARIES;
    }
    let value = dice.chance(60).then(|| dice.pick(values));
    let lines = with_field(&format!("---\n{text}---\n"), key, value);
    write("bengal.yaml", lines[4..lines.len() - 4].to_owned())
}

fn file(dice: &mut Dice, world: &World) -> Option<Vec<Edit>> {
    let path = dice.pick(FILES);
    match world.files().get(path) {
        Some(_) if dice.chance(50) => Some(vec![Edit::Remove(path.to_owned())]),
        Some(text) => write(path, format!("{text}more {{{{ page.title }}}}\n")),
        None => write(path, format!("{path}\n")),
    }
}

fn tamper(dice: &mut Dice, world: &World) -> Option<Vec<Edit>> {
    let tamper = [
        Tamper::Append,
        Tamper::Unseen,
        Tamper::Truncate,
        Tamper::Remove,
        Tamper::Folder,
        Tamper::Link,
        Tamper::RemoveFolder,
    ][dice.below(7)];
    Some(vec![Edit::Tamper(tamper, dice.one_of(world.outputs())?)])
}

/// Somebody's file, beside one of bengal's.
fn mine(dice: &mut Dice, world: &World) -> Option<Vec<Edit>> {
    let beside = dice.one_of(world.outputs())?;
    let folder = beside.rsplit_once('/').map_or("", |(folder, _)| folder);
    let name = dice.pick(&["mine.txt", "own/mine.html"]);
    Some(vec![Edit::Mine(format!("{folder}/{name}").trim_start_matches('/').to_owned())])
}

fn damage(dice: &mut Dice, _world: &World) -> Option<Vec<Edit>> {
    let (file, at) = (dice.below(100), dice.below(1000) as u64);
    let damage = match dice.below(9) {
        0 | 1 => Damage::Truncate(file, at),
        2 | 3 => Damage::Flip(file, at),
        4 => Damage::Garbage(file),
        5 | 6 => Damage::Remove(file),
        7 => Damage::All,
        _ => Damage::Output,
    };
    let mut edits = vec![Edit::Damage(damage)];
    if dice.chance(30) {
        edits.push(Edit::Damage(Damage::Remove(dice.below(100))));
    }
    Some(edits)
}

fn shape(dice: &mut Dice, world: &World) -> Option<Vec<Edit>> {
    let mut shape = world.shape().clone();
    let flip = |flag: &mut bool| *flag = !*flag;
    match dice.below(9) {
        0 => flip(&mut shape.drafts),
        1 => flip(&mut shape.future),
        2 => flip(&mut shape.expired),
        3 => flip(&mut shape.strict),
        4 => shape.base_url = [None, Some("https://y.org"), Some("/path")][dice.below(3)],
        5 => shape = Shape::default(),
        6 => shape.jobs = [1, 2, 8][dice.below(3)],
        _ => shape.now = MOMENTS[dice.below(MOMENTS.len())],
    }
    Some(vec![Edit::Shape(shape)])
}

/// Another text of the same size, at the same time.
fn unseen(dice: &mut Dice, world: &World) -> Option<Vec<Edit>> {
    let (path, text) = some(dice, world, |path| path != "bengal.yaml")?;
    let pairs =
        [("text", "TEXT"), ("Alpha", "Omega"), ("red", "sad"), ("title", "color"), ("p1", "p2")];
    let (from, to) = pairs[dice.below(pairs.len())];
    let new = text.replace(from, to);
    (new != text).then(|| vec![Edit::WriteUnseen(path, new)])
}
