//! What a plugin for bengal is written with.
//!
//! ```
//! use bengal_plugin::{Error, Item, Items, Outbox, PerItem, Plugin, Registrar, Slot, Stage, Work};
//!
//! struct Shout;
//!
//! impl Plugin for Shout {
//!     fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
//!         registrar.stage(Shout)
//!     }
//! }
//!
//! impl Stage for Shout {
//!     fn name(&self) -> &str {
//!         "shout"
//!     }
//!     fn slot(&self) -> Slot {
//!         Slot::after("parse")
//!     }
//!     fn items(&self) -> Items {
//!         Items::PAGE
//!     }
//!     fn start(&self) -> Work<'_> {
//!         Work::PerItem(Box::new(Shout))
//!     }
//! }
//!
//! impl PerItem for Shout {
//!     fn process(&mut self, page: &mut Item<'_>, _out: &mut Outbox<'_>) -> Result<(), Error> {
//!         let title = page.text("title").to_uppercase();
//!         page.set("title", title)
//!     }
//! }
//!
//! bengal_plugin::export!(Shout);
//! # fn main() {}
//! ```
//!
//! * [`stage`]: stages, the items that they see, and their outbox;
//! * [`plugin`]: what else a plugin can register: filters, tags, observers, values, templates;
//! * [`value`]: values of the host, and a plugin's own;
//! * [`testing`]: runs a stage on given pages, in `cargo test`, without a host;
//! * [`abi`]: the C ABI beneath it, which plugins in other languages use by `include/bengal_plugin.h`.
//!
//! **Invariant:** this crate depends on nothing, and nothing of Rust's own crosses to the host.

pub mod abi;
mod allocator;
#[doc(hidden)]
pub mod entry;
mod error;
pub mod plugin;
pub mod stage;
pub mod testing;
pub mod value;

pub use allocator::Allocator;
pub use error::Error;
pub use plugin::{Event, Filter, Observer, Options, Plugin, Registrar, Tag};
pub use stage::{
    Barrier, Diagnostic, Item, Items, Outbox, PerItem, Purity, Slot, Stage, Work, Workers,
};
pub use value::{Arguments, Data, Kind, Value};

/// The descriptor of a plugin named `name`.
#[doc(hidden)]
pub const fn descriptor(name: &str, version: &str) -> abi::Descriptor {
    abi::Descriptor {
        size: entry::size_of::<abi::Descriptor>(),
        abi_major: abi::ABI_MAJOR,
        abi_minor: abi::ABI_MINOR,
        magic: abi::MAGIC,
        panic: if cfg!(panic = "unwind") { abi::PANIC_UNWIND } else { abi::PANIC_ABORT },
        allocator: abi::ALLOCATOR_HOST,
        reserved: [0; 6],
        name: filled(name),
        version: filled(version),
    }
}

/// `text`, filled up with zeros.
const fn filled<const N: usize>(text: &str) -> [u8; N] {
    let bytes = text.as_bytes();
    assert!(bytes.len() < N, "a plugin's name has up to 63 bytes, its version up to 31");
    let mut filled = [0; N];
    let mut index = 0;
    while index < bytes.len() {
        filled[index] = bytes[index];
        index += 1;
    }
    filled
}

/// A plugin that is linked into the host.
#[derive(Clone, Copy, Debug)]
pub struct Bundled {
    /// What it is.
    pub descriptor: abi::Descriptor,
    /// Its entry.
    pub register: abi::Register,
}

/// A [`Bundled`] plugin of a type that is a [`Plugin`]; its name is the one that is given, its version the crate's.
#[macro_export]
macro_rules! bundled {
    ($plugin:ty, $name:expr) => {{
        #[expect(unsafe_code, reason = "the host calls it with raw pointers")]
        unsafe extern "C" fn register(
            host: *const $crate::abi::Host,
            call: *mut $crate::abi::Call,
        ) -> i32 {
            // SAFETY: the host keeps the entry's contract.
            unsafe { $crate::entry::register::<$plugin>(host, call, $crate::entry::Linked::Host) }
        }
        $crate::Bundled {
            descriptor: $crate::descriptor($name, env!("CARGO_PKG_VERSION")),
            register,
        }
    }};
}

/// Makes a library a plugin: exports its descriptor and its entry, and makes the host's allocator its own
/// (but in its tests, which have no host).
///
/// The plugin's name, where none is given, and its version are the crate's.
#[macro_export]
macro_rules! export {
    ($plugin:ty) => {
        $crate::export!($plugin, env!("CARGO_PKG_NAME"));
    };
    ($plugin:ty, $name:expr) => {
        #[cfg(not(test))]
        #[global_allocator]
        static BENGAL_ALLOCATOR: $crate::Allocator = $crate::Allocator;

        #[expect(unsafe_code, reason = "the host looks it up by its name")]
        #[unsafe(no_mangle)]
        #[allow(non_upper_case_globals, missing_docs, reason = "its name is the ABI's")]
        pub static bengal_plugin_v1: $crate::abi::Descriptor =
            $crate::descriptor($name, env!("CARGO_PKG_VERSION"));

        #[expect(unsafe_code, reason = "the host calls it, with raw pointers")]
        #[unsafe(no_mangle)]
        #[allow(missing_docs, reason = "its contract is the ABI's")]
        pub unsafe extern "C" fn bengal_register_v1(
            host: *const $crate::abi::Host,
            call: *mut $crate::abi::Call,
        ) -> i32 {
            // SAFETY: the host keeps the entry's contract.
            unsafe {
                $crate::entry::register::<$plugin>(host, call, $crate::entry::Linked::Library)
            }
        }
    };
}
