//! x
fn main() { 
 let n: u32 = std::env::args().nth(1).and_then(|v| v.parse().ok()).unwrap_or(100000);
 let s: suyuan_sims::Shape = std::env::args().nth(2).and_then(|v| v.parse().ok()).unwrap_or_default();
 use std::io::Write; let mut o = std::io::BufWriter::new(std::io::stdout());
 let mut w=suyuan_sims::Workload::shaped(s,n,7); for e in w.by_ref() { let _ = o.write_all(&e); let _ = o.write_all(b"\n"); }
 for q in w.queries().iter().take(4) {eprintln!("{}", q.to_json());} eprintln!("{} {}", w.campaigns(), w.queries().iter().filter(|q| !q.packed).count());
}
