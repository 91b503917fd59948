//! Goal: the semantic gate of `proofs.md` §6: who may move, recall or only claim, what is refused, what is
//! flagged. Method: real signed submissions of several members applied to a ledger in memory; the state of
//! subjects read back.

mod ledger;

use ledger::{TestLedger, event, event_at, key};
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::organisation::OrganisationRole::{Authority, Member};
use suyuan_ledger::organisation::Parameters;
use suyuan_ledger::record::{Role, Standing, flag, mask};
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::subject::{SubjectState, life};
use suyuan_ledger::submission::{SignedSubmission, record_type};

/// Members by their place in the network.
const DAIRY: usize = 0;
const DIST: usize = 1;
const RETAIL: usize = 2;
const STRANGER: usize = 3;
const AUTHORITY: usize = 4;
const OPERATOR: usize = 5;

fn network() -> TestLedger {
    with_parameters(Parameters::default())
}

fn with_parameters(parameters: Parameters) -> TestLedger {
    TestLedger::with_parameters(
        &[
            ("urn:uscc:91440115DEMA00013J", Member, &["9521001"]),
            ("urn:uscc:91441900DEMA0003X3", Member, &["9521003"]),
            ("urn:uscc:91440106DEMA000484", Member, &["9521004"]),
            ("urn:uscc:91440104DEMA001013", Member, &[]),
            ("urn:uscc:11440100DEMA00179H", Authority, &[]),
        ],
        parameters,
    )
}

const ITEM: &str = "https://id.gs1.org/01/09521001001014/21/1";
const LOT: &str = "https://id.gs1.org/01/09521001001014/10/L1";
const PALLET: &str = "https://id.gs1.org/00/095210010000000017";
const DIST_PLACE: &str = "https://id.gs1.org/417/9521003000015";
const RETAIL_PLACE: &str = "https://id.gs1.org/417/9521004000014";

