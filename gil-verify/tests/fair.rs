//! The search for fair loops, on graphs of three to five states: the typical bugs of liveness
//! checkers, one by one, and all small graphs at random, compared with a search of all subsets.

#![cfg(not(loom))]

use gil_verify::explorer::fair::{Arena, Edge, Fairness, Lasso, Place, search};
use proptest::prelude::*;

/// The threads of the graphs below.
const A: usize = 0;
const B: usize = 1;
const C: usize = 2;

const BOTH: [Fairness; 2] = [Fairness::Weak, Fairness::Strong];

/// A state: which threads are pressed in it, and the edges of each thread.
type Node<'a> = (&'a [usize], &'a [(usize, usize)]);

/// A graph in which fairness guarantees every edge.
fn arena(threads: usize, nodes: &[Node]) -> Arena {
    let edges = nodes.iter().map(|(_, edges)| {
        edges.iter().map(|&(thread, to)| Edge { thread, fair: true, to }).collect()
    });
    let pressed = nodes.iter().map(|(pressed, _)| (0..threads).map(|t| pressed.contains(&t)));
    Arena { threads, edges: edges.collect(), pressed: pressed.map(Iterator::collect).collect() }
}

/// A search from state 0 on, in which the promise is fulfilled in these states only.
fn find(arena: &Arena, kept: &[usize], fairness: Fairness) -> Option<Lasso> {
    let open: Vec<_> = (0..arena.edges.len()).map(|state| !kept.contains(&state)).collect();
    let begins = open.clone();
    let found = search(arena, &open, &begins, fairness);
    found.inspect(|lasso| check(arena, &open, &begins, fairness, lasso))
}

/// The states of a path, if it is one from `from`.
fn states(arena: &Arena, from: usize, way: &[Place]) -> Vec<usize> {
    let mut states = vec![from];
    for &(state, place) in way {
        assert_eq!(
            states.last(),
            Some(&state),
            "each edge begins where the last one ended: {way:?}"
        );
        states.push(arena.edges[state][place].to);
    }
    states
}

/// A lasso is one run: a path, and a path from its end back to it, which is fair and never fulfils
/// the promise.
fn check(arena: &Arena, open: &[bool], begins: &[bool], fairness: Fairness, lasso: &Lasso) {
    let stem = states(arena, 0, &lasso.stem);
    let entry = stem[stem.len() - 1];
    let circle = states(arena, entry, &lasso.circle);
    assert_eq!(circle.last(), Some(&entry), "the loop closes: {lasso:?}");
    let broken = (0..stem.len()).rev().take_while(|at| open[stem[*at]]);
    assert!(broken.into_iter().any(|at| begins[stem[at]]), "the promise begins: {lasso:?}");
    assert!(circle.iter().all(|state| open[*state]), "the promise is not kept: {lasso:?}");
    for thread in 0..arena.threads {
        let edge = |(state, place): &Place| arena.edges[*state][*place];
        let acts = lasso.circle.iter().map(edge).any(|e| e.thread == thread && e.fair);
        assert_eq!(lasso.acts[thread], acts, "thread {thread} in {lasso:?}");
        let pressed = |state: &usize| arena.pressed[*state][thread];
        let must = match fairness {
            Fairness::Weak => circle.iter().all(pressed),
            Fairness::Strong => circle.iter().any(pressed),
            Fairness::None => false,
        };
        assert!(acts || !must, "{fairness:?} forbids it to thread {thread}: {lasso:?}");
    }
}

#[test]
fn unfair_loop_is_not_reported() {
    // A alternates between two states; B, pressed all the time, never acts.
    let arena = arena(2, &[(&[A, B], &[(A, 1), (B, 2)]), (&[A, B], &[(A, 0)]), (&[], &[])]);
    for fairness in BOTH {
        assert_eq!(find(&arena, &[2], fairness), None, "{fairness:?}");
    }
}

#[test]
fn fairness_assumption_is_met_by_a_fair_edge_only() {
    let mut arena = arena(1, &[(&[A], &[(A, 0)]), (&[], &[]), (&[], &[])]);
    assert!(find(&arena, &[], Fairness::Weak).is_some());
    arena.edges[0][0].fair = false; // it gives up repeatedly, and never runs its section
    for fairness in BOTH {
        assert_eq!(find(&arena, &[], fairness), None, "{fairness:?}: no run reaches 1 and 2");
    }
}

#[test]
fn fairness_is_judged_on_the_violating_part() {
    // With state 2 the loop is fair to B, but in state 2 the promise is fulfilled.
    let nodes: [Node; 3] = [(&[A, B], &[(A, 1), (B, 2)]), (&[A, B], &[(A, 0)]), (&[B], &[(B, 0)])];
    let arena = arena(2, &nodes);
    for fairness in BOTH {
        assert!(
            find(&arena, &[], fairness).is_some(),
            "{fairness:?}: without a promise fulfilled in 2"
        );
        assert_eq!(find(&arena, &[2], fairness), None, "{fairness:?}");
    }
}

