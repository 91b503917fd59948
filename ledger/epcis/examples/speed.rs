use std::ops::ControlFlow;
use std::time::Instant;
use suyuan_epcis::{document::*, hash::*, input::Input, json};
fn main() {
    let epcs: Vec<String> = (0..10).map(|i| format!("\"urn:epc:id:sgtin:9521001.000101.{}\"", 100000 + i)).collect();
    let ev = format!(
        "{{\"type\":\"ObjectEvent\",\"eventTime\":\"2026-11-21T08:30:00.123+08:00\",\"eventTimeZoneOffset\":\"+08:00\",\"epcList\":[{}],\"action\":\"OBSERVE\",\"bizStep\":\"shipping\",\"disposition\":\"in_transit\",\"readPoint\":{{\"id\":\"urn:epc:id:sgln:9521001.00001.0\"}},\"bizLocation\":{{\"id\":\"urn:epc:id:sgln:9521001.00002.0\"}},\"bizTransactionList\":[{{\"type\":\"po\",\"bizTransaction\":\"urn:epcglobal:cbv:bt:9521001000017:PO-4711\"}}]}}",
        epcs.join(",")
    );
    println!("{} bytes", ev.len());
    let n = 50_000;
    let doc = format!(
        "{{\"@context\":[\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\"],\"type\":\"EPCISDocument\",\"schemaVersion\":\"2.0\",\"creationDate\":\"2026-11-21T08:30:00Z\",\"epcisBody\":{{\"eventList\":[{}]}}}}",
        vec![ev.as_str(); n].join(",")
    );
    let mut input = Input::Memory(doc.into_bytes());
    for mode in 0..2 {
        let t = Instant::now();
        let mut bytes = 0usize;
        let mut errs = 0;
        suyuan_epcis::read::read(&mut input, &Limits::default(), &mut |item| {
            if let Item::Event(e, p, _) = item {
                errs += p.list.len();
                if mode == 1 {
                    bytes += EventHash::of(&e, Profile::default(), &[]).digest[0] as usize;
                }
            }
            ControlFlow::Continue(())
        })
        .unwrap();
        println!("mode {mode}: {:.0} ev/s errs {errs} {bytes}", n as f64 / t.elapsed().as_secs_f64());
    }
    let ctx = json::context::Context::default();
    let t = Instant::now();
    for _ in 0..n {
        std::hint::black_box(json::tree::parse(ev.as_bytes(), 64).unwrap());
    }
    println!("tree: {:.2} us", t.elapsed().as_secs_f64() * 1e6 / n as f64);
    let t = Instant::now();
    for _ in 0..n {
        let j = json::tree::parse(ev.as_bytes(), 64).unwrap();
        let mut p = suyuan_epcis::problem::Problems::new(None);
        std::hint::black_box(json::read::event(j, &ctx, &suyuan_epcis::problem::Path::root(""), &mut p));
    }
    println!("tree+event: {:.2} us", t.elapsed().as_secs_f64() * 1e6 / n as f64);
    let j = json::tree::parse(ev.as_bytes(), 64).unwrap();
    let mut p = suyuan_epcis::problem::Problems::new(None);
    let e = json::read::event(j, &ctx, &suyuan_epcis::problem::Path::root(""), &mut p);
    let t = Instant::now();
    for _ in 0..n {
        std::hint::black_box(prehash(&e, Profile::default(), &[]));
    }
    println!("prehash: {:.2} us", t.elapsed().as_secs_f64() * 1e6 / n as f64);
    let t = Instant::now();
    for _ in 0..n {
        std::hint::black_box(EventHash::of(&e, Profile::default(), &[]));
    }
    println!("hash: {:.2} us", t.elapsed().as_secs_f64() * 1e6 / n as f64);
}
