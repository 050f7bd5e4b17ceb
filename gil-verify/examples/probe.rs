//! x
use gil_core::*;
use gil_models::*;
use gil_verify::{graph::*, live::*, space::*};
fn go<P: Protocol>(name: &str, p: P, nmax: usize) {
    for n in 2..=nmax {
        for prog in [Program::hogs(n), Program::blocking(n), Program::cancelling(n)] {
            let t = std::time::Instant::now();
            let g = Graph::explore(p.clone(), prog, true, 20_000_000);
            let t1 = t.elapsed();
            let g2 = Graph::explore(p.clone(), prog, false, 20_000_000);
            let t2 = t.elapsed();
            let l1 = forced_switch(&g2);
            let l2 = no_starvation(&g2);
            println!(
                "{name} n={n} {} states {} ({:?}) live {} ({:?}, {:?}) broken {:?} LIVE-1 {:?} LIVE-2 {:?}",
                prog.variant(),
                g.len(),
                t1,
                g2.len(),
                t2 - t1,
                t.elapsed() - t2,
                g.broken().map(|b| (b.claim, b.steps)).collect::<Vec<_>>(),
                l1.as_ref().map(|l| (l.stem, l.length)),
                l2.as_ref().map(|l| (l.stem, l.length))
            );
            let t3 = std::time::Instant::now();
            let b = gil_verify::bisim::fast_path(&g2);
            let o = gil_verify::overtake::longest(&g2);
            println!(
                "    bisim pairs {} different {} ; overtake {:?} {:?}",
                b.pairs,
                b.different,
                o.max,
                t3.elapsed()
            );
            if std::env::var("V").is_ok() {
                println!("{:?}\n{}", b.counterexample, o.witness);
            }
            if std::env::var("V").is_ok() {
                for b in g.broken() {
                    println!("{} {}\n{}", b.claim, b.message, b.text);
                }
                for l in [l1, l2].into_iter().flatten() {
                    println!("{}", l.text);
                }
            }
        }
    }
}
fn main() {
    let n: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let w = std::env::args().nth(2).unwrap_or_default();
    if w.is_empty() || w == "python2" {
        go("python2", Python2::new(), n);
    }
    if w.is_empty() || w == "python3" {
        go("python3", Python3::new(), n);
    }
    if w.is_empty() || w == "plain" {
        go("plain", Handoff::plain(), n);
    }
    if w.is_empty() || w == "handoff" {
        go("handoff", Handoff::new(), n);
    }
    if w == "b8" {
        go("b8", Handoff::with_budgets(2, 8), n);
    }
}
