//! The cores and the operating system's scheduler.
//!
//! Each core has a queue in the order of CPU time used. A woken thread goes to its last core if
//! that is idle, else to any idle one. Otherwise it queues on its last core and may preempt. A core
//! without threads takes one from the longest queue.

use std::collections::BTreeSet;

use gil_core::protocol::Protocol;

use super::run::{Due, Simulation};
use super::thread::{Activity, Place};

#[derive(Clone, Debug, Default)]
pub(super) struct Core {
    pub(super) current: Option<usize>,
    /// Counts plans: an event belongs to one of them.
    plan: u64,
    /// Counts dispatches: the end of a slice belongs to one of them.
    dispatch: u64,
    slice_armed: bool,
    /// When the current thread's present segment begins, or began.
    starts_ns: u64,
    dispatched_ns: u64,
    idle_since_ns: u64,
    last: Option<usize>,
    queue: BTreeSet<(u64, usize)>,
}

impl Core {
    pub(super) fn is_current(&self, plan: u64) -> bool {
        self.plan == plan
    }
}

impl<P: Protocol> Simulation<P> {
    /// The core that a woken thread would go to, and whether it is idle.
    fn core_for(&self, thread: usize) -> (usize, bool) {
        let last = self.threads[thread].last_core;
        if self.cores[last].current.is_none() {
            return (last, true);
        }
        let idle = self.cores.iter().position(|core| core.current.is_none());
        (idle.unwrap_or(last), idle.is_some())
    }

    fn is_deeply_idle(&self, core: usize) -> bool {
        self.now_ns - self.cores[core].idle_since_ns > self.costs.deep_idle_ns
    }

    /// What waking `thread` costs the waking thread.
    pub(super) fn wake_cost(&self, thread: usize) -> u64 {
        let (core, idle) = self.core_for(thread);
        let far = idle && self.is_deeply_idle(core);
        if far { self.costs.wake_idle_ns } else { self.costs.wake_ns }
    }

    /// `thread` needs a core.
    pub(super) fn make_ready(&mut self, thread: usize) {
        let (core, idle) = self.core_for(thread);
        (0..self.cores.len()).for_each(|core| self.account(core));
        let running = self.cores.iter().filter_map(|core| core.current);
        let least = running.map(|thread| self.threads[thread].runtime_ns).min();
        let floor = least.unwrap_or_default().saturating_sub(self.costs.sleeper_credit_ns);
        let runtime = self.threads[thread].runtime_ns.max(floor);
        self.threads[thread].runtime_ns = runtime;
        self.threads[thread].place = Place::Ready;
        if idle {
            let deep = self.is_deeply_idle(core);
            let start = if deep { self.costs.start_deep_ns } else { self.costs.start_ns };
            let start = self.varied(start);
            return self.dispatch(core, thread, start);
        }
        self.cores[core].queue.insert((runtime, thread));
        let current = self.cores[core].current.map_or(0, |now| self.threads[now].runtime_ns);
        if current > runtime + self.costs.wake_up_granularity_ns {
            self.preempt(core);
        } else {
            self.arm_slice(core);
        }
    }

    fn dispatch(&mut self, core: usize, thread: usize, delay_ns: u64) {
        let now = self.now_ns;
        let place = &mut self.cores[core];
        let switches = place.last.is_some_and(|last| last != thread);
        place.current = Some(thread);
        place.last = Some(thread);
        place.dispatch += 1;
        place.slice_armed = false;
        place.dispatched_ns = now;
        place.starts_ns = now + delay_ns;
        let thread = &mut self.threads[thread];
        thread.place = Place::On(core);
        thread.last_core = core;
        if switches {
            self.context_switches += 1;
            thread.overhead_ns += self.costs.context_switch_ns;
        }
        if !self.cores[core].queue.is_empty() {
            self.arm_slice(core);
        }
        self.plan(core);
    }

    fn arm_slice(&mut self, core: usize) {
        let place = &mut self.cores[core];
        if !std::mem::replace(&mut place.slice_armed, true) {
            let at_ns = self.now_ns.max(place.dispatched_ns + self.costs.slice_ns);
            let dispatch = place.dispatch;
            self.at(at_ns, Due::Slice { core, dispatch });
        }
    }

    /// A slice is over.
    pub(super) fn end_slice(&mut self, core: usize, dispatch: u64) {
        if self.cores[core].dispatch != dispatch {
            return;
        }
        self.cores[core].slice_armed = false;
        self.account(core);
        let runs = self.cores[core].current.map(|thread| self.threads[thread].runtime_ns);
        let waits = self.cores[core].queue.first().map(|(runtime, _)| *runtime);
        match (runs, waits) {
            (Some(runs), Some(waits)) if waits <= runs => self.preempt(core),
            (Some(_), Some(_)) => {
                self.cores[core].dispatched_ns = self.now_ns;
                self.arm_slice(core);
            }
            _ => {}
        }
    }

    fn preempt(&mut self, core: usize) {
        self.account(core);
        if let Some(thread) = self.cores[core].current.take() {
            self.threads[thread].place = Place::Ready;
            let runtime = self.threads[thread].runtime_ns;
            self.cores[core].queue.insert((runtime, thread));
        }
        self.pick(core);
    }

    /// The current thread of `core` sleeps or has ended.
    pub(super) fn leave_core(&mut self, core: usize) {
        self.cores[core].current = None;
        self.cores[core].plan += 1;
        self.pick(core);
    }

    fn pick(&mut self, core: usize) {
        let mine = self.cores[core].queue.pop_first();
        let next = mine.or_else(|| {
            let longest = self.cores.iter().enumerate().max_by_key(|(_, core)| core.queue.len());
            let (longest, _) = longest?;
            self.cores[longest].queue.pop_first()
        });
        match next {
            Some((_, thread)) => self.dispatch(core, thread, 0),
            None => {
                self.cores[core].plan += 1;
                self.cores[core].idle_since_ns = self.now_ns;
            }
        }
    }

    /// Charges the current thread of `core` for the time since its segment began.
    pub(super) fn account(&mut self, core: usize) {
        let Some(thread) = self.cores[core].current else { return };
        let place = &mut self.cores[core];
        let ran = self.now_ns.saturating_sub(place.starts_ns);
        place.starts_ns = place.starts_ns.max(self.now_ns);
        let thread = &mut self.threads[thread];
        thread.runtime_ns += ran;
        let overhead = ran.min(thread.overhead_ns);
        thread.overhead_ns -= overhead;
        self.lost_ns += overhead;
        let work = (ran - overhead).min(thread.left_ns);
        if matches!(thread.activity, Activity::Compute | Activity::Call) {
            thread.left_ns -= work;
        }
        if thread.activity == Activity::Compute {
            thread.done_ns += work;
        }
    }

    /// Plans the next event on `core`.
    pub(super) fn plan(&mut self, core: usize) {
        let Some(thread) = self.cores[core].current else { return };
        let span = self.span(thread);
        let place = &mut self.cores[core];
        place.plan += 1;
        let at_ns = place.starts_ns.max(self.now_ns) + self.threads[thread].overhead_ns + span;
        let plan = place.plan;
        self.at(at_ns, Due::Segment { core, plan });
    }
}