#[test]
fn fairness_is_judged_on_the_component_alone() {
    // B acts in the open part, but leaves the loop for a state that A must leave.
    let nodes: [Node; 4] =
        [(&[A, B], &[(A, 1), (B, 2)]), (&[A, B], &[(A, 0)]), (&[A], &[(A, 3)]), (&[], &[])];
    let arena = arena(2, &nodes);
    for fairness in BOTH {
        assert_eq!(find(&arena, &[3], fairness), None, "{fairness:?}");
    }
}

#[test]
fn stutter_breaks_a_promise_where_no_thread_is_pressed() {
    let asleep = arena(2, &[(&[A], &[(A, 1)]), (&[], &[]), (&[], &[])]);
    for fairness in BOTH {
        let lasso = find(&asleep, &[], fairness).expect("both sleep in state 1");
        assert_eq!((lasso.stem.len(), lasso.circle.len()), (1, 0), "{fairness:?}: {lasso:?}");
        assert_eq!(lasso.acts, [false, false]);
    }
}

#[test]
fn stutter_where_a_thread_is_pressed_is_unfair() {
    let awake = arena(2, &[(&[A], &[(A, 1)]), (&[B], &[(B, 2)]), (&[], &[])]);
    for fairness in BOTH {
        assert_eq!(find(&awake, &[2], fairness), None, "{fairness:?}");
    }
}

#[test]
fn intermittent_press_separates_weak_and_strong_fairness() {
    // The battle: B is pressed in state 0 only, and A reacquires before B has run.
    let arena = arena(2, &[(&[A, B], &[(A, 1), (B, 2)]), (&[A], &[(A, 0)]), (&[], &[])]);
    let weak = find(&arena, &[2], Fairness::Weak).expect("B is not pressed in state 1");
    assert_eq!((weak.circle.len(), weak.acts), (2, vec![true, false]));
    assert_eq!(find(&arena, &[2], Fairness::Strong), None);
}

#[test]
fn strong_fairness_is_not_met_by_a_rest() {
    // B is pressed in state 0 alone: its rest in state 1 makes the loop 0, 1 fair in the weak
    // sense.
    let nodes: [Node; 3] = [(&[A, B], &[(A, 1), (B, 2)]), (&[A], &[(A, 0)]), (&[A], &[(A, 0)])];
    let weak = find(&arena(2, &nodes), &[], Fairness::Weak).expect("a loop");
    assert_eq!((weak.circle.len(), weak.acts), (2, vec![true, false]));
    let strong = find(&arena(2, &nodes), &[], Fairness::Strong).expect("a loop");
    assert_eq!(strong.acts, [true, true]);
}

#[test]
fn unreachable_loop_is_not_reported() {
    let arena = arena(1, &[(&[A], &[(A, 1)]), (&[], &[]), (&[A], &[(A, 2)])]);
    for fairness in BOTH {
        assert_eq!(find(&arena, &[1], fairness), None, "{fairness:?}: state 2 is not reached");
    }
}

/// Each removal enables the next: A never acts and is pressed in 0; without 0, B never acts and is
/// pressed in 1; C alternates between the rest.
const TWICE: [Node<'static>; 5] = [
    (&[A, C], &[(A, 4), (C, 1)]),
    (&[B, C], &[(B, 0), (C, 2)]),
    (&[C], &[(C, 3), (C, 1)]),
    (&[C], &[(C, 2)]),
    (&[], &[]),
];

#[test]
fn strong_fairness_removes_states_to_a_fixpoint() {
    let lasso = find(&arena(3, &TWICE), &[4], Fairness::Strong).expect("C alone");
    let circle: Vec<_> = lasso.circle.iter().map(|(state, _)| *state).collect();
    assert_eq!((circle, lasso.acts), (vec![2, 3], vec![false, false, true]));
}

#[test]
fn loop_that_breaks_in_the_second_removal_is_not_reported() {
    let mut nodes = TWICE;
    nodes[2] = (&[B, C], &[(C, 3), (C, 1), (B, 4)]);
    let arena = arena(3, &nodes);
    assert_eq!(find(&arena, &[4], Fairness::Strong), None, "state 3 alone is unfair to C");
    assert!(find(&arena, &[4], Fairness::Weak).is_some());
}

#[test]
fn real_loop_is_found_under_both_kinds_of_fairness() {
    // Every thread acts, the loop is fair to all, and the promise is never fulfilled.
    let all: &[usize] = &[A, B, C];
    let arena =
        arena(3, &[(all, &[(A, 1), (B, 3)]), (all, &[(B, 2)]), (all, &[(C, 0)]), (&[], &[])]);
    for fairness in BOTH {
        let lasso = find(&arena, &[3], fairness).expect("a real loop");
        assert_eq!((lasso.circle.len(), lasso.acts), (3, vec![true; 3]), "{fairness:?}");
    }
}

#[test]
fn lasso_is_a_path_through_the_component() {
    // Two loops through state 1: fair only if the run takes both, one after the other.
    let all: &[usize] = &[A, B, C];
    let nodes: [Node; 4] =
        [(all, &[(A, 1)]), (all, &[(A, 2), (A, 3)]), (all, &[(B, 1)]), (all, &[(C, 1)])];
    for fairness in BOTH {
        let lasso = find(&arena(3, &nodes), &[], fairness).expect("both loops");
        assert_eq!((lasso.stem.len(), lasso.circle.len()), (1, 4), "{lasso:?}");
        assert_eq!(lasso.acts, [true; 3]);
    }
}

