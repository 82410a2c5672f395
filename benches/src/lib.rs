//! What bengal is measured with: seeded sites, timed processes, and the comparisons made of them.
//!
//! - [`site`] writes a site of any size from a seed; [`prose`] its pages; [`rng`] the chance in it.
//! - [`measure`] runs one process and says what it took; [`trial`] prepares and repeats such runs.
//! - [`compare`] sets bengal against the bare program (`src/bin/bare.rs`); [`scale`] against itself at other sizes.
//!
//! **Invariant:** a site is a pure function of its [`site::SiteSpec`]: the same spec, the same bytes.
//! **Invariant:** every figure is of a whole process, as the kernel accounts for it; nothing is
//! measured inside a process, so no program under test can flatter itself.

pub mod compare;
pub mod measure;
pub mod prose;
pub mod rng;
pub mod scale;
pub mod site;
pub mod trial;
