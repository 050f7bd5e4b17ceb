//! Independent jobs on all cores, their results in the order of the jobs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// How many jobs run at once: one for each core, at most 8.
#[must_use]
pub fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, |cores| cores.get().min(8))
}

/// Runs every job and returns the results in the order of the jobs, whichever ended first. Start
/// expensive jobs first. `done` is called for each finished job.
///
/// ```
/// use gil_verify::parallel;
/// let mut through = 0;
/// let squares = parallel::map(&[1, 2, 3], |n| *n, |n| n * n, |_| through += 1);
/// assert_eq!((squares, through), (vec![1, 4, 9], 3));
/// ```
///
/// # Panics
/// When a job panics.
pub fn map<J: Sync, R: Send, C: Ord>(
    jobs: &[J],
    cost: impl Fn(&J) -> C,
    perform: impl Fn(&J) -> R + Sync,
    mut done: impl FnMut(&J),
) -> Vec<R> {
    let mut order: Vec<usize> = (0..jobs.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(cost(&jobs[*index])));
    let mut results: Vec<Option<R>> = jobs.iter().map(|_| None).collect();
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..workers().min(jobs.len()) {
            let (send, order, next, perform) = (send.clone(), &order, &next, &perform);
            scope.spawn(move || {
                // Each job once: the counter orders nothing else.
                while let Some(&index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if send.send((index, perform(&jobs[index]))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        for (index, result) in receive {
            done(&jobs[index]);
            results[index] = Some(result);
        }
    });
    results.into_iter().map(|result| result.expect("every job was done")).collect()
}
