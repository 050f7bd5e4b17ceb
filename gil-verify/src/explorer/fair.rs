//! The search for a fair run that stays forever where a promise is open.
//!
//! It knows nothing of locks: states are numbers, and edges say which thread acts and whether
//! fairness guarantees it. A violation is a run that stays in the *open* states forever. So it ends
//! in one strongly connected component of that part of the graph, or stutters in one state. It is a
//! counterexample only if it is fair:
//!
//! - **weak** fairness: a thread that is pressed all the time eventually acts. So each thread
//!   either takes a fair action in the component or is not pressed in some of its states. Weak
//!   fairness never forbids visiting a whole component repeatedly, so judging whole components is
//!   exact.
//! - **strong** fairness: a thread that is pressed infinitely often eventually acts. A component in
//!   which a thread is pressed and takes no fair action is no counterexample. A part of it that
//!   avoids the states in which that thread is pressed may be one. So those states are removed and
//!   the rest is searched again, to a fixpoint (Emerson and Lei, 1987).
//!
//! Fairness is judged on the component of the open part, not of the whole graph.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// The scheduler's guarantee for each thread.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fairness {
    /// A thread that is pressed all the time eventually acts.
    #[default]
    Weak,
    /// A thread that is pressed infinitely often eventually acts.
    Strong,
    /// No guarantee: any schedule counts. For bounds, which hold under unfair schedules too.
    None,
}

impl Fairness {
    /// Its name in verdicts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Weak => "weak, per thread",
            Self::Strong => "strong, per thread",
            Self::None => "none is required",
        }
    }
}

/// One edge: a thread acts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Edge {
    /// The thread.
    pub thread: usize,
    /// Whether fairness guarantees that it happens.
    pub fair: bool,
    /// The successor state.
    pub to: usize,
}

/// A graph whose runs begin in state 0.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Arena {
    /// How many threads.
    pub threads: usize,
    /// The edges of each state.
    pub edges: Vec<Vec<Edge>>,
    /// Which threads are pressed in each state: fairness guarantees that they act.
    pub pressed: Vec<Vec<bool>>,
}

/// An edge, by its state and its index there.
pub type Place = (usize, usize);

/// A fair run that never keeps the promise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lasso {
    /// The path to the loop, through a state where the promise begins.
    pub stem: Vec<Place>,
    /// The loop; an empty one is a stutter.
    pub circle: Vec<Place>,
    /// For each thread, whether it acts in the loop; if not, it does not have to.
    pub acts: Vec<bool>,
}

/// The violating part: the open states that are reachable, through open states, from one where the
/// promise begins. A node is a state's number, an edge the index of the edge.
struct Part<'a> {
    arena: &'a Arena,
    graph: DiGraph<usize, usize>,
}

/// A fair run that stays in `open` forever from a state in `begins` on, with a shortest stem.
/// States that are not reachable from state 0 are in no run.
///
/// # Panics
/// When the arena's parts, `open` and `begins` differ in length.
#[must_use]
pub fn search(arena: &Arena, open: &[bool], begins: &[bool], fairness: Fairness) -> Option<Lasso> {
    let sizes = [arena.pressed.len(), open.len(), begins.len()];
    assert_eq!(sizes, [arena.edges.len(); 3], "one entry for each state");
    let ways = breadth_first(arena);
    let starts = |state: usize| open[state] && begins[state] && ways.0[state] < usize::MAX;
    let begins: Vec<_> = (0..arena.edges.len()).map(starts).collect();
    let part = Part::new(arena, open, &begins);
    let everything: Vec<_> = part.graph.node_indices().collect();
    let fair = part.fair_components(everything, fairness);
    if fair.is_empty() {
        return None;
    }
    let stems = Stems::new(arena, open, begins, ways);
    let entry = |component: &Vec<NodeIndex>| {
        let state = |node: &NodeIndex| part.graph[*node];
        let nearest = component.iter().map(state).min_by_key(|s| (stems.length[*s], *s));
        nearest.map(|state| (stems.length[state], component.len(), state))
    };
    let (best, (.., start)) = fair
        .iter()
        .filter_map(|component| Some((component, entry(component)?)))
        .min_by_key(|(_, entry)| *entry)?;
    let mut lasso = part.lasso(best, start, fairness);
    lasso.stem = stems.to(start);
    Some(lasso)
}

