//! Independent pieces of work on as many threads as there are cores; the answers come in the order of the pieces.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Does something with each of some things.
pub fn each<T: Send, R: Send>(things: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(things.len());
    if threads < 2 {
        return things.into_iter().map(work).collect();
    }
    let count = things.len();
    let left: Mutex<VecDeque<(usize, T)>> = Mutex::new(things.into_iter().enumerate().collect());
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(count));
    let next = || {
        left.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((at, thing)) = next() {
                    let answer = work(thing);
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    done.push((at, answer));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_the_order_of_the_things() {
        for count in [0, 1, 2, 7, 100] {
            let things: Vec<u64> = (0..count).collect();
            let squares: Vec<u64> = things.iter().map(|thing| thing * thing).collect();
            assert_eq!(each(things, |thing| thing * thing), squares);
        }
    }
}