fn object(action: &str, step: &str, epc: &str, more: &str) -> String {
    event("ObjectEvent", &format!(r#""action":"{action}","bizStep":"{step}","epcList":["{epc}"]{more}"#))
}

fn lot(action: &str, step: &str, quantity: &str, more: &str) -> String {
    let list = format!(r#""quantityList":[{{"epcClass":"{LOT}","quantity":{quantity},"uom":"KGM"}}]"#);
    event("ObjectEvent", &format!(r#""action":"{action}","bizStep":"{step}",{list}{more}"#))
}

fn to(place: &str) -> String {
    format!(r#","destinationList":[{{"type":"owning_party","destination":"{place}"}}]"#)
}

fn pack(action: &str, children: &str) -> String {
    let step = if action == "ADD" { "packing" } else { "unpacking" };
    event("AggregationEvent", &format!(r#""action":"{action}","bizStep":"{step}","parentID":"{PALLET}",{children}"#))
}

fn children(uris: &[&str]) -> String {
    let list: Vec<String> = uris.iter().map(|uri| format!("\"{uri}\"")).collect();
    format!(r#""childEPCs":[{}]"#, list.join(","))
}

fn state(network: &TestLedger, uri: &str) -> SubjectState {
    let reader = Reader::new(&network.store);
    let number = reader.number_of(SubjectKey::from_uri(uri).unwrap().tag()).unwrap().unwrap();
    reader.log(reader.run_at(number).unwrap().unwrap().log).unwrap().state.clone()
}

fn number(network: &TestLedger, member: usize) -> u64 {
    network.members[member].number
}

/// The standing in which the last event names in this role.
fn last_standing(network: &TestLedger, role: Role) -> Vec<u8> {
    network.last_record().runs.iter().filter(|run| run.role == role as u8).map(|run| run.standing).collect()
}

fn last_flags(network: &TestLedger) -> u64 {
    network.last_record().flags
}

/// Goal: goods go from hand to hand as shipments name receivers.
#[test]
fn a_shipment_names_the_next_holder() {
    let mut network = network();
    network.accept(DAIRY, object("ADD", "commissioning", ITEM, ""));
    assert_eq!(state(&network, ITEM).life, life::ACTIVE);
    network.accept(DAIRY, object("OBSERVE", "shipping", ITEM, &to(DIST_PLACE)));
    assert_eq!(state(&network, ITEM).next, number(&network, DIST));
    network.accept(DIST, object("OBSERVE", "receiving", ITEM, ""));
    assert_eq!(last_standing(&network, Role::Epc), [Standing::Holder as u8]);
    assert_eq!(last_flags(&network), 0);
    let after = state(&network, ITEM);
    assert_eq!((after.holder, after.next, after.claim), (number(&network, DIST), 0, 0));
    network.accept(DIST, object("OBSERVE", "shipping", ITEM, &to(RETAIL_PLACE)));
    network.accept(RETAIL, object("OBSERVE", "receiving", ITEM, ""));
    assert_eq!(state(&network, ITEM).holder, number(&network, RETAIL));
}

/// Goal: under a strict binding only the owner commissions (204), and what it has commissioned goes from hand to hand
/// as ever. Method: the owner ships to a member, who receives, packs and ships on; others make, and name what is new.
#[test]
fn a_strict_owner_alone_commissions() {
    let mut network = TestLedger::new(&[
        ("urn:uscc:91440115DEMA00013J", Member, &["strict:9521001"]),
        ("urn:uscc:91441900DEMA0003X3", Member, &["9521003"]),
    ]);
    let other = "https://id.gs1.org/01/09521001001014/21/2";
    let made =
        event("TransformationEvent", &format!(r#""inputEPCList":["urn:example:input"],"outputEPCList":["{other}"]"#));
    for act in [object("ADD", "commissioning", other, ""), object("OBSERVE", "storing", other, ""), made] {
        assert_eq!(network.submit(DIST, &[act]), [204]);
    }
    network.accept(DAIRY, object("ADD", "commissioning", ITEM, ""));
    network.accept(DAIRY, object("OBSERVE", "shipping", ITEM, &to(DIST_PLACE)));
    network.accept(DIST, object("OBSERVE", "receiving", ITEM, ""));
    assert_eq!(state(&network, ITEM).holder, number(&network, DIST));
    network.accept(DIST, object("OBSERVE", "storing", ITEM, ""));
    assert_eq!(network.submit(DIST, &[object("ADD", "commissioning", ITEM, "")]), [204]);
    // A receipt may come before the shipment is recorded.
    network.accept(DIST, object("OBSERVE", "receiving", other, ""));
}

/// Goal: a stranger's events are kept and move nothing: neither holder, life, parent nor recall.
#[test]
fn a_stranger_moves_nothing() {
    let mut network = network();
    network.accept(DAIRY, object("ADD", "commissioning", ITEM, ""));
    let before = state(&network, ITEM);
    let recalled = r#","disposition":"recalled""#;
    let acts = [
        object("OBSERVE", "shipping", ITEM, &to(RETAIL_PLACE)),
        object("OBSERVE", "receiving", ITEM, ""),
        object("DELETE", "destroying", ITEM, r#","disposition":"destroyed""#),
        object("OBSERVE", "holding", ITEM, recalled),
        pack("ADD", &children(&[ITEM])),
        event("TransformationEvent", &format!(r#""inputEPCList":["{ITEM}"],"outputEPCList":["urn:example:product"]"#)),
    ];
    for act in acts {
        network.accept(STRANGER, act);
        assert_eq!(state(&network, ITEM), before);
    }
    // The recall is on the record, as a claim.
    network.accept(STRANGER, object("OBSERVE", "holding", ITEM, recalled));
    let record = network.last_record();
    assert_ne!(record.flags & flag::BYSTANDER_RECALL, 0);
    assert_eq!(record.mask & (mask::RECALL | mask::RECALL_CLAIM), mask::RECALL_CLAIM);
}

/// Goal: recalls by owner, authority and holder for its own stock stand, and can be lifted.
#[test]
fn recalls() {
    let recall = |epc: &str| object("OBSERVE", "holding", epc, r#","persistentDisposition":{"set":["recalled"]}"#);
    let lift = |epc: &str| object("OBSERVE", "holding", epc, r#","persistentDisposition":{"unset":["recalled"]}"#);
    for member in [DAIRY, AUTHORITY, DIST] {
        let mut network = network();
        network.accept(DAIRY, object("ADD", "commissioning", ITEM, ""));
        network.accept(DAIRY, object("OBSERVE", "shipping", ITEM, &to(DIST_PLACE)));
        network.accept(DIST, object("OBSERVE", "receiving", ITEM, ""));
        network.accept(member, recall(ITEM));
        assert_eq!(state(&network, ITEM).recall, 1);
        assert_ne!(network.last_record().mask & mask::RECALL, 0);
        network.accept(DIST, object("OBSERVE", "shipping", ITEM, &to(RETAIL_PLACE)));
        assert_ne!(last_flags(&network) & flag::MOVED_WHILE_RECALLED, 0);
        network.accept(member, lift(ITEM));
        assert_eq!(state(&network, ITEM).recall, 0);
    }
    // A holder of some of a lot can't recall the lot.
    let mut network = network();
    network.accept(DAIRY, lot("ADD", "commissioning", "100", ""));
    network.accept(DAIRY, lot("OBSERVE", "shipping", "50", &to(DIST_PLACE)));
    network.accept(DIST, lot("OBSERVE", "receiving", "50", ""));
    network.accept(DIST, lot("OBSERVE", "holding", "50", r#","disposition":"recalled""#));
    assert_eq!(state(&network, LOT).recall, 0);
    network.accept(DAIRY, lot("OBSERVE", "holding", "50", r#","disposition":"recalled""#));
    assert_eq!(state(&network, LOT).recall, 1);
}

/// Goal: what is inside a pallet comes where the pallet comes, and is its holder's once unpacked, singly or
/// all at once.
#[test]
fn contents_come_with_their_parent() {
    for all in [false, true] {
        let mut network = network();
        network.accept(DAIRY, object("ADD", "commissioning", ITEM, ""));
        network.accept(DAIRY, pack("ADD", &children(&[ITEM])));
        network.accept(DAIRY, object("OBSERVE", "shipping", PALLET, &to(DIST_PLACE)));
        network.accept(DIST, object("OBSERVE", "receiving", PALLET, ""));
        network.accept(DIST, pack("DELETE", &children(if all { &[] } else { &[ITEM] })));
        network.accept(DIST, object("OBSERVE", "shipping", ITEM, &to(RETAIL_PLACE)));
        assert_eq!(last_standing(&network, Role::Epc), [Standing::Holder as u8], "all {all}");
        network.accept(RETAIL, object("OBSERVE", "receiving", ITEM, ""));
        assert_eq!(state(&network, ITEM).holder, number(&network, RETAIL));
    }
}

/// Goal: one who receives a pallet while it is still packed can ship what is inside; one who does not can't.
#[test]
fn standing_reaches_through_containment() {
    let mut network = network();
    network.accept(DAIRY, object("ADD", "commissioning", ITEM, ""));
    network.accept(DAIRY, pack("ADD", &children(&[ITEM])));
    network.accept(DAIRY, object("OBSERVE", "shipping", PALLET, &to(DIST_PLACE)));
    network.accept(DIST, object("OBSERVE", "receiving", PALLET, ""));
    network.accept(DIST, object("OBSERVE", "inspecting", ITEM, ""));
    assert_eq!(last_standing(&network, Role::Epc), [Standing::Holder as u8]);
    network.accept(RETAIL, object("OBSERVE", "inspecting", ITEM, ""));
    assert_eq!(last_standing(&network, Role::Epc), [Standing::Bystander as u8]);
}

/// Goal: lots are held by many: each who received some may ship some, nobody else; and what a pallet holds of a
/// lot is its holder's only if one with standing had packed it.
#[test]
fn lots_have_many_holders() {
    let mut network = network();
    let some = format!(r#""childQuantityList":[{{"epcClass":"{LOT}","quantity":10,"uom":"KGM"}}]"#);
    network.accept(DAIRY, lot("ADD", "commissioning", "100", ""));
    network.accept(DAIRY, pack("ADD", &some));
    network.accept(DAIRY, object("OBSERVE", "shipping", PALLET, &to(DIST_PLACE)));
    network.accept(DAIRY, lot("OBSERVE", "shipping", "50", &to(RETAIL_PLACE)));
    network.accept(RETAIL, lot("OBSERVE", "receiving", "50", ""));
    network.accept(RETAIL, lot("OBSERVE", "shipping", "5", ""));
    assert_eq!(last_standing(&network, Role::Epc), [Standing::Holder as u8]);
    network.accept(DIST, lot("OBSERVE", "shipping", "5", ""));
    assert_eq!(last_standing(&network, Role::Epc), [Standing::Bystander as u8]);
    network.accept(DIST, object("OBSERVE", "receiving", PALLET, ""));
    network.accept(DIST, pack("DELETE", &some));
    network.accept(DIST, lot("OBSERVE", "shipping", "5", &to(RETAIL_PLACE)));
    assert_eq!(last_standing(&network, Role::Epc), [Standing::Holder as u8]);
    // A pallet of one's own that never held the lot gives nothing.
    let own = PALLET.replace("095210010000000017", "395211110000000012");
    let unpack = pack("DELETE", &some).replace(PALLET, &own);
    network.accept(STRANGER, object("ADD", "commissioning", &own, ""));
    network.accept(STRANGER, unpack);
    network.accept(STRANGER, lot("OBSERVE", "shipping", "5", ""));
    assert_eq!(last_standing(&network, Role::Epc), [Standing::Bystander as u8]);
}

/// Goal: emptying a pallet without naming its contents gives its holder what of lots was packed in it.
#[test]
fn unpacking_all_gives_lots_too() {
    let mut network = network();
    let some = format!(r#""childQuantityList":[{{"epcClass":"{LOT}","quantity":10,"uom":"KGM"}}]"#);
    network.accept(DAIRY, lot("ADD", "commissioning", "100", ""));
    network.accept(DAIRY, pack("ADD", &some));
    network.accept(DAIRY, object("OBSERVE", "shipping", PALLET, &to(DIST_PLACE)));
    network.accept(DIST, object("OBSERVE", "receiving", PALLET, ""));
    network.accept(DIST, pack("DELETE", r#""childEPCs":[]"#));
    network.accept(DIST, lot("OBSERVE", "shipping", "5", &to(RETAIL_PLACE)));
    assert_eq!(last_standing(&network, Role::Epc), [Standing::Holder as u8]);
}

/// Goal: a receipt by one whom the shipper did not name is a claim, unless the goods came from one who is not
/// registered; a shipment captured later confirms an unconfirmed receipt.
#[test]
fn unexpected_receivers() {
    let mut network = network();
    network.accept(DAIRY, object("ADD", "commissioning", ITEM, ""));
    network.accept(DAIRY, object("OBSERVE", "shipping", ITEM, &to(DIST_PLACE)));
    network.accept(RETAIL, object("OBSERVE", "receiving", ITEM, ""));
    assert_ne!(last_flags(&network) & flag::RECEIVER_NOT_NAMED, 0);
    assert_eq!(state(&network, ITEM).holder, number(&network, DAIRY));
    // Shipped to one who is no member: whoever receives it next holds it, unconfirmed.
    network.accept(DAIRY, object("OBSERVE", "shipping", ITEM, &to("https://id.gs1.org/417/4012345000009")));
    network.accept(RETAIL, object("OBSERVE", "receiving", ITEM, ""));
    assert_eq!(last_standing(&network, Role::Epc), [Standing::Unconfirmed as u8]);
    let claimed = state(&network, ITEM);
    assert_eq!(claimed.holder, number(&network, RETAIL));
    assert_ne!(claimed.claim, 0);
    // The owner's shipment to that receiver comes late: it confirms.
    network.accept(DAIRY, object("OBSERVE", "shipping", ITEM, &to(RETAIL_PLACE)));
    let runs = network.last_record().runs;
    assert!(runs.iter().any(|run| run.role == Role::Confirm as u8 && run.first == claimed.claim - 1));
    let confirmed = state(&network, ITEM);
    assert_eq!((confirmed.holder, confirmed.claim), (number(&network, RETAIL), 0));
}

/// Goal: an error declaration takes back what its target did, is its author's alone, and marks the subjects.
#[test]
fn error_declarations() {
    let mut network = network();
    let wrong = object("ADD", "commissioning", ITEM, "");
    let declare = |payload: &str| {
        let error = r#","errorDeclaration":{"declarationTime":"2026-10-31T13:00:00Z","reason":"did_not_occur"}}"#;
        format!("{}{error}", payload.strip_suffix('}').unwrap())
    };
    assert_eq!(network.submit(DAIRY, &[declare(&wrong)]), [206]);
    network.accept(DAIRY, wrong.clone());
    // Another's declaration has no target: events are per author.
    assert_eq!(network.submit(STRANGER, &[declare(&wrong)]), [206]);
    network.accept(DAIRY, declare(&wrong));
    let record = network.last_record();
    assert!(record.runs.iter().any(|run| run.role == Role::Own as u8));
    assert!(record.runs.iter().all(|run| run.role == Role::Own as u8 || run.role == Role::Error as u8));
    assert_eq!(state(&network, ITEM).life, life::UNKNOWN);
    network.accept(DAIRY, object("ADD", "commissioning", ITEM, ""));
    assert_eq!(state(&network, ITEM).life, life::ACTIVE);
    // A wrong packing is undone.
    let packed = pack("ADD", &children(&[ITEM]));
    network.accept(DAIRY, packed.clone());
    assert_ne!(state(&network, ITEM).parent, 0);
    network.accept(DAIRY, declare(&packed));
    assert_eq!(state(&network, ITEM).parent, 0);
}

/// Goal: what is odd is flagged and kept.
#[test]
fn flags() {
    let mut network = network();
    network.accept(DAIRY, object("OBSERVE", "inspecting", ITEM, ""));
    assert_ne!(last_flags(&network) & flag::NEVER_COMMISSIONED, 0);
    network.accept(DAIRY, object("DELETE", "destroying", ITEM, ""));
    assert_ne!(network.last_record().mask & mask::END_OF_LIFE, 0);
    network.accept(DAIRY, object("OBSERVE", "storing", ITEM, ""));
    assert_ne!(last_flags(&network) & flag::AFTER_END_OF_LIFE, 0);
    network.accept(DAIRY, pack("ADD", &children(&["https://id.gs1.org/01/09521001001014/21/2"])));
    let elsewhere = pack("ADD", &children(&["https://id.gs1.org/01/09521001001014/21/2"]))
        .replace(PALLET, "https://id.gs1.org/00/095210010000000024");
    network.accept(DAIRY, elsewhere);
    assert_ne!(last_flags(&network) & flag::ALREADY_CONTAINED, 0);
    network.accept(DAIRY, object("OBSERVE", "storing", "https://id.gs1.org/01/04012345000016/21/1", ""));
    assert_ne!(last_flags(&network) & flag::PREFIX_UNBOUND, 0);
    let late = event_at(
        "ObjectEvent",
        "2026-01-01T00:00:00Z",
        &format!(r#""action":"OBSERVE","bizStep":"storing","epcList":["{ITEM}"]"#),
    );
    network.accept(DAIRY, late);
    assert_ne!(last_flags(&network) & flag::LATE_CAPTURE, 0);
    let process = r#""transformationID":"urn:uuid:00000000-0000-4000-8000-00000000ffff","#;
    let transform = |epc: &str| event("TransformationEvent", &format!(r#"{process}"inputEPCList":["{epc}"]"#));
    network.accept(DAIRY, transform("https://id.gs1.org/01/09521001001014/21/7"));
    network.accept(DIST, transform("https://id.gs1.org/01/09521003001012/21/7"));
    assert_ne!(last_flags(&network) & flag::FOREIGN_PROCESS, 0);
}

/// Goal: balances of lots are exact, to 9007199254740993 and 12.50, and below zero is flagged.
#[test]
fn balances() {
    let mut network = network();
    network.accept(DAIRY, lot("ADD", "commissioning", "9007199254740993", ""));
    assert_eq!(state(&network, LOT).balance, 9_007_199_254_740_993_000);
    let use_up = |quantity: &str| {
        let input = format!(r#""inputQuantityList":[{{"epcClass":"{LOT}","quantity":{quantity},"uom":"KGM"}}]"#);
        event("TransformationEvent", &format!(r#"{input},"outputEPCList":["urn:example:{quantity}"]"#))
    };
    network.accept(DAIRY, use_up("12.50"));
    assert_eq!(state(&network, LOT).balance, 9_007_199_254_740_993_000 - 12_500);
    assert_eq!(last_flags(&network) & flag::NEGATIVE_BALANCE, 0);
    network.accept(DAIRY, use_up("9007199254740981"));
    assert_eq!(state(&network, LOT).balance, -500);
    assert_ne!(last_flags(&network) & flag::NEGATIVE_BALANCE, 0);
}

/// Goal: bystanders' links are limited a day, and what was refused leaves no trace.
#[test]
fn bystanders_have_a_quota() {
    let mut network = with_parameters(Parameters { bystander_links_a_day: 3, ..Parameters::default() });
    network.accept(DAIRY, object("ADD", "commissioning", ITEM, ""));
    for _ in 0..3 {
        network.accept(STRANGER, object("OBSERVE", "inspecting", ITEM, ""));
    }
    let before = network.ledger.head.roots.clone();
    assert_eq!(network.submit(STRANGER, &[object("OBSERVE", "inspecting", ITEM, "")]), [205]);
    let after = network.ledger.head.roots.clone();
    assert_eq!((before.subjects, before.events, before.names), (after.subjects, after.events, after.names));
    network.accept(DAIRY, object("OBSERVE", "inspecting", ITEM, ""));
}

/// Goal: keys: revoked ones write nothing, retired ones for a while, device keys govern nothing.
#[test]
fn keys_and_their_rights() {
    let mut network = network();
    let administrator = network.members[DAIRY].administrator.clone();
    let device = suyuan_ledger::submission::key_id(1, network.members[DAIRY].device.verifying_key().as_bytes());
    let revoke = format!(
        r#"{{"type":"suyuan:KeyRevoke","eventID":"{}","eventTime":"2026-10-31T12:00:00Z","key":"{device}","compromisedAt":"2026-10-30T00:00:00Z"}}"#,
        ledger::event_id()
    );
    let govern = |network: &mut TestLedger, signing_key: &ed25519_dalek::SigningKey| {
        let signed = network.sign_with(DAIRY, signing_key, record_type::ORGANISATION, std::slice::from_ref(&revoke));
        let verified = network.verify(signed).unwrap();
        network.decide(&[verified]).unwrap()[0].code
    };
    let own = network.members[DAIRY].device.clone();
    assert_eq!(govern(&mut network, &own), 208, "a device key has no right to it");
    assert_eq!(govern(&mut network, &administrator), 0);
    assert_eq!(network.submit(DAIRY, &[object("ADD", "commissioning", ITEM, "")]), [202]);
    // Governance is the operator's.
    let signed = network.sign_with(STRANGER, &key(4), record_type::GOVERNANCE, std::slice::from_ref(&revoke));
    let verified = network.verify(signed).unwrap();
    assert_eq!(network.decide(&[verified]).unwrap()[0].code, 208);
    assert_eq!(number(&network, OPERATOR), 6);
}

/// Goal: the stateless gate: forged signatures, another chain, altered batches, events from the future never
/// enter a block.
#[test]
fn the_stateless_gate() {
    let mut network = network();
    let good = network.sign(DAIRY, &[object("ADD", "commissioning", ITEM, "")]);
    let refused = |submission: SignedSubmission| network.verify(submission).err().map(|refusal| refusal.code());
    assert_eq!(refused(good.clone()), None);
    let mut forged = good.clone();
    forged.signature[3] ^= 1;
    assert_eq!(refused(forged), Some(107));
    let mut elsewhere = good.clone();
    elsewhere.submission.chain.0[0] ^= 1;
    assert_eq!(refused(elsewhere), Some(108));
    let mut altered = good.clone();
    altered.events[0].payload[20] ^= 1;
    assert_eq!(refused(altered), Some(110));
    let mut impostor = good.clone();
    impostor.submission.organisation = number(&network, RETAIL);
    assert_eq!(refused(impostor), Some(107));
    let mut later = good.clone();
    later.submission.signed_at += 1;
    assert_eq!(refused(later), Some(107));
    let future = event_at("ObjectEvent", "2027-01-01T00:00:00Z", r#""action":"OBSERVE","epcList":["urn:a:b"]"#);
    let future = network.sign(DAIRY, &[future]);
    assert_eq!(network.verify(future).err().map(|refusal| refusal.code()), Some(111));
    let broken = network.sign(DAIRY, &["{\"type\":\"ObjectEvent\"".to_owned()]);
    assert_eq!(network.verify(broken).err().map(|refusal| refusal.code()), Some(101));
}

/// Goal: lanes: a replay or a fork makes no block; two devices write side by side.
#[test]
fn lanes() {
    let mut network = network();
    let first = network.sign(DAIRY, &[object("ADD", "commissioning", ITEM, "")]);
    let fork = network.sign(DAIRY, &[object("OBSERVE", "storing", ITEM, "")]);
    let (first, fork) = (network.verify(first).unwrap(), network.verify(fork).unwrap());
    assert!(network.decide(&[first.clone(), fork.clone()]).is_err(), "two at one place of a lane");
    network.decide(std::slice::from_ref(&first)).unwrap();
    assert!(network.decide(&[first]).is_err(), "a replay");
    assert!(network.decide(&[fork]).is_err(), "a fork");
    let administrator = network.members[DAIRY].administrator.clone();
    let one = network.sign(DAIRY, &[object("OBSERVE", "storing", ITEM, "")]);
    let payload = [object("OBSERVE", "storing", ITEM, "")];
    let other = network.sign_with(DAIRY, &administrator, record_type::EPCIS, &payload);
    let both = [network.verify(one).unwrap(), network.verify(other).unwrap()];
    assert_eq!(network.decide(&both).unwrap().iter().map(|receipt| receipt.code).collect::<Vec<_>>(), [0, 0]);
}

/// Goal: a good event is never lost for a bad neighbour.
#[test]
fn neighbours_stand() {
    let mut network = network();
    let twice = object("ADD", "commissioning", ITEM, "");
    let payloads =
        [twice.clone(), twice, object("ADD", "commissioning", ITEM, ""), object("OBSERVE", "storing", ITEM, "")];
    assert_eq!(network.submit(DAIRY, &payloads), [0, 201, 203, 0]);
}

/// Goal: the same blocks give the same bytes, and the state opens as it was left.
#[test]
fn the_same_blocks_give_the_same_state() {
    let run = || {
        let mut network = network();
        for serial in 0..50 {
            let epc = format!("https://id.gs1.org/01/09521001001014/21/S{serial}");
            let payload = object("ADD", "commissioning", &epc, "");
            let id = payload.find("urn:uuid:").unwrap();
            let payload = payload.replace(&payload[id..id + 45], &format!("urn:x:{serial}"));
            network.accept(DAIRY, payload);
        }
        network
    };
    let (one, other) = (run(), run());
    assert_eq!(one.ledger.head, other.ledger.head);
    let opened = suyuan_ledger::state::apply::Ledger::open(&one.store).unwrap().unwrap();
    assert_eq!(opened.head, one.ledger.head);
    assert_eq!(*opened.directory, *one.ledger.directory);
}

/// Goal: a record of credit or of a contract moves nothing, whatever it says, and no node but one of a member's writes it.
/// Method: an event of commissioning and an error declaration as such records; one that names nothing.
#[test]
fn records_that_are_read_apart_move_nothing() {
    for record_type in [record_type::CREDIT, record_type::CONTRACT] {
        let mut network = network();
        let device = network.members[DAIRY].device.clone();
        let pledge = event("suyuan:Pledge", r#""subject":"urn:uscc:91440115DEMA00013J""#);
        let birth = object("ADD", "commissioning", ITEM, "");
        let declared = r#""errorDeclaration":{"declarationTime":"2026-10-31T13:00:00Z","reason":"did_not_occur"}"#;
        let payloads = [pledge, birth, event("suyuan:Pledge", declared)];
        let signed = network.sign_with(DAIRY, &device, record_type, &payloads);
        let verified = network.verify(signed).unwrap();
        let codes: Vec<u16> = network.decide(&[verified]).unwrap().iter().map(|receipt| receipt.code).collect();
        assert_eq!(codes, [0, 209, 209]);
        let key = SubjectKey::from_uri(ITEM).unwrap();
        assert_eq!(Reader::new(&network.store).number_of(key.tag()).unwrap(), None);
    }
}