impl<'a> Part<'a> {
    fn new(arena: &'a Arena, open: &[bool], begins: &[bool]) -> Self {
        let mut graph = DiGraph::new();
        let mut nodes = FxHashMap::default();
        let mut queue: VecDeque<usize> =
            (0..arena.edges.len()).filter(|state| begins[*state]).collect();
        for &state in &queue {
            nodes.insert(state, graph.add_node(state));
        }
        while let Some(state) = queue.pop_front() {
            for (place, edge) in arena.edges[state].iter().enumerate() {
                if !open[edge.to] {
                    continue;
                }
                let node = *nodes.entry(edge.to).or_insert_with(|| {
                    queue.push_back(edge.to);
                    graph.add_node(edge.to)
                });
                graph.add_edge(nodes[&state], node, place);
            }
        }
        Self { arena, graph }
    }

    fn edge(&self, node: NodeIndex, place: usize) -> Edge {
        self.arena.edges[self.graph[node]][place]
    }

    fn is_pressed(&self, node: NodeIndex, thread: usize) -> bool {
        self.arena.pressed[self.graph[node]][thread]
    }

    /// The components of these nodes in which a fair run may stay forever.
    fn fair_components(&self, nodes: Vec<NodeIndex>, fairness: Fairness) -> Vec<Vec<NodeIndex>> {
        let mut fair = Vec::new();
        let mut open = vec![nodes];
        while let Some(nodes) = open.pop() {
            for mut component in self.components(&nodes) {
                component.sort_unstable();
                let stuck = (0..self.arena.threads).find(|thread| {
                    let acts =
                        || component.iter().any(|n| self.moves(&component, *n, *thread).is_some());
                    let pressed = |node: &&NodeIndex| self.is_pressed(**node, *thread);
                    match fairness {
                        Fairness::Weak => component.iter().all(|n| pressed(&n)) && !acts(),
                        Fairness::Strong => component.iter().any(|n| pressed(&n)) && !acts(),
                        Fairness::None => false,
                    }
                });
                match (stuck, fairness) {
                    (None, _) => fair.push(component),
                    (Some(_), Fairness::Weak | Fairness::None) => {}
                    (Some(thread), Fairness::Strong) => {
                        component.retain(|node| !self.is_pressed(*node, thread));
                        open.push(component);
                    }
                }
            }
        }
        fair
    }

    /// The strongly connected components of a part of the nodes. They include single nodes without
    /// an edge to themselves: a run may stutter there.
    fn components(&self, nodes: &[NodeIndex]) -> Vec<Vec<NodeIndex>> {
        if nodes.len() == self.graph.node_count() {
            return petgraph::algo::kosaraju_scc(&self.graph);
        }
        let mut sub = DiGraph::<NodeIndex, ()>::new();
        let of: FxHashMap<_, _> = nodes.iter().map(|node| (*node, sub.add_node(*node))).collect();
        for node in nodes {
            for target in self.graph.neighbors(*node) {
                if let Some(target) = of.get(&target) {
                    sub.add_edge(of[node], *target, ());
                }
            }
        }
        let components = petgraph::algo::kosaraju_scc(&sub);
        components.into_iter().map(|c| c.into_iter().map(|node| sub[node]).collect()).collect()
    }

    /// A fair action of `thread` from `node` that stays inside `component`, which is sorted.
    fn moves(
        &self,
        component: &[NodeIndex],
        node: NodeIndex,
        thread: usize,
    ) -> Option<(usize, NodeIndex)> {
        let found = self.graph.edges(node).find(|edge| {
            let acts = self.edge(node, *edge.weight());
            acts.thread == thread && acts.fair && component.binary_search(&edge.target()).is_ok()
        })?;
        Some((*found.weight(), found.target()))
    }

    /// A shortest-first walk through the component, from a state and back. It gives each thread
    /// what makes the walk fair: an action or a rest. Under weak fairness a state in which the
    /// thread is not pressed is a rest, and a rest is preferred because it is shorter. Under strong
    /// fairness a thread rests only if it is pressed nowhere in the component.
    fn lasso(&self, component: &[NodeIndex], start: usize, fairness: Fairness) -> Lasso {
        let start = component.iter().copied().find(|node| self.graph[*node] == start);
        let start = start.unwrap_or(component[0]);
        let (mut at, mut walk) = (start, Vec::<(NodeIndex, usize)>::new());
        for thread in 0..self.arena.threads {
            let acts = |(node, place): &(NodeIndex, usize)| {
                let edge = self.edge(*node, *place);
                edge.thread == thread && edge.fair
            };
            let pressed = |node: NodeIndex| self.is_pressed(node, thread);
            let ever = component.iter().any(|node| pressed(*node));
            let rests = |node| !pressed(node) && (fairness == Fairness::Weak || !ever);
            if walk.iter().any(acts) || walk.iter().any(|(node, _)| rests(*node)) || rests(at) {
                continue;
            }
            let goal = |n: NodeIndex| rests(n) || self.moves(component, n, thread).is_some();
            at = self.walk(component, at, &goal, &mut walk);
            if !rests(at)
                && let Some((place, to)) = self.moves(component, at, thread)
            {
                walk.push((at, place));
                at = to;
            }
        }
        self.walk(component, at, &|node| node == start, &mut walk);
        let acts = (0..self.arena.threads).map(|thread| {
            let edges = walk.iter().map(|(node, place)| self.edge(*node, *place));
            edges.into_iter().any(|edge| edge.thread == thread && edge.fair)
        });
        let acts = acts.collect();
        let circle = walk.into_iter().map(|(node, place)| (self.graph[node], place)).collect();
        Lasso { stem: Vec::new(), circle, acts }
    }

