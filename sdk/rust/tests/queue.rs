//! The offline queue survives being killed at any moment, and never changes what it has sent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use suyuan_ledger::hash::{Hash, Tag};
use suyuan_ledger::submission::{EVENTS_MAX, LaneState, SubmittedEvent};
use suyuan_sdk::lane::{self, LaneFile};
use suyuan_sdk::queue::{Pending, QUEUE_BYTES_MAX, Queue};
use suyuan_sdk::signer::{MemorySigner, Signer};

const CHAIN: Hash = Hash([9; 32]);

fn signer(seed: u8) -> MemorySigner {
    MemorySigner::from_seed(&[seed; 32])
}

fn open(folder: &Path) -> Queue {
    Queue::open(folder, signer(1).key_id(), QUEUE_BYTES_MAX).unwrap()
}

fn events(count: usize, seed: u8) -> Vec<SubmittedEvent> {
    (0..count)
        .map(|index| SubmittedEvent {
            record_type: 1,
            salt: [seed; 16],
            payload: format!("{{\"n\":{index}}}").into_bytes(),
        })
        .collect()
}

fn next(queue: &mut Queue, lane: LaneState, signed_at: i64) -> Option<Pending> {
    queue.next(&signer(1), CHAIN, 7, lane, signed_at).unwrap()
}

fn copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.path().join(entry.file_name())).unwrap();
    }
    to
}

fn named(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = all.filter(|path| path.to_str().unwrap().ends_with(ending)).collect();
    paths.sort();
    paths
}

/// Goal: batches go out in order, each on the lane behind the one before, and are gone after their receipt.
/// Method: three batches sent, with the queue opened anew before each step.
#[test]
fn in_order() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 1..=3 {
        assert_eq!(open(folder.path()).add(&events(2, seed)).unwrap(), u64::from(seed) - 1);
    }
    let lane_file = LaneFile::at(folder.path().join("lane"));
    assert_eq!(lane_file.load().unwrap(), None);
    let mut previous = Hash::ZERO;
    for seed in 1..=3u8 {
        let lane = lane_file.load().unwrap().unwrap_or_default();
        assert_eq!((lane.next, lane.previous), (u64::from(seed) - 1, previous));
        let pending = next(&mut open(folder.path()), lane, 1_000 + i64::from(seed)).unwrap();
        assert_eq!(pending.submission.events, events(2, seed));
        assert!(pending.submission.check_form(CHAIN).is_ok());
        assert!(pending.submission.is_signed_by(&signer(1).public()));
        previous = pending.submission.submission.id();
        lane_file.save(lane::after(&pending.submission)).unwrap();
        open(folder.path()).receipted(pending.number).unwrap();
    }
    assert!(open(folder.path()).is_empty());
    assert_eq!(next(&mut open(folder.path()), LaneState::default(), 0), None);
    // Numbers go on within one use of the queue.
    let mut queue = open(folder.path());
    assert_eq!([queue.add(&events(1, 4)).unwrap() + 1, queue.add(&events(1, 5)).unwrap()], [1, 1]);
}

/// Goal: killed between any two steps, the queue loses nothing it has taken, and sends again exactly what it may
/// have sent before. Method: every state that a kill can leave behind is made, and gone on from.
#[test]
fn killed_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let (lane, later) = (LaneState::default(), LaneState { next: 5, previous: Hash([5; 32]) });
    open(path).add(&events(2, 1)).unwrap();
    open(path).add(&events(3, 2)).unwrap();

    // While a batch is being written: its temporary file means nothing.
    let state = copy(path);
    std::fs::write(state.path().join(".tmp-abc"), b"half a bat").unwrap();
    assert_eq!(open(state.path()).len(), 2);
    assert!(named(state.path(), ".tmp-abc").is_empty());

    // Before the first is signed: it is signed for the lane as it stands then.
    let state = copy(path);
    let fresh = next(&mut open(state.path()), later, 50).unwrap();
    assert_eq!((fresh.submission.submission.sequence, fresh.submission.events.len()), (5, 2));

    // Signed, perhaps sent: the very same bytes, whatever the lane and the clock say now.
    let sent = next(&mut open(path), lane, 60).unwrap();
    let state = copy(path);
    std::fs::write(state.path().join(".tmp-def"), b"half a signature").unwrap();
    assert_eq!(next(&mut open(state.path()), later, 70).unwrap(), sent);
    assert_eq!(open(state.path()).signed().unwrap(), Some(sent.clone()));

    // The lane is kept, the batch not yet deleted: sent again, the node finds it by its id.
    let lane_after = lane::after(&sent.submission);
    assert_eq!(next(&mut open(state.path()), lane_after, 80).unwrap(), sent);

    // The batch is deleted, its signed form not yet: the receipt had come, the next one's turn.
    let state = copy(path);
    std::fs::remove_file(&named(state.path(), ".batch")[0]).unwrap();
    let second = next(&mut open(state.path()), lane_after, 90).unwrap();
    assert_eq!((second.number, second.submission.events.len()), (1, 3));
    assert_eq!(second.submission.submission.previous, sent.submission.submission.id());
    assert_eq!(named(state.path(), ".signed").len(), 1);

    // All deleted.
    open(path).receipted(sent.number).unwrap();
    assert_eq!(next(&mut open(path), lane_after, 90).unwrap(), second);
}

