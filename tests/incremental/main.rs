//! A build upon an earlier one equals a clean build.
//!
//! [`world`] is a site on the disk: edits are made to it, it is built as users build it, and each build is
//! compared with one into an empty directory, from no state ([`compare`]). Around it:
//!
//! * [`random`] makes random [`sites`] and random [`edits`] of them; what fails is made small
//!   ([`shrink`]) and printed as a [`recipe`];
//! * the other modules are such recipes, by what they edit; a divergence that was found becomes one;
//! * [`kill`] kills builds.
//!
//! **Invariant:** after every build the output directory holds the files of a clean build, byte for byte,
//! and what others have put there; diagnostics, counts and exit code are a clean build's.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod compare;
mod dice;
mod edit;
mod edits;
mod kill;
mod random;
mod recipe;
mod shrink;
mod sites;
mod words;
mod world;

mod clock;
mod content;
mod data;
mod lists;
mod output;
mod plugins;
mod rendered;
mod state;
mod templates;

#[expect(dead_code, reason = "the suite's, of which this needs a part")]
#[path = "../suite/generator.rs"]
mod generator;
#[path = "../plugins/libraries.rs"]
mod libraries;
#[expect(dead_code, reason = "the suite's, of which this needs a part")]
#[path = "../suite/support.rs"]
mod support;