    /// Appends the shortest path from `from` to a node that is a `goal`, inside the component.
    fn walk(
        &self,
        component: &[NodeIndex],
        from: NodeIndex,
        goal: &dyn Fn(NodeIndex) -> bool,
        walk: &mut Vec<(NodeIndex, usize)>,
    ) -> NodeIndex {
        let mut parents: FxHashMap<NodeIndex, (NodeIndex, usize)> = FxHashMap::default();
        let mut queue = VecDeque::from([from]);
        let mut found = None;
        while let Some(node) = queue.pop_front() {
            if goal(node) {
                found = Some(node);
                break;
            }
            for edge in self.graph.edges(node) {
                let to = edge.target();
                let inside = component.binary_search(&to).is_ok();
                if inside && to != from && !parents.contains_key(&to) {
                    parents.insert(to, (node, *edge.weight()));
                    queue.push_back(to);
                }
            }
        }
        let Some(found) = found else { return from };
        let (mut way, mut at) = (Vec::new(), found);
        while let Some(&(before, place)) = parents.get(&at) {
            way.push((before, place));
            at = before;
        }
        walk.extend(way.into_iter().rev());
        found
    }
}

/// The shortest paths from state 0 to every open state that pass through a state where the promise
/// begins and stay in open states from there on.
struct Stems {
    length: Vec<usize>,
    /// The last edge of the path; where the promise begins, of the path from state 0.
    before: Vec<Option<Place>>,
    /// The last edges of the shortest paths from state 0.
    from_start: Vec<Option<Place>>,
    begins: Vec<bool>,
}

impl Stems {
    fn new(
        arena: &Arena,
        open: &[bool],
        begins: Vec<bool>,
        (depths, from_start): (Vec<usize>, Vec<Option<Place>>),
    ) -> Self {
        let states = arena.edges.len();
        let mut length = vec![usize::MAX; states];
        let mut before = vec![None; states];
        let mut heap = BinaryHeap::new();
        for state in (0..states).filter(|state| begins[*state]) {
            length[state] = depths[state];
            heap.push(Reverse((depths[state], state)));
        }
        while let Some(Reverse((so_far, state))) = heap.pop() {
            if so_far > length[state] {
                continue;
            }
            for (place, edge) in arena.edges[state].iter().enumerate() {
                let further = so_far.saturating_add(1);
                if open[edge.to] && further < length[edge.to] {
                    length[edge.to] = further;
                    before[edge.to] = Some((state, place));
                    heap.push(Reverse((further, edge.to)));
                }
            }
        }
        Self { length, before, from_start, begins }
    }

    fn to(&self, mut state: usize) -> Vec<Place> {
        let mut way = Vec::new();
        while let Some(place) = self.before[state] {
            way.push(place);
            state = place.0;
        }
        debug_assert!(self.begins[state], "the way comes from where the promise begins");
        while let Some(place) = self.from_start[state] {
            way.push(place);
            state = place.0;
        }
        way.reverse();
        way
    }
}

/// The distance of each state from state 0, and the last edge of a shortest path. Unreachable
/// states are infinitely far.
fn breadth_first(arena: &Arena) -> (Vec<usize>, Vec<Option<Place>>) {
    let mut depths = vec![usize::MAX; arena.edges.len()];
    let mut before = vec![None; arena.edges.len()];
    let mut queue = VecDeque::new();
    if let Some(first) = depths.first_mut() {
        *first = 0;
        queue.push_back(0);
    }
    while let Some(state) = queue.pop_front() {
        for (place, edge) in arena.edges[state].iter().enumerate() {
            if depths[edge.to] == usize::MAX {
                depths[edge.to] = depths[state] + 1;
                before[edge.to] = Some((state, place));
                queue.push_back(edge.to);
            }
        }
    }
    (depths, before)
}
