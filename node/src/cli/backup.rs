//! `suyuan node backup`, `suyuan node restore`, `suyuan node accept-loss`

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use suyuan_epcis::problem::Reason;
use suyuan_store::Copied;

use super::data::differences;
use super::outcome::Outcome;
use super::place::{Failure, directory};
use super::screen::Screen;
use super::text::pick;
use crate::admin::{BackupAnswer, BackupRequest};
use crate::backup::{self, accept_if_newest};
use crate::codes::node as codes;
use crate::open::{Opened, io_reason, need_folder};

/// `suyuan node backup`
#[derive(Debug, Args)]
pub struct BackupArguments {
    /// Data directory [default: SUYUAN_DIR, else ~/.local/share/suyuan]
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// Folder to write; it must not be there yet
    #[arg(long, value_name = "FOLDER")]
    pub to: PathBuf,
    /// Copy the key files too
    #[arg(long)]
    pub keys: bool,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan node restore`
#[derive(Debug, Args)]
pub struct RestoreArguments {
    /// Backup, as suyuan node backup wrote it [default: DIR was laid down before]
    #[arg(long, value_name = "FOLDER", required_unless_present = "newest")]
    pub from: Option<PathBuf>,
    /// Data directory to make; it must not be there yet
    #[arg(long, value_name = "FOLDER")]
    pub dir: PathBuf,
    /// Newest checkpoint that anybody has of this chain: what is not older may be written to
    #[arg(long, value_name = "FILE")]
    pub newest: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan node accept-loss`
#[derive(Debug, Args)]
pub struct AcceptLossArguments {
    /// Data directory [default: SUYUAN_DIR, else ~/.local/share/suyuan]
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// Copies a data directory: itself, or through the node that runs in it.
pub fn back_up(options: &BackupArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let path = directory(options.dir.as_deref());
    if options.to.exists() {
        return Err(Reason::new(codes::EXISTS, &[&options.to.display().to_string()]).into());
    }
    need_folder(&options.to)?;
    let (height, files, bytes) = match Opened::open(&path) {
        Ok(opened) => {
            let made = backup::back_up(&opened.store, &path, &options.to, options.keys)?;
            (made.height, made.copied.files, made.copied.bytes)
        }
        Err(reason) if *reason.code == *codes::IN_USE => through_node(&path, options, reason)?,
        Err(reason) => return Err(reason.into()),
    };
    let (language, mut sink) = (screen.language, screen.answers());
    if options.json {
        writeln!(sink, "{}", json!({"height": height, "files": files, "bytes": bytes}))?;
        return Ok(Outcome::Done);
    }
    let words = [
        pick(language, "backed up to height", "已备份至高度"),
        pick(language, "files", "个文件"),
        pick(language, "bytes", "字节"),
    ];
    writeln!(sink, "{} {height}: {files} {}, {bytes} {}", words[0], words[1], words[2])?;
    Ok(Outcome::Done)
}

#[cfg(unix)]
fn through_node(path: &Path, options: &BackupArguments, in_use: Reason) -> Result<(u64, u64, u64), Failure> {
    let to = std::path::absolute(&options.to).map_err(|error| io_reason(&options.to, &error))?;
    let request = BackupRequest { backup: to, keys: options.keys };
    // Without a socket it is another program that uses the directory.
    match crate::admin::ask(path, &request).map_err(|_| in_use)?? {
        BackupAnswer::Made { height, files, bytes } => Ok((height, files, bytes)),
        BackupAnswer::Refused { .. } => Err(Reason::new(codes::ANSWER, &["admin", "refused"]).into()),
    }
}

#[cfg(not(unix))]
fn through_node(_path: &Path, _options: &BackupArguments, in_use: Reason) -> Result<(u64, u64, u64), Failure> {
    Err(in_use.into())
}

/// Lays a backup down, builds its ledger anew from its blocks, and says whether it may be written to.
pub fn restore(options: &RestoreArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    need_folder(&options.dir)?;
    let (opened, copied) = match &options.from {
        Some(from) => backup::restore(from, &options.dir)?,
        None => (Opened::open_to_check(&options.dir)?, Copied::default()),
    };
    let found = opened.fsck(&mut |_| {})?;
    if let Some(first) = differences(&found).first() {
        screen.complain_of(&opened.path.display().to_string(), Reason::new(codes::DIFFERENCE, &[first]))?;
        return Ok(Outcome::No);
    }
    if let Some(checkpoint) = &options.newest {
        accept_if_newest(&opened, checkpoint)?;
    }
    let (language, height) = (screen.language, opened.ledger.head.height);
    let mut sink = screen.answers();
    if options.json {
        let said = json!({"height": height, "events": found.events, "files": copied.files, "bytes": copied.bytes,
            "writable": options.newest.is_some()});
        writeln!(sink, "{said}")?;
        return Ok(Outcome::Done);
    }
    let words = [
        pick(language, "restored to height", "已恢复至高度"),
        pick(language, "events", "个事件"),
        pick(language, "0 differences", "0 处差异"),
    ];
    writeln!(sink, "{} {height}: {} {}, {}", words[0], found.events, words[1], words[2])?;
    if options.newest.is_none() {
        let words = pick(
            language,
            "not to be written to before it is known that nothing came after: --newest, or suyuan node accept-loss",
            "在确认其后没有内容之前不可写入：--newest，或 suyuan node accept-loss",
        );
        writeln!(sink, "{words}")?;
    }
    Ok(Outcome::Done)
}

/// Takes a directory for the newest there is.
pub fn accept_loss(options: &AcceptLossArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let opened = Opened::open_after_loss(&directory(options.dir.as_deref()))?;
    let (language, height, mut sink) = (screen.language, opened.ledger.head.height, screen.answers());
    match options.json {
        true => writeln!(sink, "{}", json!({"height": height}))?,
        false => {
            let words = [
                pick(language, "goes on from height", "将从高度"),
                pick(language, "check it with suyuan fsck", "继续；请用 suyuan fsck 检查"),
            ];
            writeln!(sink, "{} {height}; {}", words[0], words[1])?;
        }
    }
    Ok(Outcome::Done)
}
