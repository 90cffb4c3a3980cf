//! Threads for work on many partners: with stacks for deep plans, and an answer that does not depend on their number.

use std::sync::Mutex;
use std::thread::{Builder, ScopedJoinHandle, available_parallelism, scope};

/// How many threads work at once; the answer does not depend on it.
const THREADS_MAX: usize = 16;

/// Deep plans make deep walks; the stack is reserved, not used.
pub const STACK_BYTES: usize = 256 << 20;

/// Divides items among threads, each with a stack for deep plans, and gives their answers in the items' order.
pub fn on_threads<T: Send, R: Send>(items: Vec<T>, work: &(dyn Fn(Vec<T>) -> R + Sync)) -> Vec<R> {
    let threads = available_parallelism()
        .map_or(1, usize::from)
        .min(THREADS_MAX);
    let share = items.len().div_ceil(threads).max(1);
    let mut shares: Vec<Mutex<Vec<T>>> = Vec::with_capacity(threads);
    let mut items = items.into_iter();
    loop {
        let next: Vec<T> = items.by_ref().take(share).collect();
        if next.is_empty() {
            break;
        }
        shares.push(Mutex::new(next));
    }
    let take = |share: &Mutex<Vec<T>>| {
        let mut share = share.lock().unwrap_or_else(|broken| broken.into_inner());
        std::mem::take(&mut *share)
    };
    scope(|threads| {
        let working: Vec<_> = shares
            .iter()
            .map(|share| {
                let thread = Builder::new().stack_size(STACK_BYTES);
                (
                    thread.spawn_scoped(threads, move || work(take(share))),
                    share,
                )
            })
            .collect();
        working
            .into_iter()
            .map(|(thread, share)| match thread.map(ScopedJoinHandle::join) {
                Ok(Ok(answer)) => answer,
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                // No thread to be had: then this one does the work.
                Err(_) => work(take(share)),
            })
            .collect()
    })
}

/// Does one piece of work beside another.
pub fn beside<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    scope(|threads| {
        let one = threads.spawn(one);
        let other = other();
        match one.join() {
            Ok(one) => (one, other),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Does one piece of work on a stack for deep plans.
pub fn on_deep_stack<R: Send>(work: &(dyn Fn() -> R + Sync)) -> R {
    let mut answers = on_threads(vec![()], &|_| work());
    answers.pop().unwrap_or_else(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_the_order_of_the_items_and_none_is_lost() {
        for count in [0, 1, 2, 17, 1_000] {
            let items: Vec<usize> = (0..count).collect();
            let answers = on_threads(items.clone(), &|part: Vec<usize>| part);
            assert_eq!(answers.concat(), items);
        }
        assert_eq!(on_deep_stack(&|| 7), 7);
        assert_eq!(beside(|| 1, || 2), (1, 2));
    }
}
