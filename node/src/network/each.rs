//! Keeps one of something for each class of messages, and locks what is shared.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Class;

/// Locks; whoever panicked with the lock held left nothing half done.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One of something for each class.
#[derive(Debug, Default)]
pub(super) struct Each<T> {
    consensus: T,
    bulk: T,
}

impl<T> Each<T> {
    pub fn new(mut make: impl FnMut(Class) -> T) -> Each<T> {
        Each { consensus: make(Class::Consensus), bulk: make(Class::Bulk) }
    }

    pub fn of(&self, class: Class) -> &T {
        match class {
            Class::Consensus => &self.consensus,
            Class::Bulk => &self.bulk,
        }
    }

    pub fn of_mut(&mut self, class: Class) -> &mut T {
        match class {
            Class::Consensus => &mut self.consensus,
            Class::Bulk => &mut self.bulk,
        }
    }
}