#[test]
fn stem_passes_through_the_start_of_the_promise() {
    // The short path to the loop in state 2 misses state 1, where the promise begins.
    let nodes: [Node; 3] = [(&[], &[(A, 2), (A, 1)]), (&[A], &[(A, 2)]), (&[A], &[(A, 2)])];
    let arena = arena(1, &nodes);
    let (open, begins) = ([true; 3], [false, true, false]);
    for fairness in BOTH {
        let lasso = search(&arena, &open, &begins, fairness).expect("a loop");
        check(&arena, &open, &begins, fairness, &lasso);
        assert_eq!(lasso.stem, [(0, 1), (1, 0)]);
    }
}

#[test]
fn promise_kept_on_the_stem_is_not_broken_by_the_loop() {
    // It begins in 1 and is fulfilled in 2, before the loop in 3.
    let nodes: [Node; 4] =
        [(&[], &[(A, 1)]), (&[A], &[(A, 2)]), (&[], &[(A, 3)]), (&[A], &[(A, 3)])];
    let arena = arena(1, &nodes);
    for fairness in BOTH {
        let open = [true, true, false, true];
        assert_eq!(search(&arena, &open, &[false, true, false, false], fairness), None);
    }
}

/// Whether a fair run stays in some set of open states, by trying all sets: a run ends in a
/// strongly connected set, and taking every edge inside it is the fairest run.
fn any_subset(arena: &Arena, open: &[bool], begins: &[bool], fairness: Fairness) -> bool {
    let count = arena.edges.len();
    let targets = |state: usize, allowed: &dyn Fn(usize) -> bool| -> Vec<usize> {
        arena.edges[state].iter().map(|edge| edge.to).filter(|to| allowed(*to)).collect()
    };
    let reach = |from: Vec<usize>, allowed: &dyn Fn(usize) -> bool| -> Vec<bool> {
        let (mut reached, mut stack) = (vec![false; count], from);
        while let Some(state) = stack.pop() {
            if !std::mem::replace(&mut reached[state], true) {
                stack.extend(targets(state, allowed));
            }
        }
        reached
    };
    let starts = (0..count).filter(|state| open[*state] && begins[*state]).collect();
    let violating = reach(starts, &|state| open[state]);
    (1_u32..1 << count).any(|set| {
        let inside = |state: usize| set & 1 << state != 0;
        let members: Vec<_> = (0..count).filter(|state| inside(*state)).collect();
        let connected = members.iter().all(|from| {
            let reached = reach(vec![*from], &inside);
            members.iter().all(|to| reached[*to])
        });
        let fair = (0..arena.threads).all(|thread| {
            let edges = members.iter().flat_map(|state| &arena.edges[*state]);
            let acts = edges.into_iter().any(|e| e.thread == thread && e.fair && inside(e.to));
            let mut pressed = members.iter().map(|state| arena.pressed[*state][thread]);
            acts || match fairness {
                Fairness::Weak => !pressed.all(|pressed| pressed),
                Fairness::Strong => !pressed.any(|pressed| pressed),
                Fairness::None => true,
            }
        });
        connected && fair && members.iter().all(|state| violating[*state])
    })
}

/// Graphs of up to five states and three threads, all states reachable from state 0.
fn arenas() -> impl Strategy<Value = (Arena, Vec<bool>, Vec<bool>)> {
    (3_usize..=5, 1_usize..=3).prop_flat_map(|(count, threads)| {
        let edge = (0..threads, prop::bool::weighted(0.8), 0..count);
        let edge = edge.prop_map(|(thread, fair, to)| Edge { thread, fair, to });
        let edges = prop::collection::vec(prop::collection::vec(edge, 0..=3), count);
        let pressed = prop::collection::vec(prop::collection::vec(any::<bool>(), threads), count);
        let flags = |chance| prop::collection::vec(prop::bool::weighted(chance), count);
        (edges, pressed, flags(0.8), flags(0.5)).prop_map(
            move |(mut edges, pressed, open, begins)| {
                for state in 1..count {
                    edges[state - 1].push(Edge { thread: 0, fair: false, to: state });
                }
                (Arena { threads, edges, pressed }, open, begins)
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4_000, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn search_of_small_graphs_equals_the_subset_search((arena, open, begins) in arenas()) {
        let mut verdicts = Vec::new();
        for fairness in BOTH {
            let found = search(&arena, &open, &begins, fairness);
            if let Some(lasso) = &found {
                let begins: Vec<_> = begins.iter().zip(&open).map(|(b, o)| *b && *o).collect();
                check(&arena, &open, &begins, fairness, lasso);
            }
            prop_assert_eq!(found.is_some(), any_subset(&arena, &open, &begins, fairness));
            verdicts.push(found.is_some());
        }
        prop_assert!(verdicts[0] || !verdicts[1], "what strong fairness allows, weak allows");
    }
}