/// Goal: a file that is damaged is told and can be set aside, and never given out as something else. Method: the
/// first batch's and the signed form's bytes changed, cut and lengthened.
#[test]
fn damaged_files() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).add(&events(1, 1)).unwrap();
    open(folder.path()).add(&events(1, 2)).unwrap();
    let state = copy(folder.path());
    let batch = named(state.path(), ".batch").remove(0);
    let bytes = std::fs::read(&batch).unwrap();
    for broken in [&bytes[..bytes.len() - 1], &[bytes.as_slice(), b"x"].concat(), b"", &[0xff; 64]] {
        std::fs::write(&batch, broken).unwrap();
        let error = open(state.path()).next(&signer(1), CHAIN, 7, LaneState::default(), 0).unwrap_err();
        assert_eq!(error.code.id, "QUEUE-DAMAGED");
    }
    let mut queue = open(state.path());
    assert!(queue.set_aside(0).unwrap().exists());
    assert_eq!(next(&mut queue, LaneState::default(), 0).unwrap().submission.events, events(1, 2));
    drop(queue);
    // Its number stays taken.
    assert_eq!(open(state.path()).add(&events(1, 3)).unwrap(), 2);
    let signed = named(state.path(), ".signed").remove(0);
    std::fs::write(&signed, b"?").unwrap();
    assert_eq!(open(state.path()).signed().unwrap_err().code.id, "QUEUE-DAMAGED");
    let mut queue = open(state.path());
    queue.sign_again(1).unwrap();
    assert_eq!(next(&mut queue, LaneState::default(), 0).unwrap().number, 1);
}

/// Goal: limits hold, and one queue is one key's and one program's. Method: each violated.
#[test]
fn limits_and_owners() {
    let folder = tempfile::tempdir().unwrap();
    let mut queue = Queue::open(folder.path(), signer(1).key_id(), 200).unwrap();
    queue.add(&events(2, 1)).unwrap();
    let bytes = queue.bytes();
    assert_eq!(queue.add(&events(9, 1)).unwrap_err().code.id, "QUEUE-FULL");
    assert_eq!((queue.len(), queue.bytes()), (1, bytes));
    let large = SubmittedEvent { record_type: 1, salt: [0; 16], payload: vec![b'x'; 4 << 20] };
    for batch in [events(0, 1), events(EVENTS_MAX + 1, 1), vec![large]] {
        assert_eq!(queue.add(&batch).unwrap_err().code.id, "QUEUE-TOO_LARGE");
    }
    let foreign = queue.next(&signer(2), CHAIN, 7, LaneState::default(), 0).unwrap_err();
    assert_eq!(foreign.code.id, "QUEUE-OTHER_KEY");
    let second = Queue::open(folder.path(), signer(1).key_id(), 200).err().unwrap();
    assert_eq!(second.code.id, "QUEUE-BUSY");
    drop(queue);
    let other = Queue::open(folder.path(), signer(2).key_id(), 200).err().unwrap();
    assert_eq!(other.code.id, "QUEUE-OTHER_KEY");
    assert_eq!(open(folder.path()).len(), 1);
}

/// Goal: a full batch of small events, and one of the most bytes, come through the files. Method: both, added and
/// read back.
#[test]
fn full_batches() {
    let folder = tempfile::tempdir().unwrap();
    let most = events(EVENTS_MAX, 1);
    let largest = vec![SubmittedEvent { record_type: 1, salt: [0; 16], payload: vec![b'x'; (4 << 20) - 16] }];
    let mut queue = open(folder.path());
    for batch in [&most, &largest] {
        let number = queue.add(batch).unwrap();
        assert_eq!(&next(&mut queue, LaneState::default(), 0).unwrap().submission.events, batch);
        assert_eq!(&next(&mut queue, LaneState::default(), 0).unwrap().submission.events, batch);
        queue.receipted(number).unwrap();
    }
}

/// Goal: two devices write in parallel. Method: two keys, two queues, both at sequence 0 with ids of their own.
#[test]
fn two_devices() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let sent = [1, 2].map(|seed: u8| {
        let signer = signer(seed);
        let folder = folders[usize::from(seed) - 1].path();
        let mut queue = Queue::open(folder, signer.key_id(), QUEUE_BYTES_MAX).unwrap();
        queue.add(&events(1, 1)).unwrap();
        queue.next(&signer, CHAIN, 7, LaneState::default(), 0).unwrap().unwrap().submission
    });
    assert_eq!(sent.each_ref().map(|one| one.submission.sequence), [0, 0]);
    assert_ne!(sent[0].submission.id(), sent[1].submission.id());
    assert_ne!(sent[0].submission.key, sent[1].submission.key);
}

/// Goal: a lane is read as it was kept, and a damaged file is told. Method: there and back, then broken texts.
#[test]
fn lanes() {
    let folder = tempfile::tempdir().unwrap();
    let file = LaneFile::beside(&folder.path().join("device.key"));
    let lane = LaneState { next: u64::MAX, previous: Tag::Key.hash(b"x") };
    file.save(lane).unwrap();
    assert_eq!(file.load().unwrap(), Some(lane));
    assert_eq!(lane::from_json(&lane::to_json(lane)), Some(lane));
    for text in ["", "{}", r#"{"next":1,"previous":"00"}"#, r#"{"next":-1,"previous":""}"#, &" ".repeat(5_000)] {
        std::fs::write(folder.path().join("device.key.lane"), text).unwrap();
        assert_eq!(file.load().unwrap_err().code.id, "QUEUE-DAMAGED");
    }
}
