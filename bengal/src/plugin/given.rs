//! What a plugin passes to functions of the table by a pointer: bytes, text, lists, and structs that grow.
//!
//! **Invariant:** what cannot be there is not looked for: nothing at null, nothing longer than memory, nothing
//! that is not aligned, no struct beyond the size that it gives itself.
#![expect(unsafe_code, reason = "plugins pass raw pointers")]

use std::mem::{MaybeUninit, offset_of, size_of};

use bengal_plugin::abi::{self, Bytes};

use super::call::Call;

/// The bytes that a plugin passes, while the function runs.
///
/// # Safety
/// There are as many bytes as it says, for as long as the function runs.
pub(super) unsafe fn bytes<'a>(call: &mut Call<'_>, bytes: Bytes) -> Option<&'a [u8]> {
    // SAFETY: as the caller promises.
    unsafe { slice(call, "bytes", bytes.data, bytes.length) }
}

/// What a plugin passes as so many of something, while the function runs. What cannot be, as no memory is
/// there or is so large, fails.
///
/// # Safety
/// There are as many as `length` says, for as long as the function runs.
pub(super) unsafe fn slice<'a, T>(
    call: &mut Call<'_>,
    what: &str,
    data: *const T,
    length: usize,
) -> Option<&'a [T]> {
    if length == 0 {
        return Some(&[]);
    }
    if data.is_null() {
        call.fail(format!("it gave a null pointer where there should be {what}"));
        return None;
    }
    let size = length.checked_mul(size_of::<T>()).and_then(|size| isize::try_from(size).ok());
    if size.is_none_or(|size| data.addr().checked_add(size.unsigned_abs()).is_none()) {
        call.fail(format!("it gave {length} {what}: no memory holds so many"));
        return None;
    }
    if !data.is_aligned() {
        call.fail(format!("it gave {what} at an address that is not aligned"));
        return None;
    }
    // SAFETY: as the caller promises; and what can be looked at was.
    Some(unsafe { std::slice::from_raw_parts(data, length) })
}

/// The text that a plugin passes, while the function runs.
///
/// # Safety
/// As [`bytes`].
pub(super) unsafe fn text<'a>(call: &mut Call<'_>, given: Bytes) -> Option<&'a str> {
    // SAFETY: as the caller promises.
    let text = std::str::from_utf8(unsafe { bytes(call, given) }?);
    if text.is_err() {
        call.fail("it gave text that is not UTF-8");
    }
    text.ok()
}

/// A struct that plugins pass, of which later minor versions have more.
///
/// # Safety
/// All its bytes zero are a value of it.
pub(super) unsafe trait Grows: Copy {
    /// What messages call it.
    const WHAT: &'static str;
    /// Its bytes in ABI 1.0. What is behind them is zero where a plugin does not know of it.
    const LEAST: usize;
}

/// Where a field of a struct ends: the struct's size in the version whose last field that was.
macro_rules! end {
    ($type:ty, $field:ident) => {{
        const fn size<T, F>(_: fn(&T) -> &F) -> usize {
            size_of::<F>()
        }
        offset_of!($type, $field) + size(|of: &$type| &of.$field)
    }};
}

// SAFETY: numbers, raw pointers, and functions that may be null.
unsafe impl Grows for abi::Stage {
    const WHAT: &'static str = "a stage";
    const LEAST: usize = end!(abi::Stage, drop);
}

// SAFETY: as above.
unsafe impl Grows for abi::Filter {
    const WHAT: &'static str = "a filter";
    const LEAST: usize = end!(abi::Filter, drop);
}

// SAFETY: as above.
unsafe impl Grows for abi::Tag {
    const WHAT: &'static str = "a tag";
    const LEAST: usize = end!(abi::Tag, drop);
}

// SAFETY: as above.
unsafe impl Grows for abi::Observer {
    const WHAT: &'static str = "an observer";
    const LEAST: usize = end!(abi::Observer, drop);
}

// SAFETY: as above.
unsafe impl Grows for abi::Diagnostic {
    const WHAT: &'static str = "a diagnostic";
    const LEAST: usize = end!(abi::Diagnostic, hint);
}

/// A struct that a plugin passes: as much of it as both know of.
///
/// # Safety
/// `given` is null, or points to as many bytes as its first four say.
pub(super) unsafe fn copied<T: Grows>(call: &mut Call<'_>, given: *const T) -> Option<T> {
    let (what, least) = (T::WHAT, T::LEAST);
    if given.is_null() {
        call.fail(format!("it gives a null pointer as {what}"));
        return None;
    }
    // SAFETY: every struct of the ABI begins with its size.
    let size = unsafe { given.cast::<u32>().read_unaligned() } as usize;
    if size < least {
        call.fail(format!("it gives {what} of {size} bytes, where the smallest has {least}"));
        return None;
    }
    let mut copy = MaybeUninit::<T>::zeroed();
    // SAFETY: there are `size` bytes, of which as many are copied as there is room for; what is not copied
    // is zero, which is sound.
    unsafe {
        let (from, to) = (given.cast::<u8>(), copy.as_mut_ptr().cast::<u8>());
        to.copy_from_nonoverlapping(from, size.min(size_of::<T>()));
        Some(copy.assume_init())
    }
}
