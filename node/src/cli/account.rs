//! `suyuan node account`: who may ask a node.

use std::io::Write;

use serde_json::json;

use super::arguments::{
    AccountAddArguments, AccountCommand, AccountListArguments, AccountRevokeArguments, AccountRole,
};
use super::found::time_text;
use super::outcome::Outcome;
use super::place::{Failure, directory};
use super::screen::{Screen, printable};
use super::text::pick;
use crate::accounts::{self, Role};

/// Runs a command on accounts.
pub fn run(command: &AccountCommand, screen: &mut Screen) -> Result<Outcome, Failure> {
    match command {
        AccountCommand::Add(options) => add(options, screen),
        AccountCommand::List(options) => list(options, screen),
        AccountCommand::Revoke(options) => revoke(options, screen),
    }
}

fn add(options: &AccountAddArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let role = match options.role {
        AccountRole::Reader => Role::Reader,
        AccountRole::Writer => Role::Writer,
        AccountRole::Admin => Role::Admin,
    };
    let token = accounts::add(&directory(options.dir.as_deref()), &options.name, role)?;
    let language = screen.language;
    let mut sink = screen.answers();
    if options.json {
        writeln!(sink, "{}", json!({"name": options.name, "role": role, "token": token}))?;
        return Ok(Outcome::Done);
    }
    writeln!(sink, "{token}")?;
    let words = pick(
        language,
        "This is its token, shown this once: keep it where only its user reads it.",
        "此为该账户的令牌，仅显示一次：请妥善保存，仅供其使用者读取。",
    );
    sink.flush()?;
    drop(sink);
    screen.say(&format!("{words}\n"))?;
    Ok(Outcome::Done)
}

fn list(options: &AccountListArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let accounts = accounts::list(&directory(options.dir.as_deref()))?;
    let language = screen.language;
    let mut sink = screen.answers();
    if options.json {
        let listed: Vec<_> = accounts
            .iter()
            .map(|one| json!({"name": one.name, "role": one.role, "created": one.created, "revoked": one.revoked}))
            .collect();
        writeln!(sink, "{}", json!({ "accounts": listed }))?;
        return Ok(Outcome::Done);
    }
    for account in &accounts {
        let revoked = match account.revoked {
            Some(time) => format!("  {} {}", pick(language, "revoked", "撤销于"), time_text(time)),
            None => String::new(),
        };
        let (name, role) = (printable(&account.name), account.role.name());
        writeln!(sink, "{name}  {role}  {}{revoked}", time_text(account.created))?;
    }
    Ok(Outcome::Done)
}

fn revoke(options: &AccountRevokeArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    accounts::revoke(&directory(options.dir.as_deref()), &options.name)?;
    let words = pick(screen.language, "revoked", "已撤销");
    let mut sink = screen.answers();
    match options.json {
        true => writeln!(sink, "{}", json!({"name": options.name, "revoked": true}))?,
        false => writeln!(sink, "{words} {}", printable(&options.name))?,
    }
    Ok(Outcome::Done)
}
