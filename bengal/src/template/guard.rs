//! Calls into the crate, which panics on some templates: a page must not take the build with it.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};

thread_local! {
    /// Whether this thread is in a guarded call, whose panics are reported as diagnostics.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// What `call` gives, or the message of its panic.
pub(super) fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    let before = GUARDED.replace(true);
    let done = panic::catch_unwind(AssertUnwindSafe(call));
    GUARDED.set(before);
    done.map_err(|payload| message(&*payload))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.and_then(|text| text.lines().next()).unwrap_or("for no reason that it gives").to_owned()
}

/// Keeps panics in guarded calls from being printed; all others are printed as before.
pub fn silence_guarded_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !GUARDED.get() {
            usual(info);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_its_message_and_the_guard_ends_with_the_call() {
        assert_eq!(guarded(|| GUARDED.get()), Ok(true));
        assert_eq!(guarded(|| -> u8 { panic!("at {}\nmore", 1) }), Err("at 1".to_owned()));
        assert!(!GUARDED.get());
    }
}
