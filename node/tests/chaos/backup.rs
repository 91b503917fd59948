//! Goal: a backup that is made while clients write holds all that was acknowledged before, is known to be sound or
//! damaged, and can't lead to a second signature for what was signed after it. Method: four clients, a backup through the
//! running node, restores of it whole, damaged and beside a newer checkpoint.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::bits::files;
use crate::clients::{Client, Way, event_id};
use crate::node::Node;
use crate::runner::{chain_with_known_keys, document, event, folder, is, path, run};
use crate::world::{Chance, chain_of_devices, is_sound, recorded, times};

fn write_for(clients: &mut [Client], url: &str, meanwhile: impl FnOnce()) {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for client in clients {
            let stop = &stop;
            scope.spawn(move || client.run(url, 20, stop));
        }
        meanwhile();
        stop.store(true, Ordering::Relaxed);
    });
}

fn acknowledged(clients: &[Client]) -> BTreeSet<String> {
    clients.iter().flat_map(|client| &client.acknowledged).map(|number| event_id(*number)).collect()
}

fn save_checkpoint(url: &str, file: &str) {
    // The last block is certified by the next, which comes when nothing is written for a moment.
    thread::sleep(Duration::from_secs(1));
    let mut answer =
        ureq::get(format!("{url}/v1/checkpoint")).header("Accept", "application/octet-stream").call().unwrap();
    fs::write(file, answer.body_mut().read_to_vec().unwrap()).unwrap();
}

#[test]
fn made_while_four_clients_write() {
    let work = folder(&[("more.json", &document(&[event(4_000_000_000, "")]))]);
    let dir = path(&work, "data");
    let keys = chain_of_devices(&work, &dir);
    let mut clients: Vec<Client> =
        keys.iter().enumerate().map(|(number, key)| Client::new(Way::Records, key, number, 500)).collect();
    let node = Node::start(&dir);
    write_for(&mut clients, &node.url, || thread::sleep(Duration::from_millis(times(600, 10_000))));
    let before = acknowledged(&clients);
    let backup = path(&work, "backup");
    let mut height = 0;
    write_for(&mut clients, &node.url, || {
        let made = run(&["node", "backup", "--dir", &dir, "--to", &backup, "--keys", "--json"]);
        assert_eq!(made.code, 0, "{}", made.stderr);
        height = made.json()["height"].as_u64().unwrap();
    });
    for client in &clients {
        assert!(client.refused.is_empty(), "{:?}", client.refused);
    }
    is(&run(&["node", "backup", "--dir", &dir, "--to", &backup]), 3, "NODE-EXISTS");
    let checkpoint = path(&work, "checkpoint");
    save_checkpoint(&node.url, &checkpoint);
    let all = acknowledged(&clients);
    assert!(all.len() > before.len(), "nothing was written meanwhile");
    assert!(node.stop().0.success());
    assert!(!Path::new(&dir).join("backup.links").exists());

    let restored = path(&work, "restored");
    let said = run(&["node", "restore", "--from", &backup, "--dir", &restored, "--json"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.json()["height"].as_u64().unwrap() >= height);
    is_sound(&restored);
    let kept = recorded(&restored);
    let lost = before.difference(&kept).count();
    println!(
        "made_while_four_clients_write: {} events acknowledged before, {lost} of them lost, {} in the backup, {} in all",
        before.len(),
        kept.len(),
        all.len()
    );
    assert_eq!(lost, 0);
    let more = path(&work, "more.json");
    is(&run(&["capture", &more, "--dir", &restored]), 3, "NODE-RESTORED");
    is(&run(&["node", "restore", "--dir", &restored, "--newest", &checkpoint]), 1, "NODE-BEHIND");
    is(&run(&["capture", &more, "--dir", &restored]), 3, "NODE-RESTORED");
    is(&run(&["node", "accept-loss", "--dir", &restored]), 0, "goes on from height");
    is(&run(&["capture", &more, "--dir", &restored]), 0, "accepted 1");
    is_sound(&restored);
}

// Goal: a backup of a directory that nobody uses goes on where it ended, once the newest checkpoint shows that it is the
// newest; what is damaged or no backup is refused and leaves nothing. Method: restores; one bit flipped in each file.
#[test]
fn whole_damaged_or_none() {
    let work = folder(&[("1.json", &document(&[event(1, "")])), ("2.json", &document(&[event(2, "")]))]);
    let dir = chain_with_known_keys(&work);
    let (backup, restored, checkpoint) = (path(&work, "backup"), path(&work, "restored"), path(&work, "checkpoint"));
    is(&run(&["capture", &path(&work, "1.json"), "--dir", &dir]), 0, "accepted 1");
    let node = Node::start(&dir);
    save_checkpoint(&node.url, &checkpoint);
    assert!(node.stop().0.success());
    is(&run(&["node", "backup", "--dir", &dir, "--to", &backup]), 0, "backed up to height");
    assert!(!Path::new(&backup).join("keys").exists(), "keys were not asked for");
    is(&run(&["node", "restore", "--from", &backup, "--dir", &restored, "--newest", &checkpoint]), 0, "0 differences");
    for key in ["device.key", "validator.key"] {
        let from = Path::new(&dir).join("keys").join(key);
        fs::copy(from, Path::new(&restored).join("keys").join(key)).unwrap();
    }
    is(&run(&["capture", &path(&work, "2.json"), "--dir", &restored]), 0, "accepted 1");
    is_sound(&restored);

    let none = path(&work, "none");
    is(&run(&["node", "restore", "--from", &dir, "--dir", &none]), 3, "NODE-NO_BACKUP");
    let mut chance = Chance::new("whole_damaged_or_none");
    for name in files(Path::new(&backup)) {
        let file = Path::new(&backup).join(&name);
        let good = fs::read(&file).unwrap();
        let mut bad = good.clone();
        bad[chance.below(good.len() as u64) as usize] ^= 1 << chance.below(8);
        fs::write(&file, bad).unwrap();
        is(&run(&["node", "restore", "--from", &backup, "--dir", &none]), 1, "NODE-BACKUP_DAMAGED");
        assert!(!Path::new(&none).exists() && !Path::new(&path(&work, "none.unfinished")).exists(), "{name}");
        fs::write(&file, good).unwrap();
    }
}

// Goal: a backup onto a disk that fills up is refused with its code, and leaves nothing there and nothing here. Method: a
// tmpfs of 64 KiB.
#[test]
fn onto_a_full_disk() {
    let work = folder(&[("1.json", &document(&[event(1, "")]))]);
    let dir = path(&work, "data");
    is(&run(&["capture", &path(&work, "1.json"), "--dir", &dir]), 0, "accepted 1");
    let disk = path(&work, "disk");
    fs::create_dir(&disk).unwrap();
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "suyuan-test", &disk]).status();
    if !mount.is_ok_and(|status| status.success()) {
        println!("SKIPPED: onto_a_full_disk needs the right to mount a tmpfs (run as root)");
        return;
    }
    let full = run(&["node", "backup", "--dir", &dir, "--to", &path(&work, "disk/backup")]);
    let left = fs::read_dir(&disk).unwrap().count();
    assert!(Command::new("umount").arg(&disk).status().unwrap().success());
    is(&full, 3, "NODE-DISK_FULL");
    assert_eq!(left, 0);
    assert!(!Path::new(&dir).join("backup.links").exists());
    is_sound(&dir);
}
